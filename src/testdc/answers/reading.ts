/**
 * Reading and typing: moves what a user has read, and tells the others.
 * In: a peer. Out: `messages.affectedMessages`, updates to the others. Never: a message.
 */
import type { TlObject } from '../tl/tl-value.ts';
import type { PeerRef } from '../world/peers.ts';
import { peerKey, peerObject } from '../world/peers.ts';
import { copyIn, inUpdates } from '../world/posts.ts';
import type { Account } from '../world/records.ts';
import type { MethodAnswer, Call } from './call.ts';
import { unread } from './dialogs.ts';
import { channel, forPeople, inputPeer, self } from './peer.ts';
import { actor, writable } from './send.ts';

/** Moves up the id up to which an account has read a peer; 0 is the newest. False: it was there already. */
function movesMark(call: Call, account: Account, peer: PeerRef, maxId: number): boolean {
  const box = call.world.boxOf(account, peer);
  const top = box.top(peerKey(peer));
  const to = maxId === 0 ? top : Math.min(maxId, top);
  const before = account.read.get(peerKey(peer)) ?? 0;
  if (to <= before) return false;
  account.read.set(peerKey(peer), to);
  account.reads++;
  return true;
}

function readHistory(call: Call): TlObject {
  forPeople(call);
  const peer = inputPeer(call, call.args['peer'] as TlObject);
  const account = call.world.account(self(call));
  const isNew = movesMark(call, account, peer, call.args['max_id'] as number);
  const { box } = account;
  if (!isNew || peer.kind === 'channel') return { _: 'messages.affectedMessages', pts: box.pts, pts_count: 0 };
  const max = account.read.get(peerKey(peer))!;
  const still = unread(account, peer, box, max);
  const update = box.note({
    _: 'updateReadHistoryInbox',
    peer: peerObject(peer),
    max_id: max,
    still_unread_count: still,
  });
  call.world.push(account.userId, inUpdates(call, account.userId, [update], [], [peer]), call.session);
  if (peer.kind === 'user' && peer.id !== account.userId) tellWriter(call, account, peer, max);
  return { _: 'messages.affectedMessages', pts: box.pts, pts_count: 1 };
}

/** Tells the other user up to which of his ids his messages were read. */
function tellWriter(call: Call, account: Account, peer: PeerRef, maxId: number): void {
  const { world } = call;
  if (!world.people.has(peer.id)) return;
  const other = world.account(peer.id);
  const all = account.box.all(peerKey(peer)).filter((one) => (one['id'] as number) <= maxId && one['out'] !== true);
  const copy = all.map((one) => copyIn(account.box.post(one['id'] as number)!, other.box)).find(Boolean);
  const me: PeerRef = { kind: 'user', id: account.userId };
  if (copy === undefined || copy.id <= (other.readByOthers.get(peerKey(me)) ?? 0)) return;
  other.readByOthers.set(peerKey(me), copy.id);
  other.reads++;
  const update = other.box.note({ _: 'updateReadHistoryOutbox', peer: peerObject(me), max_id: copy.id });
  world.push(other.userId, inUpdates(call, other.userId, [update], [], [me]));
}

function readChannel(call: Call): boolean {
  forPeople(call);
  const group = channel(call, call.args['channel'] as TlObject);
  const account = call.world.account(self(call));
  if (!movesMark(call, account, group, call.args['max_id'] as number)) return false;
  const box = call.world.channelBox(group.id);
  const max = account.read.get(peerKey(group))!;
  const still = unread(account, group, box, max);
  const id = { channel_id: group.id, max_id: max };
  const update = { _: 'updateReadChannelInbox', ...id, still_unread_count: still, pts: box.pts };
  call.world.push(account.userId, inUpdates(call, account.userId, [update], [], [group]), call.session);
  return true;
}

function setTyping(call: Call): boolean {
  const { world, args } = call;
  const peer = writable(call, args['peer'] as TlObject);
  const action = args['action'] as TlObject;
  const from = self(call);
  const by = actor(call);
  const group = world.groups.get(peerKey(peer));
  const tell = (to: bigint, update: TlObject): void =>
    void (to === from || world.push(to, inUpdates(by, to, [update], [], [{ kind: 'user', id: from }])));
  if (group === undefined) tell(peer.id, { _: 'updateUserTyping', user_id: from, action });
  else for (const member of world.members.listeners(group)) tell(member, typingIn(peer, from, action));
  return true;
}

function typingIn(peer: PeerRef, from: bigint, action: TlObject): TlObject {
  const from_id = peerObject({ kind: 'user', id: from });
  return peer.kind === 'chat'
    ? { _: 'updateChatUserTyping', chat_id: peer.id, from_id, action }
    : { _: 'updateChannelUserTyping', channel_id: peer.id, from_id, action };
}

export const readingAnswers: Readonly<Record<string, MethodAnswer>> = {
  'messages.readHistory': readHistory,
  'channels.readHistory': readChannel,
  'messages.setTyping': setTyping,
};
