/** Diffie-Hellman: the table of groups, ranges of public numbers, and powers against BigInt. */
import assert from 'node:assert/strict';
import crypto, { checkPrimeSync, randomBytes } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it } from 'node:test';
import { checkGroup, checkPublic, DhError, DhGroup } from '../../src/crypto/dh.ts';
import { toBigInt, toBytes } from '../../src/crypto/numbers.ts';
import { DH_PRIME, toHex } from '../vectors/mtproto.ts';

const P = toBigInt(DH_PRIME);

/** RFC 3526 group 14: a safe prime of 2048 bits, of another residue by most small numbers. */
const MODP_14 = BigInt(
  `0x${[
    'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd',
    'ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed',
    'ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f',
    '83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b',
    'e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510',
    '15728e5a8aacaa68ffffffffffffffff',
  ].join('')}`,
);

/** The first prime above 3 * 2^2046 that is 23 modulo 24; its half is composite. */
const PLAIN_PRIME = (3n << 2046n) - ((3n << 2046n) % 24n) + 23n + 24n * 1729n;

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % modulus;
    b = (b * b) % modulus;
  }
  return result;
}

/** Whether g is a square modulo p: then it generates the subgroup of order (p-1)/2, which is what the table asks. */
const isSquare = (g: bigint, p: bigint): boolean => power(g, (p - 1n) / 2n, p) === 1n;

function accepts(g: number, p: Uint8Array): boolean {
  try {
    checkGroup(g, p);
    return true;
  } catch (error) {
    assert.ok(error instanceof DhError);
    return false;
  }
}

describe('DH groups', () => {
  it('are tried with a prime that only its half gives away', () => {
    assert.equal(checkPrimeSync(PLAIN_PRIME), true);
    assert.equal(checkPrimeSync((PLAIN_PRIME - 1n) / 2n), false);
  });

  for (const [name, p] of [
    ['the known prime', P],
    ['RFC 3526 group 14', MODP_14],
  ] as const) {
    it(`of ${name} are good for exactly the g that are squares`, () => {
      for (let g = 2; g <= 7; g++) assert.equal(accepts(g, toBytes(p, 256)), isSquare(BigInt(g), p), `g = ${g}`);
    });
  }

  it('have g from 2 to 7', () => {
    for (const g of [-1, 0, 1, 8, 9, 0x7fffffff]) assert.equal(accepts(g, DH_PRIME), false);
  });

  const wrong: readonly [string, Uint8Array][] = [
    ['2047 bits', toBytes(P >> 1n, 256)],
    ['2049 bits', toBytes(P + (1n << 2048n), 257)],
    ['no bytes', new Uint8Array(0)],
    ['a composite', toBytes(P + 24n * 105n, 256)],
    ['a prime that is not safe', toBytes(PLAIN_PRIME, 256)],
    ['a safe prime times two halves of it', toBytes((1n << 2047n) + 1n, 256)],
  ];
  for (const [what, p] of wrong) {
    it(`do not have ${what} as p`, () => {
      for (let g = 2; g <= 7; g++) assert.equal(accepts(g, p), false);
      // The answer is remembered, and it stays the same.
      for (let g = 2; g <= 7; g++) assert.equal(accepts(g, p), false);
    });
  }

  it('take p with zero bytes in front', () => {
    assert.equal(accepts(3, Buffer.concat([Buffer.alloc(4), DH_PRIME])), true);
  });

  it('survive hostile primes without end, and still know the good one', () => {
    for (let i = 0n; i < 100n; i++) assert.equal(accepts(4, toBytes(P - 2n - 2n * i, 256)), false);
    assert.equal(accepts(3, DH_PRIME), true);
  });
});

describe('the length of a DH prime', () => {
  it('is 2048 bits, and that is what is said of any other', () => {
    for (const p of [P >> 1n, P >> 8n]) assert.throws(() => checkGroup(3, toBytes(p, 256)), /has not 2048 bits/);
  });
});

describe('what is remembered of DH primes', () => {
  /** How often a prime is tested while something runs. */
  function testsIn(run: () => void): number {
    let tests = 0;
    crypto.checkPrimeSync = (...args) => {
      tests++;
      return checkPrime(...args);
    };
    syncBuiltinESMExports();
    run();
    crypto.checkPrimeSync = checkPrime;
    syncBuiltinESMExports();
    return tests;
  }
  const checkPrime = crypto.checkPrimeSync;
  const composite = (i: bigint): Uint8Array => toBytes(P - 4n - 2n * i, 256);

  it('is as much as is of use: a prime is tested once, and again when many others came', () => {
    const first = (): void => assert.equal(accepts(4, composite(1_000n)), false);
    assert.ok(testsIn(first) > 0);
    assert.equal(testsIn(first), 0);
    for (let i = 1_001n; i < 1_040n; i++) accepts(4, composite(i));
    assert.ok(testsIn(first) > 0);
    assert.equal(
      testsIn(() => assert.equal(accepts(3, DH_PRIME), true)),
      0,
    );
  });
});

describe('DH public numbers', () => {
  const margin = 1n << 1984n;
  const table: readonly [string, bigint, boolean][] = [
    ['0', 0n, false],
    ['1', 1n, false],
    ['p - 1', P - 1n, false],
    ['p', P, false],
    ['2^1984 - 1', margin - 1n, false],
    ['2^1984', margin, true],
    ['p - 2^1984', P - margin, true],
    ['p - 2^1984 + 1', P - margin + 1n, false],
    ['p / 2', P / 2n, true],
  ];
  for (const [name, x, good] of table) {
    it(`${good ? 'may' : 'must not'} be ${name}`, () => {
      const check = (): void => checkPublic(toBytes(x, 256), DH_PRIME);
      if (good) assert.doesNotThrow(check);
      else assert.throws(check, DhError);
    });
  }
});

describe('DH powers', () => {
  it('agree with BigInt and with the other side', () => {
    const group = DhGroup.of(3, DH_PRIME);
    for (let i = 0; i < 3; i++) {
      const [a, b] = [randomBytes(256), randomBytes(256)];
      const [one, other] = [group.powers(a), group.powers(b)];
      assert.equal(toBigInt(one.public), power(3n, toBigInt(a), P));
      assert.equal(toHex(one.shared(other.public)), toHex(other.shared(one.public)));
      assert.equal(toBigInt(one.shared(other.public)), power(toBigInt(other.public), toBigInt(a), P));
    }
  });

  it('take secrets above p, and secrets with zeroes in front', () => {
    const group = DhGroup.of(3, DH_PRIME);
    for (const secret of [Buffer.alloc(256, 0xff), Buffer.concat([Buffer.alloc(200), randomBytes(56)])]) {
      assert.equal(toBigInt(group.powers(secret).public), power(3n, toBigInt(secret), P));
    }
  });

  it('keep 256 bytes when the result begins with zeroes', () => {
    const group = DhGroup.of(3, DH_PRIME);
    assert.equal(toHex(group.powers(toBytes(2n, 256)).public), '09'.padStart(512, '0'));
    assert.equal(toHex(group.powers(toBytes(3n, 256)).shared(Uint8Array.of(9))), '02d9'.padStart(512, '0'));
  });

  it('refuse a shared key of 1', () => {
    const group = DhGroup.of(3, DH_PRIME);
    const half = group.powers(toBytes((P - 1n) / 2n, 256));
    assert.throws(() => half.shared(group.powers(randomBytes(256)).public), DhError);
  });

  it('refuse a secret of zero, which would make the key 1', () => {
    const group = DhGroup.of(3, DH_PRIME);
    assert.throws(() => group.powers(new Uint8Array(256)), DhError);
    assert.throws(() => group.powers(toBytes(P - 1n, 256)), DhError);
  });

  it('are made once a group', () => {
    assert.equal(DhGroup.of(3, DH_PRIME), DhGroup.of(3, Buffer.from(DH_PRIME)));
    assert.notEqual(DhGroup.of(3, DH_PRIME), DhGroup.of(4, DH_PRIME));
    assert.throws(() => DhGroup.of(2, DH_PRIME), DhError);
  });
});
