import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  OPTIONS_DOC,
  optionsFilled,
  SESSIONS_DOC,
  sessionsFilled,
  WIRE_DOC,
  wireFilled,
} from './support/reference-tables.ts';

test('the reference tables under docs/ are those of the code (npm run docs writes them)', () => {
  for (const [file, filled] of [
    [WIRE_DOC, wireFilled],
    [OPTIONS_DOC, optionsFilled],
    [SESSIONS_DOC, sessionsFilled],
  ] as const) {
    const text = readFileSync(file, 'utf8');
    assert.equal(text === filled(text), true, file);
  }
});

test('every package the product runs with has its reason in docs/architecture.md and its licence in NOTICE', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const notice = readFileSync(new URL('../../NOTICE', import.meta.url), 'utf8');
  const text = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  const reasons = text.slice(text.indexOf('## The packages it needs'), text.indexOf('For development:'));
  for (const name of Object.keys(dependencies)) {
    assert.match(reasons, new RegExp(`(?<![\\w/-])${name}(?![\\w/-])`), `docs/architecture.md: ${name}`);
    assert.match(notice, new RegExp(`^  ${name} `, 'm'), `NOTICE: ${name}`);
  }
});
