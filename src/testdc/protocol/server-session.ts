/**
 * ServerSession: a session of the server, as service messages, keys, connections and the world see it.
 * In: nothing. Out: types; `dc-session.ts` implements them. Never: behaviour.
 */
import type { AuthKey } from '../../crypto/auth-key.ts';
import type { MessageHead } from '../../crypto/envelope.ts';
import type { DcEnv } from '../env.ts';
import type { ServerSalts } from '../keys/salts.ts';
import type { IdMap } from './id-map.ts';
import type { MessageBook, Received } from './message-book.ts';
import type { ServerOutbox, Sent } from './outbox.ts';
import type { Rule } from './violations.ts';

/** The connection that a session speaks through. */
export interface SessionLink {
  /** The connection's number, from 1. */
  readonly number: number;
  /** Asks for the session's outbox to be sent at the end of this turn of the event loop. */
  wants(session: ServerSession): void;
  /** `ping_delay_disconnect`: closes the connection in `ms` milliseconds, unless told again before. */
  closeIn(ms: number): void;
  /** Does a job once the connection is closed, from whichever side. */
  whenClosed(job: () => void): void;
}

/** The auth key that a session speaks under. */
export interface SessionKey {
  readonly authKey: AuthKey;
  readonly salts: ServerSalts;
  /** All sessions under the key, by session_id. */
  readonly sessions: IdMap<ServerSession>;
  /** What `initConnection` said last; undefined before it. */
  readonly init: { readonly layer: number } | undefined;
}

/** One MTProto session of a client, on the server's side. */
export interface ServerSession {
  readonly key: SessionKey;
  /** session_id in halves. */
  readonly idLow: number;
  readonly idHigh: number;
  readonly book: MessageBook;
  readonly outbox: ServerOutbox;
  /** Undefined while the client has no connection for the session. */
  readonly link: SessionLink | undefined;
  /** Updates go to sessions that have asked anything outside of `invokeWithoutUpdates`. */
  readonly wantsUpdates: boolean;
  /** The data centre, whose clock is right when a test has put the session's own clock wrong. */
  readonly host: { readonly env: DcEnv };
  /** Binds the session to a connection; what was not acknowledged goes out again. */
  attach(link: SessionLink): void;
  /** Ends the session's use of a connection that is gone. */
  detach(link: SessionLink): void;
  /** Takes one decrypted packet, `bytes[start, end)`, whose envelope is right. */
  receive(head: MessageHead, bytes: Uint8Array, start: number, end: number): void;
  /** Answers a request with the TL bytes of its result, once. */
  answer(received: Received, result: Uint8Array): void;
  /** Sends a message that the client has to acknowledge. */
  push(body: Uint8Array): void;
  /** Sends a service message that needs no acknowledgement. */
  say(body: Uint8Array): void;
  /** Sends a message again, under its own msg_id. */
  again(sent: Sent): void;
  /** Makes the data centre forget the session's key. */
  destroyKey(): void;
  /** Notes what the client did against the protocol. */
  violation(rule: Rule, detail: string): void;
}
