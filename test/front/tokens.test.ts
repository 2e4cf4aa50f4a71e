/** Tokens. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { tokensOf } from '../../src/front/tokens.ts';

test('one token a line, comments and blanks aside', () => {
  const tokens = tokensOf('# ours\n\n  first \nsecond\r\n');
  assert.deepEqual(
    ['first', 'second', '# ours', '', ' first', 'third'].map((token) => tokens?.knows(token)),
    [true, true, false, false, false, false],
  );
  assert.equal(tokensOf('\n# none\n'), undefined);
});
