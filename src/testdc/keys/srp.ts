/**
 * The server's half of the proof of a 2FA password: SRP with Telegram's hashes (protocol: Login), from the description alone.
 * In: a password or its verifier, a secret, A and M1 of the client. Out: srp_B, and whether the proof holds.
 * Never: code of the client's src/crypto/srp.ts, or the password kept.
 */
import { createHash, pbkdf2Sync } from 'node:crypto';
import { DhGroup } from '../../crypto/dh.ts';
import { DH_PRIME, G, isGoodPublic, padTo256 } from './key-exchange.ts';

/** The salts of `passwordKdfAlgo…ModPow`; g and p are the DC's. */
export interface Salting {
  readonly salt1: Buffer;
  readonly salt2: Buffer;
}

const P = toNumber(DH_PRIME);
/** g on 256 bytes, as the hashes take it. */
const PADDED_G = padTo256(Buffer.of(G));
/** k = H(p + g). */
const K = toNumber(sha256(DH_PRIME, PADDED_G));

/** The verifier of a password, 256 bytes: `v = g^x`, x = PH2(password, salt1, salt2). Takes a tenth of a second of PBKDF2. */
export function verifierOf(password: string, { salt1, salt2 }: Salting): Buffer {
  const wrap = (data: Uint8Array, salt: Uint8Array): Buffer => sha256(salt, data, salt);
  const first = wrap(wrap(Buffer.from(password), salt1), salt2);
  const x = wrap(pbkdf2Sync(first, salt1, 100_000, 64, 'sha512'), salt2);
  return padTo256(DhGroup.of(G, DH_PRIME).powers(x).public);
}

/** One question for a password, to be answered once. */
export class SrpChallenge {
  /** srp_B = k v + g^b, 256 bytes. */
  readonly b: Buffer;
  readonly #secret: Buffer;
  readonly #verifier: Buffer;
  readonly #salting: Salting;

  /** `secret` is 256 random bytes. */
  constructor(verifier: Buffer, salting: Salting, secret: Buffer) {
    this.#verifier = verifier;
    this.#salting = salting;
    this.#secret = secret;
    const power = toNumber(DhGroup.of(G, DH_PRIME).powers(secret).public);
    this.b = toBytes((K * toNumber(verifier) + power) % P);
  }

  /** Whether a client's A and M1 prove the password: S = (A v^u)^b, u = H(A + B). */
  proves(a: Uint8Array, m1: Uint8Array): boolean {
    if (!isGoodPublic(a)) return false;
    const group = DhGroup.of(G, DH_PRIME);
    const padded = padTo256(a);
    const u = sha256(padded, this.b);
    const base = (toNumber(padded) * toNumber(group.powers(u).shared(this.#verifier))) % P;
    const s = padTo256(group.powers(this.#secret).shared(toBytes(base)));
    return this.#proof(padded, sha256(s)).equals(m1);
  }

  /** M1 = H(H(p) xor H(g) + H(salt1) + H(salt2) + A + B + K). */
  #proof(a: Buffer, key: Buffer): Buffer {
    const hashOfG = sha256(PADDED_G);
    const mixed = sha256(DH_PRIME).map((byte, i) => byte ^ hashOfG[i]!);
    const { salt1, salt2 } = this.#salting;
    return sha256(mixed, sha256(salt1), sha256(salt2), a, this.b, key);
  }
}

function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(512, '0'), 'hex');
}
