/** Answers about basic groups: made, joined by others' hand, left, renamed. */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import { peerKey } from '../world/peers.ts';
import type { Group } from '../world/peers.ts';
import type { MethodAnswer, Call } from './call.ts';
import { announce, changed, chatOf, enter, newState, tellMembers, titleOf, usersOf } from './groups.ts';
import { basicGroup, forPeople, inputUser, self } from './peer.ts';

function createChat(call: Call): TlObject {
  forPeople(call);
  const title = titleOf(call);
  const users = usersOf(call, call.args['users'] as TlObject[]);
  if (users.length === 0) throw new DcRpcError(400, 'USERS_TOO_FEW');
  const group = call.world.addGroup({ kind: 'chat', title, isBroadcast: false });
  enter(call, group, self(call), true);
  for (const { id } of users) enter(call, group, id);
  const written = announce(call, group, {
    _: 'messageActionChatCreate',
    title,
    users: [self(call), ...users.map(({ id }) => id)],
  });
  tellMembers(call, group, newState(call, group));
  return invited(changed(call, group, [newState(call, group)], written));
}

/** `messages.invitedUsers`: here everybody may be invited. */
export function invited(updates: TlObject): TlObject {
  return { _: 'messages.invitedUsers', updates, missing_invitees: [] };
}

/** The basic group that a request names, if the caller is in it. @throws DcRpcError */
function mine(call: Call): Group {
  const group = basicGroup(call, call.args['chat_id'] as bigint, 'CHAT_ID_INVALID');
  if (!call.world.members.has(group, self(call))) throw new DcRpcError(403, 'CHAT_WRITE_FORBIDDEN');
  return group;
}

function addChatUser(call: Call): TlObject {
  forPeople(call);
  const group = mine(call);
  const { id } = inputUser(call, call.args['user_id'] as TlObject);
  if (call.world.members.has(group, id)) throw new DcRpcError(400, 'USER_ALREADY_PARTICIPANT');
  enter(call, group, id);
  const written = announce(call, group, { _: 'messageActionChatAddUser', users: [id] });
  tellMembers(call, group, newState(call, group));
  return invited(changed(call, group, [newState(call, group)], written));
}

/** Takes the caller out of a basic group or, for its creator, anybody. */
function deleteChatUser(call: Call): TlObject {
  const group = mine(call);
  const { members } = call.world;
  const { id } = inputUser(call, call.args['user_id'] as TlObject);
  if (!members.has(group, id)) throw new DcRpcError(400, 'USER_NOT_PARTICIPANT');
  if (id !== self(call) && members.get(group, self(call))?.isCreator !== true)
    throw new DcRpcError(400, 'CHAT_ADMIN_REQUIRED');
  // Announced before the member leaves, so that he is told too.
  const written = announce(call, group, { _: 'messageActionChatDeleteUser', user_id: id });
  members.leave(group, id);
  tellMembers(call, group, newState(call, group), [id]);
  return changed(call, group, [newState(call, group)], written);
}

function editChatTitle(call: Call): TlObject {
  const group = mine(call);
  const title = titleOf(call);
  if (title === group.title) throw new DcRpcError(400, 'CHAT_NOT_MODIFIED');
  call.world.groups.set(peerKey(group), { ...group, title });
  return changed(call, group, [], announce(call, group, { _: 'messageActionChatEditTitle', title }));
}

function getChats(call: Call): TlObject {
  const chats = (call.args['id'] as bigint[]).map((id) => chatOf(call, basicGroup(call, id, 'CHAT_ID_INVALID')));
  return { _: 'messages.chats', chats };
}

export const chatsAnswers: Readonly<Record<string, MethodAnswer>> = {
  'messages.createChat': createChat,
  'messages.addChatUser': addChatUser,
  'messages.deleteChatUser': deleteChatUser,
  'messages.editChatTitle': editChatTitle,
  'messages.getChats': getChats,
};
