/** One sealed row: it opens as what it is, and as nothing else. */
import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { headOf, RowKind, openRow, rowLength, sealRow } from '../../src/vault/seal.ts';

const KEY = createSecretKey(randomBytes(32));

test('any row opens to its body, and says what it is', () => {
  const names = fc.string({ unit: 'grapheme', maxLength: 64 });
  fc.assert(
    fc.property(names, fc.nat(), fc.uint8Array({ maxLength: 3000 }), (name, seq, body) => {
      const row = sealRow(KEY, RowKind.RECORD, name, seq, body);
      assert.deepEqual(headOf(row), { kind: RowKind.RECORD, name, bodyLength: body.length, seq });
      assert.equal(rowLength(row), row.length);
      assert.deepEqual(openRow(KEY, row), Buffer.from(body));
    }),
  );
});

test('one wrong bit, one byte less or more, another key: it does not open', () => {
  const row = sealRow(KEY, RowKind.RECORD, 'bot1', 7, randomBytes(40));
  for (let bit = 0; bit < row.length * 8; bit++) {
    const wrong = Buffer.from(row);
    wrong[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(openRow(KEY, wrong), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < row.length; length++) assert.equal(openRow(KEY, row.subarray(0, length)), undefined);
  assert.equal(openRow(KEY, Buffer.concat([row, Buffer.alloc(1)])), undefined);
  assert.equal(openRow(createSecretKey(randomBytes(32)), row), undefined);
});

test('a row has at most 16 MiB, whatever its head says', () => {
  assert.throws(() => sealRow(KEY, RowKind.RECORD, 'a', 1, Buffer.alloc(2 ** 24 + 1)), RangeError);
  const row = sealRow(KEY, RowKind.RECORD, 'a', 1, Buffer.alloc(4));
  row.writeUInt32LE(2 ** 24 + 1, 12);
  assert.equal(headOf(row), undefined);
});

test('no two rows have one nonce', () => {
  const nonces = new Set<string>();
  for (let i = 0; i < 2_000; i++)
    nonces.add(sealRow(KEY, RowKind.RECORD, 'a', 1, Buffer.alloc(4)).toString('hex', 25, 37));
  assert.equal(nonces.size, 2_000);
});
