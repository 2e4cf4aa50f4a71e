/** The password proof: vector A6, the server's side of the same numbers, and the checks. */
import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { DhError, DhGroup } from '../../src/crypto/dh.ts';
import { toBigInt, toBytes } from '../../src/crypto/numbers.ts';
import { passwordHash, passwordVerifier, srpProof } from '../../src/crypto/srp.ts';
import { A6, DH_PRIME, ramp, toHex } from '../vectors/mtproto.ts';

const ALGORITHM = { g: 3, p: DH_PRIME, salt1: ramp(8), salt2: ramp(16) };
const PASSWORD = Buffer.from('correct horse');
const P = toBigInt(DH_PRIME);
const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const group = DhGroup.of(3, DH_PRIME);
const serverSecret = toBytes(toBigInt(ramp(256)) | 1n, 256);
const k = toBigInt(sha256(DH_PRIME, toBytes(3n, 256)));

/** g_b = k v + g^b. */
function serverPublic(verifier: Uint8Array, secret: Uint8Array = serverSecret): Buffer {
  return toBytes((k * toBigInt(verifier) + toBigInt(group.powers(secret).public)) % P, 256);
}

describe('password proof', () => {
  const verifier = passwordVerifier(ALGORITHM, PASSWORD);
  const gb = serverPublic(verifier);

  it('is vector A6', () => {
    assert.equal(toHex(passwordHash(PASSWORD, ALGORITHM.salt1, ALGORITHM.salt2)), A6.x);
    assert.equal(toHex(sha256(gb)), A6.gbHash);
    const secret = toBytes(toBigInt(ramp(256, (i) => 255 - i)) % P, 256);
    const { a, m1 } = srpProof(ALGORITHM, PASSWORD, gb, (bytes) => bytes.set(secret));
    assert.equal(toHex(sha256(a)), A6.gaHash);
    assert.equal(toHex(m1), A6.m1);
  });

  it('convinces the server, and a wrong password does not', () => {
    for (const [password, right] of [
      [PASSWORD, true],
      [Buffer.from('correct horsf'), false],
    ] as const) {
      const { a, m1 } = srpProof(ALGORITHM, password, gb, (bytes) => void randomFillSync(bytes));
      assert.equal(toHex(m1) === toHex(serverProof(a, gb, verifier)), right);
    }
  });

  it('takes a g_b that begins with a zero byte and was sent without it', () => {
    // One g_b of 256 begins so: the server's secrets are tried in order until one does.
    let secret = toBigInt(serverSecret);
    let short = gb;
    while (short[0] !== 0) {
      secret += 2n;
      short = serverPublic(verifier, toBytes(secret, 256));
    }
    const { a, m1 } = srpProof(ALGORITHM, PASSWORD, short.subarray(1), (bytes) => void randomFillSync(bytes));
    assert.equal(toHex(m1), toHex(serverProof(a, short, verifier, toBytes(secret, 256))));
  });

  it('is not made for a group or a g_b that breaks a rule', () => {
    const fill = (bytes: Uint8Array): void => void randomFillSync(bytes);
    const bad = { ...ALGORITHM, p: toBytes(P - 2n, 256) };
    assert.throws(() => srpProof(bad, PASSWORD, gb, fill), DhError);
    for (const b of [0n, 1n, P - 1n, P, (1n << 2048n) - 1n]) {
      assert.throws(() => srpProof(ALGORITHM, PASSWORD, toBytes(b, 256), fill), DhError);
    }
  });
});

/** M1 from the server's secret: S = (g_a v^u)^b. */
function serverProof(ga: Uint8Array, gb: Uint8Array, verifier: Uint8Array, secret: Uint8Array = serverSecret): Buffer {
  const u = sha256(ga, gb);
  const base = (toBigInt(ga) * toBigInt(group.powers(u).shared(verifier))) % P;
  const key = sha256(group.powers(secret).shared(toBytes(base, 256)));
  const hg = sha256(toBytes(3n, 256));
  const mixed = sha256(DH_PRIME).map((byte, i) => byte ^ hg[i]!);
  return sha256(mixed, sha256(ALGORITHM.salt1), sha256(ALGORITHM.salt2), ga, gb, key);
}
