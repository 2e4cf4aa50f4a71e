/**
 * AES-256-CTR as a stream that is never reset: transport obfuscation (protocol: Transports).
 * In: bytes in any cut. Out: as many bytes. Never: the key kept outside OpenSSL.
 */
import { createCipheriv } from 'node:crypto';

/** One direction of a connection; encryption and decryption are the same. */
export class CtrStream {
  readonly #cipher;

  constructor(key: Uint8Array, iv: Uint8Array) {
    this.#cipher = createCipheriv('aes-256-ctr', key, iv);
  }

  /** A new block with `bytes` xored with the next part of the key stream. */
  apply(bytes: Uint8Array): Uint8Array {
    return this.#cipher.update(bytes);
  }
}
