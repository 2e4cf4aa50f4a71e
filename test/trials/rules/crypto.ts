/** Rules of `src/crypto`: checks of what the other side sends, bounds, and what is wiped. */
import { rulesOf, type Rule } from './rule.ts';

export const CRYPTO: readonly Rule[] = [
  ...rulesOf('src/crypto/srp.ts', '', [
    ['srp_B is padded to 256 bytes before it is hashed', 'const gb = padLeft(b, 256);', 'const gb = b;'],
    ['srp_B is held against its range', '  checkPublic(b, group.p);\n', ''],
    ['g is hashed as 256 bytes', 'return toBytes(BigInt(group.g), 256);', 'return toBytes(BigInt(group.g), 1);'],
    ['g_b - kv is never below zero', '% p) + p) % p;', '% p));'],
    [
      'both salts are in the proof',
      'sha256(algorithm.salt1), sha256(algorithm.salt2)',
      'sha256(algorithm.salt1), sha256(algorithm.salt1)',
    ],
  ]),
  ...rulesOf('src/crypto/random.ts', '', [
    [
      'the random pool never hands out bytes it has not filled',
      'if (used + n > pool.length) {',
      'if (used + n > pool.length + 8) {',
    ],
    ['what was handed out is zeroed in the pool', 'pool[used++] = 0;', 'used++;'],
    ['nothing is handed out twice', 'pool[used++] = 0;', 'pool[used]! += 0;'],
  ]),
  ...rulesOf('src/crypto/dh.ts', '', [
    ['a prime has 2048 bits', 'digits.length !== 256 || digits[0]! < 0x80', 'digits.length !== 256'],
    ['g fits the prime', 'if (!residue[1].includes(toBigInt(digits) % residue[0]))', 'if (residue[1].length === 0)'],
    ['the prime is a safe one', '&& checkPrimeSync(half, { checks })', ''],
    ['a bad prime stays bad when it comes again', 'verdicts.set(hash, good);', 'verdicts.set(hash, true);'],
    ['a public number keeps its distance from zero', 'x < MARGIN || x > prime - MARGIN', 'x > prime - MARGIN'],
    [
      'a public number keeps its distance from the prime',
      'x < MARGIN || x > prime - MARGIN',
      'x < MARGIN || x > prime',
    ],
    [
      'primes that are remembered have a bound',
      'if (verdicts.size < MOST_PRIMES) return;',
      'if (verdicts.size > 0) return;',
    ],
  ]),
  ...rulesOf('src/crypto/auth-key.ts', '', [
    ['wiping zeroes the key', 'this.bytes.fill(0);', 'void 0;'],
    ['wiping zeroes what the kernel holds', 'forgetKey(this);', ''],
    ['a log shows no key', "[Symbol.for('nodejs.util.inspect.custom')]", "[Symbol.for('nothing')]"],
  ]),
  ...rulesOf('src/crypto/ige.ts', '', [
    ['the kernel forgets the round keys of an exchange', 'views.bytes.fill(0, ENC_KEYS, KEY + 64);', ''],
    ['the kernel forgets the bytes of an exchange', 'views.bytes.fill(0, DATA, DATA + length);', ''],
    ['what is no whole block is refused', 'if ((length & 15) !== 0)', 'if ((length & 7) !== 0)'],
  ]),
  ...rulesOf('src/crypto/envelope.ts', '', [
    ['a packet that fails its check is refused', 'if (body < 0) return false;', ''],
    ['padding has at least 12 bytes', 'const LEAST_PADDING = 12;', 'const LEAST_PADDING = 0;'],
    [
      'the direction picks the part of the key',
      'open(key: AuthKey, from: Side, bytes: Uint8Array, start: number, end: number, into: Opened): boolean {\n  const length = end - start - OUTER;',
      "open(key: AuthKey, _from: Side, bytes: Uint8Array, start: number, end: number, into: Opened): boolean {\n  const from = 'client' as string;\n  const length = end - start - OUTER;",
    ],
    ['a body is whole words', 'if ((length & 3) !== 0) throw', 'if ((length & 1) !== 0) throw'],
  ]),
  ...rulesOf('src/crypto/rsa.ts', '', [
    ['a private key is not taken', "if (pem.includes('PRIVATE'))", "if (pem.includes('NOTHING'))"],
    ['a key has 2048 bits', 'n.length !== 256 || n[0]! < 0x80', 'n.length > 512'],
    ['a block is below n', 'if (Buffer.compare(block, key.n) < 0)', 'if (block.length > 0)'],
    ['more than 144 bytes are not padded', 'if (data.length > MOST_DATA)', 'if (data.length > 192)'],
    ['the padding is random', '  fill(padded.subarray(data.length));\n', ''],
  ]),
  ...rulesOf('src/crypto/factor.ts', '', [
    [
      'pq that is no product of two different primes is refused',
      'if (p === q || !isPrime(p) || !isPrime(q))',
      'if (p === q)',
    ],
    ['pq fits 63 bits', 'if (n >= 1n << 63n)', 'if (n >= 1n << 64n)'],
    ['p comes before q', 'one < other ? [one, other] : [other, one]', '[one, other]'],
  ]),
  ...rulesOf('src/crypto/numbers.ts', '', [
    [
      'hashes of other lengths are not the same',
      'a.length === b.length && timingSafeEqual(a, b)',
      'timingSafeEqual(a, b.subarray(0, a.length))',
    ],
  ]),
  ...rulesOf('src/crypto/kdf.ts', '', [
    ['what binds a temporary key is padded at random', '  fill(plain.subarray(72));\n', ''],
    ['what binds a temporary key begins at random', '  fill(plain.subarray(0, 16));\n', ''],
    ['what is bound has 40 bytes', 'if (inner.length !== 40) throw', 'if (inner.length > 48) throw'],
  ]),
  ...rulesOf('src/crypto/kernel/kernel.ts', 'auth-key envelope', [
    [
      'another key replaces the one that is loaded',
      'if (loaded === owner) return;',
      'if (loaded !== undefined) return;',
    ],
  ]),
];
