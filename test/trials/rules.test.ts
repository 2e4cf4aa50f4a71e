/** The rules themselves: each still names one place of the source, so that none is passed over when the mutants are run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { placeOf } from './rules/place.ts';
import { RULES } from './rules.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

test('what each rule changes stands once in its file, or in its folder', () => {
  const lost = RULES.filter((rule) => placeOf(ROOT, rule) === undefined);
  assert.deepEqual(
    lost.map(({ file, rule }) => `${file}: ${rule}`),
    [],
  );
});
