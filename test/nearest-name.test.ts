/** Which name was meant, on the real scheme and on short lists; and what a name nobody meant may cost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NearestNames, nearestNames, didYouMean } from '../src/nearest-name.ts';
import { OPTIONS } from '../src/config/options.ts';
import { loadScheme } from '../src/tl/load.ts';

const names = loadScheme().definitions.map(({ name }) => name);
const scheme = new NearestNames(names);

test('one letter too few, too many, another, two that changed places', () => {
  assert.deepEqual(scheme.find('messages.sendMesage'), ['messages.sendMessage']);
  assert.deepEqual(scheme.find('messages.sendMesssage'), ['messages.sendMessage']);
  assert.deepEqual(scheme.find('inputPeerUsar'), ['inputPeerUser']);
  assert.deepEqual(scheme.find('messages.getHistroy'), ['messages.getHistory']);
  assert.deepEqual(scheme.find('pnig'), ['ping']);
});

test('case, blanks and marks count for nothing', () => {
  for (const wrong of [
    'messages.SendMessage',
    'messages.sendMessage ',
    'MESSAGES.SENDMESSAGE',
    'messages_send_message',
  ])
    assert.deepEqual(scheme.find(wrong), ['messages.sendMessage'], wrong);
});

test('without its namespace, or with another one; all that have the name', () => {
  assert.deepEqual(scheme.find('sendMessage'), ['messages.sendMessage']);
  assert.deepEqual(scheme.find('send_message'), ['messages.sendMessage']);
  assert.deepEqual(scheme.find('account.sendMessage'), ['messages.sendMessage']);
  assert.deepEqual(scheme.find('getMessages'), ['messages.getMessages', 'channels.getMessages']);
});

test('what is near nothing gets no answer', () => {
  for (const wrong of ['', ' ', '.', 'x', 'xyz', 'qqqqqqqqqqqqqqqqqqqq', '\u{1F600}', 'a'.repeat(4096)])
    assert.deepEqual(scheme.find(wrong), [], wrong);
});

test('every option without one of its letters is found, or one that is as near', () => {
  const options = OPTIONS.map(({ name }) => name);
  for (const name of options.filter((one) => one.length > 3)) {
    const wrong = name.slice(0, 2) + name.slice(3);
    if (options.includes(wrong)) continue;
    assert.ok(nearestNames(wrong, options).length > 0, wrong);
  }
  assert.equal(didYouMean('prot', ['host', 'port']), '; did you mean port?');
  assert.equal(didYouMean('colour', ['host', 'port']), '');
});

test('of names that all look alike only so many are compared, so that no list and no wrong name make it work long', () => {
  const near = 'abababababaa';
  const alike = (count: number): string[] =>
    Array.from(
      { length: count },
      (_, i) => `bbb${i.toString(2).padStart(8, '0').replaceAll('0', 'b').replaceAll('1', 'a')}a`,
    );
  assert.deepEqual(nearestNames('abababababab', [near, ...alike(100)]), [near]);
  assert.deepEqual(nearestNames('abababababab', [...alike(250), near]), []);
});
