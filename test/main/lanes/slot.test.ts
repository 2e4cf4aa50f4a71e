/** Slots: what of a record stays in shared memory behind its batch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { In } from '../../../src/batch/records.ts';
import { Slot } from '../../../src/main/lanes/slot.ts';

for (const [name, kind] of [
  ['what was saved of a session', In.RESUME],
  ['the record of a stored session', In.NAMED],
] as const) {
  test(`${name} is zeroed when its batch has come back`, () => {
    const slot = new Slot();
    const secret = new Uint8Array(300).fill(7);
    assert.ok(slot.put(kind, 0, 0, 1, 0, secret, 0, secret.length));
    assert.ok(Buffer.from(slot.written).includes(Buffer.from(secret)));
    slot.clear();
    assert.ok(!Buffer.from(new Uint8Array(slot.shared)).includes(Buffer.alloc(8, 7)));
  });
}
