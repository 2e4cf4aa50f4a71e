/**
 * What mtcute's packages ask of a crypto library: Node's, and IGE from `@mtcute/wasm`.
 * In: bytes. Out: bytes. Never: this project's crypto.
 */
import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BaseCryptoProvider, type ICryptoProvider } from '@mtcute/core/utils.js';
import { ige256Decrypt, ige256Encrypt, initSync } from '@mtcute/wasm';

export class MtcuteCrypto extends BaseCryptoProvider implements ICryptoProvider {
  initialize(): void {
    initSync(readFileSync(createRequire(import.meta.url).resolve('@mtcute/wasm/mtcute.wasm')));
  }
  /** Of the writer of Telegram Desktop's folders alone. */
  createHash(algorithm: 'md5' | 'sha512'): { update: (data: Uint8Array) => void; digest: () => Uint8Array } {
    const hash = createHash(algorithm);
    return { update: (data) => void hash.update(data), digest: () => hash.digest() };
  }
  sha1(data: Uint8Array): Uint8Array {
    return createHash('sha1').update(data).digest();
  }
  sha256(data: Uint8Array): Uint8Array {
    return createHash('sha256').update(data).digest();
  }
  pbkdf2(password: Uint8Array, salt: Uint8Array, iterations: number, length = 64, algo = 'sha512'): Uint8Array {
    return pbkdf2Sync(password, salt, iterations, length, algo);
  }
  hmacSha256(data: Uint8Array, key: Uint8Array): Uint8Array {
    return createHmac('sha256', key).update(data).digest();
  }
  createAesCtr(key: Uint8Array, iv: Uint8Array): { process: (data: Uint8Array) => Uint8Array } {
    const cipher = createCipheriv('aes-256-ctr', key, iv);
    return { process: (data) => cipher.update(data) };
  }
  createAesIge(
    key: Uint8Array,
    iv: Uint8Array,
  ): { encrypt: (data: Uint8Array) => Uint8Array; decrypt: (data: Uint8Array) => Uint8Array } {
    return { encrypt: (data) => ige256Encrypt(data, key, iv), decrypt: (data) => ige256Decrypt(data, key, iv) };
  }
  gzip(data: Uint8Array, maxSize: number): Uint8Array | null {
    const packed = gzipSync(data);
    return packed.length < maxSize ? packed : null;
  }
  gunzip(data: Uint8Array): Uint8Array {
    return gunzipSync(data);
  }
  randomFill(bytes: Uint8Array): void {
    randomFillSync(bytes);
  }
}
