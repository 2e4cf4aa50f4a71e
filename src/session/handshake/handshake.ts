/**
 * Handshake: creating an authorization key, step by step (protocol: Key exchange).
 * In: the server's unencrypted answers, the time, random bytes. Out: the next message's body, at last the key.
 * Never: sends, retries, or keeps a nonce after it is done. Every mismatch throws: the caller closes and says so.
 */
import { AuthKey } from '../../crypto/auth-key.ts';
import { checkPublic, DhGroup } from '../../crypto/dh.ts';
import { factorPq } from '../../crypto/factor.ts';
import { igeDecrypt, igeEncrypt } from '../../crypto/ige.ts';
import { deriveHandshake, newNonceHash, sha1 } from '../../crypto/kdf.ts';
import { hasSameBytes } from '../../crypto/numbers.ts';
import { rsaPad, type PublicKey } from '../../crypto/rsa.ts';
import { Reader } from '../../bytes/reader.ts';
import { Writer } from '../../bytes/writer.ts';
import { Crc } from '../../tl/service.ts';

/** The exchange cannot go on; `message` says why in words that may be shown. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
}

/** What the exchange ends with. */
export interface HandshakeResult {
  readonly key: AuthKey;
  readonly saltLow: number;
  readonly saltHigh: number;
  /** Server time at the moment of its answer, Unix seconds. */
  readonly serverTime: number;
}

/** The test environment's data centres are numbered from here in the exchange (protocol: Key exchange, step 4). */
export const TEST_OFFSET = 10_000;
/** dh_gen_retry is answered this often with a fresh b (threats: The network). */
const MAX_RETRIES = 5;

type Step = 'resPQ' | 'serverDHParams' | 'dhGen' | 'done';

/** One exchange of an authorization key: `start`, then `receive` for each answer until `result` is there. */
export class Handshake {
  readonly #keys: readonly PublicKey[];
  readonly #dc: number;
  readonly #fill: (bytes: Uint8Array) => void;
  /** Seconds a temporary key is to live; undefined for a permanent one. */
  readonly expiresIn: number | undefined;
  #step: Step = 'resPQ';
  readonly #nonce = new Uint8Array(16);
  readonly #newNonce = new Uint8Array(32);
  #serverNonce = new Uint8Array(16);
  #g = 0;
  #prime = new Uint8Array(0);
  #serverPublic = new Uint8Array(0);
  #group: DhGroup | undefined;
  #key: AuthKey | undefined;
  #retryLow = 0;
  #retryHigh = 0;
  #retries = 0;
  #serverTime = 0;
  /** There when the exchange is over. */
  result: HandshakeResult | undefined;

  /**
   * @param keys RSA keys that are trusted for this server; any other fingerprint is refused
   * @param dc number as the exchange names it: `TEST_OFFSET` more in the test environment
   * @param fill secure random bytes
   * @param expiresIn seconds, for a temporary key
   */
  constructor(keys: readonly PublicKey[], dc: number, fill: (bytes: Uint8Array) => void, expiresIn?: number) {
    this.#keys = keys;
    this.#dc = dc;
    this.#fill = fill;
    this.expiresIn = expiresIn;
  }

  /** Step 1: `req_pq_multi`. */
  start(out: Writer): void {
    this.#fill(this.#nonce);
    out.int32(Crc.reqPqMulti | 0);
    out.raw(this.#nonce);
  }

  /**
   * Takes the body of the server's next unencrypted message and writes the answer to it.
   * @returns whether something is to be sent; when `result` is there, nothing is
   * @throws HandshakeError, TlReadError, DhError
   */
  receive(from: Reader, out: Writer): boolean {
    const crc = from.uint32();
    if (this.#step === 'resPQ' && crc === Crc.resPQ) this.#answerPq(from, out);
    else if (this.#step === 'serverDHParams' && crc === Crc.serverDHParamsOk) this.#answerParams(from, out);
    else if (this.#step === 'serverDHParams' && crc === Crc.serverDHParamsFail) this.#failParams(from);
    else if (this.#step === 'dhGen') return this.#finish(crc, from, out);
    else throw new HandshakeError(`constructor 0x${crc.toString(16)} does not belong to step ${this.#step}`);
    return true;
  }

  /** Steps 2 to 6: `resPQ` -> `req_DH_params`. */
  #answerPq(from: Reader, out: Writer): void {
    expect(from.raw(16), this.#nonce, 'nonce');
    this.#serverNonce = from.raw(16).slice();
    const pq = from.view().slice();
    const rsa = this.#chooseKey(from);
    const { p, q } = factorPq(pq);
    this.#fill(this.#newNonce);
    const inner = new Writer(256);
    inner.int32((this.expiresIn === undefined ? Crc.pqInnerDataDc : Crc.pqInnerDataTempDc) | 0);
    for (const number of [pq, p, q]) inner.string(number);
    inner.raw(this.#nonce);
    inner.raw(this.#serverNonce);
    inner.raw(this.#newNonce);
    inner.int32(this.#dc);
    if (this.expiresIn !== undefined) inner.int32(this.expiresIn);
    const encrypted = rsaPad(inner.written(), rsa, this.#fill);
    inner.bytes.fill(0);

    out.int32(Crc.reqDHParams | 0);
    out.raw(this.#nonce);
    out.raw(this.#serverNonce);
    out.string(p);
    out.string(q);
    out.long(rsa.fingerprintLow, rsa.fingerprintHigh);
    out.string(encrypted);
    this.#step = 'serverDHParams';
  }

  /** The first fingerprint we know. There is no fallback. */
  #chooseKey(from: Reader): PublicKey {
    if (from.uint32() !== Crc.vector) throw new HandshakeError('fingerprints are not a vector');
    const count = from.count(8);
    for (let i = 0; i < count; i++) {
      const low = from.int32();
      const high = from.int32();
      const key = this.#keys.find((known) => known.fingerprintLow === low && known.fingerprintHigh === high);
      if (key !== undefined) return key;
    }
    throw new HandshakeError('the server has none of the RSA keys that are trusted');
  }

  /** Step 7: `server_DH_params_ok`; the answer's SHA-1 covers exactly the parsed bytes, padding at most 15. */
  #answerParams(from: Reader, out: Writer): void {
    this.#expectNonces(from);
    const encrypted = from.view();
    if (encrypted.length % 16 !== 0) throw new HandshakeError('encrypted answer is not whole blocks');
    const { key, iv } = deriveHandshake(this.#serverNonce, this.#newNonce);
    const answer = igeDecrypt(key, iv, encrypted);
    const inner = new Reader(answer, 20);
    this.#readParams(inner);
    if (inner.left > 15) throw new HandshakeError('more than 15 bytes follow the inner data');
    if (!hasSameBytes(sha1(answer.subarray(20, inner.pos)), answer.subarray(0, 20)))
      throw new HandshakeError('SHA-1 of the inner data differs');
    const group = DhGroup.of(this.#g, this.#prime);
    checkPublic(this.#serverPublic, this.#prime);
    this.#group = group;
    this.#sendPublic(group, out);
  }

  /** Step 8: `server_DH_inner_data`. */
  #readParams(inner: Reader): void {
    if (inner.uint32() !== Crc.serverDHInnerData) throw new HandshakeError('inner data is of another kind');
    this.#expectNonces(inner);
    this.#g = inner.int32();
    this.#prime = inner.view().slice();
    this.#serverPublic = inner.view().slice();
    this.#serverTime = inner.int32();
  }

  /** Steps 9 and 10: a fresh b, g_b, and the key. */
  #sendPublic(group: DhGroup, out: Writer): void {
    const secret = new Uint8Array(256);
    this.#fill(secret);
    const powers = group.powers(secret);
    secret.fill(0);
    checkPublic(powers.public, this.#prime);
    const shared = powers.shared(this.#serverPublic);
    this.#key?.wipe();
    this.#key = AuthKey.from(shared);
    shared.fill(0);

    const inner = new Writer(512);
    inner.zeros(20);
    inner.int32(Crc.clientDHInnerData | 0);
    inner.raw(this.#nonce);
    inner.raw(this.#serverNonce);
    inner.long(this.#retryLow, this.#retryHigh);
    inner.string(powers.public);
    inner.bytes.set(sha1(inner.bytes.subarray(20, inner.pos)), 0);
    const padding = new Uint8Array((16 - (inner.pos & 15)) & 15);
    this.#fill(padding);
    inner.raw(padding);
    const { key, iv } = deriveHandshake(this.#serverNonce, this.#newNonce);

    out.int32(Crc.setClientDHParams | 0);
    out.raw(this.#nonce);
    out.raw(this.#serverNonce);
    out.string(igeEncrypt(key, iv, inner.written()));
    this.#step = 'dhGen';
  }

  /** Step 11: ok, retry or fail, each proven by its hash. @returns whether a retry is to be sent */
  #finish(crc: number, from: Reader, out: Writer): boolean {
    const number = answerNumber(crc);
    this.#expectNonces(from);
    const key = this.#key;
    if (key === undefined) throw new HandshakeError('no key was proposed');
    expect(from.raw(16), newNonceHash(this.#newNonce, number, key), `new_nonce_hash${number}`);
    if (number === 3) throw new HandshakeError('the server refused the exchange (dh_gen_fail)');
    if (number === 2) {
      if (++this.#retries > MAX_RETRIES) throw new HandshakeError('the server asked for too many retries');
      this.#retryLow = key.auxLow;
      this.#retryHigh = key.auxHigh;
      this.#sendPublic(this.#group!, out);
      return true;
    }
    this.#conclude(key);
    return false;
  }

  /** Step 12: `first_salt = new_nonce[0:8] xor server_nonce[0:8]`. */
  #conclude(key: AuthKey): void {
    const mixed = new Reader(this.#newNonce.subarray(0, 8).map((byte, i) => byte ^ this.#serverNonce[i]!));
    this.result = { key, saltLow: mixed.int32(), saltHigh: mixed.int32(), serverTime: this.#serverTime };
    this.#key = undefined;
    this.#step = 'done';
    this.wipe();
  }

  /** Older servers say it in so many words; `new_nonce_hash` is SHA-1 of the new nonce. */
  #failParams(from: Reader): never {
    this.#expectNonces(from);
    expect(from.raw(16), sha1(this.#newNonce).subarray(4, 20), 'new_nonce_hash');
    throw new HandshakeError('the server refused p, q or the inner data (server_DH_params_fail)');
  }

  #expectNonces(from: Reader): void {
    expect(from.raw(16), this.#nonce, 'nonce');
    expect(from.raw(16), this.#serverNonce, 'server_nonce');
  }

  /** Forgets the secrets. */
  wipe(): void {
    this.#newNonce.fill(0);
    this.#key?.wipe();
    this.#key = undefined;
  }
}

function answerNumber(crc: number): 1 | 2 | 3 {
  if (crc === Crc.dhGenOk) return 1;
  if (crc === Crc.dhGenRetry) return 2;
  if (crc === Crc.dhGenFail) return 3;
  throw new HandshakeError(`constructor 0x${crc.toString(16)} does not belong to step dhGen`);
}

function expect(got: Uint8Array, wanted: Uint8Array, what: string): void {
  if (!hasSameBytes(got, wanted)) throw new HandshakeError(`${what} differs`);
}
