/**
 * Views: what one user sees: messages of a channel's box, and the users and chats that go with an answer.
 * In: messages, peers, the viewer. Out: TL objects. Never: a change.
 */
import type { TlObject } from '../tl/tl-value.ts';
import type { GroupMembers } from './members.ts';
import type { Group, PeerRef, Person } from './peers.ts';
import { chatObject, peerKey, peerOf, userObject } from './peers.ts';

/** The world, as views see it. */
export interface Population {
  readonly people: ReadonlyMap<bigint, Person>;
  /** Basic groups and channels by `keyOf` their peer. */
  readonly groups: ReadonlyMap<string, Group>;
  readonly members: GroupMembers;
}

/** A message as one user sees it: in a channel's box `out` is not stored, since all share it. */
export function seen(message: TlObject, viewer: bigint): TlObject {
  const from = message['from_id'] as TlObject | undefined;
  if (from === undefined || (message['peer_id'] as TlObject)._ !== 'peerChannel') return message;
  return { ...message, out: from['user_id'] === viewer };
}

/** An update with its message as one user sees it. */
export function seenUpdate(update: TlObject, viewer: bigint): TlObject {
  const message = update['message'];
  return typeof message === 'object' && '_' in message ? { ...update, message: seen(message, viewer) } : update;
}

/** The peers that a message speaks of. */
function peersIn(message: TlObject): PeerRef[] {
  const header = message['fwd_from'] as TlObject | undefined;
  const action = message['action'] as TlObject | undefined;
  const peers = [message['peer_id'], message['from_id'], header?.['from_id']].flatMap((one) =>
    one === undefined ? [] : [peerOf(one as TlObject)],
  );
  const users = [message['via_bot_id'], action?.['user_id'], ...((action?.['users'] as bigint[] | undefined) ?? [])];
  for (const id of users) if (typeof id === 'bigint') peers.push({ kind: 'user', id });
  return peers;
}

/** The `users` and `chats` that messages and `peers` speak of, as `viewer` sees them at a DC; the viewer is among them. */
export function mentioned(
  world: Population,
  messages: readonly TlObject[],
  peers: readonly PeerRef[],
  viewer: bigint,
  dcId: number,
): { users: TlObject[]; chats: TlObject[] } {
  const wanted = new Map<string, PeerRef>([[peerKey({ kind: 'user', id: viewer }), { kind: 'user', id: viewer }]]);
  for (const peer of [...peers, ...messages.flatMap(peersIn)]) wanted.set(peerKey(peer), peer);
  const users: TlObject[] = [];
  const chats: TlObject[] = [];
  for (const [key, peer] of wanted) {
    const person = peer.kind === 'user' ? world.people.get(peer.id) : undefined;
    const group = world.groups.get(key);
    if (person !== undefined) users.push(userObject(person, viewer, dcId));
    else if (group !== undefined) chats.push(chatObject(group, world.members.standing(group, viewer), dcId));
  }
  return { users, chats };
}
