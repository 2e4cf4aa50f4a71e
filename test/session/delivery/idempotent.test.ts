import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadScheme } from '../../../src/tl/load.ts';
import { isIdempotent } from '../../../src/session/delivery/idempotent.ts';

test('reads may be repeated, what acts may not', () => {
  for (const name of [
    'help.getConfig',
    'messages.getDialogs',
    'ping',
    'contacts.resolveUsername',
    'upload.saveFilePart',
  ])
    assert.equal(isIdempotent(name), true, name);
  for (const name of [
    'messages.sendMessage',
    'auth.sendCode',
    'getter.go',
    'messages.getBotCallbackAnswer',
    'auth.checkPassword',
    'payments.resolveStarGiftOffer',
    'channels.searchPosts',
    'messages.readMentions',
  ])
    assert.equal(isIdempotent(name), false, name);
});

test('no method of the scheme that is taken for a read has a field by which it acts', () => {
  const acting = /^(password|revoke|decline|allow_paid_stars|unban|confirm)$/;
  const found = loadScheme()
    .definitions.filter(({ isFunction, name }) => isFunction && isIdempotent(name))
    .filter(({ fields }) => fields.some((field) => acting.test(field.name)))
    .map(({ name }) => name);
  assert.deepEqual(found, []);
});
