/** Answers about invite links: a group's creator makes, lists, changes and revokes them; others look at and use them. */
import { random } from '../env.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import { hashIn, isGood, linkOf } from '../world/invites.ts';
import type { Invite } from '../world/invites.ts';
import { peerKey } from '../world/peers.ts';
import type { Group } from '../world/peers.ts';
import { mentioned } from '../world/views.ts';
import type { MethodAnswer, Call } from './call.ts';
import { announce, changed, chatOf, newState, tellMembers } from './groups.ts';
import { forPeople, inputPeer, inputUser, self } from './peer.ts';

/** Links in one answer, at most. */
const MOST = 100;

/** The group that a request names, if the caller may make links to it. @throws DcRpcError */
function administered(call: Call): Group {
  const group = call.world.groups.get(peerKey(inputPeer(call, call.args['peer'] as TlObject)));
  if (group === undefined) throw new DcRpcError(400, 'PEER_ID_INVALID');
  if (call.world.members.get(group, self(call))?.isCreator !== true) throw new DcRpcError(400, 'CHAT_ADMIN_REQUIRED');
  return group;
}

function exportChatInvite(call: Call): TlObject {
  const { args, world } = call;
  const group = administered(call);
  const isPermanent = args['legacy_revoke_permanent'] === true;
  const limits = limitsIn(call);
  if (isPermanent) for (const old of world.invites.of(group, self(call))) if (old.isPermanent) old.isRevoked = true;
  return exported(make(call, group, isPermanent, limits));
}

function make(call: Call, group: Group, isPermanent: boolean, limits: Partial<Invite> = {}): Invite {
  const fixed = { group, adminId: self(call), date: seconds(call), isPermanent, isRevoked: false, usage: 0 };
  return call.world.invites.add({ hash: random(call.world.env, 12).toString('base64url'), ...fixed, ...limits });
}

function seconds({ now }: Call): number {
  return Math.floor(now / 1000);
}

/** The limits that a request sets to a link: until when and how often; 0 is no limit. @throws DcRpcError */
function limitsIn(call: Call): Partial<Invite> {
  const { expire_date: date, usage_limit: limit, title } = call.args;
  if (typeof date === 'number' && date !== 0 && date <= seconds(call)) throw new DcRpcError(400, 'EXPIRE_DATE_INVALID');
  if (typeof limit === 'number' && (limit < 0 || limit > 99_999)) throw new DcRpcError(400, 'USAGE_LIMIT_INVALID');
  return {
    ...(date === undefined ? {} : { expireDate: (date as number) || undefined }),
    ...(limit === undefined ? {} : { usageLimit: (limit as number) || undefined }),
    ...(title === undefined ? {} : { title: title as string }),
  };
}

function exported(invite: Invite): TlObject {
  const { hash, isRevoked, isPermanent, adminId, date, expireDate, usageLimit, usage, title } = invite;
  return {
    _: 'chatInviteExported',
    revoked: isRevoked,
    permanent: isPermanent,
    link: linkOf(hash),
    admin_id: adminId,
    date,
    ...(expireDate === undefined ? {} : { expire_date: expireDate }),
    ...(usageLimit === undefined ? {} : { usage_limit: usageLimit }),
    ...(usage === 0 ? {} : { usage }),
    ...(title === undefined ? {} : { title }),
  };
}

function usersOf(call: Call): TlObject[] {
  return mentioned(call.world, [], [], self(call), call.dcId).users;
}

function getExportedChatInvites(call: Call): TlObject {
  const { args, world } = call;
  const group = administered(call);
  const admin = inputUser(call, args['admin_id'] as TlObject);
  const isRevoked = args['revoked'] === true;
  const all = world.invites.of(group, admin.id).filter((one) => one.isRevoked === isRevoked);
  const from = all.findIndex(({ hash }) => hash === hashIn((args['offset_link'] as string | undefined) ?? '')) + 1;
  const invites = all.slice(from, from + Math.min((args['limit'] as number) || MOST, MOST)).map(exported);
  return { _: 'messages.exportedChatInvites', count: all.length, invites, users: usersOf(call) };
}

/** The link that a request names, if it is the group's. @throws DcRpcError */
function named(call: Call, group: Group): Invite {
  const found = call.world.invites.get(hashIn(call.args['link'] as string));
  if (found === undefined || peerKey(found.group) !== peerKey(group)) throw new DcRpcError(400, 'INVITE_HASH_EXPIRED');
  return found;
}

function getExportedChatInvite(call: Call): TlObject {
  const invite = exported(named(call, administered(call)));
  return { _: 'messages.exportedChatInvite', invite, users: usersOf(call) };
}

/** Changes a link, or revokes it; a permanent link that is revoked is replaced by a new one. */
function editExportedChatInvite(call: Call): TlObject {
  const group = administered(call);
  const invite = named(call, group);
  const { isPermanent, isRevoked } = invite;
  if (isRevoked) throw new DcRpcError(400, 'INVITE_HASH_EXPIRED');
  if (call.args['revoked'] !== true) {
    if (isPermanent) throw new DcRpcError(400, 'CHAT_INVITE_PERMANENT');
    Object.assign(invite, limitsIn(call));
    return { _: 'messages.exportedChatInvite', invite: exported(invite), users: usersOf(call) };
  }
  invite.isRevoked = true;
  const parts = { invite: exported(invite), users: usersOf(call) };
  if (!isPermanent) return { _: 'messages.exportedChatInvite', ...parts };
  return { _: 'messages.exportedChatInviteReplaced', new_invite: exported(make(call, group, true)), ...parts };
}

/** The link of the hash in a request, if it is good, and its group. @throws DcRpcError */
function used(call: Call): { invite: Invite; group: Group } {
  const hash = call.args['hash'] as string;
  if (hash === '') throw new DcRpcError(400, 'INVITE_HASH_EMPTY');
  if (!/^[\w-]+$/.test(hash)) throw new DcRpcError(400, 'INVITE_HASH_INVALID');
  const invite = call.world.invites.get(hash);
  const group = invite === undefined ? undefined : call.world.groups.get(peerKey(invite.group));
  if (invite === undefined || group === undefined || !isGood(invite, seconds(call)))
    throw new DcRpcError(400, 'INVITE_HASH_EXPIRED');
  return { invite, group };
}

function checkChatInvite(call: Call): TlObject {
  forPeople(call);
  const { group } = used(call);
  const { members } = call.world;
  if (members.has(group, self(call))) return { _: 'chatInviteAlready', chat: chatOf(call, group) };
  return {
    _: 'chatInvite',
    channel: group.kind === 'channel',
    broadcast: group.isBroadcast,
    megagroup: group.kind === 'channel' && !group.isBroadcast,
    title: group.title,
    ...(group.about === undefined ? {} : { about: group.about }),
    photo: { _: 'photoEmpty', id: 0n },
    participants_count: members.size(group),
    color: 0,
  };
}

function importChatInvite(call: Call): TlObject {
  forPeople(call);
  const { invite, group } = used(call);
  const { members } = call.world;
  if (members.has(group, self(call))) throw new DcRpcError(400, 'USER_ALREADY_PARTICIPANT');
  const { adminId } = invite;
  members.join(group, { userId: self(call), date: seconds(call), inviterId: adminId, isCreator: false });
  invite.usage++;
  const action = { _: 'messageActionChatJoinedByLink', inviter_id: adminId };
  const written = group.isBroadcast ? undefined : announce(call, group, action);
  if (group.kind === 'chat') tellMembers(call, group, newState(call, group));
  return { _: 'messages.chatInviteJoinResultOk', updates: changed(call, group, [newState(call, group)], written) };
}

export const invitesAnswers: Readonly<Record<string, MethodAnswer>> = {
  'messages.exportChatInvite': exportChatInvite,
  'messages.getExportedChatInvites': getExportedChatInvites,
  'messages.getExportedChatInvite': getExportedChatInvite,
  'messages.editExportedChatInvite': editExportedChatInvite,
  'messages.checkChatInvite': checkChatInvite,
  'messages.importChatInvite': importChatInvite,
};
