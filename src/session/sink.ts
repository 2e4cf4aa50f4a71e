/**
 * Sink: what the session machine may say. In production these become records of the lane's block; in tests, a list.
 * Each writer stands inside the block: write, then call `end()` before the next call of any of these.
 */
import type { CentreEvent, ServerAddress, NamedBy } from '../batch/link-records.ts';
import type { NameAction, StoreKind } from '../batch/name-records.ts';
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

/** Everything a session can say: to its client, its connections, the main thread and the log. */
export interface Sink {
  /**
   * The one terminal answer to a ticket; the dialect writes the whole of it.
   * @param isBadLine ids -2 and -3
   * @param outcome for counters and HTTP: `result`, `rpc_error`, `rpc_timeout` or the name of the refusal
   */
  reply(ticket: number, isBadLine: boolean, outcome: string): Writer;
  /** A line for the client that answers no ticket. */
  update(): Writer;
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
  /**
   * Asks the main thread for, or about, a stored session (NAME). `loggedOut` and `release` are not answered.
   * @param ticket of the request that waits for the answer, or 0
   */
  name(action: NameAction, ticket: number, name: string): void;
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
  ended(ticket: number, how: Ended): void;
  /** One entry for the log: an event of the table, with its fields. */
  log<E extends LogEvent>(event: E, fields: FieldsOf<E>): void;
}
