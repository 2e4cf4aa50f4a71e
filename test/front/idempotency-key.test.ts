/** `Idempotency-Key`: what is a key, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Unserved } from '../../src/front/http-ask.ts';
import { idempotencyKey } from '../../src/front/idempotency-key.ts';

test('one word, or a text in quotes as the draft has it; the same key in both forms', () => {
  assert.equal(idempotencyKey(undefined), undefined);
  for (const [header, key] of [
    ['order-17', 'order-17'],
    ['"order-17"', 'order-17'],
    ['"order 17"', 'order 17'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['a,b', 'a,b'],
    ['x'.repeat(128), 'x'.repeat(128)],
    [`"${'x'.repeat(128)}"`, 'x'.repeat(128)],
  ] as const)
    assert.equal(idempotencyKey(header), key);
});

test('what is empty, too long, not ASCII, or two keys, is refused', () => {
  for (const header of [
    '',
    '""',
    'a b',
    'a, b',
    '"a", "b"',
    '"a',
    'a"',
    '"a\\b"',
    'é',
    '"é"',
    '\t',
    'x'.repeat(129),
    '"',
  ])
    assert.equal((idempotencyKey(header) as { refused: string }).refused, 'InvalidRequest', header);
});

test('a quote in a word is refused, with how it is written', () => {
  const { fields } = idempotencyKey('order"17') as Unserved;
  assert.match(
    String(fields['msg']),
    /without ", or a text of as many in double quotes, where a quote is \\" and a backslash \\\\$/,
  );
});
