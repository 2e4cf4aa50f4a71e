/**
 * Env: what all sessions of one lane share. Made once a lane by `workers/`, or by a test.
 * In: the compiled scheme, settings, randomness. Out: nothing by itself. Never: state of a session.
 */
import type { ClaimFault } from '../batch/claims.ts';
import type { Writer } from '../bytes/writer.ts';
import type { MessageHead, Opened } from '../crypto/envelope.ts';
import type { DerivedBytes } from '../crypto/derived-bytes.ts';
import type { PublicKey } from '../crypto/rsa.ts';
import type { ClientRequest, Dialect, OptionFields, ServerFields, SessionFields } from '../dialect/dialect.ts';
import type { Codec } from '../tl/codec.ts';
import type { KnownCalls } from './known-calls.ts';
import type { SessionSettings } from './settings.ts';

/** Who uses which key, over all lanes: one key, one connection (threats: Values). */
export interface Claims {
  /** @returns why the key could not be taken */
  claim(idLow: number, idHigh: number, owner: number): ClaimFault | undefined;
  release(idLow: number, idHigh: number, owner: number): void;
}

/** Which addresses a client may name. */
export interface Reach {
  permits(host: string, port: number): boolean;
}

/** Scratch of the gateway's own calls, good for one call each; JSON lines. */
export interface OwnCalls {
  readonly dialect: Dialect;
  readonly request: ClientRequest;
  readonly call: Writer;
}

/** What the sessions of one lane share: scheme, settings, randomness, claims, and scratch that is good for one call each. */
export interface Env {
  /** Number of the lane, for references in the log. */
  readonly lane: number;
  readonly codec: Codec;
  /** JSON lines: what sessions speak unless told otherwise, and what `init` is written in. */
  readonly dialect: Dialect;
  readonly settings: SessionSettings;
  /** RSA keys trusted for a server: its own if the client named one, else those of the settings. */
  keysFor(server: { readonly rsa: string | undefined }): readonly PublicKey[];
  readonly claims: Claims;
  readonly reach: Reach;
  /** PEM text of the keys trusted in production or test: what `server` shows. */
  keyText(test: boolean): string;
  /** Fills with secure random bytes. */
  readonly fill: (bytes: Uint8Array) => void;
  /** A secure random int32. */
  readonly random32: () => number;

  /** Random bytes of one request, the same if it is taken again by another thread: for a `random_id` that is left out. */
  readonly derived: DerivedBytes;

  /** `initConnection` with the operator's parameters as TL bytes to put before a call; empty if there are none. */
  readonly initPrefix: Uint8Array;
  /** Constructor numbers of what the session knows by name. */
  readonly calls: KnownCalls;

  /** What the gateway's own calls are read and written through: a client's line that is being taken stays as it was read. */
  readonly own: OwnCalls;

  /** Scratch, good for one call each: TL of a request; body of a packet; what was read of a line; an opened packet. */
  readonly call: Writer;
  readonly body: Writer;
  readonly request: ClientRequest;
  readonly serverFields: ServerFields;
  readonly sessionFields: SessionFields;
  readonly optionFields: OptionFields;
  readonly head: MessageHead;
  readonly opened: Opened;
}
