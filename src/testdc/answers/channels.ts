/** Answers about channels and supergroups: made, joined, left, renamed, thrown out of. */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import { peerKey } from '../world/peers.ts';
import type { Group } from '../world/peers.ts';
import type { MethodAnswer, Call } from './call.ts';
import { invited } from './chats.ts';
import { announce, changed, chatOf, enter, newState, tellMembers, titleOf, usersOf } from './groups.ts';
import { channel, forPeople, inputPeer, self } from './peer.ts';

function createChannel(call: Call): TlObject {
  forPeople(call);
  const { args, world } = call;
  const about = args['about'] as string;
  if (about.length > 255) throw new DcRpcError(400, 'CHAT_ABOUT_TOO_LONG');
  const isBroadcast = args['megagroup'] !== true;
  const group = world.addGroup({ kind: 'channel', title: titleOf(call), isBroadcast, about });
  enter(call, group, self(call), true);
  const written = announce(call, group, { _: 'messageActionChannelCreate', title: group.title });
  return changed(call, group, [newState(call, group)], written);
}

function joinChannel(call: Call): TlObject {
  forPeople(call);
  const group = channel(call, call.args['channel'] as TlObject);
  if (call.world.members.has(group, self(call))) throw new DcRpcError(400, 'USER_ALREADY_PARTICIPANT');
  enter(call, group, self(call));
  return { _: 'messages.chatInviteJoinResultOk', updates: entered(call, group, [self(call)]) };
}

/** The answer when users have joined: in a supergroup a service message says so, in a channel nothing does. */
function entered(call: Call, group: Group, users: bigint[]): TlObject {
  const action = { _: 'messageActionChatAddUser', users };
  return changed(call, group, [newState(call, group)], group.isBroadcast ? undefined : announce(call, group, action));
}

function leaveChannel(call: Call): TlObject {
  const group = channel(call, call.args['channel'] as TlObject);
  const member = call.world.members.get(group, self(call));
  if (member === undefined) throw new DcRpcError(400, 'USER_NOT_PARTICIPANT');
  if (member.isCreator) throw new DcRpcError(400, 'USER_CREATOR');
  const action = { _: 'messageActionChatDeleteUser', user_id: self(call) };
  const written = group.isBroadcast ? undefined : announce(call, group, action);
  call.world.members.leave(group, self(call));
  return changed(call, group, [newState(call, group)], written);
}

function inviteToChannel(call: Call): TlObject {
  forPeople(call);
  const { members } = call.world;
  const group = channel(call, call.args['channel'] as TlObject);
  const users = usersOf(call, call.args['users'] as TlObject[]);
  if (!members.has(group, self(call))) throw new DcRpcError(400, 'USER_NOT_PARTICIPANT');
  if (group.isBroadcast && members.get(group, self(call))?.isCreator !== true)
    throw new DcRpcError(400, 'CHAT_ADMIN_REQUIRED');
  if (group.isBroadcast && users.some(({ isBot }) => isBot === true)) throw new DcRpcError(400, 'USER_BOT');
  const fresh = users.filter(({ id }) => !members.has(group, id)).map(({ id }) => id);
  if (fresh.length === 0) throw new DcRpcError(400, 'USER_ALREADY_PARTICIPANT');
  for (const id of fresh) enter(call, group, id);
  const updates = entered(call, group, fresh);
  tellMembers(call, group, newState(call, group));
  return invited(updates);
}

/** Throws a member out if `view_messages` is taken away; other rights are not kept here. */
function editBanned(call: Call): TlObject {
  const { args, world } = call;
  const group = channel(call, args['channel'] as TlObject);
  if (world.members.get(group, self(call))?.isCreator !== true) throw new DcRpcError(400, 'CHAT_ADMIN_REQUIRED');
  const { kind, id } = inputPeer(call, args['participant'] as TlObject);
  if (kind !== 'user' || id === self(call)) throw new DcRpcError(400, 'PARTICIPANT_ID_INVALID');
  const isOut = (args['banned_rights'] as TlObject)['view_messages'] === true && world.members.has(group, id);
  if (!isOut) return changed(call, group, [newState(call, group)]);
  const action = { _: 'messageActionChatDeleteUser', user_id: id };
  const written = group.isBroadcast ? undefined : announce(call, group, action);
  world.members.leave(group, id);
  tellMembers(call, group, newState(call, group), [id]);
  return changed(call, group, [newState(call, group)], written);
}

function editTitle(call: Call): TlObject {
  const group = channel(call, call.args['channel'] as TlObject);
  if (call.world.members.get(group, self(call))?.isCreator !== true) throw new DcRpcError(400, 'CHAT_ADMIN_REQUIRED');
  const title = titleOf(call);
  if (title === group.title) throw new DcRpcError(400, 'CHAT_NOT_MODIFIED');
  call.world.groups.set(peerKey(group), { ...group, title });
  return changed(
    call,
    group,
    [newState(call, group)],
    announce(call, group, { _: 'messageActionChatEditTitle', title }),
  );
}

function getChannels(call: Call): TlObject {
  const chats = (call.args['id'] as TlObject[]).map((input) => chatOf(call, channel(call, input)));
  return { _: 'messages.chats', chats };
}

export const channelsAnswers: Readonly<Record<string, MethodAnswer>> = {
  'channels.createChannel': createChannel,
  'channels.joinChannel': joinChannel,
  'channels.leaveChannel': leaveChannel,
  'channels.inviteToChannel': inviteToChannel,
  'channels.editBanned': editBanned,
  'channels.editTitle': editTitle,
  'channels.getChannels': getChannels,
};
