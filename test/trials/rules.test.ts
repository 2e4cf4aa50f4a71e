/** The rules themselves: each still names one place of the source, so that none is passed over when the mutants are run. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { RULES } from './rules.ts';

const ROOT = new URL('../../../', import.meta.url);

test('what each rule changes stands once in its file', () => {
  const places = RULES.map(({ file, rule, find }) => ({
    rule,
    found: readFileSync(new URL(file, ROOT), 'utf8').split(find).length - 1,
  }));
  assert.deepEqual(
    places.filter(({ found }) => found !== 1),
    [],
  );
});
