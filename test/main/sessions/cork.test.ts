/** What waits for the disk, and what is sent when it need not wait any longer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cork } from '../../../src/main/sessions/cork.ts';

/** A cork, and what was said and sent. */
function noted() {
  const said: string[] = [];
  const cork = new Cork(() => said.push('sent'));
  const say = (line: string): void => cork.say(() => said.push(line));
  return { cork, said, say };
}

test('a line that needs not wait is said and sent at once', () => {
  const { said, say } = noted();
  say('a');
  say('b');
  assert.deepEqual(said, ['a', 'sent', 'b', 'sent']);
});

test('lines that wait are said in their order, once, and sent together', () => {
  const { cork, said, say } = noted();
  cork.shut();
  say('a');
  cork.sayLater(() => said.push('b'));
  cork.shut();
  say('c');
  assert.deepEqual([cork.isShut, said], [true, []]);
  cork.open();
  assert.deepEqual([cork.isShut, said], [false, ['a', 'b', 'c', 'sent']]);
  cork.open();
  say('d');
  assert.deepEqual(said.slice(4), ['d', 'sent']);
});
