/**
 * ServerKey: the DC's RSA key and the server half of RSA_PAD (protocol: Key exchange, step 5).
 * In: a PEM or nothing; `encrypted_data`. Out: the public PEM, its fingerprint, the inner data.
 * Never: writes a key to disk, or shares code with the client's src/crypto/rsa.ts.
 */
import { constants, createHash, createPrivateKey, createPublicKey, generateKeyPair, privateDecrypt } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { igeDecrypt } from '../../crypto/ige.ts';

export class ServerKey {
  readonly #key: KeyObject;
  /** PKCS#1, `-----BEGIN RSA PUBLIC KEY-----`. */
  readonly publicPem: string;
  readonly #privatePem: string;
  /** `SHA1(n:string e:string)[12:20]`, 8 bytes as on the wire. */
  readonly fingerprint: Buffer;

  constructor(key: KeyObject) {
    this.#key = key;
    const publicKey = createPublicKey(key);
    this.publicPem = publicKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    this.#privatePem = key.export({ type: 'pkcs1', format: 'pem' }).toString();
    this.fingerprint = fingerprintOf(publicKey);
  }

  /** A new 2048-bit key, or the one of a private PEM. Throws if the PEM holds no 2048-bit RSA key. */
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

  /** PKCS#1 text of the private key: only for an operator who asked to keep it. */
  get privatePem(): string {
    return this.#privatePem;
  }

  /**
   * Takes the padding of `encrypted_data` off.
   * @returns the 192 bytes `data + random`, or undefined if the check inside fails
   */
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
   * The padding from before 2021: `SHA1(data) + data + random` in 255 bytes.
   * @returns hash and the rest; the caller compares, since only it knows where the data ends
   */
  unpadOld(encrypted: Uint8Array): { hash: Buffer; rest: Buffer } | undefined {
    const m = this.#raw(encrypted);
    if (m === undefined || m[0] !== 0) return undefined;
    return { hash: m.subarray(1, 21), rest: m.subarray(21) };
  }

  #raw(encrypted: Uint8Array): Buffer | undefined {
    if (encrypted.length !== 256) return undefined;
    try {
      return privateDecrypt({ key: this.#key, padding: constants.RSA_NO_PADDING }, encrypted);
    } catch {
      return undefined; // not below the modulus
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
