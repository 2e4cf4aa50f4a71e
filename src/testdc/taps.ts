/**
 * Taps: where a test DC can be made to misbehave: the seam of the fault language and of tests.
 * In: nothing. Out: the interface. Never: behaviour; without taps the DC is as strict and as true as it can be.
 */
import type { Call } from './answers/call.ts';
import type { DcConnection, Wire } from './wire/dc-connection.ts';
import type { FieldName } from './keys/dc-handshake.ts';
import type { DcSession } from './protocol/dc-session.ts';
import type { RequestHook } from './protocol/invoking.ts';
import type { Received } from './protocol/message-book.ts';

/** A message of a client, its envelope found right, before anything else is judged. */
export interface Arrived {
  readonly low: number;
  readonly high: number;
  readonly seqNo: number;
  readonly crc: number;
  /** `single` and `container` are what the packet held, `inner` is a message of a container. */
  readonly place: 'single' | 'container' | 'inner';
}

/** Every one may be left out. What one of them answers is told beside it. */
export interface Taps {
  /** The wire a new connection writes to, in place of its own. */
  wire?(connection: DcConnection, wire: Wire): Wire;
  /** Stream bytes that came; undefined: they never did. */
  stream?(connection: DcConnection, chunk: Uint8Array): Uint8Array | undefined;
  /** A packet that came; undefined: it is not handled. */
  incoming?(connection: DcConnection, packet: Buffer): Buffer | undefined;
  /** True: the message was dealt with, or is to be as if it had never come. */
  message?(session: DcSession, message: Arrived): boolean;
  /** As `onRequest` of the DC, before it. */
  request?(call: Call): ReturnType<RequestHook>;
  /** The result of a request; undefined: it is given later, by `session.give`, or never. */
  answer?(session: DcSession, received: Received, result: Uint8Array): Uint8Array | undefined;
  /** A sealed or plain packet on its way out; undefined: it is lost. */
  outgoing?(connection: DcConnection, packet: Uint8Array): Uint8Array | undefined;
  /** One field of an answer of the key exchange. */
  field?(connection: DcConnection | undefined, name: FieldName, value: Uint8Array): Uint8Array;
}
