/**
 * The 2FA password proof (protocol: Login): SRP with Telegram's hashes.
 * In: the algorithm's numbers, the password as UTF-8, the server's g_b. Out: A and M1 for inputCheckPasswordSRP.
 * Never: parameters that fail the checks (protocol: Diffie-Hellman checks), and never the password or x kept.
 */
import { pbkdf2Sync } from 'node:crypto';
import { checkPublic, DhError, DhGroup } from './dh.ts';
import { sha256 } from './kdf.ts';
import { padLeft, toBigInt, toBytes, toMinimalBytes } from './numbers.ts';

/** passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow. */
export interface SrpAlgorithm {
  g: number;
  p: Uint8Array;
  salt1: Uint8Array;
  salt2: Uint8Array;
}

/** SH(d, s) = H(s + d + s). */
function salted(data: Uint8Array, salt: Uint8Array): Buffer {
  return sha256(salt, data, salt);
}

/** x = PH2 of the password, 32 bytes; about 100 ms of PBKDF2. */
export function passwordHash(password: Uint8Array, salt1: Uint8Array, salt2: Uint8Array): Uint8Array {
  const first = salted(salted(password, salt1), salt2);
  return salted(pbkdf2Sync(first, salt1, 100_000, 64, 'sha512'), salt2);
}

/** v = g^x mod p: what the server keeps of a new password. Throws DhError. */
export function passwordVerifier(algorithm: SrpAlgorithm, password: Uint8Array): Uint8Array {
  const group = DhGroup.of(algorithm.g, algorithm.p);
  return group.powers(passwordHash(password, algorithm.salt1, algorithm.salt2)).public;
}

/** Draws of the secret until g_a lies in its range; each fails with a chance of 2^-63. */
const TRIES = 8;

/**
 * The proof that the password is known.
 * @param b the server's srp_B
 * @param fill fills its argument with secure random bytes
 * @returns A (256 bytes) and M1 (32 bytes)
 * @throws DhError when the group or srp_B breaks a rule
 */
export function srpProof(
  algorithm: SrpAlgorithm,
  password: Uint8Array,
  b: Uint8Array,
  fill: (bytes: Uint8Array) => void,
): { a: Uint8Array; m1: Uint8Array } {
  const group = DhGroup.of(algorithm.g, algorithm.p);
  checkPublic(b, group.p);
  const gb = padLeft(b, 256);
  const { secret, ga } = drawSecret(group, fill);
  const x = passwordHash(password, algorithm.salt1, algorithm.salt2);
  const k = sharedKey(group, ga, gb, secret, x);
  return { a: ga, m1: proof(group, algorithm, ga, gb, k) };
}

function drawSecret(group: DhGroup, fill: (bytes: Uint8Array) => void): { secret: Uint8Array; ga: Uint8Array } {
  const secret = new Uint8Array(256);
  for (let i = 0; i < TRIES; i++) {
    fill(secret);
    const ga = group.powers(secret).public;
    if (isInRange(ga, group.p)) return { secret, ga };
  }
  throw new Error('no secret gave a g_a in range: the random source is broken');
}

function isInRange(gx: Uint8Array, p: Uint8Array): boolean {
  try {
    checkPublic(gx, p);
    return true;
  } catch {
    return false;
  }
}

/** K = H(S), S = (g_b - k v)^(a + u x). */
function sharedKey(group: DhGroup, ga: Uint8Array, gb: Uint8Array, secret: Uint8Array, x: Uint8Array): Uint8Array {
  const p = toBigInt(group.p);
  const u = toBigInt(sha256(ga, gb));
  const k = toBigInt(sha256(group.p, generator(group)));
  const v = toBigInt(group.powers(x).public);
  const t = (((toBigInt(gb) - k * v) % p) + p) % p;
  if (u === 0n || t <= 1n || t >= p - 1n) throw new DhError('srp_B gives no key');
  const exponent = toBigInt(secret) + u * toBigInt(x);
  return sha256(group.powers(toMinimalBytes(exponent)).shared(toBytes(t, 256)));
}

function generator(group: DhGroup): Uint8Array {
  return toBytes(BigInt(group.g), 256);
}

/** M1 = H(H(p) ^ H(g) | H(salt1) | H(salt2) | g_a | g_b | K). */
function proof(group: DhGroup, algorithm: SrpAlgorithm, ga: Uint8Array, gb: Uint8Array, k: Uint8Array): Uint8Array {
  const hp = sha256(group.p);
  const hg = sha256(generator(group));
  const mixed = hp.map((byte, i) => byte ^ hg[i]!);
  return sha256(mixed, sha256(algorithm.salt1), sha256(algorithm.salt2), ga, gb, k);
}
