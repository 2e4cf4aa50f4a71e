/**
 * FaultKind: when a fault may happen, what it does then, and how often if all faults are wanted.
 * In: nothing. Out: types. Never: behaviour.
 */
import type { Call } from '../answers/call.ts';
import type { DcConnection } from '../wire/dc-connection.ts';
import type { FieldName } from '../keys/dc-handshake.ts';
import type { Arrived, DcSession } from '../protocol/dc-session.ts';
import type { RequestHook } from '../protocol/invoking.ts';
import type { Received } from '../protocol/message-book.ts';
import type { TestDc } from '../test-dc.ts';
import type { Rule } from '../protocol/violations.ts';
import type { Dice } from './dice.ts';
import type { Path } from './path.ts';

/** The moments that faults happen in: what a fault is given, and the effect that it returns. */
export interface Moments {
  /** A connection begins. */
  path: { at: { path: Path; connection: DcConnection }; effect: void };
  /** A session begins. */
  session: { at: { session: DcSession; connection: DcConnection | undefined }; effect: void };
  /** An encrypted packet has come; `undefined` swallows it. */
  incoming: { at: { connection: DcConnection; packet: Buffer }; effect: Buffer | undefined };
  /** A message was unpacked; `true` when it is not to be handled. */
  message: { at: { session: DcSession; connection: DcConnection; message: Arrived }; effect: boolean };
  /** A request is about to be carried out; a `DcRpcError` if it is not. */
  request: { at: { call: Call; session: DcSession; connection: DcConnection }; effect: ReturnType<RequestHook> };
  /** A request was carried out; `undefined` when the answer is not to go now. */
  answer: {
    at: { session: DcSession; connection: DcConnection; received: Received; result: Uint8Array };
    effect: Uint8Array | undefined;
  };
  /** An encrypted packet goes out; `undefined` loses it. */
  outgoing: { at: { connection: DcConnection; packet: Uint8Array }; effect: Uint8Array | undefined };
  /** A field of the key exchange. */
  field: { at: { connection: DcConnection; name: FieldName; value: Uint8Array }; effect: Uint8Array };
}

export type Moment = keyof Moments;

/** What a fault is given to be played by. */
export interface How {
  readonly dc: TestDc;
  readonly dice: Dice;
  /** A number of the rule, e.g. `ms=20`, or `otherwise`. */
  number(name: string, otherwise: number): number;
  /** A word of the rule, e.g. `of=inner`, or `otherwise`. */
  text(name: string, otherwise: string): string;
  /** Excuses breaches of these rules from now on, on a connection or on all: they are the fault's doing. */
  excuse(connection: DcConnection | undefined, ...rules: Rule[]): void;
}

/** One fault of the language. */
export interface FaultKind<M extends Moment> {
  readonly moment: M;
  /** A sentence that tells the fault. */
  readonly about: string;
  /** The chance at each opportunity if a rule names many faults and no chance. */
  readonly usual: number;
  /** Whether an opportunity suits the fault; default any. */
  suits?(at: Moments[M]['at']): boolean;
  /** Plays the fault. */
  play(at: Moments[M]['at'], how: How): Moments[M]['effect'];
}

/** A fault of whatever moment. */
export type AnyFaultKind = { readonly [M in Moment]: FaultKind<M> }[Moment];

/** Faults of one moment by name. */
export type FaultKinds<M extends Moment> = Readonly<Record<string, FaultKind<M>>>;
