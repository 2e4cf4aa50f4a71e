/** Updates: one that cannot be read is not passed over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlReadError } from '../../../src/bytes/reader.ts';
import { handleUpdate } from '../../../src/session/incoming/handle-update.ts';
import { body, incoming, Lone } from '../../support/lone-state.ts';

test('an update that cannot be read: the client hears that one is missing', () => {
  const lone = new Lone();
  Object.assign(lone.attachment.dialect, {
    update: () => {
      throw new TlReadError('no such constructor', 0);
    },
  });
  handleUpdate(lone.s, incoming(body(0xe317af7e)));
  assert.deepEqual(lone.errors, ['UpdatesDropped']);
});
