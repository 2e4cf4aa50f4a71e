/**
 * rpc_error: what a code and a text mean for the one who called (protocol: RPC errors, wire: Requests and answers).
 * In: code and text. Out: type, number, and what follows. Never: acts.
 */
import { isUtf8 } from 'node:buffer';
import type { Fate } from '../../dialect/dialect.ts';

/** Errors after which the authorization is gone (threats: The network). */
const ENDS = new Set([
  'AUTH_KEY_DUPLICATED',
  'AUTH_KEY_INVALID',
  'SESSION_REVOKED',
  'SESSION_EXPIRED',
  'USER_DEACTIVATED',
  'USER_DEACTIVATED_BAN',
]);
/** Ask for patience in seconds; only the first three end with the same call being welcome again. */
const WAITS = new Set(['FLOOD_WAIT', 'FLOOD_PREMIUM_WAIT', 'SLOWMODE_WAIT']);
/** Comes with 500, and says that an earlier try was carried out. */
const DONE = new Set(['RANDOM_ID_DUPLICATE']);
const NOT_INITED = new Set(['CONNECTION_NOT_INITED', 'CONNECTION_LAYER_INVALID']);
/** Two weeks: longer waits are nonsense or hostile. */
const LONGEST_WAIT = 14 * 86_400;

/** An `rpc_error`, judged: its parts, and what follows from it for whoever called. */
export interface RpcError {
  readonly code: number;
  /** As the server wrote it. */
  readonly text: Uint8Array;
  /** Text without its number: `FLOOD_WAIT`. */
  readonly type: string;
  /** As `errorLabel` has it. */
  readonly label: string;
  /** The number at its end. */
  readonly number: number | undefined;
  /** Seconds asked for, where the error asks for patience. */
  readonly waitSeconds: number | undefined;
  /** 5xx and negative codes: the server failed, not the call. */
  readonly isServerFault: boolean;
  readonly isNotInited: boolean;
  readonly endsSession: boolean;
  readonly fate: Fate;
}

/** TDLib's words for a text nobody can read. */
const UNREADABLE = Buffer.from('INVALID_UTF8_ERROR_MESSAGE');

/** Judges an error by its code and text; codes outside of HTTP's manner are the server's fault (threats: The network). */
export function parseRpcError(given: number, words: Uint8Array): RpcError {
  const isSound = isUtf8(words) && Math.abs(given) >= 100 && Math.abs(given) < 1000;
  const code = isSound ? given : 500;
  const bytes = isUtf8(words) ? words : UNREADABLE;
  const text = Buffer.from(bytes).toString('latin1');
  const { type, value } = splitNumber(text);
  const waitSeconds =
    code === 420 && value !== undefined && WAITS.has(type) ? Math.min(value, LONGEST_WAIT) : undefined;
  const isServerFault = ((code >= 500 && code < 600) || code < 0) && !DONE.has(type);
  const isNotInited = NOT_INITED.has(text);
  return {
    code,
    text: bytes.slice(),
    type,
    label: errorLabel(text),
    number: value,
    waitSeconds,
    isServerFault,
    isNotInited,
    endsSession: ENDS.has(type),
    fate: fateOf(code, value, isServerFault),
  };
}

/** 420 with a number says when; the server's own fault may have come after the work was done. */
function fateOf(code: number, value: number | undefined, isServerFault: boolean): Fate {
  if (code === 420 && value !== undefined)
    return { retryable: true, delivered: 'yes', retryAfter: Math.min(value, LONGEST_WAIT) };
  if (isServerFault) return { retryable: true, delivered: 'unknown' };
  return { retryable: false, delivered: 'yes' };
}

/** A name that a counter may have as a label: without its numbers; '' for what is no name of an error. */
export function errorLabel(text: string): string {
  if (text !== 'Timeout' && !/^(2FA|[A-Z])[A-Z\d_]{2,63}$/.test(text)) return '';
  return text.replaceAll(/_\d+(?=_|$)/g, '');
}

/** `FLOOD_WAIT_31` -> `FLOOD_WAIT`, 31. */
function splitNumber(text: string): { type: string; value: number | undefined } {
  let at = text.length;
  while (at > 0 && isDigit(text.charCodeAt(at - 1))) at--;
  if (at === text.length || at < 2 || text[at - 1] !== '_' || text.length - at > 10)
    return { type: text, value: undefined };
  return { type: text.slice(0, at - 1), value: Number(text.slice(at)) };
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
