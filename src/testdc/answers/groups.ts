/**
 * Joining, leaving and announcing, which basic groups and channels have in common.
 * In: a group, people. Out: members, service messages, `Chat`. Never: a method; `chats.ts` and `channels.ts` have them.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Group, Person } from '../world/peers.ts';
import { chatObject } from '../world/peers.ts';
import { newMessage, inUpdates } from '../world/posts.ts';
import type { Written } from '../world/records.ts';
import type { Call } from './call.ts';
import { inputUser, self } from './peer.ts';
import { actor, send } from './send.ts';

/** UTF-16 units of a title, at most. */
const LONGEST_TITLE = 128;

/** A group as TL's `Chat`, as the caller sees it. */
export function chatOf(call: Call, group: Group): TlObject {
  return chatObject(group, call.world.members.standing(group, self(call)), call.dcId);
}

/** The title in a request. @throws DcRpcError */
export function titleOf(call: Call): string {
  const title = (call.args['title'] as string).trim();
  if (title.length === 0 || title.length > LONGEST_TITLE) throw new DcRpcError(400, 'CHAT_TITLE_EMPTY');
  return title;
}

/** Makes a user a member, invited by the caller. */
export function enter(call: Call, group: Group, userId: bigint, isCreator = false): void {
  const date = Math.floor(call.now / 1000);
  call.world.members.join(group, { userId, date, inviterId: self(call), isCreator });
}

/** The people of some `InputUser`s, each once, without the caller. @throws DcRpcError */
export function usersOf(call: Call, inputs: readonly TlObject[]): Person[] {
  const people = inputs.map((input) => inputUser(call, input));
  return [...new Map(people.map((person) => [person.id, person])).values()].filter(({ id }) => id !== self(call));
}

/** Sends a service message of the caller to a group. */
export function announce(call: Call, group: Group, action: TlObject): Written {
  const draft = { from: self(call), to: group, content: { _: 'messageService', action } };
  return send(actor(call), draft);
}

/** `updates` for the caller: what has changed of a group, and the service message. */
export function changed(call: Call, group: Group, updates: readonly TlObject[], written?: Written): TlObject {
  const viewer = self(call);
  const all = [...updates, ...(written === undefined ? [] : [newMessage(written, viewer)])];
  return inUpdates(call, viewer, all, written === undefined ? [] : [written.message], [group]);
}

/** Pushes an update without pts to a group's members, and `alsoTo`, but not to the caller. */
export function tellMembers(call: Call, group: Group, update: TlObject, alsoTo: readonly bigint[] = []): void {
  const { world } = call;
  for (const member of new Set([...world.members.listeners(group), ...alsoTo]))
    if (member !== self(call)) world.push(member, inUpdates(call, member, [update], [], [group]));
}

/** The update that a group has changed: `updateChannel` or, with all members, `updateChatParticipants`. */
export function newState(call: Call, group: Group): TlObject {
  if (group.kind === 'channel') return { _: 'updateChannel', channel_id: group.id };
  return { _: 'updateChatParticipants', participants: participantsOf(call, group) };
}

/** `chatParticipants` of a basic group. */
export function participantsOf(call: Call, group: Group): TlObject {
  const participants = call.world.members.list(group).map(({ userId, inviterId, date, isCreator }): TlObject => {
    if (isCreator) return { _: 'chatParticipantCreator', user_id: userId };
    return { _: 'chatParticipant', user_id: userId, inviter_id: inviterId, date };
  });
  return { _: 'chatParticipants', chat_id: group.id, participants, version: 1 };
}
