/**
 * Diffie-Hellman with the checks of protocol: Diffie-Hellman checks, and powers modulo the group's prime.
 * In: g, p and numbers as big-endian bytes. Out: powers, left-padded to 256 bytes. Never: an unchecked group.
 *
 * Powers go through DH keys given to OpenSSL as DER: its exponentiation is constant-time, and reading a key skips
 * the test of the prime that createDiffieHellman makes (230 ms), which is done here once a prime instead.
 */
import { checkPrimeSync, createHash, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { der, derInteger, padLeft, toBigInt, toBytes, toMinimalBytes, trim } from './numbers.ts';

/** The other side's parameters break a rule: abort, and begin again with fresh nonces. */
export class DhError extends Error {
  override readonly name = 'DhError';
}

/** The prime that Telegram's servers use, by SHA-256 of its 256 bytes: tested when this was written. */
const KNOWN_PRIMES = ['02f85e7687fc6f33ba678226a963b3c8a191b47c890cf30debe17c1d623b5af1'];
/** How many primes are remembered: a server that sends another one each time must not fill the memory. */
const MOST_PRIMES = 32;
/** Which primes are good and which are not, the one unused longest first. */
const verdicts = new Map<string, boolean>(KNOWN_PRIMES.map((hash) => [hash, true]));

/** g -> [m, what p may be modulo m]: then g generates the subgroup of order (p-1)/2. */
const RESIDUES: ReadonlyMap<number, readonly [bigint, readonly bigint[]]> = new Map([
  [2, [8n, [7n]]],
  [3, [3n, [2n]]],
  [4, [1n, [0n]]],
  [5, [5n, [1n, 4n]]],
  [6, [24n, [19n, 23n]]],
  [7, [7n, [3n, 5n, 6n]]],
]);

/** 2^(2048-64): g_a and g_b keep this distance from both ends. */
const MARGIN = 1n << 1984n;

/**
 * Checks a group: p a safe prime of exactly 2048 bits, g a generator that fits it.
 * @throws DhError that says which rule broke
 */
export function checkGroup(g: number, p: Uint8Array): void {
  const digits = trim(p);
  if (digits.length !== 256 || digits[0]! < 0x80) throw new DhError('dh_prime has not 2048 bits');
  const residue = RESIDUES.get(g);
  if (residue === undefined) throw new DhError(`g is ${g}, not 2 to 7`);
  if (!residue[1].includes(toBigInt(digits) % residue[0])) throw new DhError(`g = ${g} does not fit dh_prime`);
  if (!isSafePrime(digits)) throw new DhError('dh_prime is not a safe prime');
}

/** Whether p and (p-1)/2 are prime; 40 rounds of Miller-Rabin each, once a prime (230 ms when good). */
function isSafePrime(p: Uint8Array): boolean {
  const hash = createHash('sha256').update(p).digest('hex');
  let good = verdicts.get(hash);
  if (good === undefined) {
    // One round first: nearly every composite ends there.
    const half = toBytes((toBigInt(p) - 1n) >> 1n, 256);
    good = [1, 40].every((checks) => checkPrimeSync(p, { checks }) && checkPrimeSync(half, { checks }));
    forgetOldest();
  } else verdicts.delete(hash);
  verdicts.set(hash, good);
  return good;
}

function forgetOldest(): void {
  if (verdicts.size < MOST_PRIMES) return;
  for (const hash of verdicts.keys()) {
    if (KNOWN_PRIMES.includes(hash)) continue;
    verdicts.delete(hash);
    return;
  }
}

/**
 * Checks g_a or g_b: 1 < x < p-1 and 2^1984 <= x <= p - 2^1984.
 * @throws DhError
 */
export function checkPublic(gx: Uint8Array, p: Uint8Array): void {
  const x = toBigInt(gx);
  const prime = toBigInt(p);
  if (x < MARGIN || x > prime - MARGIN) throw new DhError('a public number is out of its range');
}

/** Powers of one secret exponent. */
export interface Powers {
  /** g^secret mod p, 256 bytes. */
  public: Uint8Array;
  /** other^secret mod p, 256 bytes. `other` must have passed `checkPublic`. Throws DhError if the power is 1. */
  shared(other: Uint8Array): Uint8Array;
}

const DH_OID = Buffer.from('06092a864886f70d010301', 'hex');

/** A checked group (g, p), made by `of`; gives powers of secrets in it. */
export class DhGroup {
  static readonly #groups = new Map<string, DhGroup>();

  readonly g: number;
  /** 256 bytes. */
  readonly p: Uint8Array;
  readonly #order: bigint;
  /** The algorithm identifier of DER keys in this group. */
  readonly #algorithm: Buffer;

  private constructor(g: number, p: Uint8Array) {
    this.g = g;
    this.p = Uint8Array.from(p);
    this.#order = toBigInt(p) - 1n;
    this.#algorithm = der(0x30, DH_OID, der(0x30, derInteger(this.p), der(0x02, Buffer.from([g]))));
  }

  /** The group of (g, p), checked; kept for the next time. Throws DhError. */
  static of(g: number, p: Uint8Array): DhGroup {
    checkGroup(g, p);
    const digits = trim(p);
    const name = `${g} ${createHash('sha256').update(digits).digest('hex')}`;
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = new DhGroup(g, digits);
      if (this.#groups.size >= MOST_PRIMES) this.#groups.clear();
      this.#groups.set(name, group);
    }
    return group;
  }

  /**
   * Powers of `secret` (256 random bytes; any big-endian number), about 3 ms each.
   * @throws DhError when the secret is a multiple of p-1
   */
  powers(secret: Uint8Array): Powers {
    // Modulo p-1 the powers are the same, and OpenSSL wants exponents below p.
    const exponent = toBigInt(secret) % this.#order;
    if (exponent === 0n) throw new DhError('the secret exponent is zero');
    const own = this.#privateKey(exponent);
    return {
      public: publicNumber(own),
      shared: (other) => padLeft(this.#derive(own, other), 256),
    };
  }

  #privateKey(exponent: bigint): KeyObject {
    const version = Buffer.from([0x02, 0x01, 0x00]);
    const number = derInteger(toMinimalBytes(exponent));
    const key = der(0x30, version, this.#algorithm, der(0x04, number));
    const made = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    number.fill(0);
    key.fill(0);
    return made;
  }

  #derive(own: KeyObject, other: Uint8Array): Uint8Array {
    try {
      return diffieHellman({ privateKey: own, publicKey: this.#publicKey(other) });
    } catch {
      // OpenSSL refuses numbers out of range, and a power that is 1.
      throw new DhError('the public number gives no key');
    }
  }

  #publicKey(other: Uint8Array): KeyObject {
    const key = der(0x30, this.#algorithm, der(0x03, Buffer.alloc(1), derInteger(other)));
    return createPublicKey({ key, format: 'der', type: 'spki' });
  }
}

/** The number inside a DH key: the INTEGER that ends its SubjectPublicKeyInfo. */
function publicNumber(own: KeyObject): Uint8Array {
  const spki = createPublicKey(own).export({ format: 'der', type: 'spki' });
  return padLeft(lastInteger(spki), 256);
}

/** Steps over SEQUENCE { algorithm, BIT STRING { 00, INTEGER } }. */
function lastInteger(spki: Buffer): Uint8Array {
  const algorithm = content(spki, 0).start;
  const bits = content(spki, content(spki, algorithm).end);
  const number = content(spki, bits.start + 1);
  return spki.subarray(number.start, number.end);
}

function content(bytes: Buffer, at: number): { start: number; end: number } {
  const first = bytes[at + 1]!;
  const width = first < 0x80 ? 0 : first & 0x7f;
  const length = width === 0 ? first : bytes.readUIntBE(at + 2, width);
  const start = at + 2 + width;
  return { start, end: start + length };
}
