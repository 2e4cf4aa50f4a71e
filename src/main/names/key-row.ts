/**
 * Key row: what is stored of a request with an idempotency key: before it goes, and when its outcome is known.
 * In: when, the fingerprint of its message, its outcome. Out: bytes, and back. Never: looks into an outcome.
 *
 * `since f64, Unix ms | fingerprint, 32 bytes | outcome (batch/key-records.ts), empty while none is known`.
 */
import { FINGERPRINT_LENGTH } from '../../batch/key-records.ts';

const FINGERPRINT_AT = 8;
const OUTCOME_AT = FINGERPRINT_AT + FINGERPRINT_LENGTH;
const NOTHING = new Uint8Array(0);

/** What is stored of one request. */
export interface KeyRow {
  /** When its key was noted, Unix ms. */
  readonly since: number;
  readonly fingerprint: Uint8Array;
  /** Empty while none is known. */
  readonly outcome: Uint8Array;
}

/** The bytes of a row. */
export function writeKeyRow({ since, fingerprint, outcome }: KeyRow): Buffer {
  const head = Buffer.alloc(FINGERPRINT_AT);
  head.writeDoubleLE(since);
  return Buffer.concat([head, fingerprint, outcome]);
}

/** What a row says; one that is cut short says that something was begun with the key, and not with which message. */
export function readKeyRow(bytes: Uint8Array): KeyRow {
  if (bytes.length < OUTCOME_AT) return { since: Infinity, fingerprint: NOTHING, outcome: NOTHING };
  const since = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
  return { since, fingerprint: bytes.subarray(FINGERPRINT_AT, OUTCOME_AT), outcome: bytes.subarray(OUTCOME_AT) };
}
