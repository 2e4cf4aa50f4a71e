/**
 * RSA of the key exchange: server keys, their fingerprints, and RSA_PAD (protocol: Key exchange, steps 2 and 5).
 * In: PEM text, inner data. Out: 256 bytes. Never: a private key.
 */
import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { igeEncrypt } from './ige.ts';
import { sha1, sha256 } from './kdf.ts';

/** A server's key. n and e are big-endian without leading zeroes; the fingerprint is a long in two int32 halves. */
export interface PublicKey {
  n: Uint8Array;
  e: Uint8Array;
  fingerprintLow: number;
  fingerprintHigh: number;
  pem: string;
}

/** The PEM text is not an RSA key that the key exchange can use. */
export class RsaKeyError extends Error {
  override readonly name = 'RsaKeyError';
}

/** Takes `RSA PUBLIC KEY` (PKCS#1) and `PUBLIC KEY` (SPKI); throws RsaKeyError. */
export function parsePublicKey(pem: string): PublicKey {
  const { n, e } = readNumbers(pem);
  if (n.length !== 256 || n[0]! < 0x80) throw new RsaKeyError('an RSA key of the key exchange has 2048 bits');
  const hash = sha1(tlString(n), tlString(e));
  return { n, e, fingerprintLow: hash.readInt32LE(12), fingerprintHigh: hash.readInt32LE(16), pem };
}

function readNumbers(pem: string): { n: Buffer; e: Buffer } {
  let jwk;
  try {
    // createPublicKey would take a private key's PEM too, and that one must not be handed around.
    if (pem.includes('PRIVATE')) throw new Error('it is a private key');
    jwk = createPublicKey(pem).export({ format: 'jwk' });
  } catch (error) {
    throw new RsaKeyError(`not a public key in PEM form: ${(error as Error).message}`);
  }
  if (jwk.kty !== 'RSA' || jwk.n === undefined || jwk.e === undefined) throw new RsaKeyError('not an RSA key');
  return { n: Buffer.from(jwk.n, 'base64url'), e: Buffer.from(jwk.e, 'base64url') };
}

/** TL `string` of a number. */
function tlString(bytes: Uint8Array): Buffer {
  const n = bytes.length;
  const head = n < 254 ? Buffer.from([n]) : Buffer.from([254, n & 0xff, (n >> 8) & 0xff, n >> 16]);
  const tail = Buffer.alloc(-(head.length + n) & 3);
  return Buffer.concat([head, bytes, tail]);
}

/** Bytes of data that RSA_PAD carries at most. */
const MOST_DATA = 144;
/** Draws of a temp_key: each fails for at most half of all there are (n > 2^2047). */
const TRIES = 128;

/**
 * RSA_PAD and the encryption: 256 bytes for `encrypted_data`.
 * @param data the inner data as TL bytes, at most 144
 * @param fill fills its argument with secure random bytes: the padding first, then a temp_key for each try
 * @throws RangeError when the data is too long
 */
export function rsaPad(data: Uint8Array, key: PublicKey, fill: (bytes: Uint8Array) => void): Uint8Array {
  if (data.length > MOST_DATA) throw new RangeError(`RSA_PAD takes ${MOST_DATA} bytes at most, not ${data.length}`);
  const padded = new Uint8Array(192);
  padded.set(data);
  fill(padded.subarray(data.length));
  const reversed = padded.toReversed();
  for (let i = 0; i < TRIES; i++) {
    const block = blend(padded, reversed, fill);
    if (Buffer.compare(block, key.n) < 0) return encrypt(block, key);
  }
  throw new Error('no temp_key gave a block below n: the random source is broken');
}

/** `temp_key ^ SHA256(e) | e` for a new temp_key. */
function blend(padded: Uint8Array, reversed: Uint8Array, fill: (bytes: Uint8Array) => void): Uint8Array {
  const tempKey = new Uint8Array(32);
  fill(tempKey);
  const encrypted = igeEncrypt(tempKey, new Uint8Array(32), Buffer.concat([reversed, sha256(tempKey, padded)]));
  const hash = sha256(encrypted);
  const block = new Uint8Array(256);
  for (let i = 0; i < 32; i++) block[i] = tempKey[i]! ^ hash[i]!;
  block.set(encrypted, 32);
  return block;
}

/** block^e mod n: OpenSSL leaves it at 256 bytes. */
function encrypt(block: Uint8Array, key: PublicKey): Uint8Array {
  return publicEncrypt({ key: key.pem, padding: constants.RSA_NO_PADDING }, block);
}

function pkcs1(base64: string): string {
  return `-----BEGIN RSA PUBLIC KEY-----\n${base64}\n-----END RSA PUBLIC KEY-----\n`;
}

/** Telegram's production key, fingerprint 0xd09d1d85de64fd85. */
export const PRODUCTION_KEY: PublicKey = parsePublicKey(
  pkcs1(
    `MIIBCgKCAQEA6LszBcC1LGzyr992NzE0ieY+BSaOW622Aa9Bd4ZHLl+TuFQ4lo4g
5nKaMBwK/BIb9xUfg0Q29/2mgIR6Zr9krM7HjuIcCzFvDtr+L0GQjae9H0pRB2OO
62cECs5HKhT5DZ98K33vmWiLowc621dQuwKWSQKjWf50XYFw42h21P2KXUGyp2y/
+aEyZ+uVgLLQbRA1dEjSDZ2iGRy12Mk5gpYc397aYp438fsJoHIgJ2lgMv5h7WY9
t6N/byY9Nw9p21Og3AoXSL2q/2IJ1WRUhebgAdGVMlV1fkuOQoEzR7EdpqtQD9Cs
5+bfo3Nhmcyvk5ftB0WkJ9z6bNZ7yxrP8wIDAQAB`,
  ),
);

/** Telegram's key for test data centres, fingerprint 0xb25898df208d2603. */
export const TEST_KEY: PublicKey = parsePublicKey(
  pkcs1(
    `MIIBCgKCAQEAyMEdY1aR+sCR3ZSJrtztKTKqigvO/vBfqACJLZtS7QMgCGXJ6XIR
yy7mx66W0/sOFa7/1mAZtEoIokDP3ShoqF4fVNb6XeqgQfaUHd8wJpDWHcR2OFwv
plUUI1PLTktZ9uW2WE23b+ixNwJjJGwBDJPQEQFBE+vfmH0JP503wr5INS1poWg/
j25sIWeYPHYeOrFp/eXaqhISP6G+q2IeTaWTXpwZj4LzXq5YOpk4bYEQ6mvRq7D1
aHWfYmlEGepfaYR8Q0YqvvhYtMte3ITnuSJs171+GDqpdKcSwHnd6FudwGO4pcCO
j4WcDuXc2CTHgH8gFTNhp/Y8/SpDOhvn9QIDAQAB`,
  ),
);
