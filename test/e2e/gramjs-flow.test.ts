/** What a user of gramjs does, straight on the test DC, in gramjs's own layer: send, edit, delete, forward, files, groups. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../support/unref-long-timers.ts';
import { startTestDc } from '../../src/testdc/dc-server.ts';

// After the timers: imports of one file run in their order.
const { api, CustomFile, gramjsFor, gramjsScheme } = await import('../support/gramjs.ts');

test(
  'gramjs sends, edits, forwards, uploads, deletes, makes a group, joins and leaves',
  { timeout: 120_000 },
  async () => {
    const dc = await startTestDc({ otherSchemas: [gramjsScheme()], acceptsOldPadding: true });
    const client = gramjsFor(dc);
    try {
      await client.start({
        phoneNumber: '9996621111',
        phoneCode: async () => '22222',
        password: async () => '',
        onError: (error) => {
          throw error;
        },
      });
      const sent = await client['sendMessage']('me', { message: 'frist' });
      const edited = await client['editMessage']('me', { message: sent.id, text: 'first' });
      assert.deepEqual([edited.id, edited.message], [sent.id, 'first']);
      const [forwarded] = await client['forwardMessages']('me', { messages: [sent.id], fromPeer: 'me' });
      assert.equal([forwarded].flat()[0].message, 'first');
      const bytes = Buffer.from('Hello from a file.\n');
      const file = await client['sendFile']('me', { file: new CustomFile('hello.txt', bytes.length, '', bytes) });
      assert.equal(String(await client['downloadMedia'](file.media, {})), String(bytes));
      await client['deleteMessages']('me', [sent.id], { revoke: true });
      const [newest, ...rest] = await client['getMessages']('me', { limit: 10 });
      assert.equal(newest.id, file.id);
      assert.ok(!rest.some((one: { id: number }) => one.id === sent.id));
      const title = { title: 'Of gramjs', about: '', megagroup: true };
      const made = await client['invoke'](new api.channels.CreateChannel(title));
      const [group] = (made as unknown as { chats: unknown[] }).chats;
      await client['sendMessage'](group, { message: 'in the group' });
      const members = await client['getParticipants'](group, {});
      assert.deepEqual(
        Array.from(members, (one: { username: string }) => one.username),
        ['demo_user'],
      );
      const channel = 'test_channel_6';
      assert.equal((await client['invoke'](new api.channels.LeaveChannel({ channel }))).className, 'Updates');
      assert.equal((await client['invoke'](new api.channels.JoinChannel({ channel }))).className, 'Updates');
      const action = new api.SendMessageTypingAction();
      await client['invoke'](new api.messages.SetTyping({ peer: 'guarded_user', action }));
    } finally {
      await client.destroy();
      await dc.close();
    }
    assert.deepEqual(dc.bugs, []);
    assert.deepEqual(dc.violations.list, []);
  },
);
