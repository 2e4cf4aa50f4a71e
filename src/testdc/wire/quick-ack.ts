/**
 * The token of a quick ack (protocol: Encrypted messages): the first four bytes of msg_key_large, top bit set.
 * In: an auth key and a client's packet whose envelope is right. Out: a number. Never: for packets without the request,
 * since it decrypts the packet a second time.
 */
import { createHash } from 'node:crypto';
import { igeDecrypt } from '../../crypto/ige.ts';
import { deriveV2 } from '../../crypto/kdf.ts';

/** The token, unsigned, of a packet: auth_key_id, msg_key and ciphertext, without a transport's padding. */
export function quickAckToken(authKey: Uint8Array, packet: Uint8Array): number {
  const { key, iv } = deriveV2(authKey, packet.subarray(8, 24), 0);
  const plain = igeDecrypt(key, iv, packet.subarray(24));
  const hash = createHash('sha256').update(authKey.subarray(88, 120)).update(plain).digest();
  return (hash.readUInt32LE() | 0x80000000) >>> 0;
}
