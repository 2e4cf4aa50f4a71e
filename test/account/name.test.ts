/** Names of sessions: what may be one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NAME } from '../../src/account/name.ts';

test('letters of any script, digits and six marks, 64 at most; not what HTTP clients take out of a path', () => {
  for (const name of ['a', 'я+1@x', '_.-', '...', '.a', '..a', '-', 'x'.repeat(64)]) assert.match(name, NAME, name);
  for (const name of ['', 'a b', 'a/b', 'a%2e', 'a"', '.', '..', 'x'.repeat(65), 'a\n'])
    assert.doesNotMatch(name, NAME, name);
  // What such a client makes of them, however they are written.
  for (const name of ['.', '..', '%2e', '%2E.'])
    assert.notEqual(new URL(`http://localhost/v1/sessions/${name}/ping`).pathname.split('/').length, 5, name);
});
