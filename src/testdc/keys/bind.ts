/**
 * The message inside of `auth.bindTempAuthKey`, in MTProto 1.0's envelope (protocol: Forward secrecy).
 * In: a permanent key and `encrypted_message`. Out: the fields of `bind_auth_key_inner`, or undefined if anything is wrong.
 * Never: code of the client's src/crypto/kdf.ts: the derivation is written from the description a second time.
 */
import { Reader } from '../../bytes/reader.ts';
import type { AuthKey } from '../../crypto/auth-key.ts';
import { igeDecrypt } from '../../crypto/ige.ts';
import { sha1Of } from './key-exchange.ts';

/** `bind_auth_key_inner#75a3f765`, and the msg_id in its envelope. */
export interface BindAuthKeyInner {
  readonly msgId: bigint;
  readonly nonce: bigint;
  readonly tempKeyId: bigint;
  readonly permKeyId: bigint;
  readonly tempSessionId: bigint;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** Bytes of `encrypted_message`: auth_key_id, msg_key, and 72 bytes with 8 of padding. */
const LENGTH = 8 + 16 + 80;
const INNER = 0x75a3f765;
const INNER_LENGTH = 40;
/** Bytes of the plaintext without its padding: random bytes, msg_id, seq_no, length, body. */
const MESSAGE_LENGTH = 16 + 8 + 4 + 4 + INNER_LENGTH;

/** Opens `encrypted_message`, 104 bytes under the permanent key; undefined if anything about it is wrong. */
export function openBinding(permanent: AuthKey, encrypted: Uint8Array): BindAuthKeyInner | undefined {
  if (encrypted.length !== LENGTH) return undefined;
  const reader = new Reader(encrypted);
  if (reader.int32() !== permanent.idLow || reader.int32() !== permanent.idHigh) return undefined;
  const msgKey = reader.raw(16);
  const { key, iv } = deriveV1(permanent.bytes, msgKey);
  const plain = Buffer.from(igeDecrypt(key, iv, reader.raw(80)));
  // MTProto 1.0 hashes the message without its padding: the first 72 of the 80 bytes.
  if (!sha1Of(plain.subarray(0, MESSAGE_LENGTH)).subarray(4).equals(msgKey)) return undefined;
  return read(new Reader(plain, 16, MESSAGE_LENGTH));
}

function read(reader: Reader): BindAuthKeyInner | undefined {
  const msgId = reader.bigInt64();
  if (reader.int32() !== 0 || reader.int32() !== INNER_LENGTH || reader.uint32() !== INNER) return undefined;
  return {
    msgId,
    nonce: reader.bigInt64(),
    tempKeyId: reader.bigInt64(),
    permKeyId: reader.bigInt64(),
    tempSessionId: reader.bigInt64(),
    expiresAt: reader.int32(),
  };
}

/** Key and iv of MTProto 1.0: A = SHA1(mk + ak[0:32]), B = SHA1(ak[32:48] + mk + ak[48:64]), C = SHA1(ak[64:96] + mk), D = SHA1(mk + ak[96:128]). */
function deriveV1(authKey: Uint8Array, msgKey: Uint8Array): { key: Buffer; iv: Buffer } {
  const a = sha1Of(msgKey, authKey.subarray(0, 32));
  const b = sha1Of(authKey.subarray(32, 48), msgKey, authKey.subarray(48, 64));
  const c = sha1Of(authKey.subarray(64, 96), msgKey);
  const d = sha1Of(msgKey, authKey.subarray(96, 128));
  return {
    key: Buffer.concat([a.subarray(0, 8), b.subarray(8), c.subarray(4, 16)]),
    iv: Buffer.concat([a.subarray(8), b.subarray(0, 8), c.subarray(16), d.subarray(0, 8)]),
  };
}
