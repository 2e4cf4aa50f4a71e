import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Int64, parseInt64, parseInteger, writeInt32, writeInt64 } from '../../src/bytes/int64.ts';
import { Writer } from '../../src/bytes/writer.ts';

const EDGES = [
  0n,
  1n,
  9n,
  10n,
  99n,
  10n ** 6n,
  10n ** 13n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n,
].flatMap((n) => [n - 1n, n, n + 1n, -n, 1n - n, -1n - n]);
const anyInteger = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
  fc.bigInt({ min: -(10n ** 15n), max: 10n ** 16n }),
);

function parse(text: string): bigint | undefined {
  const into = new Int64();
  const bytes = Buffer.from(`7${text}7`);
  if (!parseInt64(bytes, 1, bytes.length - 1, into)) return undefined;
  return (BigInt(into.high) << 32n) | BigInt(into.low >>> 0);
}

function write(value: bigint): string {
  const out = new Writer(8);
  writeInt64(out, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  return out.written().toString('latin1');
}

test('parseInt64 takes -2^63 to 2^64-1, wraps the upper half, refuses the rest', () => {
  fc.assert(
    fc.property(anyInteger, (value) => {
      const fits = value >= -(2n ** 63n) && value < 2n ** 64n;
      assert.equal(parse(String(value)), fits ? BigInt.asIntN(64, value) : undefined);
    }),
    { numRuns: 5000 },
  );
});

test('writeInt64 writes the digits that BigInt writes', () => {
  fc.assert(
    fc.property(anyInteger, (value) => {
      const wrapped = BigInt.asIntN(64, value);
      assert.equal(write(wrapped), String(wrapped));
    }),
    { numRuns: 5000 },
  );
});

test('every number of digits, both signs', () => {
  for (let digits = 1; digits <= 19; digits++) {
    for (const text of ['1'.repeat(digits), `1${'0'.repeat(digits - 1)}`, `8${'9'.repeat(digits - 1)}`]) {
      for (const signed of [text, `-${text}`]) {
        assert.equal(write(BigInt(signed)), signed);
        assert.equal(parse(signed), BigInt(signed));
      }
    }
  }
});

test('what is no integer is refused', () => {
  for (const text of [
    '',
    '-',
    '--1',
    '+1',
    '01',
    '-01',
    '00',
    ' 1',
    '1 ',
    '1.0',
    '1e3',
    '0x10',
    '1_0',
    '１',
    '123456789012345a',
    'a23456789012345678',
    '99999999999999999999',
    '18446744073709551616',
    '-9223372036854775809',
    '53201012847611012222',
    '1'.repeat(40),
  ]) {
    assert.equal(parse(text), undefined, text);
  }
  assert.equal(parse('-0'), 0n);
});

test('parseInteger takes up to 15 digits', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const bytes = Buffer.from(String(value));
      const expected = Math.abs(value) < 1e15 ? value : Number.NaN;
      assert.equal(parseInteger(bytes, 0, bytes.length), expected);
    }),
  );
  for (const text of ['', '-', '1.5', '01', 'x'])
    assert.ok(Number.isNaN(parseInteger(Buffer.from(text), 0, text.length)), text);
});

test('writeInt32 writes every int', () => {
  const check = (value: number): void => {
    const out = new Writer(1);
    writeInt32(out, value);
    assert.equal(out.written().toString('latin1'), String(value));
  };
  for (const value of [0, -1, 9, 10, 2147483647, -2147483648, 1000000000, 999999999]) check(value);
  fc.assert(fc.property(fc.integer(), check));
});
