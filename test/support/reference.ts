/**
 * A second, slow MTProto envelope for tests: `node:crypto` hashes and AES block by block through ECB.
 * Written from protocol: Encrypted messages alone; shares no code with src/crypto.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

const xor = (a: Uint8Array, b: Uint8Array): Buffer => Buffer.from(a.map((byte, i) => byte ^ b[i]!));
const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

export function referenceIge(encrypt: boolean, key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Buffer {
  const make = encrypt ? createCipheriv : createDecipheriv;
  const aes = make('aes-256-ecb', key, null).setAutoPadding(false);
  // While encrypting `before` is the last output and `behind` the last input; decrypting begins with them swapped.
  let before: Uint8Array = encrypt ? iv.subarray(0, 16) : iv.subarray(16, 32);
  let behind: Uint8Array = encrypt ? iv.subarray(16, 32) : iv.subarray(0, 16);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const block = bytes.subarray(at, at + 16);
    before = xor(aes.update(xor(block, before)), behind);
    behind = block;
    out.push(before as Buffer);
  }
  return Buffer.concat(out);
}

function derive(authKey: Uint8Array, msgKey: Uint8Array, x: number): { key: Buffer; iv: Buffer } {
  const a = sha256(msgKey, authKey.subarray(x, x + 36));
  const b = sha256(authKey.subarray(40 + x, 76 + x), msgKey);
  return {
    key: Buffer.concat([a.subarray(0, 8), b.subarray(8, 24), a.subarray(24, 32)]),
    iv: Buffer.concat([b.subarray(0, 8), a.subarray(8, 24), b.subarray(24, 32)]),
  };
}

/** auth_key_id, msg_key and the encrypted `plain` (header, body and padding, as they are). */
export function referenceSeal(authKey: Uint8Array, x: 0 | 8, plain: Uint8Array): Buffer {
  const msgKey = sha256(authKey.subarray(88 + x, 120 + x), plain).subarray(8, 24);
  const { key, iv } = derive(authKey, msgKey, x);
  const id = createHash('sha1').update(authKey).digest().subarray(12, 20);
  return Buffer.concat([id, msgKey, referenceIge(true, key, iv, plain)]);
}

/** The plaintext of a packet; its msg_key is not checked. */
export function referenceOpen(authKey: Uint8Array, x: 0 | 8, packet: Uint8Array): Buffer {
  const { key, iv } = derive(authKey, packet.subarray(8, 24), x);
  return referenceIge(false, key, iv, packet.subarray(24));
}
