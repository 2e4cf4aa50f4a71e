/**
 * Session status: which status of HTTP goes with how a request below `/v1/sessions` ended (docs/http-and-msgpack.md).
 * In: the outcome of a request, its answer. Out: a status, and for how long to wait. Never: another body than the wire's object.
 *
 * Whoever calls by a path reads statuses, so every refusal has one of its own here, where `POST /v1/rpc` has 200.
 */
import { ERRORS, errorNamed, OUTCOMES, type ErrorName, type Fault } from '../errors.ts';
import type { Verdict } from './http-ask.ts';

/** Who could have prevented it says what HTTP says, but for the errors of the next table. */
const BY_FAULT: Readonly<Record<Fault, number>> = { client: 400, gateway: 500, telegram: 502, network: 502, load: 503 };

/**
 * A session that is lost is 410 and not 401: the token was right, and there is nothing to be shown that would open this
 * session again. 401 is the gateway's for tokens, where libraries fetch another one and repeat the request.
 */
const STATUSES: Partial<Record<ErrorName, number>> = {
  AuthRequired: 401,
  AuthFailed: 401,
  ServerNotAllowed: 403,
  ExportNotAllowed: 403,
  SessionNotFound: 404,
  SessionInUse: 409,
  KeyReused: 409,
  AuthKeyInvalid: 410,
  SessionLost: 410,
  LineTooLong: 413,
  MessageTooLarge: 413,
  ProtocolMismatch: 415,
  RateLimited: 429,
  TooManySessions: 429,
  TransportFlood: 429,
  InvalidDC: 502,
  DecodeError: 502,
  WorkerCrashed: 502,
  ServerStopping: 503,
  VaultUnavailable: 503,
  VaultWriteFailed: 503,
  ConnectTimeout: 504,
};

/** The status of an error below `/v1/sessions`. */
export function statusOfRefusal(name: ErrorName): number {
  return STATUSES[name] ?? BY_FAULT[ERRORS[name].fault];
}

/** Codes of Telegram's that HTTP has too, and says as they are. */
const AS_THEY_ARE: ReadonlySet<number> = new Set([400, 401, 403, 404, 406]);

/** What a call may end with beside a result and the gateway's own refusals: words of wire's for each status. */
export const CALL_STATUSES: Readonly<Record<number, string>> = {
  ...Object.fromEntries([...AS_THEY_ARE, 429, 502].map((status) => [status, 'rpc_error'])),
  504: 'rpc_timeout',
};

/** The status for a code of Telegram's. @param code of an `rpc_error` */
export function statusOfCode(code: number): number {
  if (AS_THEY_ARE.has(code)) return code;
  // A flood: HTTP's word for it.
  if (code === 420 || code === 429) return 429;
  // `-503 Timeout`: Telegram gave up on a part of itself.
  if (code === -503) return 504;
  return code > 400 && code < 500 ? 400 : 502;
}

/** What HTTP says of an answer below `/v1/sessions`; the arguments are those of `Ask.verdict`. */
export function sessionVerdict(isBad: boolean, outcome: number, answer: Buffer): Verdict {
  if (isBad) return { status: 400 };
  const name = OUTCOMES[outcome]!;
  if (name === 'result') return { status: 200 };
  if (name === 'rpc_timeout') return { status: 504 };
  // What Telegram or the gateway refuses is said on a short line, and seldom.
  const said = JSON.parse(answer.toString()) as Said;
  const status = name === 'rpc_error' ? statusOfCode(said.message!.error_code) : statusOfRefusal(errorNamed(name));
  return { status, retryAfter: Math.ceil(said.retry_after ?? 0) };
}

/** What is read of a refusal: the code of Telegram's, and seconds to wait. */
interface Said {
  readonly message?: { readonly error_code: number };
  readonly retry_after?: number;
}
