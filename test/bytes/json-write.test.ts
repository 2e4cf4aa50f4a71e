import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { base64Length, readBase64, writeBase64 } from '../../src/bytes/base64.ts';
import { writeString } from '../../src/bytes/json-write.ts';
import { utf8End } from '../../src/bytes/utf8.ts';
import { Piece, Writer } from '../../src/bytes/writer.ts';

/** Bytes that are often, but not always, UTF-8. */
const nearlyUtf8 = fc.tuple(fc.string({ unit: 'binary' }), fc.nat(), fc.option(fc.nat(255))).map(([text, at, byte]) => {
  const bytes = Buffer.from(text);
  if (byte !== null && bytes.length > 0) bytes[at % bytes.length] = byte;
  return bytes;
});

function jsonOf(bytes: Uint8Array): string {
  const out = new Writer(1);
  writeString(out, bytes, 0, bytes.length);
  return out.written().toString('utf8');
}

test('utf8End judges as Node does', () => {
  fc.assert(
    fc.property(fc.oneof(nearlyUtf8, fc.uint8Array()), (bytes) => {
      assert.equal(utf8End(bytes, 0, bytes.length) === bytes.length, isUtf8(bytes));
    }),
    { numRuns: 3000 },
  );
  for (const lead of [0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5]) {
    for (let second = 0; second < 256; second++) {
      for (const tail of ['', '80', '8080', 'bfbf']) {
        const bytes = Buffer.concat([Buffer.from([lead, second]), Buffer.from(tail, 'hex')]);
        assert.equal(utf8End(bytes, 0, bytes.length) === bytes.length, isUtf8(bytes), bytes.toString('hex'));
      }
    }
  }
});

test('writeString: what is UTF-8 reads back as itself, the rest as _bytes', () => {
  fc.assert(
    fc.property(nearlyUtf8, (bytes) => {
      const value: unknown = JSON.parse(jsonOf(bytes));
      if (isUtf8(bytes)) assert.equal(value, bytes.toString('utf8'));
      else assert.deepEqual(value, { _bytes: bytes.toString('base64') });
    }),
    { numRuns: 3000 },
  );
});

test('writeString escapes only what must be', () => {
  assert.equal(jsonOf(Buffer.from('a/b\u007f\u2028é😀')), '"a/b\u007f\u2028é😀"');
  assert.equal(jsonOf(Buffer.from('"\\\b\f\n\r\t\u0000\u001f')), '"\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f"');
  assert.equal(jsonOf(Buffer.alloc(3000, 1)), `"${'\\u0001'.repeat(3000)}"`);
});

test('base64 of every length, short and long, both alphabets, with and without padding', () => {
  for (let length = 0; length < 400; length++) {
    const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 151 + length) & 255));
    const out = new Writer(1);
    writeBase64(out, bytes, 0, length);
    const text = out.written().toString('latin1');
    assert.equal(text, bytes.toString('base64'));
    for (const form of [text, text.replaceAll('=', ''), bytes.toString('base64url')]) {
      const from = Buffer.from(`!${form}!`);
      assert.equal(base64Length(from, 1, from.length - 1), length);
      out.clear();
      assert.ok(readBase64(out, from, 1, from.length - 1), form);
      assert.deepEqual(out.written(), bytes);
    }
  }
});

test('what is no base64 is refused, and leaves nothing', () => {
  const long = 'A'.repeat(400);
  const bad = [
    'A',
    'AAAAA',
    '=',
    '==',
    '===',
    'A=',
    'AA=',
    'AAA==',
    'AAAA=',
    'AAAA==',
    'AA==AAAA',
    'AB==',
    'AAB=',
    'AA A',
    'AA\n=',
    'AA.A',
    'é',
    '****',
  ];
  for (const text of [...bad, ...bad.map((one) => long + one), `${long}=${long}AAA`, `${long} ${long}AAA`]) {
    const out = new Writer(8);
    const from = Buffer.from(text);
    assert.equal(readBase64(out, from, 0, from.length), false, text);
    assert.equal(out.pos, 0);
  }
});

test('a piece is written whole at any place, also where the block ends', () => {
  for (let length = 0; length < 40; length++) {
    const piece = new Piece('abcdefgh'.repeat(5).slice(0, length));
    const out = new Writer(1);
    out.byte(0x2b);
    out.piece(piece);
    out.piece(piece);
    assert.equal(out.written().toString(), `+${piece.text}${piece.text}`);
  }
  assert.throws(() => new Piece('é'), RangeError);
});
