/**
 * Obfuscation, the server's side: what the first 64 bytes of a connection say, and the ciphers made of them
 * (protocol: Transports). With an MTProxy's secret the keys are hashed with it.
 * In: 64 bytes and more of a stream, a secret. Out: both ciphers, the bytes deciphered, the DC that was asked for.
 * Never: code of the client's src/transport: a shared misreading would cancel out.
 */
import { createDecipheriv, createHash } from 'node:crypto';

/** What an MTProxy's users have to know. */
export interface ProxySecret {
  /** 16 bytes. */
  readonly secret: Uint8Array;
  /** Whether the secret begins with `dd`: then the padded transport alone is taken. */
  readonly isPaddedOnly: boolean;
}

/** Reads a secret in hex: 16 bytes, or 17 that begin with `dd`. Throws RangeError on any other. */
export function readSecret(hex: string): ProxySecret {
  const bytes = Buffer.from(hex, 'hex');
  const isPaddedOnly = bytes.length === 17 && bytes[0] === 0xdd;
  if (bytes.length * 2 !== hex.length || (bytes.length !== 16 && !isPaddedOnly))
    throw new RangeError(`${hex} is no secret of 16 bytes, nor one of 17 that begins with dd`);
  return { secret: isPaddedOnly ? bytes.subarray(1) : bytes, isPaddedOnly };
}

/** How many bytes an obfuscated connection begins with before its first frame. */
export const OBFUSCATED_INIT_LENGTH = 64;

/** The DC that the first 64 bytes ask an MTProxy for: +10000 in the test environment, negative for media. */
export function proxiedDc(init: Uint8Array, proxy: ProxySecret): number {
  return openInit(Buffer.from(init), proxy).plain.readInt16LE(60);
}

/** AES-256-CTR under the keys of one connection, one direction; enciphering and deciphering are the same. */
export type StreamCipher = ReturnType<typeof createDecipheriv>;

/** Both ciphers of a connection, and `plain`: `bytes`, 64 and more, deciphered by that of the client's direction. */
export function openInit(
  bytes: Buffer,
  proxy: ProxySecret | undefined,
): { cipherIn: StreamCipher; cipherOut: StreamCipher; plain: Buffer } {
  const forward = bytes.subarray(8, 56);
  const cipherIn = cipherOf(forward, proxy);
  return { cipherIn, cipherOut: cipherOf(Buffer.from(forward.toReversed()), proxy), plain: cipherIn.update(bytes) };
}

/** With a secret the key is `SHA256(key + secret)`. */
function cipherOf(keyAndIv: Buffer, proxy: ProxySecret | undefined): StreamCipher {
  const key = keyAndIv.subarray(0, 32);
  const hashed = proxy === undefined ? key : createHash('sha256').update(key).update(proxy.secret).digest();
  return createDecipheriv('aes-256-ctr', hashed, keyAndIv.subarray(32));
}
