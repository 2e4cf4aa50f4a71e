/**
 * Forges packets that a true server would never send (protocol: Encrypted messages; Receiving).
 * In: a true packet and its key. Out: the packet with its plaintext changed, under a msg_key that fits.
 * Never: src/crypto's envelope, which refuses to make most of these.
 */
import type { AuthKey } from '../../crypto/auth-key.ts';
import { igeDecrypt, igeEncrypt } from '../../crypto/ige.ts';
import { deriveV2, sha256 } from '../../crypto/kdf.ts';

const OUTER = 24;
/** Offsets in a plaintext, in bytes. */
export const AT = { salt: 0, session: 8, msgId: 16, seqNo: 24, length: 28, body: 32 } as const;

/** The plaintext of a packet of the server's; msg_key is not checked. */
export function opened(key: AuthKey, packet: Uint8Array): Buffer {
  const msgKey = packet.subarray(8, OUTER);
  const { key: aes, iv } = deriveV2(key.bytes, msgKey, 8);
  return Buffer.from(igeDecrypt(aes, iv, packet.subarray(OUTER)));
}

/** Seals a plaintext that has its padding; its length must be a multiple of 16. */
export function sealed(key: AuthKey, plain: Uint8Array): Buffer {
  const msgKey = sha256(key.bytes.subarray(96, 128), plain).subarray(8, 24);
  const { key: aes, iv } = deriveV2(key.bytes, msgKey, 8);
  const id = Buffer.alloc(8);
  id.writeInt32LE(key.idLow, 0);
  id.writeInt32LE(key.idHigh, 4);
  return Buffer.concat([id, msgKey, igeEncrypt(aes, iv, plain)]);
}

/** A packet, opened, its plaintext changed by `edit`, and sealed again. */
export function forged(key: AuthKey, packet: Uint8Array, edit: (plain: Buffer) => Buffer): Buffer {
  return sealed(key, edit(opened(key, packet)));
}

/** A plaintext with exactly so many bytes of padding; its body grows by zeros so that blocks stay whole. */
export function withPadding(plain: Buffer, padding: number): Buffer {
  const length = plain.readInt32LE(AT.length);
  const head = Buffer.from(plain.subarray(0, AT.body + length));
  const fill = (16 - ((head.length + padding) % 16)) % 16;
  // Zeros behind the object in the body, which nobody reads, make the padding fit.
  const out = Buffer.concat([head, Buffer.alloc(fill), Buffer.alloc(padding, 7)]);
  out.writeInt32LE(length + fill, AT.length);
  return out;
}
