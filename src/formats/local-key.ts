/**
 * Local key: Telegram Desktop's encryption of its files: AES-256-IGE with keys that MTProto 1.0's derivation makes of a local key of 256
 * bytes. The local key is encrypted in the same way with a key made of the passcode.
 * In: encrypted bytes and a key. Out: the plain bytes, or undefined for another key. Never: encrypts.
 */
import { createDecipheriv, createHash, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

const BLOCK = 16;
const SUM = 16;
const LOCAL_KEY = 256;
/** Rounds of PBKDF2 with a passcode. Without a passcode the program makes one round. */
const ROUNDS = 100_000;
/** Offset in the key at which MTProto 1.0 begins its derivation for messages of the server; local files use it too. */
const X = 8;

/** The key, 256 bytes, that the local key is encrypted with. */
export function passcodeKey(passcode: Uint8Array, salt: Uint8Array): Buffer {
  const hash = createHash('sha512').update(salt).update(passcode).update(salt).digest();
  return pbkdf2Sync(hash, salt, passcode.length === 0 ? 1 : ROUNDS, LOCAL_KEY, 'sha512');
}

/**
 * Opens `SHA1(plain)[0:16], IGE(plain)` with `plain = length u32 LE (itself included), bytes, padding`.
 * @returns the bytes, the caller wipes them; undefined if the key is another or the bytes are changed
 */
export function openLocal(sealed: Uint8Array, key: Uint8Array): Buffer | undefined {
  if (sealed.length < SUM + BLOCK || sealed.length % BLOCK !== 0) return undefined;
  const sum = sealed.subarray(0, SUM);
  const { aes, iv } = derive(sum, key);
  const plain = igeDecrypt(aes, iv, sealed.subarray(SUM));
  aes.fill(0);
  const length = plain.readUInt32LE(0);
  const isWhole = timingSafeEqual(sha1(plain).subarray(0, SUM), sum);
  if (isWhole && length >= 4 && length <= plain.length && length > plain.length - BLOCK)
    return plain.subarray(4, length);
  plain.fill(0);
  return undefined;
}

/** MTProto 1.0, "Defining AES Key and Initialization Vector". */
function derive(sum: Uint8Array, key: Uint8Array): { readonly aes: Buffer; readonly iv: Buffer } {
  const part = (from: number, to: number): Uint8Array => key.subarray(X + from, X + to);
  const a = sha1(sum, part(0, 32));
  const b = sha1(part(32, 48), sum, part(48, 64));
  const c = sha1(part(64, 96), sum);
  const d = sha1(sum, part(96, 128));
  return {
    aes: Buffer.concat([a.subarray(0, 8), b.subarray(8, 20), c.subarray(4, 16)]),
    iv: Buffer.concat([a.subarray(8, 20), b.subarray(0, 8), c.subarray(16, 20), d.subarray(0, 8)]),
  };
}

/** p_i = D(c_i xor p_(i-1)) xor c_(i-1); the iv is c_0, p_0. */
function igeDecrypt(aes: Uint8Array, iv: Uint8Array, sealed: Uint8Array): Buffer {
  const cipher = createDecipheriv('aes-256-ecb', aes, null).setAutoPadding(false);
  const plain = Buffer.alloc(sealed.length);
  const block = Buffer.alloc(BLOCK);
  for (let at = 0; at < sealed.length; at += BLOCK) {
    for (let i = 0; i < BLOCK; i++) block[i] = sealed[at + i]! ^ (at === 0 ? iv[BLOCK + i]! : plain[at - BLOCK + i]!);
    const open = cipher.update(block);
    for (let i = 0; i < BLOCK; i++) plain[at + i] = open[i]! ^ (at === 0 ? iv[i]! : sealed[at - BLOCK + i]!);
  }
  return plain;
}

function sha1(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
