import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { filled, README, SESSIONS_DOC, sessionsFilled } from './support/reference-tables.ts';

const text = readFileSync(README, 'utf8');

test('the reference tables of the README and of docs/sessions.md are those of the code (npm run docs writes them)', () => {
  assert.equal(text, filled(text));
  const sessions = readFileSync(SESSIONS_DOC, 'utf8');
  assert.equal(sessions, sessionsFilled(sessions));
});

test('every package the product runs with has its reason in the README and its licence in NOTICE', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const notice = readFileSync(new URL('../../NOTICE', import.meta.url), 'utf8');
  const reasons = text.slice(text.indexOf('### The packages it needs'), text.indexOf('For development:'));
  for (const name of Object.keys(dependencies)) {
    assert.match(reasons, new RegExp(`(?<![\\w/-])${name}(?![\\w/-])`), `README: ${name}`);
    assert.match(notice, new RegExp(`^  ${name} `, 'm'), `NOTICE: ${name}`);
  }
});
