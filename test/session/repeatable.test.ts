import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRepeatable } from '../../src/session/repeatable.ts';

test('reads may be repeated, what acts may not', () => {
  for (const name of [
    'help.getConfig',
    'messages.getDialogs',
    'ping',
    'contacts.resolveUsername',
    'upload.saveFilePart',
  ])
    assert.equal(isRepeatable(name), true, name);
  for (const name of [
    'messages.sendMessage',
    'auth.sendCode',
    'getter.go',
    'messages.getBotCallbackAnswer',
    'auth.checkPassword',
  ])
    assert.equal(isRepeatable(name), false, name);
});
