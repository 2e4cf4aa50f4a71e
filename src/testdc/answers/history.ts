/** Answers with messages from boxes: by page, by id, by words. */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Box, HistoryQuery } from '../world/box.ts';
import { pageOf } from '../world/box.ts';
import type { PeerRef } from '../world/peers.ts';
import { peerKey, peerOf } from '../world/peers.ts';
import { mentioned, seen } from '../world/views.ts';
import type { MethodAnswer, Call } from './call.ts';
import { channel, forPeople, inputPeer, self } from './peer.ts';

/** Messages in one answer, at most. */
const MOST = 100;

function getHistory(call: Call): TlObject {
  forPeople(call);
  const peer = inputPeer(call, call.args['peer'] as TlObject);
  const box = call.world.boxOf(call.world.account(self(call)), peer);
  return page(call, peer, box, box.history(peerKey(peer), queryOf(call)), box.count(peerKey(peer)));
}

function queryOf({ args }: Call): HistoryQuery {
  return {
    offsetId: args['offset_id'] as number,
    addOffset: args['add_offset'] as number,
    limit: Math.min((args['limit'] as number) || 20, MOST),
    maxId: args['max_id'] as number,
    minId: args['min_id'] as number,
  };
}

/** The messages found, as the method's result; `count` is how many there are in all. */
function page(call: Call, peer: PeerRef, box: Box, found: readonly TlObject[], count: number): TlObject {
  const viewer = self(call);
  const messages = found.map((message) => seen(message, viewer));
  const parts = { messages, topics: [], ...mentioned(call.world, messages, [peer], viewer, call.dcId) };
  if (peer.kind === 'channel') return { _: 'messages.channelMessages', pts: box.pts, count, ...parts };
  return count === messages.length
    ? { _: 'messages.messages', ...parts }
    : { _: 'messages.messagesSlice', count, ...parts };
}

/** Messages of private chats and basic groups by id; `messageEmpty` for an id without one. */
function getMessages(call: Call): TlObject {
  const { box } = call.world.account(self(call));
  const viewer = self(call);
  const messages = byId(call, box);
  return {
    _: 'messages.messages',
    messages,
    topics: [],
    ...mentioned(call.world, real(messages), [], viewer, call.dcId),
  };
}

function getChannelMessages(call: Call): TlObject {
  const group = channel(call, call.args['channel'] as TlObject);
  const box = call.world.channelBox(group.id);
  const viewer = self(call);
  const messages = byId(call, box);
  const parts = mentioned(call.world, real(messages), [group], viewer, call.dcId);
  return { _: 'messages.channelMessages', pts: box.pts, count: messages.length, messages, topics: [], ...parts };
}

function real(messages: readonly TlObject[]): TlObject[] {
  return messages.filter(({ _: kind }) => kind !== 'messageEmpty');
}

function byId(call: Call, box: Box): TlObject[] {
  const inputs = call.args['id'] as TlObject[];
  if (inputs.length > MOST) throw new DcRpcError(400, 'MSG_ID_INVALID');
  return inputs.map((input) => {
    const id = (input['id'] as number | undefined) ?? 0;
    const found = box.get(wanted(box, input._, id));
    return found === undefined ? { _: 'messageEmpty', id } : seen(found, self(call));
  });
}

/** The id that an `InputMessage` means: `inputMessageReplyTo` means the message that the one of its id answers. */
function wanted(box: Box, kind: string, id: number): number {
  if (kind !== 'inputMessageReplyTo') return id;
  const header = box.get(id)?.['reply_to'] as TlObject | undefined;
  return (header?.['reply_to_msg_id'] as number | undefined) ?? 0;
}

/** Messages by words, author, kind of media and date; with `inputPeerEmpty` in all private chats and basic groups. */
function search(call: Call): TlObject {
  forPeople(call);
  const { args, world } = call;
  const input = args['peer'] as TlObject;
  const isAll = input._ === 'inputPeerEmpty';
  const { box: own } = world.account(self(call));
  const peer: PeerRef = isAll ? { kind: 'user', id: self(call) } : inputPeer(call, input);
  const box = isAll ? own : world.boxOf(world.account(self(call)), peer);
  const all = (isAll ? box.peers() : [peerKey(peer)]).flatMap((key) => box.all(key)).filter(matches(call));
  const byIds = new Map(all.map((message) => [message['id'] as number, message]));
  const ids = pageOf(
    [...byIds.keys()].toSorted((a, b) => a - b),
    queryOf(call),
  );
  const found = ids.toReversed().map((id) => byIds.get(id)!);
  return page(call, peer, box, found, all.length);
}

/** Constructors of media that a filter lets through. */
const MEDIA: Readonly<Record<string, RegExp>> = {
  inputMessagesFilterPhotos: /^messageMediaPhoto$/,
  inputMessagesFilterDocument: /^messageMediaDocument$/,
  inputMessagesFilterContacts: /^messageMediaContact$/,
  inputMessagesFilterGeo: /^messageMediaGeo$/,
};

function matches(call: Call): (message: TlObject) => boolean {
  const { args } = call;
  const words = (args['q'] as string).toLowerCase();
  const from = args['from_id'] === undefined ? undefined : inputPeer(call, args['from_id'] as TlObject);
  const filter = (args['filter'] as TlObject)._;
  const [min, max] = [args['min_date'] as number, args['max_date'] as number];
  return (message) =>
    message._ === 'message' &&
    (message['message'] as string).toLowerCase().includes(words) &&
    (from === undefined || peerKey(authorOf(call, message)) === peerKey(from)) &&
    (filter === 'inputMessagesFilterEmpty' || passes(filter, message)) &&
    (min === 0 || (message['date'] as number) >= min) &&
    (max === 0 || (message['date'] as number) <= max);
}

function passes(filter: string, message: TlObject): boolean {
  const media = message['media'] as TlObject | undefined;
  if (filter === 'inputMessagesFilterUrl')
    return ((message['entities'] ?? []) as TlObject[]).some(({ _: kind }) => kind.endsWith('Url'));
  return media !== undefined && MEDIA[filter]?.test(media._) === true;
}

function authorOf(call: Call, message: TlObject): PeerRef {
  const peer = peerOf((message['from_id'] ?? message['peer_id']) as TlObject);
  return message['out'] === true ? { kind: 'user', id: self(call) } : peer;
}

export const historyAnswers: Readonly<Record<string, MethodAnswer>> = {
  'messages.getHistory': getHistory,
  'messages.getMessages': getMessages,
  'channels.getMessages': getChannelMessages,
  'messages.search': search,
};
