/** The msgpack tape: every form of the specification, the limits of wire: Errors, and every cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { Int64 } from '../../src/bytes/int64.ts';
import { packedInt64, packedNumber } from '../../src/bytes/msgpack-number.ts';
import { MsgpackTape } from '../../src/bytes/msgpack-tape.ts';
import {
  ARRAY,
  BINARY,
  COUNT,
  END,
  FALSE,
  KIND,
  NEXT,
  NODE,
  NULL,
  OBJECT,
  PACKED_FLOAT,
  PACKED_INTEGER,
  START,
  STRING,
  TRUE,
} from '../../src/bytes/tape.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const tape = new MsgpackTape();

/** A value of the tape, by the tape's own rules alone. */
function valueAt(node: number): unknown {
  const t = tape.cells;
  const kind = t[node + KIND]!;
  switch (kind) {
    case OBJECT:
      return Object.fromEntries(children(node).map((m) => [tape.keyText(m), valueAt(m)]));
    case ARRAY:
      return children(node).map(valueAt);
    case STRING:
      tape.text(node);
      return Buffer.from(tape.textBytes.subarray(tape.textStart, tape.textEnd)).toString();
    case PACKED_INTEGER: {
      const into = new Int64();
      assert.ok(packedInt64(tape.bytes, t[node + START]!, into));
      return (BigInt(into.high) << 32n) | BigInt(into.low >>> 0);
    }
    case PACKED_FLOAT:
      return packedNumber(tape.bytes, t[node + START]!);
    case BINARY:
      return Buffer.from(tape.bytes.subarray(t[node + START], t[node + END]));
    case TRUE:
      return true;
    case FALSE:
      return false;
    case NULL:
      return null;
    default:
      return 'extension';
  }
}

function children(node: number): number[] {
  const t = tape.cells;
  const found: number[] = [];
  for (let m = node + NODE; m < t[node + NEXT]!; m = t[m + NEXT]!) found.push(m);
  assert.equal(found.length, t[node + COUNT]);
  return found;
}

/** Reads it with other bytes around, as it stands in a lane's slot. */
function read(packed: Uint8Array): string | undefined {
  const fault = tape.read(Buffer.concat([Buffer.from('\xa1'), packed, Buffer.from('\xc0')]), 2, 2 + packed.length);
  return fault === undefined ? undefined : `${fault.code} ${fault.pos} ${fault.limit}`;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('every form of every kind', () => {
  const forms: [string, unknown][] = [
    ['00', 0n], ['7f', 127n], ['ff', -1n], ['e0', -32n], ['cc ff', 255n], ['cd ffff', 65535n], ['ce ffffffff', 4294967295n],
    ['cf 7fffffffffffffff', 2n ** 63n - 1n], ['cf 8000000000000000', -(2n ** 63n)], ['d0 80', -128n], ['d1 8000', -32768n],
    ['d2 80000000', -2147483648n], ['d3 8000000000000000', -(2n ** 63n)], ['d3 ffffffff00000000', -(2n ** 32n)],
    ['ca 3fc00000', 1.5], ['cb 3ff8000000000000', 1.5], ['c0', null], ['c2', false], ['c3', true],
    ['a0', ''], ['a161', 'a'], ['d9 02 c3a9', 'é'], ['da 0001 61', 'a'], ['db 00000001 61', 'a'],
    ['c4 01 ff', Buffer.from([255])], ['c5 0001 ff', Buffer.from([255])], ['c6 00000001 ff', Buffer.from([255])],
    ['90', []], ['dc 0001 01', [1n]], ['dd 00000001 01', [1n]], ['80', {}], ['de 0001 a161 01', { a: 1n }], ['df 00000001 a161 01', { a: 1n }],
    ['d4 01 00', 'extension'], ['d8 01 00000000000000000000000000000000', 'extension'], ['c7 00 01', 'extension'], ['c8 0001 01 00', 'extension'], ['c9 00000001 01 00', 'extension'],
    ['92 91 80 82 a161 c0 a162 90', [[{}], { a: null, b: [] }]],
  ]; // prettier-ignore
  for (const [form, value] of forms) {
    assert.equal(read(hex(form)), undefined, form);
    assert.deepEqual(valueAt(0), value, form);
  }
});

test('whatever msgpackr packs is read as it was meant', () => {
  const key = fc.string({ unit: 'binary', maxLength: 16, size: 'max' }).filter((name) => name !== '__proto__');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.boolean(),
      fc.constant(null),
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ maxLength: 300, size: 'max' }).map((bytes) => Buffer.from(bytes)),
      fc.array(tie('value'), { maxLength: 20 }),
      fc.dictionary(key, tie('value'), { maxKeys: 40, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(value, (one) => {
      assert.equal(read(packr.pack(one)), undefined);
      assert.deepEqual(valueAt(0), one);
    }),
    { numRuns: 500 },
  );
});

test('cut anywhere, it is broken at its end; with a byte behind it, there', () => {
  const whole = packr.pack({
    id: 7,
    message: { _cons: 'x', list: [1, 2.5, -3n, 'text', Buffer.from('bytes'), null, true, 'ü'.repeat(40)] },
    more: { a: {} },
  });
  assert.equal(read(whole), undefined);
  for (let at = 0; at < whole.length; at++)
    assert.match(read(whole.subarray(0, at))!, /^(JSONDecodeError|InvalidUTF8)/, `${at}`);
  assert.equal(read(Buffer.concat([whole, Buffer.from([0])])), `JSONDecodeError ${whole.length} 0`);
});

test('a head that claims more than is there is refused at once', () => {
  for (const head of [
    'dd ffffffff',
    'df ffffffff',
    'df 7fffffff',
    'c6 ffffffff',
    'db ffffffff',
    'c9 ffffffff 01',
    'dc 0002 01',
    'a2 61',
  ]) {
    assert.match(read(hex(head))!, /^JSONDecodeError/, head);
  }
});

test('faults and limits', () => {
  assert.equal(read(hex('c1')), 'JSONDecodeError 0 0');
  assert.equal(read(hex('82 a161 c1 a162 01')), 'JSONDecodeError 3 0');
  assert.equal(read(hex('81 01 02')), 'JSONDecodeError 1 0');
  assert.equal(read(hex('81 c401 61 02')), 'JSONDecodeError 1 0');
  assert.equal(read(hex('91 a2 c328')), 'InvalidUTF8 2 0');
  assert.equal(read(hex('81 a1 ff 01')), 'InvalidUTF8 2 0');
  assert.match(read(Buffer.concat([hex('91 d9 64'), Buffer.alloc(99, 'a'), hex('ff')]))!, /^InvalidUTF8 102 0/);
  assert.equal(read(hex('82 a161 01 a161 02')), 'DuplicateKey 5 0');
  assert.equal(read(Buffer.concat([Buffer.alloc(64, 0x91), hex('01')])), undefined);
  assert.equal(read(Buffer.concat([Buffer.alloc(65, 0x91), hex('01')])), 'DepthExceeded 64 64');
  assert.equal(read(Buffer.concat([hex('dd 00030d3f'), Buffer.alloc(199_999)])), undefined);
  assert.match(read(Buffer.concat([hex('dd 00030d40'), Buffer.alloc(200_000)]))!, /^TooManyElements \d+ 200000$/);
});

test('one key twice among many', () => {
  const keys = Array.from({ length: 1000 }, (_, i) => `key ${i}`);
  const members = (names: readonly string[]): Buffer =>
    Buffer.concat([
      hex('de'),
      Buffer.from([names.length >> 8, names.length & 255]),
      ...names.map((name) => Buffer.concat([packr.pack(name), hex('01')])),
    ]);
  assert.equal(read(members(keys)), undefined);
  assert.match(read(members([...keys, 'key 500']))!, /^DuplicateKey/);
});
