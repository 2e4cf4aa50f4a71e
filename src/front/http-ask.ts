/**
 * HTTP ask: what a request over HTTP is to a session: how its body becomes a line, and what status its outcome has.
 * In: what its path and headers say. Out: one for each request. Never: a socket, a response.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { ErrorName } from '../errors.ts';
import type { NoticeFields } from '../main/front.ts';

/** Why a request is not taken. */
export interface Unserved {
  readonly refused: ErrorName;
  readonly fields: NoticeFields;
}

/** What HTTP says of an answer. */
export interface Verdict {
  readonly status: number;
  /** Seconds, for 429 and 503; 0: the header is left out; undefined: the usual one. */
  readonly retryAfter?: number | undefined;
  /** What goes back instead of the answer. */
  readonly answer?: Buffer | undefined;
}

/** One request, as far as a session is concerned. */
export interface Ask {
  /** The line that a body is asked as; if this is not given, the body is the line. */
  readonly line?: (body: Buffer) => Buffer | Unserved;
  /** @param isBad the line could not be read @param outcome its place in `OUTCOMES` @param answer the line that goes back */
  verdict(isBad: boolean, outcome: number, answer: Buffer): Verdict;
  /** The status of an error that the main thread refuses with. */
  statusOfError(name: ErrorName): number;
}

/** What is asked by all requests of one method on one path. */
export interface Asking {
  /** What the body is, as the description of the interface calls it; it is JSON, and its headers must say so. Without it there is none. */
  readonly body?: 'Request' | 'Fields' | 'SessionChange';
  /** `Idempotency-Key` is its key. */
  readonly hasKey?: boolean;
  /** The method of the path is one of Telegram's, which may refuse it. */
  readonly isCall?: boolean;
  /** @param parameters what stands in the places of the path's `{…}`, decoded */
  ask(parameters: readonly string[], headers: IncomingHttpHeaders): Ask | Unserved;
  /** As of each `Ask`. */
  statusOfError(name: ErrorName): number;
}
