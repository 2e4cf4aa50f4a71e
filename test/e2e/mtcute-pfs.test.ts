/** A client nobody here wrote against the test DC, with temporary keys: its bind message is taken. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import '../support/unref-long-timers.ts';
import { mtcuteFor, startDcForMtcute } from '../support/mtcute.ts';

it('mtcute binds a temporary key and works under it, and under the next', { timeout: 120_000 }, async () => {
  const dc = await startDcForMtcute();
  const client = mtcuteFor(dc, { usePfs: true, updates: false });
  try {
    const made = dc.next('key', (key) => key.isTemporary);
    const me = await client.start({ phone: '9996621234', code: () => '22222', codeSentCallback: () => {} });
    assert.equal(me.firstName, 'Test');
    const [temporary] = await made;
    assert.equal(temporary.permanent?.userId, BigInt(me.id));
    assert.ok(dc.counters.requests.get('auth.bindTempAuthKey')! >= 1);
    // The DC may forget a temporary key at any time.
    dc.forgetKey(temporary);
    await client.call({ _: 'updates.getState' });
    assert.notEqual(temporary.boundTo?.temporary, temporary);
  } finally {
    await client.destroy();
    await dc.close();
  }
  assert.deepEqual(dc.bugs, []);
});
