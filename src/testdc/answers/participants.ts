/** Answers about members: of channels by page and one by one, and `getFullChat` and `getFullChannel`. */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Member } from '../world/members.ts';
import type { Group, PeerRef } from '../world/peers.ts';
import { ADMIN_RIGHTS, peerKey } from '../world/peers.ts';
import { mentioned } from '../world/views.ts';
import type { MethodAnswer, Call } from './call.ts';
import { botInfo } from './commands.ts';
import { unread } from './dialogs.ts';
import { participantsOf } from './groups.ts';
import { basicGroup, channel, inputPeer, self } from './peer.ts';

/** Members in one answer, at most. */
const MOST = 200;

function ref(userId: bigint): PeerRef {
  return { kind: 'user', id: userId };
}

function participant(viewer: bigint, { userId, date, inviterId, isCreator }: Member): TlObject {
  if (isCreator) return { _: 'channelParticipantCreator', user_id: userId, admin_rights: ADMIN_RIGHTS };
  return userId === viewer
    ? { _: 'channelParticipantSelf', user_id: userId, inviter_id: inviterId, date }
    : { _: 'channelParticipant', user_id: userId, date };
}

/** A page of members; those of a channel are for its creator alone. */
function getParticipants(call: Call): TlObject {
  const { args, world } = call;
  const group = channel(call, args['channel'] as TlObject);
  if (group.isBroadcast && world.members.get(group, self(call))?.isCreator !== true)
    throw new DcRpcError(400, 'CHAT_ADMIN_REQUIRED');
  const filter = args['filter'] as TlObject;
  const all = world.members.list(group).filter((member) => passes(call, filter, member));
  const offset = args['offset'] as number;
  const page = all.slice(offset, offset + Math.min(args['limit'] as number, MOST));
  const refs = page.map(({ userId }) => ref(userId));
  const isAll = filter._ === 'channelParticipantsRecent';
  return {
    _: 'channels.channelParticipants',
    count: isAll ? world.members.size(group) : all.length,
    participants: page.map((member) => participant(self(call), member)),
    ...mentioned(world, [], [group, ...refs], self(call), call.dcId),
  };
}

function passes({ world }: Call, filter: TlObject, { userId, isCreator }: Member): boolean {
  const person = world.people.get(userId);
  const words = ((filter['q'] as string | undefined) ?? '').toLowerCase();
  switch (filter._) {
    case 'channelParticipantsRecent':
      return true;
    case 'channelParticipantsAdmins':
      return isCreator;
    case 'channelParticipantsBots':
      return person?.isBot === true;
    case 'channelParticipantsSearch':
    case 'channelParticipantsContacts':
      return [person?.firstName, person?.lastName, person?.username].join(' ').toLowerCase().includes(words);
    default: // banned and kicked, of which this DC keeps no list
      return false;
  }
}

function getParticipant(call: Call): TlObject {
  const group = channel(call, call.args['channel'] as TlObject);
  const peer = inputPeer(call, call.args['participant'] as TlObject);
  const member = peer.kind === 'user' ? call.world.members.get(group, peer.id) : undefined;
  if (member === undefined) throw new DcRpcError(400, 'USER_NOT_PARTICIPANT');
  const parts = mentioned(call.world, [], [group, peer], self(call), call.dcId);
  return { _: 'channels.channelParticipant', participant: participant(self(call), member), ...parts };
}

function bots(call: Call, group: Group): TlObject[] {
  const people = call.world.members.list(group).map(({ userId }) => call.world.people.get(userId));
  return people.flatMap((person) => (person?.isBot === true ? [botInfo(call, person)] : []));
}

function getFullChat(call: Call): TlObject {
  const group = basicGroup(call, call.args['chat_id'] as bigint, 'CHAT_ID_INVALID');
  const full = {
    _: 'chatFull',
    id: group.id,
    about: group.about ?? '',
    participants: participantsOf(call, group),
    notify_settings: { _: 'peerNotifySettings' },
    bot_info: bots(call, group),
  };
  return chatFull(call, group, full);
}

function chatFull(call: Call, group: Group, full: TlObject): TlObject {
  const refs = call.world.members.list(group).map(({ userId }) => ref(userId));
  const { users, chats } = mentioned(
    call.world,
    [],
    [group, ...(group.kind === 'chat' ? refs : [])],
    self(call),
    call.dcId,
  );
  return { _: 'messages.chatFull', full_chat: full, chats, users };
}

function getFullChannel(call: Call): TlObject {
  const { world } = call;
  const group = channel(call, call.args['channel'] as TlObject);
  const box = world.channelBox(group.id);
  const account = world.account(self(call));
  const top = box.top(peerKey(group));
  const read = account.read.get(peerKey(group)) ?? top;
  return chatFull(call, group, {
    _: 'channelFull',
    can_view_participants: !group.isBroadcast,
    id: group.id,
    about: group.about ?? '',
    participants_count: world.members.size(group),
    read_inbox_max_id: Math.min(read, top),
    read_outbox_max_id: top,
    unread_count: unread(account, group, box, read),
    chat_photo: { _: 'photoEmpty', id: 0n },
    notify_settings: { _: 'peerNotifySettings' },
    bot_info: bots(call, group),
    pts: box.pts,
  });
}

export const participantsAnswers: Readonly<Record<string, MethodAnswer>> = {
  'channels.getParticipants': getParticipants,
  'channels.getParticipant': getParticipant,
  'channels.getFullChannel': getFullChannel,
  'messages.getFullChat': getFullChat,
};
