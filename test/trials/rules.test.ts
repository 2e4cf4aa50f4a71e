/** The rules themselves: each still names one place of the source, so that none is passed over when the mutants are run. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { placeOf, testsOf } from './rules/place.ts';
import { RULES } from './rules.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

test('what each rule changes stands once in its file, or in its folder', () => {
  const lost = RULES.filter((rule) => placeOf(ROOT, rule) === undefined);
  assert.deepEqual(
    lost.map(({ file, rule }) => `${file}: ${rule}`),
    [],
  );
});

test('each word that says which tests are run first is in the path of one, so that the time for a rule goes to its own tests', () => {
  const files = readdirSync(`${ROOT}test`, { recursive: true, encoding: 'utf8' });
  const isIn = (folder: string, word: string): boolean =>
    files.some((name) => name.startsWith(`${folder}/`) && name.replace(/ts$/, 'js').includes(word));
  const stale = RULES.flatMap((rule) =>
    rule.first.filter((word) => !isIn(testsOf(rule), word)).map((word) => `${rule.file}: ${word}`),
  );
  assert.deepEqual(stale, []);
});
