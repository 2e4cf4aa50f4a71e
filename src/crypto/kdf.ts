/**
 * Key derivation: AES key and iv from an auth key and a msg_key (protocol: Encrypted messages; Forward secrecy), and the handshake's own.
 * In: byte strings. Out: new byte strings. Never on the hot path: there the kernel derives by itself.
 */
import { createHash } from 'node:crypto';
import type { AuthKey } from './auth-key.ts';
import { igeEncrypt } from './ige.ts';

/** A key and an iv for AES-256-IGE, 32 bytes each. */
export interface AesPair {
  key: Uint8Array;
  iv: Uint8Array;
}

/** SHA-1 of the parts one behind the other: 20 bytes. */
export function sha1(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** SHA-256 of the parts one behind the other: 32 bytes. */
export function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** MTProto 2.0: `x` = 0 from the client, 8 from the server. The kernel's `derive` must agree with it. */
export function deriveV2(authKey: Uint8Array, msgKey: Uint8Array, x: 0 | 8): AesPair {
  const a = sha256(msgKey, authKey.subarray(x, x + 36));
  const b = sha256(authKey.subarray(40 + x, 76 + x), msgKey);
  return {
    key: Buffer.concat([a.subarray(0, 8), b.subarray(8, 24), a.subarray(24, 32)]),
    iv: Buffer.concat([b.subarray(0, 8), a.subarray(8, 24), b.subarray(24, 32)]),
  };
}

/** MTProto 1.0 from the client's side, used by `auth.bindTempAuthKey` alone. */
export function deriveV1(authKey: Uint8Array, msgKey: Uint8Array, x: 0 | 8 = 0): AesPair {
  const part = (from: number, to: number) => authKey.subarray(from + x, to + x);
  const a = sha1(msgKey, part(0, 32));
  const b = sha1(part(32, 48), msgKey, part(48, 64));
  const c = sha1(part(64, 96), msgKey);
  const d = sha1(msgKey, part(96, 128));
  return {
    key: Buffer.concat([a.subarray(0, 8), b.subarray(8, 20), c.subarray(4, 16)]),
    iv: Buffer.concat([a.subarray(8, 20), b.subarray(0, 8), c.subarray(16, 20), d.subarray(0, 8)]),
  };
}

/** tmp_aes_key and tmp_aes_iv of the key exchange (protocol: Key exchange, step 7). */
export function deriveHandshake(serverNonce: Uint8Array, newNonce: Uint8Array): AesPair {
  const newServer = sha1(newNonce, serverNonce);
  const serverNew = sha1(serverNonce, newNonce);
  return {
    key: Buffer.concat([newServer, serverNew.subarray(0, 12)]),
    iv: Buffer.concat([serverNew.subarray(12, 20), sha1(newNonce, newNonce), newNonce.subarray(0, 4)]),
  };
}

/** new_nonce_hash1, 2 or 3 of the answer to set_client_DH_params (step 11): 16 bytes. */
export function newNonceHash(newNonce: Uint8Array, which: 1 | 2 | 3, key: AuthKey): Uint8Array {
  const aux = Buffer.alloc(9);
  aux[0] = which;
  aux.writeInt32LE(key.auxLow, 1);
  aux.writeInt32LE(key.auxHigh, 5);
  return sha1(newNonce, aux).subarray(4, 20);
}

/**
 * The encrypted_message of `auth.bindTempAuthKey` (protocol: Forward secrecy): 104 bytes.
 * @param inner bind_auth_key_inner as TL bytes, 40 of them
 * @param fill fills its argument with secure random bytes: the 16-byte prefix, then the 8-byte padding
 */
export function sealBind(
  permanent: AuthKey,
  inner: Uint8Array,
  msgIdLow: number,
  msgIdHigh: number,
  fill: (bytes: Uint8Array) => void,
): Uint8Array {
  if (inner.length !== 40) throw new RangeError(`bind_auth_key_inner has 40 bytes, not ${inner.length}`);
  const plain = Buffer.alloc(80);
  fill(plain.subarray(0, 16));
  plain.writeInt32LE(msgIdLow, 16);
  plain.writeInt32LE(msgIdHigh, 20);
  plain.writeInt32LE(0, 24);
  plain.writeInt32LE(inner.length, 28);
  plain.set(inner, 32);
  fill(plain.subarray(72));
  const msgKey = sha1(plain.subarray(0, 72)).subarray(4, 20);
  const { key, iv } = deriveV1(permanent.bytes, msgKey);
  const id = Buffer.alloc(8);
  id.writeInt32LE(permanent.idLow, 0);
  id.writeInt32LE(permanent.idHigh, 4);
  return Buffer.concat([id, msgKey, igeEncrypt(key, iv, plain)]);
}
