/** A stored session's record on its way to the disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeLast, lastRecord, store } from '../../../src/session/stored/store.ts';
import { StoredSession } from '../../../src/session/state/stored-session.ts';
import { Lone } from '../../support/lone-state.ts';

test('no copy of a record is left behind once it was sent to be stored', () => {
  const lone = new Lone().ready();
  const sent: Uint8Array[] = [];
  const said: boolean[] = [];
  const raw = (record: Uint8Array): void => {
    sent.push(record);
    said.push(record.includes(7));
  };
  Object.assign(lone.s.sink, { store: () => ({ raw }) });
  const stored = new StoredSession('mine');
  stored.hasRecord = true;
  store(lone.s, stored, 'urgent');
  storeLast(lone.s, lastRecord(lone.s, stored));
  assert.deepEqual(said, [true, true], 'the key was in what was sent');
  for (const record of sent) assert.deepEqual(new Uint8Array(record), new Uint8Array(record.length));
});
