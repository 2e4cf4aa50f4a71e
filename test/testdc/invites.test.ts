/** Invite links: made, looked at, used, limited, revoked; in basic groups and in channels. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Loose, Person } from './person.ts';
import { withDc } from './support.ts';

const hashOf = (invite: Loose): string => invite.link.slice('https://t.me/+'.length);

describe('invite links', () => {
  it('lead into a basic group, once if they are for one, and not when they are revoked', () =>
    withDc({}, async (dc) => {
      const [a, b, c] = [await Person.user(dc, 'Ann'), await Person.user(dc, 'Ben'), await Person.user(dc, 'Cid')];
      const { updates } = await a.call('messages.createChat', { title: 'Linked', users: [b.input] });
      const peer = { _: 'inputPeerChat', chat_id: updates.chats[0].id };
      await b.refuses('messages.exportChatInvite', { peer }, 400, 'CHAT_ADMIN_REQUIRED');
      await a.refuses('messages.exportChatInvite', { peer, expire_date: 1 }, 400, 'EXPIRE_DATE_INVALID');
      const invite = await a.call('messages.exportChatInvite', { peer, usage_limit: 1, title: 'for one' });
      const hash = hashOf(invite);
      assert.equal((await b.call('messages.checkChatInvite', { hash }))._, 'chatInviteAlready');
      const shown = await c.call('messages.checkChatInvite', { hash });
      assert.deepEqual([shown._, shown.title, shown.participants_count], ['chatInvite', 'Linked', 2]);
      await b.refuses('messages.importChatInvite', { hash }, 400, 'USER_ALREADY_PARTICIPANT');
      const joined = await c.call('messages.importChatInvite', { hash });
      assert.equal(joined._, 'messages.chatInviteJoinResultOk');
      const by = (one: Loose): boolean => one.message.action?._ === 'messageActionChatJoinedByLink';
      const heard = await b.hears('updateNewMessage', by);
      assert.deepEqual([heard.message.from_id.user_id, heard.message.action.inviter_id], [c.id, a.id]);
      await c.write(peer, 'here I am');
      const d = await Person.user(dc, 'Dan');
      await d.refuses('messages.importChatInvite', { hash }, 400, 'INVITE_HASH_EXPIRED');
      const list = await a.call('messages.getExportedChatInvites', {
        peer,
        admin_id: { _: 'inputUserSelf' },
        limit: 10,
      });
      assert.deepEqual([list.count, list.invites[0].usage, list.invites[0].title], [1, 1, 'for one']);
      for (const [bad, name] of [
        ['', 'EMPTY'],
        ['a b', 'INVALID'],
        ['nobodyMadeIt', 'EXPIRED'],
      ] as const)
        await d.refuses('messages.checkChatInvite', { hash: bad }, 400, `INVITE_HASH_${name}`);
    }));

  it('lead into a channel that has no name; a permanent one that is revoked is replaced', () =>
    withDc({}, async (dc) => {
      const [a, b] = [await Person.user(dc, 'Ann'), await Person.user(dc, 'Ben')];
      const made = await a.call('channels.createChannel', { title: 'Hidden', about: '', broadcast: true });
      const { id: channel_id, access_hash } = made.chats[0];
      const peer = { _: 'inputPeerChannel', channel_id, access_hash };
      const first = await a.call('messages.exportChatInvite', { peer, legacy_revoke_permanent: true });
      assert.equal(first.permanent, true);
      const named = { peer, link: first.link };
      await a.refuses('messages.editExportedChatInvite', { ...named, title: 'x' }, 400, 'CHAT_INVITE_PERMANENT');
      const replaced = await a.call('messages.editExportedChatInvite', { ...named, revoked: true });
      assert.deepEqual(
        [replaced._, replaced.invite.revoked, replaced.new_invite.permanent],
        ['messages.exportedChatInviteReplaced', true, true],
      );
      await b.refuses('messages.importChatInvite', { hash: hashOf(first) }, 400, 'INVITE_HASH_EXPIRED');
      await b.call('messages.importChatInvite', { hash: hashOf(replaced.new_invite) });
      const channel = { _: 'inputChannel', channel_id, access_hash };
      assert.equal((await b.call('channels.getFullChannel', { channel })).full_chat.participants_count, 2);
    }));
});
