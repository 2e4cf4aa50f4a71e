/**
 * Derived bytes: random bytes of one request, the same each time the request is read.
 * In: a secret of the process, a request's ticket and deadline. Out: bytes that nobody tells from random ones without the secret.
 * Never: the same bytes for two requests of a process: a ticket that comes again has another deadline.
 *
 * AES-256-CTR: the secret is the key, ticket and deadline are the upper part of the counter.
 */
import { createCipheriv, type Cipher } from 'node:crypto';

/** Bytes of the secret. */
export const SECRET_LENGTH = 32;

/** The bytes of one request at a time; costs nothing until some are wanted. */
export class DerivedBytes {
  readonly #secret: Uint8Array;
  readonly #counter = Buffer.alloc(16);
  #ticket = 0;
  #deadline = 0;
  #cipher: Cipher | undefined;

  /** @param secret `SECRET_LENGTH` random bytes, the same in each thread that may read a request again */
  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /** Begins with a request's first byte again. @param deadline Unix ms, exactly as it was the first time */
  of(ticket: number, deadline: number): this {
    this.#ticket = ticket;
    this.#deadline = deadline;
    this.#cipher = undefined;
    return this;
  }

  /** Writes the request's next bytes over all of `bytes`. */
  fill(bytes: Uint8Array): void {
    this.#cipher ??= this.#begin();
    bytes.set(this.#cipher.update(bytes.fill(0)));
  }

  #begin(): Cipher {
    this.#counter.writeUInt32LE(this.#ticket >>> 0, 0);
    this.#counter.writeDoubleLE(this.#deadline, 4);
    return createCipheriv('aes-256-ctr', this.#secret, this.#counter);
  }
}
