/** REPLY: how a request ended, in sixteen bits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBadLine, outcomeOf, replyFlags } from '../../src/batch/reply-flags.ts';
import { OUTCOMES } from '../../src/errors.ts';

test('every outcome, with and without an unreadable line, is read as it was written and fits the header', () => {
  for (const outcome of OUTCOMES.keys())
    for (const isBad of [false, true]) {
      const flags = replyFlags(isBad, outcome);
      assert.ok(flags <= 0xffff);
      assert.deepEqual([isBadLine(flags), outcomeOf(flags)], [isBad, outcome]);
    }
});
