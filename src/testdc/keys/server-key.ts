/**
 * ServerKey: the DC's RSA key and the server half of RSA_PAD (protocol: Key exchange, step 5).
 * In: a PEM or nothing; `encrypted_data`. Out: the public PEM, its fingerprint, the inner data.
 * Never: writes a key to disk, or shares code with the client's src/crypto/rsa.ts.
 */
import { constants, createHash, createPrivateKey, createPublicKey, generateKeyPair, privateDecrypt } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { igeDecrypt } from '../../crypto/ige.ts';

/** An RSA key of 2048 bits, shared by all data centres of a test DC. */
export class ServerKey {
  readonly #key: KeyObject;
  /** The public key in PKCS#1, `-----BEGIN RSA PUBLIC KEY-----`. */
  readonly publicPem: string;
  readonly #privatePem: string;
  /** The public key's fingerprint, `SHA1(n:string e:string)[12:20]`: 8 bytes as on the wire. */
  readonly fingerprint: Buffer;

  constructor(key: KeyObject) {
    this.#key = key;
    const publicKey = createPublicKey(key);
    this.publicPem = publicKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    this.#privatePem = key.export({ type: 'pkcs1', format: 'pem' }).toString();
    this.fingerprint = fingerprintOf(publicKey);
  }

  /** Makes a new key, or reads a private PEM's. Throws if the PEM holds no RSA key of 2048 bits. */
  static async make(pem?: string): Promise<ServerKey> {
    if (pem === undefined) {
      const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048, publicExponent: 65537 });
      return new ServerKey(pair.privateKey);
    }
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'rsa' || key.asymmetricKeyDetails?.modulusLength !== 2048)
      throw new Error('the DC needs a private RSA key of 2048 bits');
    return new ServerKey(key);
  }

  /** The private key in PKCS#1: only for a memory that the operator asked for. */
  get privatePem(): string {
    return this.#privatePem;
  }

  /** Opens RSA_PAD: the 192 bytes `data + random` of an `encrypted_data`; undefined if the check inside fails. */
  unpad(encrypted: Uint8Array): Buffer | undefined {
    const m = this.#raw(encrypted);
    if (m === undefined) return undefined;
    const e = m.subarray(32);
    const tempKey = xor(m.subarray(0, 32), sha256(e));
    const h = Buffer.from(igeDecrypt(tempKey, Buffer.alloc(32), e));
    const data = Buffer.from(h.subarray(0, 192).toReversed());
    return sha256(tempKey, data).equals(h.subarray(192)) ? data : undefined;
  }

  /**
   * Opens the padding from before 2021, `SHA1(data) + data + random` in 255 bytes: the hash, and the rest. The caller
   * compares, since only it knows where the data ends.
   */
  unpadOld(encrypted: Uint8Array): { hash: Buffer; rest: Buffer } | undefined {
    const m = this.#raw(encrypted);
    if (m === undefined || m[0] !== 0) return undefined;
    return { hash: m.subarray(1, 21), rest: m.subarray(21) };
  }

  /** RSA without padding; undefined if the number is not below the modulus. */
  #raw(encrypted: Uint8Array): Buffer | undefined {
    if (encrypted.length !== 256) return undefined;
    try {
      return privateDecrypt({ key: this.#key, padding: constants.RSA_NO_PADDING }, encrypted);
    } catch {
      return undefined;
    }
  }
}

function fingerprintOf(key: KeyObject): Buffer {
  const { n, e } = key.export({ format: 'jwk' });
  const hash = createHash('sha1').update(tlString(Buffer.from(n!, 'base64url')));
  return hash
    .update(tlString(Buffer.from(e!, 'base64url')))
    .digest()
    .subarray(12, 20);
}

function tlString(bytes: Buffer): Buffer {
  const head = bytes.length < 254 ? Buffer.of(bytes.length) : Buffer.of(254, bytes.length & 255, bytes.length >> 8, 0);
  const whole = Buffer.concat([head, bytes]);
  return Buffer.concat([whole, Buffer.alloc((4 - (whole.length % 4)) % 4)]);
}

function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!));
}
