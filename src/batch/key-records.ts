/**
 * Key records: how KEY, KEYED and OUTCOME are written and read: what a client's request says of its idempotency key, what is known of
 * that key, and how the request ended.
 * In: keys, fingerprints, outcomes. Out: flags and bytes of these records, and what they said. Never: looks into a result.
 *
 * KEY: fingerprint, 32 bytes | the key, UTF-8.
 * An outcome, in OUTCOME and KEYED and as it is stored: `kind u8 | code i32 LE | bytes`: of a result its TL, of an error its text.
 */
import type { Writer } from '../bytes/writer.ts';
import type { RecordCursor } from './batch.ts';
import { faultInWords, type NameFault, wordsOfFault } from './name-records.ts';

/** Bytes of the fingerprint of a message. */
export const FINGERPRINT_LENGTH = 32;
const OUTCOME_HEAD = 5;

/** What a request asks of its key. */
export interface KeyQuestion {
  readonly ticket: number;
  /** 1 to 128 bytes of UTF-8. */
  readonly key: string;
  /** Of the message: another message is not to have the same key. A copy. */
  readonly fingerprint: Buffer;
}

/** Writes the bytes of a KEY record. @param fingerprint `FINGERPRINT_LENGTH` bytes */
export function writeKey(out: Writer, key: string, fingerprint: Uint8Array): void {
  out.raw(fingerprint);
  out.raw(Buffer.from(key));
}

/** What a KEY record asks. @throws RangeError for one that is cut short */
export function readKey({ ticket, bytes, start, stop }: RecordCursor): KeyQuestion {
  const keyAt = start + FINGERPRINT_LENGTH;
  if (keyAt >= stop) throw new RangeError('a KEY record is cut short');
  return {
    ticket,
    key: Buffer.from(bytes.subarray(keyAt, stop)).toString(),
    fingerprint: Buffer.from(bytes.subarray(start, keyAt)),
  };
}

// --- how a request with a key ended ----------------------------------------------------------------------------------

/** `known`: what is in the outcome. `free`: it was not carried out, and may go again. `unknown`: nobody can say. */
export type KeyEnd = 'known' | 'free' | 'unknown';

const ENDS: readonly KeyEnd[] = ['known', 'free', 'unknown'];

/** The flags of an OUTCOME record. */
export function outcomeFlags(end: KeyEnd): number {
  return ENDS.indexOf(end);
}

/** An OUTCOME record, as the main thread hears it. */
export interface EndedKey {
  readonly end: KeyEnd;
  /** The outcome, if it is known; empty if it is not. A copy, and opaque to the main thread. */
  readonly outcome: Buffer;
}

/** What an OUTCOME record says. @throws RangeError for flags that `outcomeFlags` does not give */
export function readEndedKey({ flags, bytes, start, stop }: RecordCursor): EndedKey {
  const end = ENDS[flags];
  if (end === undefined) throw new RangeError(`an OUTCOME record with flags ${flags}`);
  return { end, outcome: Buffer.from(bytes.subarray(start, stop)) };
}

/** What an outcome is. `omitted`: a result that was too long to be stored. */
export type OutcomeKind = 'result' | 'error' | 'omitted';

const KINDS: readonly OutcomeKind[] = ['result', 'error', 'omitted'];

/** Writes an outcome. @param code of an error, else 0 @param bytes TL of a result, text of an error */
export function writeOutcome(
  out: Writer,
  kind: OutcomeKind,
  code: number,
  bytes: Uint8Array,
  start = 0,
  stop = bytes.length,
): void {
  out.byte(KINDS.indexOf(kind));
  for (let shift = 0; shift < 32; shift += 8) out.byte((code >>> shift) & 255);
  out.raw(bytes, start, stop);
}

/** What is stored instead of a result that is too long. */
export const OMITTED_OUTCOME: Uint8Array = Uint8Array.of(KINDS.indexOf('omitted'), 0, 0, 0, 0);

/** An outcome as it was written. */
export interface KnownOutcome {
  readonly kind: OutcomeKind;
  readonly code: number;
  /** A view. */
  readonly bytes: Uint8Array;
}

/** Reads an outcome. @throws RangeError for bytes that are none */
export function readOutcome(bytes: Uint8Array): KnownOutcome {
  const kind = KINDS[bytes[0] ?? KINDS.length];
  if (kind === undefined || bytes.length < OUTCOME_HEAD) throw new RangeError('an outcome is cut short');
  const code = bytes[1]! | (bytes[2]! << 8) | (bytes[3]! << 16) | (bytes[4]! << 24);
  return { kind, code, bytes: bytes.subarray(OUTCOME_HEAD) };
}

// --- what is known of a key ------------------------------------------------------------------------------------------

/**
 * `fresh`: nothing; the message may go, and its outcome will be stored. `waits`: the first one is open; another KEYED follows when it ends.
 * `done`: its outcome. `reused`: it belongs to another message. `unknown`: it may have been carried out. `refused`: it could not be asked.
 */
export type KeyVerdict = 'fresh' | 'waits' | 'done' | 'reused' | 'unknown' | 'refused';

const VERDICTS: readonly KeyVerdict[] = ['fresh', 'waits', 'done', 'reused', 'unknown', 'refused'];

/** What the main thread has found out about a key. */
export interface KeyFinding {
  readonly verdict: KeyVerdict;
  /** Of `done`. */
  readonly outcome?: Uint8Array;
  /** Of `refused`. */
  readonly fault?: NameFault;
}

/** The flags of a KEYED record. */
export function keyedFlags({ verdict }: KeyFinding): number {
  return VERDICTS.indexOf(verdict);
}

/** The bytes of a KEYED record. */
export function writeKeyed({ outcome, fault }: KeyFinding): Uint8Array {
  return fault === undefined ? (outcome ?? NOTHING) : wordsOfFault(fault);
}

/** A KEYED record, as the session hears it. */
export interface KeyAnswer {
  readonly ticket: number;
  readonly verdict: KeyVerdict;
  /** A view of the record. */
  readonly outcome: Uint8Array;
  readonly fault: NameFault | undefined;
}

/** What a KEYED record says. @throws RangeError for flags that `keyedFlags` does not give */
export function readKeyed({ ticket, flags, bytes, start, stop }: RecordCursor): KeyAnswer {
  const verdict = VERDICTS[flags];
  if (verdict === undefined) throw new RangeError(`a KEYED record with flags ${flags}`);
  const said = bytes.subarray(start, stop);
  const fault = verdict === 'refused' ? faultInWords(Buffer.from(said).toString()) : undefined;
  return { ticket, verdict, outcome: verdict === 'done' ? said : NOTHING, fault };
}

const NOTHING = new Uint8Array(0);
