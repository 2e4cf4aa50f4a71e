/** Texts that come line by line: whatever JSON.parse takes is whole at its last line and open before it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonOutline, type Progress } from '../../src/bytes/json-outline.ts';

function progress(lines: readonly string[]): Progress[] {
  const outline = new JsonOutline();
  return lines.map((line) => {
    const bytes = Buffer.from(`--${line}--`);
    return outline.add(bytes, 2, bytes.length - 2);
  });
}

test('an object printed over several lines is open until its last one, whatever is in it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
      fc.constantFrom(1, 2, '\t'),
      (value, indent) => {
        const lines = JSON.stringify(value, null, indent).split('\n');
        assert.deepEqual(progress(lines), [...lines.slice(1).map(() => 'open'), 'whole']);
      },
    ),
  );
});

test('what cannot go on is broken, and forgotten', () => {
  const begun = ['{', '  "id": 1,', '  "message": {'];
  for (const wrong of ['{"id":2}', '"a" "b"', ',', ']', '"open', '1', 'hello', '"a": }'])
    assert.deepEqual(progress([...begun, wrong, '{']), ['open', 'open', 'open', 'broken', 'open'], wrong);
  assert.deepEqual(progress(['"id": 1']), ['broken']);
  assert.deepEqual(progress(['['.repeat(64)]), ['open']);
  assert.deepEqual(progress(['['.repeat(65)]), ['broken']);
});

test('lines of noise are taken for what they are; one over 64 KiB goes on with nothing, whatever is in it', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (lines) => {
      for (const one of progress(lines)) assert.ok(['open', 'whole', 'broken'].includes(one));
    }),
  );
  const of = (length: number): string => `{"a":"${'\\"'.repeat(length / 2)}",`;
  assert.deepEqual(progress([of(65_520)]), ['open']);
  assert.deepEqual(progress([of(65_540), '{', of(65_540)]), ['broken', 'open', 'broken']);
});
