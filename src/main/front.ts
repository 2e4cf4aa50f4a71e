/**
 * Front: how one kind of client is understood and spoken to: JSON lines, msgpack frames.
 * In: stream bytes in any cut. Out: messages as byte ranges, and the client's form of a notice.
 * Never: a socket, a session, the content of a message (but for its `id`, and a token where one is asked for).
 */
import type { ErrorName } from '../errors.ts';

/** Further attributes of an error line (`pos`, `limit`, `retry_after`, ...); overrides of the table's defaults too. */
export type NoticeFields = Readonly<Record<string, string | number | boolean>>;

/** The request's id as it stands in the client's own form, for answers the lane can no longer give. */
export type IdText = string;

/** Whom a front tells what it found; called synchronously from `take` and `resume`. */
export interface FrontOwner {
  /**
   * One whole message, `bytes[start..stop)`. The bytes stay as they are until it is answered: it may have to be run again.
   * @param as the stored session that it is for, if it says so; null if only the lane can tell, or tell whether it names another for the
   * connection
   * @returns false if no more may come for now: the front keeps the rest until `resume`
   */
  message(bytes: Buffer, start: number, stop: number, id: IdText, as?: string | null): boolean;
  /** A message that is refused without a lane, as an answer of its own. */
  reject(name: ErrorName, fields: NoticeFields): void;
  /** The connection cannot go on: one line, then the end. The front takes nothing any more. */
  refuse(name: ErrorName, fields: NoticeFields): void;
  /** How many bytes are now held of a message that has begun and not ended; 0 if none. */
  unfinished(held: number): void;
  /** Whether a token is known; called once, with the first message of a connection that needs one. */
  admit(token: string): boolean;
}

/** How one kind of client is understood and spoken to; one for each connection. */
export interface Front {
  /** The lane is to read and write msgpack for this client; known from the first message on. */
  readonly isMsgpack: boolean;
  take(chunk: Buffer): void;
  /** Goes on with what was kept back when `message` answered false. */
  resume(): void;
  /** No more bytes will come: a message that has begun and not ended is answered with an error. */
  end(): void;
  /** Drops what is held of a message, and all that still comes. */
  discard(): void;
  /** Whether a message, `bytes[start..stop)`, may have an idempotency key; it is looked for without reading the message. */
  mayHaveKey(bytes: Buffer, start: number, stop: number): boolean;
  /** One error line or notice in the client's form. `id` as the client wrote it, or a number of the catalogue. */
  notice(id: IdText | number, name: ErrorName, fields: NoticeFields): Buffer;
}

/** What is the same for all connections of a front. */
export interface FrontSettings {
  /** Longest message in bytes. */
  readonly maxLine: number;
  /** A first message with a token is asked for. */
  readonly needsToken: boolean;
}
