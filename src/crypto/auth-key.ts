/**
 * An authorization key (protocol: Objects and lifetimes): 256 bytes, its id, and the auxiliary hash of the handshake.
 * In: exactly 256 bytes, leading zeroes kept. Out: the numbers derived from them. Never: the key as text.
 */
import { createHash } from 'node:crypto';
import { forgetKey } from './kernel/kernel.ts';

/** One authorization key. Made by `from`, zeroed by `wipe`; printed it shows its id alone. */
export class AuthKey {
  /** The key; zeroes after `wipe`. */
  readonly bytes: Uint8Array;
  /** All that message encryption uses: `bytes[0..128)`, a view. */
  readonly head: Uint8Array;
  /** auth_key_id, SHA1(key)[12:20], as int32 halves. */
  readonly idLow: number;
  readonly idHigh: number;
  /** auth_key_aux_hash, SHA1(key)[0:8]. */
  readonly auxLow: number;
  readonly auxHigh: number;

  private constructor(bytes: Uint8Array) {
    const hash = createHash('sha1').update(bytes).digest();
    this.bytes = bytes;
    this.head = bytes.subarray(0, 128);
    this.auxLow = hash.readInt32LE(0);
    this.auxHigh = hash.readInt32LE(4);
    this.idLow = hash.readInt32LE(12);
    this.idHigh = hash.readInt32LE(16);
  }

  /** Copies `bytes`; throws RangeError unless they are 256. */
  static from(bytes: Uint8Array): AuthKey {
    if (bytes.length !== 256) throw new RangeError(`an auth key has 256 bytes, not ${bytes.length}`);
    return new AuthKey(new Uint8Array(bytes));
  }

  /** Zeroes the key here and what the kernel holds of it. The ids stay, for logs. */
  wipe(): void {
    this.bytes.fill(0);
    forgetKey(this);
  }

  /** What a log or an error may show. */
  toJSON(): string {
    const half = (value: number) => (value >>> 0).toString(16).padStart(8, '0');
    return `AuthKey(${half(this.idHigh)}${half(this.idLow)})`;
  }

  toString(): string {
    return this.toJSON();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toJSON();
  }
}
