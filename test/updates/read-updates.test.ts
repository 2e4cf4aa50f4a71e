/** What an `Updates` object says: boxes, chats, channels, and each update as an object of its own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Reading } from '../../src/updates/step.ts';
import { UpdatesReader } from '../../src/updates/read-updates.ts';
import { codec, decodeObject, encodeObject, schema } from '../support/codec.ts';
import { Random } from '../support/random.ts';
import { referenceBytes } from '../support/tl-reference.ts';
import { ValueMaker } from '../support/tl-value.ts';

const reader = new UpdatesReader(codec.walk, (name) => codec.crcOf(name));

type Json = Record<string, unknown>;

/** @param isOwn it is the result of a call */
function read(object: Json, isOwn = false): Reading {
  const bytes = encodeObject(JSON.stringify(object));
  // It may stand anywhere in a block.
  const block = Buffer.concat([Buffer.alloc(12, 1), bytes, Buffer.alloc(8, 2)]);
  return reader.read(block, 12, 12 + bytes.length, isOwn);
}

function told({ bytes }: { bytes: Uint8Array }): Json {
  return JSON.parse(decodeObject(bytes)) as Json;
}

const user = (id: number): Json => ({ _cons: 'user', id, access_hash: id * 3, first_name: `user ${id}` });
const channel = (id: number, more: Json = {}): Json => ({
  _cons: 'channel',
  id,
  access_hash: id * 7,
  title: `channel ${id}`,
  photo: { _cons: 'chatPhotoEmpty' },
  date: 1,
  ...more,
});
const message = (peer: Json, id = 1): Json => ({ _cons: 'message', id, peer_id: peer, date: 1, message: `m${id}` });
const inUser = (id: number): Json => ({ _cons: 'peerUser', user_id: id });
const inChannel = (id: number): Json => ({ _cons: 'peerChannel', channel_id: id });
const news = (peer: Json, pts: number): Json => ({
  _cons: 'updateNewMessage',
  message: message(peer),
  pts,
  pts_count: 1,
});
const list = (updates: Json[], more: Json = {}): Json => ({
  _cons: 'updates',
  updates,
  users: [user(5), user(6)],
  chats: [channel(8), channel(9, { min: { _cons: 'true' } })],
  date: 1_700_000_000,
  seq: 0,
  ...more,
});

describe('the box of an update', () => {
  const boxOf = (update: Json): unknown[] => {
    const { steps, free } = read({ _cons: 'updateShort', update, date: 1 });
    const chat = [...free, ...steps.flatMap(({ updates }) => updates)][0]!.chat;
    return steps.length === 0 ? ['free', chat] : [steps[0]!.box, steps[0]!.last, steps[0]!.count, chat];
  };

  it('is the account’s, by pts or by qts', () => {
    assert.deepEqual(boxOf(news(inUser(5), 77)), ['common', 77, 1, 'user 5']);
    const deleted = { _cons: 'updateDeleteMessages', messages: [1, 2], pts: 9, pts_count: 2 };
    assert.deepEqual(boxOf(deleted), ['common', 9, 2, '']);
    const stopped = { _cons: 'updateBotStopped', user_id: 5, date: 1, stopped: true, qts: 4 };
    assert.deepEqual(boxOf(stopped), ['qts', 4, 1, 'user 5']);
  });

  it('is that of the channel which it names, or in which its message stands', () => {
    const inMessage = { _cons: 'updateNewChannelMessage', message: message(inChannel(8)), pts: 3, pts_count: 1 };
    assert.deepEqual(boxOf(inMessage), ['8', 3, 1, 'channel 8']);
    const deleted = { _cons: 'updateDeleteChannelMessages', channel_id: 8, messages: [1], pts: 5, pts_count: 1 };
    assert.deepEqual(boxOf(deleted), ['8', 5, 1, 'channel 8']);
    const participant = { _cons: 'updateChannelParticipant', channel_id: 8, date: 1, actor_id: 5, user_id: 6, qts: 2 };
    assert.deepEqual(boxOf(participant), ['qts', 2, 1, 'channel 8']);
  });

  it('is none where nothing counts it', () => {
    const typing = { _cons: 'updateUserTyping', user_id: 5, action: { _cons: 'sendMessageTypingAction' } };
    assert.deepEqual(boxOf(typing), ['free', 'user 5']);
    const read8 = { _cons: 'updateReadChannelInbox', channel_id: 8, max_id: 1, still_unread_count: 0, pts: 4 };
    assert.deepEqual(boxOf(read8), ['free', 'channel 8']);
    assert.deepEqual(boxOf({ _cons: 'updateEncryptedChatTyping', chat_id: 5 }), ['free', ''], 'a secret chat');
  });
});

describe('an Updates object', () => {
  it('of one update is told as it came', () => {
    const object = list([news(inUser(5), 77)]);
    const { steps, date } = read(object);
    assert.deepEqual(told(steps[0]!.updates[0]!), JSON.parse(decodeObject(encodeObject(JSON.stringify(object)))));
    assert.equal(date, 1_700_000_000);
  });

  it('of several is told as several, each with the users and chats that it names', () => {
    const typing = { _cons: 'updateUserTyping', user_id: 6, action: { _cons: 'sendMessageTypingAction' } };
    const inEight = { _cons: 'updateNewChannelMessage', message: message(inChannel(8)), pts: 3, pts_count: 1 };
    const { steps, free } = read(list([news(inUser(5), 77), inEight, typing]));
    const ids = (piece: { bytes: Uint8Array }): unknown => {
      const { updates, users, chats, date, seq } = told(piece) as Record<string, Json[]>;
      return [updates!.map(({ _cons }) => _cons), users!.map(({ id }) => id), chats!.map(({ id }) => id), date, seq];
    };
    assert.deepEqual([...steps.flatMap(({ updates }) => updates), ...free].map(ids), [
      [['updateNewMessage'], [5], [], 1_700_000_000, 0],
      [['updateNewChannelMessage'], [], [8], 1_700_000_000, 0],
      [['updateUserTyping'], [6], [], 1_700_000_000, 0],
    ]);
  });

  it('with a seq moves it on, by what no other box counts', () => {
    const typing = { _cons: 'updateUserTyping', user_id: 6, action: { _cons: 'sendMessageTypingAction' } };
    const { steps, free, date } = read({ ...list([news(inUser(5), 77), typing], { seq: 12 }), _cons: 'updates' });
    assert.deepEqual(
      steps.map(({ box, last, count, updates, date: at }) => [box, last, count, updates.map(({ kind }) => kind), at]),
      [
        ['common', 77, 1, ['updateNewMessage'], undefined],
        ['seq', 12, 1, ['updateUserTyping'], 1_700_000_000],
      ],
    );
    assert.deepEqual([free, date], [[], undefined]);
    const combined = read({ ...list([], { seq: 12, seq_start: 10 }), _cons: 'updatesCombined' });
    assert.deepEqual(
      combined.steps.map(({ last, count }) => [last, count]),
      [[12, 3]],
    );
  });

  it('names channels with their access hashes, but not those that it shows in part', () => {
    assert.deepEqual(read(list([])).hashes, [{ channel: '8', accessHash: 56n }]);
  });

  it('is an update itself in its short forms', () => {
    const short = { _cons: 'updateShortMessage', id: 1, user_id: 5, message: 'hi', pts: 7, pts_count: 1, date: 3 };
    const { steps, date } = read(short);
    const { box, last, count, updates } = steps[0]!;
    assert.deepEqual(
      [box, last, count, updates[0]!.kind, updates[0]!.chat],
      ['common', 7, 1, 'updateShortMessage', 'user 5'],
    );
    assert.deepEqual(told(updates[0]!)['message'], 'hi');
    assert.equal(date, 3);
    const inChat = { ...short, _cons: 'updateShortChatMessage', from_id: 5, chat_id: 4, user_id: undefined };
    assert.equal(read(inChat).steps[0]!.updates[0]!.chat, 'chat 4');
  });

  it('may say that too much has happened to be told', () => {
    assert.equal(read({ _cons: 'updatesTooLong' }).isTooLong, true);
    const tooLong = { _cons: 'updateChannelTooLong', channel_id: 8, pts: 40 };
    const { longChannels, free } = read(list([tooLong, { _cons: 'updateChannelTooLong', channel_id: 9 }]));
    assert.deepEqual(longChannels, [
      { channel: '8', pts: 40 },
      { channel: '9', pts: undefined },
    ]);
    assert.deepEqual(free, []);
  });

  it('that is the result of a call moves the boxes on and is told to nobody', () => {
    const own = read(list([news(inUser(5), 77), { _cons: 'updateMessageID', id: 1, random_id: 2 }]), true);
    assert.deepEqual(own.steps, [{ box: 'common', last: 77, count: 1, updates: [] }]);
    assert.deepEqual([own.free, own.hashes.length], [[], 1]);
    const sent = { _cons: 'updateShortSentMessage', id: 1, pts: 8, pts_count: 1, date: 3 };
    assert.deepEqual(read(sent, true).steps, [{ box: 'common', last: 8, count: 1, updates: [] }]);
  });
});

it('every update of the scheme can be read, alone and among others, and is told as it came', () => {
  const maker = new ValueMaker(schema, new Random(20_281), []);
  for (const definition of schema.types.get('Update')!)
    for (const present of [0, 0.5, 1]) {
      const update = referenceBytes(schema, maker.object(definition, { present, depth: 2 }));
      const other = encodeObject('{"_cons":"updatePtsChanged"}');
      const head = encodeObject('{"_cons":"updates","updates":[],"users":[],"chats":[],"date":1,"seq":0}');
      const bytes = Buffer.concat([head.subarray(0, 8), Buffer.from([2, 0, 0, 0]), update, other, head.subarray(12)]);
      const { steps, free, longChannels } = reader.read(bytes, 0, bytes.length);
      const updates = [...steps.flatMap((step) => step.updates), ...free];
      assert.equal(updates.length + longChannels.length, 2, definition.text);
      const piece = updates.find(({ kind }) => kind === definition.name);
      if (piece !== undefined && definition.name !== 'updatePtsChanged')
        assert.deepEqual((told(piece)['updates'] as Json[])[0], JSON.parse(decodeObject(update)), definition.text);
    }
});
