/** Basic groups, supergroups and channels: made, joined, left, written to, listed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Loose, Person } from './person.ts';
import { withDc } from './support.ts';

type Run = (a: Person, b: Person, c: Person) => Promise<void>;

const withThree = (run: Run): Promise<void> =>
  withDc({}, async (dc) => {
    await run(await Person.user(dc, 'Ann'), await Person.user(dc, 'Ben'), await Person.user(dc, 'Cid'));
  });

const kinds = (answer: Loose): string[] => answer.updates.map((one: Loose) => one._);

describe('basic groups', () => {
  it('are made of people, who hear of it, and of what is written, in ids of their own', () =>
    withThree(async (a, b, c) => {
      const { updates } = await a.call('messages.createChat', { title: 'Three', users: [b.input, c.input] });
      assert.deepEqual(kinds(updates), ['updateChatParticipants', 'updateNewMessage']);
      const [chat] = updates.chats;
      assert.deepEqual([chat.title, chat.creator, chat.participants_count], ['Three', true, 3]);
      const created = await b.hears('updateNewMessage');
      assert.equal(created.message.action._, 'messageActionChatCreate');
      assert.equal((await c.hears('updateChatParticipants')).participants.participants.length, 3);
      const peer = { _: 'inputPeerChat', chat_id: chat.id };
      const id = await b.write(peer, 'from Ben');
      const heard = await a.hears('updateNewMessage');
      assert.deepEqual([heard.message.message, heard.message.from_id.user_id], ['from Ben', b.id]);
      await b.call('messages.setTyping', { peer, action: { _: 'sendMessageTypingAction' } });
      assert.equal((await a.hears('updateChatUserTyping')).from_id.user_id, b.id);
      await b.call('messages.editMessage', { peer, id, message: 'from Ben, edited' });
      assert.equal((await a.hears('updateEditMessage')).message.id, heard.message.id);
      await c.refuses(
        'messages.deleteMessages',
        { revoke: true, id: [await idIn(c, peer)] },
        403,
        'MESSAGE_DELETE_FORBIDDEN',
      );
      await b.call('messages.deleteMessages', { revoke: true, id: [id] });
      assert.deepEqual((await a.hears('updateDeleteMessages')).messages, [heard.message.id]);
      const full = await c.call('messages.getFullChat', { chat_id: chat.id });
      const members = full.full_chat.participants.participants.map((one: Loose) => [one._, one.user_id]);
      assert.deepEqual(members, [
        ['chatParticipantCreator', a.id],
        ['chatParticipant', b.id],
        ['chatParticipant', c.id],
      ]);
      assert.equal(full.users.length, 3);
    }));

  it('can be left, and then neither written to nor heard; others cannot see them at all', () =>
    withThree(async (a, b, c) => {
      await a.refuses('messages.createChat', { title: 'Alone', users: [] }, 400, 'USERS_TOO_FEW');
      const { updates } = await a.call('messages.createChat', { title: 'Two', users: [b.input] });
      const chat_id = updates.chats[0].id;
      const peer = { _: 'inputPeerChat', chat_id };
      const write = { peer, message: 'x', random_id: 1n };
      await c.refuses('messages.sendMessage', write, 400, 'PEER_ID_INVALID');
      await b.refuses('messages.deleteChatUser', { chat_id, user_id: a.input }, 400, 'CHAT_ADMIN_REQUIRED');
      await b.call('messages.deleteChatUser', { chat_id, user_id: { _: 'inputUserSelf' } });
      const left = await a.hears('updateNewMessage', (one) => one.message.action?._ === 'messageActionChatDeleteUser');
      assert.equal(left.message.action.user_id, b.id);
      await b.refuses('messages.sendMessage', write, 403, 'CHAT_WRITE_FORBIDDEN');
      await a.write(peer, 'anybody?');
      await a.call('messages.addChatUser', { chat_id, user_id: c.input, fwd_limit: 0 });
      assert.equal((await c.hears('updateNewMessage')).message.action._, 'messageActionChatAddUser');
      await a.refuses(
        'messages.addChatUser',
        { chat_id, user_id: c.input, fwd_limit: 0 },
        400,
        'USER_ALREADY_PARTICIPANT',
      );
      assert.ok(!b.hasHeard('updateNewMessage') || (await b.hears('updateNewMessage')).message.message !== 'anybody?');
      const [shown] = (await b.call('messages.getChats', { id: [chat_id] })).chats;
      assert.deepEqual([shown.left, shown.participants_count], [true, 2]);
    }));
});

async function idIn(who: Person, peer: Loose): Promise<number> {
  const page = { offset_id: 0, offset_date: 0, add_offset: 0, limit: 1, max_id: 0, min_id: 0, hash: 0n };
  return (await who.call('messages.getHistory', { peer, ...page })).messages[0].id;
}

describe('supergroups and channels', () => {
  const make = async (a: Person, fields: Loose): Promise<Loose> => {
    const answer = await a.call('channels.createChannel', { title: 'Made here', about: 'about it', ...fields });
    const { id: channel_id, access_hash } = answer.chats[0];
    return {
      answer,
      channel: { _: 'inputChannel', channel_id, access_hash },
      peer: { _: 'inputPeerChannel', channel_id, access_hash },
    };
  };

  it('begin with one member, who invites; what is written counts for itself', () =>
    withThree(async (a, b, c) => {
      const { answer, channel, peer } = await make(a, { megagroup: true });
      assert.deepEqual(kinds(answer), ['updateChannel', 'updateNewChannelMessage']);
      assert.equal(answer.updates[1].pts, 2);
      await b.refuses('channels.getFullChannel', { channel }, 400, 'CHANNEL_PRIVATE');
      await a.call('channels.inviteToChannel', { channel, users: [b.input] });
      assert.equal((await b.hears('updateChannel')).channel_id, channel.channel_id);
      await b.hears('updateNewChannelMessage');
      const before = await b.pts();
      const id = await a.write(peer, 'welcome');
      const heard = await b.hears('updateNewChannelMessage');
      assert.deepEqual([heard.message.id, heard.message.out, heard.pts, heard.pts_count], [id, undefined, 4, 1]);
      assert.equal(await b.pts(), before);
      await a.call('messages.editMessage', { peer, id, message: 'welcome, Ben' });
      assert.equal((await b.hears('updateEditChannelMessage')).pts, 5);
      const list = { filter: { _: 'channelParticipantsRecent' }, offset: 0, limit: 10, hash: 0n };
      const { participants, count } = await b.call('channels.getParticipants', { channel, ...list });
      assert.deepEqual(
        participants.map((one: Loose) => one._),
        ['channelParticipantCreator', 'channelParticipantSelf'],
      );
      assert.equal(count, 2);
      await a.refuses('channels.getParticipant', { channel, participant: c.peer }, 400, 'USER_NOT_PARTICIPANT');
      await b.refuses('channels.deleteMessages', { channel, id: [id] }, 403, 'MESSAGE_DELETE_FORBIDDEN');
      const gone = await a.call('channels.deleteMessages', { channel, id: [id] });
      assert.deepEqual([gone.pts, gone.pts_count], [6, 1]);
      assert.deepEqual((await b.hears('updateDeleteChannelMessages')).messages, [id]);
      const missed = await b.call('updates.getChannelDifference', {
        channel,
        filter: { _: 'channelMessagesFilterEmpty' },
        pts: 3,
        limit: 100,
      });
      assert.deepEqual(
        [missed.pts, missed.new_messages, missed.other_updates.map((one: Loose) => one._)],
        [6, [], ['updateEditChannelMessage', 'updateDeleteChannelMessages']],
      );
      const asked = await b.call('channels.getMessages', { channel, id: [{ _: 'inputMessageID', id }] });
      assert.deepEqual(asked.messages, [{ _: 'messageEmpty', id }]);
      const { full_chat } = await b.call('channels.getFullChannel', { channel });
      assert.deepEqual([full_chat.about, full_chat.participants_count, full_chat.pts], ['about it', 2, 6]);
    }));

  it('are left and joined; a channel is its creator’s to write in', () =>
    withThree(async (a, b, c) => {
      const found = await b.call('contacts.resolveUsername', { username: 'test_channel_6' });
      const { id: channel_id, access_hash } = found.chats[0];
      const channel = { _: 'inputChannel', channel_id, access_hash };
      const peer = { _: 'inputPeerChannel', channel_id, access_hash };
      await b.refuses('channels.joinChannel', { channel }, 400, 'USER_ALREADY_PARTICIPANT');
      const left = await b.call('channels.leaveChannel', { channel });
      assert.equal(left.chats[0].left, true);
      await b.refuses('channels.leaveChannel', { channel }, 400, 'USER_NOT_PARTICIPANT');
      await b.refuses('messages.sendMessage', { peer, message: 'x', random_id: 7n }, 403, 'CHAT_WRITE_FORBIDDEN');
      await c.hears('updateNewChannelMessage', (one) => one.message.action?._ === 'messageActionChatDeleteUser');
      const joined = await b.call('channels.joinChannel', { channel });
      assert.equal(joined._, 'messages.chatInviteJoinResultOk');
      assert.equal(joined.updates.chats[0].left, undefined);
      await b.write(peer, 'back again');
      const own = await make(a, { broadcast: true });
      await a.refuses('channels.leaveChannel', { channel: own.channel }, 400, 'USER_CREATOR');
      await a.call('channels.inviteToChannel', { channel: own.channel, users: [c.input] });
      const post = await a.write(own.peer, 'news');
      const heard = await c.hears('updateNewChannelMessage', (one) => one.message.message === 'news');
      assert.deepEqual([heard.message.post, heard.message.id, heard.message.from_id], [true, post, undefined]);
      await c.refuses(
        'messages.sendMessage',
        { peer: own.peer, message: 'me too', random_id: 8n },
        403,
        'CHAT_WRITE_FORBIDDEN',
      );
      const rights = { _: 'chatBannedRights', view_messages: true, until_date: 0 };
      await a.call('channels.editBanned', { channel: own.channel, participant: c.peer, banned_rights: rights });
      await c.refuses('channels.getFullChannel', { channel: own.channel }, 400, 'CHANNEL_PRIVATE');
    }));
});
