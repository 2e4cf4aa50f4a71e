/** What the answers of `updates.*` say, and messages of a difference as the updates that would have brought them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DifferenceReader } from '../../src/updates/read-difference.ts';
import { UpdatesReader } from '../../src/updates/read-updates.ts';
import type { AccountDifference, ChannelDifference } from '../../src/updates/difference.ts';
import type { SingleUpdate } from '../../src/updates/step.ts';
import { codec, decodeObject, encodeObject } from '../support/codec.ts';

const crcOf = (name: string): number => codec.crcOf(name);
const reader = new DifferenceReader(new UpdatesReader(codec.walk, crcOf), crcOf);

type Json = Record<string, unknown>;

function account(object: Json): AccountDifference {
  const bytes = encodeObject(JSON.stringify(object));
  return reader.account(bytes, 0, bytes.length);
}

function channel(object: Json): ChannelDifference {
  const bytes = encodeObject(JSON.stringify(object));
  return reader.channel(bytes, 0, bytes.length, '8');
}

/** The update in a piece, who was named with it, and what the piece says of it. */
function shown({ bytes, kind, chat }: SingleUpdate): unknown[] {
  const { updates, users, chats } = JSON.parse(decodeObject(bytes)) as Record<string, Json[]>;
  const { _cons, pts, pts_count: count } = updates![0]!;
  assert.equal(_cons, kind);
  return [kind, chat, pts, count, users!.map(({ id }) => id), chats!.map(({ id }) => id)];
}

const state = { _cons: 'updates.state', pts: 90, qts: 4, date: 1_700_000_000, seq: 12, unread_count: 0 };
const user = (id: number): Json => ({ _cons: 'user', id, first_name: `user ${id}` });
const eight = { _cons: 'channel', id: 8, access_hash: 56, title: '8', photo: { _cons: 'chatPhotoEmpty' }, date: 1 };
const message = (peer: Json): Json => ({ _cons: 'message', id: 1, peer_id: peer, date: 1, message: 'm' });
const fromUser = (id: number): Json => message({ _cons: 'peerUser', user_id: id });
const inEight = message({ _cons: 'peerChannel', channel_id: 8 });
const deleted = { _cons: 'updateDeleteMessages', messages: [1], pts: 88, pts_count: 1 };
const lists = { new_messages: [fromUser(5)], new_encrypted_messages: [], users: [user(5), user(6)], chats: [eight] };

describe('a difference', () => {
  it('is where the server stands', () => {
    const bytes = encodeObject(JSON.stringify(state));
    assert.deepEqual(reader.state(bytes, 0, bytes.length), { pts: 90, qts: 4, seq: 12, date: 1_700_000_000 });
  });

  it('has messages, then other updates, each with those it names', () => {
    const found = account({ _cons: 'updates.difference', ...lists, other_updates: [deleted], state });
    assert.ok(found.kind === 'whole');
    assert.deepEqual(found.updates.map(shown), [
      ['updateNewMessage', 'user 5', 90, 0, [5], []],
      ['updateDeleteMessages', '', 88, 1, [], []],
    ]);
    assert.deepEqual(found.state, { pts: 90, qts: 4, seq: 12, date: 1_700_000_000 });
    assert.deepEqual(found.rest.hashes, [{ channel: '8', accessHash: 56n }]);
  });

  it('may be a slice, with what channels have to do with it apart', () => {
    const other_updates = [
      { _cons: 'updateNewChannelMessage', message: inEight, pts: 3, pts_count: 1 },
      { _cons: 'updateChannelTooLong', channel_id: 8, pts: 40 },
      { _cons: 'updateUserName', user_id: 6, first_name: 'a', last_name: 'b', usernames: [] },
    ];
    const found = account({ _cons: 'updates.differenceSlice', ...lists, other_updates, intermediate_state: state });
    assert.ok(found.kind === 'slice');
    assert.deepEqual(
      found.updates.map(({ kind }) => kind),
      ['updateNewMessage', 'updateUserName'],
    );
    assert.deepEqual(
      found.rest.steps.map(({ box, last, count }) => [box, last, count]),
      [['8', 3, 1]],
    );
    assert.deepEqual(found.rest.longChannels, [{ channel: '8', pts: 40 }]);
    assert.deepEqual(found.rest.free, []);
  });

  it('has secret messages by their qts', () => {
    const secret = { _cons: 'encryptedMessageService', random_id: 1, chat_id: 2, date: 3, bytes: '' };
    const object = { ...lists, new_messages: [], new_encrypted_messages: [secret], other_updates: [] };
    const found = account({ _cons: 'updates.difference', ...object, state });
    assert.ok(found.kind === 'whole');
    const { updates } = JSON.parse(decodeObject(found.updates[0]!.bytes)) as Record<string, Json[]>;
    assert.deepEqual([updates![0]!['_cons'], updates![0]!['qts']], ['updateNewEncryptedMessage', 4]);
  });

  it('may be empty, or too long', () => {
    assert.deepEqual(account({ _cons: 'updates.differenceEmpty', date: 7, seq: 8 }), {
      kind: 'empty',
      date: 7,
      seq: 8,
    });
    assert.deepEqual(account({ _cons: 'updates.differenceTooLong', pts: 7 }), { kind: 'tooLong', pts: 7 });
  });
});

describe('the difference of a channel', () => {
  it('has messages, then other updates, and may have more behind it', () => {
    const other_updates = [
      { _cons: 'updateDeleteChannelMessages', channel_id: 8, messages: [1], pts: 44, pts_count: 1 },
    ];
    const object = { _cons: 'updates.channelDifference', pts: 45, new_messages: [inEight], other_updates };
    const found = channel({ ...object, users: [user(5)], chats: [eight] });
    assert.deepEqual([found.kind, found.pts, found.isFinal], ['updates', 45, false]);
    assert.deepEqual(found.updates.map(shown), [
      ['updateNewChannelMessage', 'channel 8', 45, 0, [], [8]],
      ['updateDeleteChannelMessages', 'channel 8', 44, 1, [], [8]],
    ]);
    assert.deepEqual(found.rest.steps, []);
  });

  it('may be empty, or too long: then its dialog says where it stands', () => {
    const empty = channel({ _cons: 'updates.channelDifferenceEmpty', final: { _cons: 'true' }, pts: 45, timeout: 30 });
    assert.deepEqual([empty.kind, empty.pts, empty.isFinal, empty.updates], ['empty', 45, true, []]);
    const counts = { top_message: 1, read_inbox_max_id: 1, read_outbox_max_id: 1, unread_count: 0 };
    const unread = { unread_mentions_count: 0, unread_reactions_count: 0, unread_poll_votes_count: 0 };
    const settings = { notify_settings: { _cons: 'peerNotifySettings' } };
    const peer = { _cons: 'peerChannel', channel_id: 8 };
    const dialog = { _cons: 'dialog', peer, ...counts, ...unread, ...settings, pts: 99 };
    const object = {
      _cons: 'updates.channelDifferenceTooLong',
      dialog,
      messages: [inEight],
      users: [],
      chats: [eight],
    };
    const tooLong = channel(object);
    assert.deepEqual([tooLong.kind, tooLong.pts, tooLong.isFinal, tooLong.updates], ['tooLong', 99, true, []]);
  });
});
