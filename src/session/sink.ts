/**
 * Sink: what the session machine may say. In production these become records of the lane's block; in tests, a list.
 * Each writer stands inside the block: write, then call `end()` before the next call of any of these.
 */
import type { CentreEvent, ServerAddress, NamedBy } from '../batch/link-records.ts';
import type { MoveAction, NameAction, StoreKind } from '../batch/name-records.ts';
import type { Writer } from '../bytes/writer.ts';
import type { FieldsOf, LogEvent } from '../telemetry/events.ts';

/** Which connection it was. */
export interface CentreFields {
  readonly dc: number;
  readonly test: boolean;
  readonly host: string;
  readonly port: number;
  /** Why, in words. */
  readonly reason?: string;
  /** How long there was no connection, ms. */
  readonly ms?: number;
}

/** How a request has ended: names and numbers only. */
export interface Ended {
  readonly method?: string;
  /** As in `reply`. */
  readonly outcome: string;
  /** What a data centre said: code, and text without numbers. */
  readonly code?: number;
  readonly error?: string;
  readonly dc: number;
}

/** Everything a session can say: to its clients, its connections, the main thread and the log. */
export interface Sink {
  /**
   * The one terminal answer to a ticket; the dialect writes the whole of it.
   * @param attachment number of the client's attachment @param isBadLine ids -2 and -3
   * @param outcome for counters and HTTP: `result`, `rpc_error`, `rpc_timeout` or the name of the refusal
   */
  reply(attachment: number, ticket: number, isBadLine: boolean, outcome: string): Writer;
  /** A line that answers no ticket, for all clients that hear updates in this `FormFlag`. */
  update(form: number): Writer;
  /** A line that answers no ticket, for one client. */
  notice(attachment: number): Writer;
  /** An update came that nobody hears. */
  unheard(): void;
  /** How a client speaks has changed. @param manner `MannerFlag` */
  speaks(attachment: number, manner: number): void;
  /** A client has left the session, and what of it was not taken runs elsewhere. @param isBare it has lost its session */
  detached(attachment: number, isBare: boolean): void;
  /** Stream bytes for a DC connection. */
  send(link: number): Writer;
  /** Closes what any of those that give a writer opened. */
  end(): void;
  /** Takes back what they opened. */
  drop(): void;
  /**
   * Asks for a TCP connection; `opened` or `closed` follows and carries the attempt's number back.
   * @param handshake a key will be created on it
   * @param others where the same server can be reached too, to be tried in turn
   */
  dial(
    link: number,
    attempt: number,
    host: string,
    port: number,
    namedBy: NamedBy,
    handshake: boolean,
    others: readonly ServerAddress[],
  ): void;
  /**
   * What of this session changes all the time, as `batch/save-records.ts` lays it out.
   * @param entries where so many requests stand now @param forgetsIds the msg_ids received before belong to another session_id
   */
  save(entries: number, forgetsIds: boolean): Writer;
  /** The rest of it, with its key. */
  saveSession(): Writer;
  /** Tells the main thread of the session's name (NAME). `forget` alone is answered. @param ticket of the request that waits for that, or 0 */
  name(action: NameAction, ticket: number): void;
  /** The line `ticket` of a client belongs elsewhere. @param init JSON text that goes with the client */
  move(attachment: number, action: MoveAction, ticket: number, name: string, init?: Uint8Array): void;
  /** Asks the main thread for all that are stored; the request `ticket` waits. */
  list(attachment: number, ticket: number): void;
  /** What of a stored session decides whether it is kept open has changed: its account is lost, it is a resident. */
  standing(isLost: boolean, isResident: boolean): void;
  /** Asks the main thread whether the request `ticket` may go. @param fingerprint of its message, 32 bytes */
  key(ticket: number, key: string, fingerprint: Uint8Array): void;
  /** The outcome of a request with a key, before its answer: `bytes[start..stop)`. @param code of an error, else 0 */
  outcome(ticket: number, kind: 'result' | 'error', code: number, bytes: Uint8Array, start: number, stop: number): void;
  /** A request with a key ended without an outcome, before its answer: it may go again, or nobody knows. */
  keyEnded(ticket: number, end: 'free' | 'unknown'): void;
  /** The home data centre is tried again in `ms`. */
  waiting(ms: number): void;
  /** The session's record, to be stored (STORE); if it is `explicit`, the request `ticket` waits for that. Secret. */
  store(kind: StoreKind, ticket: number): Writer;
  /** Ends a connection, or an attempt at one; `closed` does not follow. */
  hangUp(link: number): void;
  /** A key was made over this connection. */
  keyMade(link: number): void;
  /** News of a connection to a data centre: for the log, and to be counted. */
  centre(event: CentreEvent, fields: CentreFields): void;
  /** A data centre has answered with an error. @param type its text without numbers, or '' for one that is no name */
  rpcError(code: number, type: string): void;
  /** One request has its answer, for who asked for an entry each (`logsRequests`). Behind the answer. */
  ended(attachment: number, ticket: number, how: Ended): void;
  /** One entry for the log: an event of the table, with its fields. */
  log<E extends LogEvent>(event: E, fields: FieldsOf<E>): void;
}
