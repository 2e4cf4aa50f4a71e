/**
 * HTTP status: which status goes with how a request ended (docs/http-and-msgpack.md).
 * In: the outcome of a request. Out: a status. Never: a body; that is the wire's object whatever the status.
 *
 * Whoever got an answer has a 200, an `rpc_error` included: HTTP has done its part. Other statuses are for those between
 * (load balancers, retrying libraries) that do not read bodies.
 */
import { ERRORS, OUTCOMES, type ErrorName } from '../errors.ts';

/** Errors that end connections of other kinds, or are told to them alone. */
const ELSEWHERE: ReadonlySet<ErrorName> = new Set(['LineTimeout', 'TooManyErrors', 'SlowConsumer', 'UpdatesDropped']);
/** Errors that a client over HTTP may hear of. */
export const ERRORS_OVER_HTTP: readonly ErrorName[] = (Object.keys(ERRORS) as ErrorName[]).filter(
  (name) => !ELSEWHERE.has(name),
);

const STATUSES: Partial<Record<ErrorName, number>> = {
  JSONDecodeError: 400,
  InvalidUTF8: 400,
  DepthExceeded: 400,
  TooManyElements: 400,
  NumberTooLong: 400,
  DuplicateKey: 400,
  InvalidRequest: 400,
  InvalidId: 400,
  ProtocolMismatch: 415,
  AuthRequired: 401,
  AuthFailed: 401,
  LineTooLong: 413,
  RateLimited: 429,
  TooManySessions: 429,
  TooManyConnections: 503,
  Overloaded: 503,
  ServerStopping: 503,
  WorkerCrashed: 502,
  InternalError: 500,
};

const BY_PLACE = OUTCOMES.map((name) => STATUSES[name as ErrorName] ?? 200);

/** @param place of the outcome in `OUTCOMES` */
export function statusOf(place: number): number {
  return BY_PLACE[place] ?? 200;
}

/** The status for an error of the table; 200 where HTTP itself has done its part. */
export function statusOfError(name: ErrorName): number {
  return STATUSES[name] ?? 200;
}
