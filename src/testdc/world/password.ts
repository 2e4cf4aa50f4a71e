/**
 * Password: the second factor of an account (protocol: Login).
 * In: a text, or the verifier that a client made of one. Out: salts, the verifier. Never: the text kept once the verifier is made.
 */
import type { DcEnv } from '../env.ts';
import { random } from '../env.ts';
import type { Salting } from '../keys/srp.ts';
import { verifierOf } from '../keys/srp.ts';

/** One account's password. */
export class Password implements Salting {
  readonly salt1: Buffer;
  readonly salt2: Buffer;
  readonly hint: string;
  #text: string | undefined;
  #verifier: Buffer | undefined;

  /** `secret` is the text, or the verifier of 256 bytes. */
  constructor(salting: Salting, secret: string | Buffer, hint = '') {
    this.salt1 = salting.salt1;
    this.salt2 = salting.salt2;
    this.hint = hint;
    if (typeof secret === 'string') this.#text = secret;
    else this.#verifier = secret;
  }

  /** A password of this text, with new salts. */
  static of(env: DcEnv, text: string, hint?: string): Password {
    return new Password({ salt1: random(env, 40), salt2: random(env, 16) }, text, hint);
  }

  /** The verifier, 256 bytes; made when first asked for, since that takes a tenth of a second. */
  get verifier(): Buffer {
    if (this.#verifier === undefined) {
      this.#verifier = verifierOf(this.#text!, this);
      this.#text = undefined;
    }
    return this.#verifier;
  }
}
