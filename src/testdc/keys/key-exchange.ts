/**
 * The arithmetic of the server's half of the key exchange (protocol: Key exchange; Diffie-Hellman checks).
 * In: nonces, public numbers of the client. Out: keys, hashes, wrapped answers.
 * Never: state; `dc-handshake.ts` keeps that.
 */
import { createHash } from 'node:crypto';
import type { DhGroup } from '../../crypto/dh.ts';
import { igeDecrypt, igeEncrypt } from '../../crypto/ige.ts';
import type { DcEnv } from '../env.ts';
import { random } from '../env.ts';

/** The generator for DH_PRIME: 3 is allowed since p mod 3 = 2. */
export const G = 3;

/** The 2048-bit prime that Telegram uses, 256 bytes big-endian (protocol: Golden vectors). */
export const DH_PRIME = Buffer.from(
  'c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4db' +
    'fa336f6e0ac925139543aed44cce7c3720fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64' +
    '2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4a4a695811051907e162753b56b0f6b41' +
    '0dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4' +
    'e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf' +
    '6f4fadf034b10403119cd8e3b92fcc5b',
  'hex',
);

const P = BigInt(`0x${DH_PRIME.toString('hex')}`);
/** 2^(2048-64): how far a public number is from 0 and from p, at least. */
const MARGIN = 1n << 1984n;

/** SHA-1 of all parts in a row: 20 bytes. */
export function sha1Of(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Key and iv that wrap the DH answers. */
export interface TmpAes {
  readonly key: Buffer;
  readonly iv: Buffer;
}

/** tmp_aes_key and tmp_aes_iv, 32 bytes each, of the two nonces (protocol: Key exchange). */
export function tmpAes(newNonce: Uint8Array, serverNonce: Uint8Array): TmpAes {
  const ns = sha1Of(newNonce, serverNonce);
  const sn = sha1Of(serverNonce, newNonce);
  const nn = sha1Of(newNonce, newNonce);
  return {
    key: Buffer.concat([ns, sn.subarray(0, 12)]),
    iv: Buffer.concat([sn.subarray(12), nn, newNonce.subarray(0, 4)]),
  };
}

/** `IGE(hash + answer + padding)`: hash is to be SHA1(answer), padding 0..15 bytes to whole blocks. */
export function wrap(answer: Uint8Array, hash: Uint8Array, padding: Uint8Array, aes: TmpAes): Uint8Array {
  return igeEncrypt(aes.key, aes.iv, Buffer.concat([hash, answer, padding]));
}

/** The other way: the hash of 20 bytes and what follows it; undefined if the length is not one of whole blocks. */
export function unwrap(encrypted: Uint8Array, aes: TmpAes): { hash: Buffer; rest: Buffer } | undefined {
  if (encrypted.length % 16 !== 0 || encrypted.length < 32) return undefined;
  const plain = Buffer.from(igeDecrypt(aes.key, aes.iv, encrypted));
  return { hash: plain.subarray(0, 20), rest: plain.subarray(20) };
}

/** new_nonce_hash of a dh_gen answer: `SHA1(new_nonce + byte(n) + auth_key_aux_hash)[4:20]`; n is 1 ok, 2 retry, 3 fail. */
export function dhGenHash(newNonce: Uint8Array, n: 1 | 2 | 3, authKey: Uint8Array): Buffer {
  return sha1Of(newNonce, Uint8Array.of(n), sha1Of(authKey).subarray(0, 8)).subarray(4);
}

/** The first salt of a new key: `new_nonce[0:8] XOR server_nonce[0:8]`. */
export function firstSalt(newNonce: Uint8Array, serverNonce: Uint8Array): bigint {
  const salt = Buffer.alloc(8);
  for (let i = 0; i < 8; i++) salt[i] = newNonce[i]! ^ serverNonce[i]!;
  return salt.readBigInt64LE();
}

/** Whether a client's g_b, big-endian, lies within 2^1984 .. p - 2^1984. */
export function isGoodPublic(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || bytes.length > 256) return false;
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return value >= MARGIN && value <= P - MARGIN;
}

/** A big-endian number of at most 256 bytes, zeros before it, on 256. */
export function padTo256(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.alloc(256 - bytes.length), bytes]);
}

/** The server's half of one Diffie-Hellman: g_a, and the secret behind it. */
export interface DhHalf {
  /** g_a, 256 bytes big-endian. */
  readonly gA: Buffer;
  /** The auth key, 256 bytes, that a client's g_b makes. */
  shared(gB: Uint8Array): Buffer;
}

/** Draws a secret; with `hasZeroTop` one whose g_a begins with a zero byte, which takes about 256 multiplications by g. */
export function drawHalf(group: DhGroup, env: DcEnv, hasZeroTop: boolean): DhHalf {
  let secret = random(env, 256);
  if (hasZeroTop) secret = zeroTopSecret(secret, group);
  const powers = group.powers(secret);
  return { gA: padTo256(powers.public), shared: (gB) => padTo256(powers.shared(padTo256(gB))) };
}

/** Counts a secret up until its g_a begins with a zero byte. */
function zeroTopSecret(from: Buffer, group: DhGroup): Buffer {
  // Room to count up without a carry beyond the 256 bytes.
  from[0] = 0x7f;
  let a = BigInt(`0x${from.toString('hex')}`);
  let gA = BigInt(`0x${Buffer.from(group.powers(from).public).toString('hex')}`);
  while (gA >> 2040n !== 0n || gA < MARGIN) {
    gA = (gA * BigInt(G)) % P;
    a += 1n;
  }
  return padTo256(Buffer.from(a.toString(16).padStart(512, '0'), 'hex'));
}
