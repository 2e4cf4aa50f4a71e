/** A client nobody here wrote against the test DC: key, config, sign-in, dialogs, an update. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Long } from '@mtcute/core';
import { mtcuteFor, startDcForMtcute } from '../support/mtcute.ts';

const TIMEOUT = { timeout: 120_000 };

describe('mtcute against the test DC', TIMEOUT, () => {
  it('makes a key, asks for the config, signs in, reads dialogs, receives an update', async () => {
    const dc = await startDcForMtcute();
    const client = mtcuteFor(dc);
    try {
      const config = await client.call({ _: 'help.getConfig' });
      assert.equal(config.thisDc, 2);
      assert.equal(config.dcOptions[0]?.port, dc.port());
      const caughtUp = dc.next('request', (call) => call.method === 'updates.getDifference');
      const me = await client.start({ phone: '99966 2 1234', code: () => '22222', codeSentCallback: () => {} });
      assert.equal(me.firstName, 'Test');
      const dialogs = await client.call({
        _: 'messages.getDialogs',
        offsetDate: 0,
        offsetId: 0,
        offsetPeer: { _: 'inputPeerEmpty' },
        limit: 20,
        hash: Long.ZERO,
      });
      assert.equal(dialogs._ === 'messages.dialogs' && dialogs.dialogs.length, 20);
      await caughtUp;
      await client.call({ _: 'help.getNearestDc' });
      const text = new Promise<string>((done) => client.onNewMessage.add((message) => done(message.text)));
      dc.pushMessage(BigInt(me.id), 'an update');
      assert.equal(await text, 'an update');
      const sent = await client.sendText('echo', 'hello');
      assert.equal(sent.text, 'hello');
      assert.equal(dc.ledger.get('hello'), 1);
    } finally {
      await client.destroy();
      await dc.close();
    }
    assert.deepEqual(dc.violations.list, []);
    assert.deepEqual(dc.bugs, []);
  });
});
