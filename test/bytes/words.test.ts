/** Text looked at four bytes at a time, held against text looked at byte by byte: every length, every alignment. */
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readBase64, writeBase64 } from '../../src/bytes/base64.ts';
import { JsonTape } from '../../src/bytes/json-tape.ts';
import { writeString } from '../../src/bytes/json-write.ts';
import { utf8End } from '../../src/bytes/utf8.ts';
import { asciiEnd, passed, plainEnd, viewOf } from '../../src/bytes/words.ts';
import { Writer } from '../../src/bytes/writer.ts';

/** What may stand in a string and is not plain, and what may not: each as bytes. */
const SPECIAL = [
  ...['"', '\\', '\n', '\u001f', '\u007f', 'é', 'Ж', '\u07ff', '漢', '\u2028', '😀', '\u{10ffff}'].map((text) =>
    Buffer.from(text),
  ),
  // Alone, cut off, overlong, a surrogate, past U+10FFFF, and leads of nothing.
  ...['80', 'bf', 'c3', 'c080', 'c1bf', 'd0', 'd0d0', 'e0a0', 'e08080', 'eda080', 'f09f98', 'f4908080', 'f5', 'ff'].map(
    (hex) => Buffer.from(hex, 'hex'),
  ),
];

/** `text` at `offset` of a block that goes on behind it with what would spoil it. */
function placed(text: Uint8Array, offset: number): Uint8Array {
  const block = new Uint8Array(offset + text.length + 5).fill(0x22);
  block.set(text, offset);
  return block;
}

/** JSON of a string, a byte at a time. */
function slowJson(bytes: Buffer): string {
  if (!isUtf8(bytes)) return `{"_bytes":"${bytes.toString('base64')}"}`;
  let json = '"';
  for (const c of bytes.toString('utf8'))
    json += c < ' ' || c === '"' || c === '\\' ? JSON.stringify(c).slice(1, -1) : c;
  return `${json}"`;
}

function jsonOf(bytes: Buffer, offset: number): string {
  const out = new Writer(1);
  out.pos = 0;
  writeString(out, placed(bytes, offset), offset, offset + bytes.length);
  return out.written().toString('utf8');
}

test('a string with something special at every place, at every length and alignment', () => {
  for (const fill of [Buffer.from('a'), Buffer.from('я')]) {
    for (let length = 0; length <= 20; length++) {
      for (const special of SPECIAL) {
        for (let at = 0; at <= length; at++) {
          const part = (n: number): Buffer => Buffer.concat(Array.from({ length: n }, () => fill));
          const bytes = Buffer.concat([part(at), special, part(length - at)]);
          assert.equal(jsonOf(bytes, (at + length) & 3), slowJson(bytes), bytes.toString('hex'));
        }
      }
    }
  }
});

test('strings of mixed pieces are written as byte by byte, and judged as Node judges them', () => {
  const piece = fc.oneof(
    fc.constantFrom(...SPECIAL),
    fc.string({ maxLength: 30, size: 'max' }).map((text) => Buffer.from(text)),
    fc.string({ unit: 'binary', maxLength: 12 }).map((text) => Buffer.from(text)),
    fc.constantFrom('Привет, мир', 'naïve café ', '漢字かな', '😀👍').map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(7), (pieces, offset) => {
      const bytes = Buffer.concat(pieces);
      assert.equal(jsonOf(bytes, offset), slowJson(bytes), bytes.toString('hex'));
      const end = utf8End(placed(bytes, offset), offset, offset + bytes.length) - offset;
      assert.equal(end === bytes.length, isUtf8(bytes));
      assert.ok(isUtf8(bytes.subarray(0, end)));
    }),
    { numRuns: 3000 },
  );
});

test('plainEnd stops within four bytes of what is not plain, and tells of what is not ASCII', () => {
  for (let value = 0; value < 256; value++) {
    for (let length = 1; length <= 12; length++) {
      for (let at = 0; at < length; at++) {
        const bytes = new Uint8Array(length).fill(0x61);
        bytes[at] = value;
        const isPlain = value >= 0x20 && value !== 0x22 && value !== 0x5c;
        const whole = length & ~3;
        const words = viewOf(placed(bytes, 3));
        const expected = isPlain ? whole : Math.min(whole, at & ~3);
        assert.equal(plainEnd(words, 3, 3 + length) - 3, expected);
        if (isPlain) assert.equal(passed.bits !== 0, value >= 0x80 && at < whole);
        assert.equal(asciiEnd(words, 3, 3 + length) - 3, value < 0x80 ? whole : Math.min(whole, at & ~3));
      }
    }
  }
});

test('long JSON strings: what JSON.parse takes is read, and a fault is at the same byte as in a short one', () => {
  const tape = new JsonTape();
  const good = SPECIAL.filter((bytes) => isUtf8(bytes));
  for (let length = 18; length < 46; length++) {
    for (let at = 1; at < length; at++) {
      for (const special of at % 5 === 0 ? good : good.slice(0, 6)) {
        const text = Buffer.concat([Buffer.alloc(at, 'x'), special, Buffer.alloc(length - at, 'y')]);
        const line = Buffer.from(`["${text.toString()}"]`);
        let isJson = true;
        try {
          JSON.parse(line.toString());
        } catch {
          isJson = false;
        }
        const fault = tape.read(line, 0, line.length);
        assert.equal(fault === undefined, isJson, line.toString());
        if (special[0]! < 0x20) assert.equal(fault?.pos, 2 + at);
        if (special[0] === 0x22) assert.equal(fault?.pos, 3 + at);
      }
      for (const special of SPECIAL.filter((bytes) => !isUtf8(bytes)).slice(at % 7, (at % 7) + 2)) {
        const line = Buffer.concat([
          Buffer.from('["'),
          Buffer.alloc(at, 'x'),
          special,
          Buffer.alloc(length, 'y'),
          Buffer.from('"]'),
        ]);
        assert.equal(tape.read(line, 0, line.length)?.code, 'InvalidUTF8');
        assert.equal(tape.read(line, 0, line.length)?.pos, 2 + at);
      }
    }
  }
});

test('base64 over the edges of its chunks, and a foreign character at each of them', () => {
  for (const chunks of [1, 2, 3]) {
    for (let length = chunks * 0x6000 - 4; length <= chunks * 0x6000 + 4; length++) {
      const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 167 + (i >> 7)) & 255));
      const out = new Writer(1);
      writeBase64(out, bytes, 0, length);
      const text = Buffer.from(out.written());
      assert.equal(text.toString(), bytes.toString('base64'));
      out.clear();
      assert.ok(readBase64(out, text, 0, text.length));
      assert.ok(bytes.equals(out.written()));
      const places = [0, 0x7ff7, 0x7ff8, 0x7fff, 0x8000, text.length - 5];
      for (const at of places.filter((place) => place < text.length - 2)) {
        for (const foreign of ' =\n*') {
          const spoilt = Buffer.from(text);
          spoilt[at] = foreign.charCodeAt(0);
          out.clear();
          assert.equal(readBase64(out, spoilt, 0, spoilt.length), false);
          assert.equal(out.pos, 0);
        }
      }
    }
  }
});
