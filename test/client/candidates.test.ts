/** What Tab offers, by position; how a line is cut into words; which lines are not remembered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates } from '../../src/client/candidates.ts';
import { isSecret, shellWords } from '../../src/client/repl-line.ts';
import { loadScheme } from '../../src/tl/load.ts';

const schema = loadScheme();
const of = (...words: string[]): string[] => candidates(schema, words);

test('methods first, and no constructors', () => {
  assert.deepEqual(of('messages.getDialogs'), ['messages.getDialogs']);
  assert.ok(of('').length > 700);
  assert.deepEqual(of('inputPeerSel'), []);
});

test('fields of the method, without flags and those that are there', () => {
  assert.deepEqual(of('messages.getDialogs', 'limit=1', ''), [
    'exclude_pinned=',
    'folder_id=',
    'offset_date=',
    'offset_id=',
    'offset_peer=',
    'hash=',
  ]);
  assert.deepEqual(of('messages.getDialogs', 'li'), ['limit=']);
  assert.deepEqual(of('messages.getDialgs', ''), []);
});

test('constructors as values, also behind _cons and in lists; true and false', () => {
  assert.deepEqual(of('messages.getDialogs', 'offset_peer=inputPeerS'), ['offset_peer=inputPeerSelf']);
  assert.deepEqual(of('messages.getDialogs', 'offset_peer._cons=inputPeerS'), ['offset_peer._cons=inputPeerSelf']);
  assert.deepEqual(of('users.getUsers', 'id=inputUserS'), ['id=inputUserSelf']);
  assert.deepEqual(of('users.getUsers', 'id.0=inputUserS'), ['id.0=inputUserSelf']);
  assert.deepEqual(of('account.updateStatus', 'offline='), ['offline=true', 'offline=false']);
  assert.deepEqual(of('invokeWithLayer', 'query=help.getNearest'), ['query=help.getNearestDc']);
});

test('fields of an object inside, of the one constructor that is named', () => {
  assert.deepEqual(of('messages.readHistory', 'peer=inputPeerUser', 'peer.'), ['peer.user_id=', 'peer.access_hash=']);
  assert.ok(of('messages.readHistory', 'peer.').includes('peer.chat_id='));
  assert.deepEqual(of('users.getUsers', 'id.0._cons=inputUser', 'id.0.'), ['id.0.user_id=', 'id.0.access_hash=']);
});

test('quotes hold blanks together', () => {
  assert.deepEqual(shellWords(`m a='x  y' b="\\"q\\" z" c:='{"d":1}'  e=`), [
    'm',
    'a=x  y',
    'b="q" z',
    'c:={"d":1}',
    'e=',
  ]);
  assert.deepEqual(shellWords('  '), []);
});

test('lines that may open an account are not remembered', () => {
  const secret = [
    'auth.signIn phone_number=1',
    '? auth.signIn',
    'account.updatePasswordSettings x=1',
    'a phone_code=1',
  ];
  for (const line of [...secret, 'x bot_auth_token=1', 'invokeWithLayer query=auth.sendCode'])
    assert.ok(isSecret(line), line);
  for (const line of ['messages.getDialogs limit=20', 'ping ping_id=1']) assert.ok(!isSecret(line), line);
});
