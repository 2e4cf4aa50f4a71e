/** RSA: fingerprints of Telegram's keys, vector A5, and RSA_PAD undone with a private key. */
import assert from 'node:assert/strict';
import { constants, createHash, generateKeyPairSync, privateDecrypt, randomBytes, randomFillSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { parsePublicKey, PRODUCTION_KEY, RsaKeyError, rsaPad, TEST_KEY } from '../../src/crypto/rsa.ts';
import type { PublicKey } from '../../src/crypto/rsa.ts';
import { referenceIge } from '../support/reference.ts';
import { A5, toHex } from '../vectors/mtproto.ts';

const PAIR = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PKCS1 = PAIR.publicKey.export({ format: 'pem', type: 'pkcs1' }) as string;
const SPKI = PAIR.publicKey.export({ format: 'pem', type: 'spki' }) as string;
const fill = (bytes: Uint8Array): void => void randomFillSync(bytes);
const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

const fingerprint = (key: PublicKey): bigint =>
  (BigInt(key.fingerprintHigh >>> 0) << 32n) | BigInt(key.fingerprintLow >>> 0);

/** The server's half, from protocol: Key exchange, step 5 read backwards: the 192 bytes of data and padding. */
function unpad(encrypted: Uint8Array): Buffer {
  const block = privateDecrypt({ key: PAIR.privateKey, padding: constants.RSA_NO_PADDING }, encrypted);
  const body = block.subarray(32);
  const hash = sha256(body);
  const tempKey = block.subarray(0, 32).map((byte, i) => byte ^ hash[i]!);
  const plain = referenceIge(false, tempKey, new Uint8Array(32), body);
  const data = Buffer.from(plain.subarray(0, 192).toReversed());
  assert.equal(toHex(plain.subarray(192)), toHex(sha256(tempKey, data)));
  return data;
}

describe('server keys', () => {
  it('have the fingerprints that servers send', () => {
    assert.equal(fingerprint(PRODUCTION_KEY), 0xd09d1d85de64fd85n);
    assert.equal(fingerprint(TEST_KEY), 0xb25898df208d2603n);
  });

  it('are read from both PEM forms alike', () => {
    const [one, other] = [parsePublicKey(PKCS1), parsePublicKey(SPKI)];
    assert.equal(fingerprint(one), fingerprint(other));
    assert.equal(one.n.length, 256);
    assert.equal(toHex(one.e), '010001');
  });

  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'pem', type: 'spki' });
  const curve = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' });
  const secret = PAIR.privateKey.export({ format: 'pem', type: 'pkcs8' });
  const wrong: readonly [string, string][] = [
    ['no PEM', 'hello'],
    ['nothing', ''],
    ['a key of 1024 bits', small as string],
    ['a key that is not RSA', curve as string],
    ['a private key', secret as string],
  ];
  for (const [what, pem] of wrong) {
    it(`are not read from ${what}`, () => assert.throws(() => parsePublicKey(pem), RsaKeyError));
  }
});

describe('RSA_PAD', () => {
  it('is vector A5', () => {
    const encrypted = rsaPad(Buffer.alloc(144, 0x61), PRODUCTION_KEY, (bytes) => bytes.fill(0));
    assert.equal(createHash('sha256').update(encrypted).digest('hex'), A5);
  });

  it('is undone by the private key, 200 times', () => {
    const key = parsePublicKey(SPKI);
    for (let i = 0; i < 200; i++) {
      const data = randomBytes(i % 145);
      const encrypted = rsaPad(data, key, fill);
      assert.equal(encrypted.length, 256);
      assert.equal(toHex(unpad(encrypted).subarray(0, data.length)), toHex(data));
    }
  });

  it('fills up what the data leaves with chance', () => {
    const key = parsePublicKey(SPKI);
    const rests = [1, 2].map(() => unpad(rsaPad(new Uint8Array(100), key, fill)).subarray(100));
    assert.equal(rests[0]!.length, 92);
    assert.notEqual(toHex(rests[0]!), toHex(rests[1]!));
    assert.ok(rests[0]!.some((byte) => byte !== 0));
  });

  it('draws another temp_key while the block is not below n', () => {
    // n just above 2^2047: half of all blocks are too large, so 20 messages draw more than 20 temp_keys.
    const key = { ...parsePublicKey(SPKI), n: Buffer.concat([Buffer.from([0x80]), Buffer.alloc(255, 1)]) };
    let drawn = 0;
    for (let i = 0; i < 20; i++) {
      rsaPad(new Uint8Array(144), key, (bytes) => {
        if (bytes.length === 32) drawn++;
        fill(bytes);
      });
    }
    assert.ok(drawn > 20, `${drawn} draws`);
  });

  it('refuses data of more than 144 bytes', () => {
    assert.throws(() => rsaPad(new Uint8Array(145), TEST_KEY, fill), RangeError);
  });

  it('ends when the random source gives the same for ever', () => {
    const key = { ...parsePublicKey(SPKI), n: Buffer.concat([Buffer.from([1]), Buffer.alloc(255)]) };
    assert.throws(() => rsaPad(new Uint8Array(144), key, (bytes) => bytes.fill(0)), /random source/);
  });
});
