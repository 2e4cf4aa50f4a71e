/** A request that was printed over several lines: one clear answer, and nothing of what is right gets lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonDialect } from '../../../src/dialect/json.ts';
import { Pieces } from '../../../src/session/state/pieces.ts';

const dialect = new JsonDialect();
const request = dialect.makeRequest();

/** What a client hears of its lines. */
function heard(lines: readonly string[]): string[] {
  const pieces = new Pieces();
  return lines.flatMap((line) => {
    const bytes = Buffer.from(line);
    const refused = dialect.read(bytes, 0, bytes.length, request);
    if (refused === undefined) {
      pieces.end();
      return [`taken ${String(request.id)}`];
    }
    return pieces.goesOn(refused, bytes, 0, bytes.length) ? [] : [refused.msg];
  });
}

const printed = (value: object): string[] => JSON.stringify(value, null, 2).split('\n');
const INSIDE = 'a request is one line; this one ends inside an object';
const CALL = {
  id: 7,
  message: { _cons: 'users.getUsers', id: [{ _cons: 'inputUserSelf' }, { _cons: 'inputUserEmpty' }] },
};

test('a pretty-printed request is one error; the next request is taken', () => {
  assert.deepEqual(heard([...printed(CALL), '{"id":8,"session":{}}']), [INSIDE, 'taken 8']);
  assert.deepEqual(heard([...printed(CALL), ...printed(CALL)]), [INSIDE, INSIDE]);
});

test('a whole request in the middle of one is taken: the one before was broken off', () => {
  assert.deepEqual(heard(['{"id":1,"message":', '{"id":2,"session":{}}', '{"id":3,"session":{}}']), [
    INSIDE,
    'taken 2',
    'taken 3',
  ]);
});

test('an item in a line of its own is answered, as a request might be; what follows goes on', () => {
  assert.deepEqual(heard(['{"message":{"id":[', '{"_cons":"inputUserSelf"}', ']', '}', '}', 'x']), [
    'a request is one line; this one ends inside an array',
    '_cons: no such attribute of a request; did you mean message?',
    'a request is one JSON object in a line',
  ]);
});

test('what does not go on is an error of its own', () => {
  const [first, ...others] = heard(['{"id":1,', 'hello', '"id":1', "{'id':1}"]);
  assert.equal(first, INSIDE);
  assert.equal(others.length, 3);
});
