/**
 * AES-256-IGE over bytes of any multiple of 16 (protocol: Encrypted messages): what the key exchange uses beside envelopes.
 * In: key and iv of 32 bytes. Out: a new block. Never: a check of what was decrypted.
 * On loading it tests the kernel against vector A4, so a bad build stops the program instead of talking nonsense.
 */
import { DATA, ENC_KEYS, KEY, kernel, room, views } from './kernel/kernel.ts';

/** Encrypts; throws RangeError on a length that AES blocks do not fit. */
export function igeEncrypt(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  return run(true, key, iv, bytes);
}

/** Decrypts; throws RangeError on a length that AES blocks do not fit. */
export function igeDecrypt(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  return run(false, key, iv, bytes);
}

function run(isEncryption: boolean, key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  const length = bytes.length;
  if (key.length !== 32 || iv.length !== 32) throw new RangeError('IGE takes a key and an iv of 32 bytes each');
  if ((length & 15) !== 0) throw new RangeError(`IGE takes a multiple of 16 bytes, not ${length}`);
  room(length);
  views.bytes.set(key, KEY);
  views.bytes.set(iv, KEY + 32);
  views.bytes.set(bytes, DATA);
  if (isEncryption) kernel.igeEncrypt(length);
  else kernel.igeDecrypt(length);
  const out = views.bytes.slice(DATA, DATA + length);
  views.bytes.fill(0, ENC_KEYS, KEY + 64);
  views.bytes.fill(0, DATA, DATA + length);
  return out;
}

function selfTest(): void {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i);
  const want = '4a7f16441cee6781e8374f261edeb88dc77147ebd5121de8d0fae7762423b6bf';
  const sealed = igeEncrypt(key, key, new Uint8Array(32));
  const opened = igeDecrypt(key, key, sealed);
  if (Buffer.from(sealed).toString('hex') !== want || opened.some((byte) => byte !== 0)) {
    throw new Error('the crypto kernel fails its self-test: build it again');
  }
}

selfTest();
