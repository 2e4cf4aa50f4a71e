import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  ARRAY,
  COUNT,
  END,
  FALSE,
  HASH,
  hashName,
  JsonTape,
  KIND,
  MAX_ELEMENTS,
  NEXT,
  NODE,
  NULL,
  NUMBER,
  INTEGER,
  OBJECT,
  START,
  STRING,
  STRING_ESCAPED,
  TRUE,
  type JsonFault,
} from '../../src/bytes/json-tape.ts';
import { Random } from '../support/random.ts';

const tape = new JsonTape();

/** Reads a text that stands in the middle of other bytes, as a line does in a slot. */
function read(text: string | Uint8Array, into = tape): JsonFault | undefined {
  const line = Buffer.concat([Buffer.from('"]}9'), Buffer.from(text as string), Buffer.from('0"]}')]);
  return into.read(line, 4, line.length - 4);
}

/** The value that stands on the tape, as JSON.parse would give it. */
function valueAt(from: JsonTape, node: number): unknown {
  const t = from.cells;
  const children: number[] = [];
  const kind = t[node + KIND];
  if (kind === OBJECT || kind === ARRAY) {
    for (let m = node + NODE, end = t[node + NEXT]!; m < end; m = t[m + NEXT]!) children.push(m);
    assert.equal(t[node + COUNT], children.length);
  }
  if (kind === ARRAY) return children.map((child) => valueAt(from, child));
  if (kind === OBJECT) return Object.fromEntries(children.map((child) => [keyOf(from, child), valueAt(from, child)]));
  if (kind === STRING || kind === STRING_ESCAPED) {
    assert.ok(from.text(node) >= 0);
    return Buffer.from(from.textBytes).toString('utf8', from.textStart, from.textEnd);
  }
  if (kind === TRUE || kind === FALSE || kind === NULL) return kind === NULL ? null : kind === TRUE;
  assert.ok(kind === NUMBER || kind === INTEGER);
  const text = Buffer.from(from.bytes).toString('latin1', t[node + START], t[node + END]);
  assert.equal(kind === INTEGER, /^-?\d+$/.test(text));
  return Number(text);
}

function keyOf(from: JsonTape, node: number): string {
  const key = from.keyText(node);
  assert.ok(from.hasKey(node, Buffer.from(key)));
  assert.ok(!from.hasKey(node, Buffer.from(`${key}x`)));
  assert.equal(from.cells[node + HASH], hashName(Buffer.from(key)));
  return key;
}

/** JSON text with odd white space and escapes. */
function spell(value: unknown, random: Random): string {
  const space = (): string => random.pick(['', '', '', ' ', '\t', '\r\n', ' \n ']);
  const string = (text: string): string =>
    `"${[
      ...JSON.stringify(text)
        .slice(1, -1)
        .matchAll(/\\u....|\\.|./gsu),
    ]
      .map(([c]) =>
        c.length === 1 && random.chance(0.2)
          ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
          : c === '/'
            ? '\\/'
            : c,
      )
      .join('')}"`;
  if (typeof value === 'string') return string(value);
  if (Array.isArray(value))
    return `[${value.map((item) => space() + spell(item, random) + space()).join(',') || space()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${
    Object.entries(value)
      .map(([key, item]) => `${space()}${string(key)}${space()}:${space()}${spell(item, random)}${space()}`)
      .join(',') || space()
  }}`;
}

const shortKey = fc.string({ unit: 'binary', maxLength: 6 }).filter((key) => key !== '__proto__' && key.isWellFormed());
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false, 0, -0.5, 1e300, 123456789),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.integer(),
    fc.string({ unit: 'binary' }),
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('value'), { maxLength: 6 }),
  object: fc.dictionary(shortKey, tie('value'), { maxKeys: 40 }),
})).value;

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(anyJson, fc.integer(), (value, seed) => {
      const text = spell(value, new Random(seed));
      assert.equal(read(text), undefined, text);
      assert.deepEqual(valueAt(tape, 0), JSON.parse(text));
      assert.equal(tape.used, tape.cells[NEXT]);
    }),
    { numRuns: 1500 },
  );
});

const SAMPLE =
  ' {"a" : [1, -2.5e+3, "x\\u00e9\\n\\ud83d\\ude00", true, false, null, {}, []], "\\u0062":{"ключ":"знач"} } ';

test('cut at every byte: refused where it ends, never read past', () => {
  const whole = Buffer.from(SAMPLE);
  for (let stop = 0; stop < whole.length - 1; stop++) {
    const fault = read(whole.subarray(0, stop));
    const isInsideCharacter = !isUtf8(whole.subarray(0, stop));
    assert.equal(fault?.code, isInsideCharacter ? 'InvalidUTF8' : 'JSONDecodeError', `cut at ${stop}`);
    assert.equal(fault?.pos, isInsideCharacter ? stop - 1 : stop);
  }
});

test('changed at every byte: accepts exactly what JSON.parse accepts', () => {
  const whole = Buffer.from(SAMPLE);
  for (let at = 0; at < whole.length; at++) {
    for (const byte of [...Buffer.from('\0\x1f "\\{}[]:,+-.019eEtfnu/\x7f'), 0x80, 0xc3, 0xff]) {
      const changed = Buffer.from(whole);
      changed[at] = byte;
      const fault = read(changed);
      if (fault?.code === 'DuplicateKey') continue;
      let parses = isUtf8(changed);
      try {
        JSON.parse(changed.toString('utf8'));
      } catch {
        parses = false;
      }
      assert.equal(fault === undefined, parses, changed.toString('latin1'));
      if (fault !== undefined) assert.ok(fault.pos <= changed.length && fault.pos >= 0);
    }
  }
});

test('a fault names its place', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['', 'JSONDecodeError', 0],
    ['   ', 'JSONDecodeError', 3],
    ['NaN', 'JSONDecodeError', 0],
    ['{"a":NaN}', 'JSONDecodeError', 5],
    ['{"a":Infinity}', 'JSONDecodeError', 5],
    ['{"a":0x10}', 'JSONDecodeError', 6],
    ['{"a":01}', 'JSONDecodeError', 6],
    ['{"a":+1}', 'JSONDecodeError', 5],
    ['{"a":.5}', 'JSONDecodeError', 5],
    ['{"a":5.}', 'JSONDecodeError', 7],
    ['{"a":1e}', 'JSONDecodeError', 7],
    ['{"a":-}', 'JSONDecodeError', 6],
    ['{"a":1,}', 'JSONDecodeError', 7],
    ['[1,]', 'JSONDecodeError', 3],
    ['[,1]', 'JSONDecodeError', 1],
    ['[1 2]', 'JSONDecodeError', 3],
    ['{"a" 1}', 'JSONDecodeError', 5],
    ['{a:1}', 'JSONDecodeError', 1],
    ["{'a':1}", 'JSONDecodeError', 1],
    ['{"a":1}{"b":2}', 'JSONDecodeError', 7],
    ['{"a":1} // x', 'JSONDecodeError', 8],
    ['/**/{}', 'JSONDecodeError', 0],
    ['\ufeff{}', 'JSONDecodeError', 0],
    ['"a\nb"', 'JSONDecodeError', 2],
    ['"a\\x41"', 'JSONDecodeError', 3],
    ['"\\u12g4"', 'JSONDecodeError', 5],
    ['"\\u12', 'JSONDecodeError', 5],
    ['{"a":[}', 'JSONDecodeError', 6],
    ['[}', 'JSONDecodeError', 1],
    ['tru', 'JSONDecodeError', 3],
    ['trux', 'JSONDecodeError', 3],
    ['{"\\q":1}', 'JSONDecodeError', 3],
    [`${'['.repeat(65)}${']'.repeat(65)}`, 'DepthExceeded', 64],
    [`[${'1'.repeat(41)}]`, 'NumberTooLong', 1],
    [`[-0.${'1'.repeat(38)}e-10]`, 'NumberTooLong', 1],
    ['{"a":1,"a":2}', 'DuplicateKey', 9],
    ['{"a":1,"\\u0061":2}', 'DuplicateKey', 14],
    ['{"é":1,"\\u00e9":2}', 'DuplicateKey', 15],
  ];
  for (const [text, code, pos] of cases) {
    const fault = read(text);
    assert.deepEqual([fault?.code, fault?.pos], [code, pos], text.slice(0, 40));
  }
});

test('what just fits the limits is read', () => {
  assert.equal(read(`${'['.repeat(64)}${']'.repeat(64)}`), undefined);
  assert.equal(read(`[-${'1'.repeat(40)}]`), undefined);
  assert.equal(read(`[-0.${'1'.repeat(37)}e-10]`), undefined);
  assert.equal(read(`[${'1,'.repeat(MAX_ELEMENTS - 2)}1]`), undefined);
  assert.equal(read(`[${'1,'.repeat(MAX_ELEMENTS - 1)}1]`)?.code, 'TooManyElements');
  assert.deepEqual(read(`[${'[],'.repeat(MAX_ELEMENTS)}1]`), {
    code: 'TooManyElements',
    pos: 1 + 3 * (MAX_ELEMENTS - 1),
    limit: MAX_ELEMENTS,
  });
});

test('broken UTF-8 anywhere is InvalidUTF8, at its first byte', () => {
  for (const hex of ['ff', 'c080', 'eda080', 'f4908080', 'c3', 'e282', 'fe']) {
    const bad = Buffer.from(hex, 'hex');
    for (const [before, after] of [
      ['{"a":"x', 'y"}'],
      ['{"a', '":1}'],
      ['{"a":', '}'],
      ['', ''],
      ['{"é":"\\n', '"}'],
    ]) {
      const line = Buffer.concat([Buffer.from(before!), bad, Buffer.from(after!)]);
      assert.deepEqual(
        read(line),
        { code: 'InvalidUTF8', pos: Buffer.byteLength(before!), limit: 0 },
        `${before} ${hex}`,
      );
    }
  }
  assert.equal(read(Buffer.from('{"id":1}', 'utf16le'))?.code, 'JSONDecodeError');
});

test('a lone surrogate is JSON, but has no text', () => {
  for (const text of ['"\\ud800"', '"\\udc00"', '"\\ud800x"', '"\\ud800\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\n"']) {
    assert.equal(read(text), undefined);
    assert.equal(tape.text(0), -1, text);
  }
  assert.equal(read('"\\ud83d\\ude00"'), undefined);
  assert.equal(tape.text(0), 4);
});

test('duplicate keys are found in objects of any size, at any distance', () => {
  for (const size of [2, 3, 31, 32, 33, 34, 100, 5000]) {
    const keys = Array.from({ length: size }, (_, i) => `"k${i}":${i}`);
    assert.equal(read(`{${keys.join()}}`), undefined, String(size));
    assert.equal(read(`{${keys.join()},"k0":0}`)?.code, 'DuplicateKey', String(size));
    assert.equal(read(`{${keys.join()},"k${size - 1}":0}`)?.code, 'DuplicateKey', String(size));
    assert.equal(read(`{"x":{${keys.join()}},"y":{${keys.join()}}}`), undefined);
  }
});

/** Keys whose hashes have their low 12 bits in common: they meet in every table that takes the low bits. */
function collidingKeys(count: number): string[] {
  const byHash = new Map<number, string[]>();
  for (let i = 0; ; i++) {
    const key = i.toString(36).padStart(6, '_');
    const short = hashName(Buffer.from(key)) & 0xfff;
    const same = byHash.get(short) ?? [];
    same.push(key);
    byHash.set(short, same);
    if (same.length === count) return same;
  }
}

test('keys are told apart by their bytes, not by their hash', () => {
  // FNV-1a has pairs of short words with one hash; these two are known ones.
  const one = 'costarring';
  const other = 'liquid';
  assert.equal(hashName(Buffer.from(one)), hashName(Buffer.from(other)));
  assert.equal(read(`{"${one}":1,"${other}":2}`), undefined);
  assert.equal(read(`{"${one}":1,"${other}":2,"${one}":3}`)?.code, 'DuplicateKey');
  const many = Array.from({ length: 50 }, (_, i) => `"k${i}":0`).join();
  assert.equal(read(`{${many},"${one}":1,"${other}":2}`), undefined);
  assert.equal(read(`{${many},"${one}":1,"${other}":2,"${other}":2}`)?.code, 'DuplicateKey');
  assert.equal(
    read(
      `{${collidingKeys(40)
        .map((key) => `"${key}":0`)
        .join()}}`,
    ),
    undefined,
  );
});

/** The same bytes, with every look at one of them counted. */
function counting(bytes: Buffer): { bytes: Buffer; looks: () => number } {
  let looks = 0;
  const counted = new Proxy(bytes, {
    get(target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) looks++;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { bytes: counted, looks: () => looks };
}

test('hostile lines are read in linear time: each byte is looked at a few times, whatever the line', () => {
  const makers: readonly ((n: number) => string)[] = [
    (n) => `{${Array.from({ length: n / 10 }, (_, i) => `"${i.toString(36)}":0`).join()}}`,
    (n) => `[${'{"a":1},'.repeat(n / 10)}0]`,
    (n) => `"${'\\u0041'.repeat(n / 10)}"`,
    (n) => `"${'\\\\'.repeat(n / 2)}"`,
    (n) => `"${'é'.repeat(n / 2)}"`,
    (n) => '9'.repeat(n),
    (n) => ' '.repeat(n),
    (n) => '{'.repeat(n),
    (n) => `${'{"":'.repeat(60)}${'[],'.repeat(n / 5)}`,
    (n) => `{"${'a'.repeat(n)}":1}`,
    (n) => `{${Array.from({ length: n / 16 }, (_, i) => `"\\u0061${i}":0`).join()}}`,
    (n) =>
      `{${collidingKeys(n / 500)
        .map((key) => `"${key}":0`)
        .join()}}`,
  ];
  for (const make of makers) {
    const line = Buffer.from(make(50_000));
    const { bytes, looks } = counting(line);
    new JsonTape().read(bytes, 0, line.length);
    assert.ok(
      looks() < 4 * line.length + 100,
      `${looks()} looks at ${line.length} bytes: ${line.toString('latin1', 0, 30)}`,
    );
  }
});

test('after a fault the values before it can still be read', () => {
  assert.equal(read('{"id":7,"x":[[1,2],{"a":1,"a":2}]}')?.code, 'DuplicateKey');
  const t = tape.cells;
  assert.equal(t[KIND], OBJECT);
  assert.equal(keyOf(tape, NODE), 'id');
  assert.equal(t[t[NODE + NEXT]! + NEXT], 0);
});

test('a path is built from the root', () => {
  assert.equal(read('{"a":[{"b":1},{"c\\u0064":[[],[0,{"e":null}]]}]}'), undefined);
  const last = tape.used - NODE;
  assert.equal(tape.path(0, last, 'message'), 'message.a[1].cd[1][1].e');
  assert.equal(tape.path(0, 0, 'message'), 'message');
  assert.equal(read(`{"${'k'.repeat(5000)}":1}`), undefined);
  assert.equal(tape.path(0, NODE, 'm'), `m.${'k'.repeat(64)}…`);
});
