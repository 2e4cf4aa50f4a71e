/**
 * Finds the peers that requests name, as Telegram does.
 * In: `InputPeer`, `InputUser`, `InputChannel`. Out: a peer, or a DcRpcError. Never: a peer whose access hash is wrong.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import { peerKey, userObject } from '../world/peers.ts';
import type { Group, PeerRef, Person } from '../world/peers.ts';
import type { Call } from './call.ts';

/** The signed-in user. @throws DcRpcError if there is none, as for a request that was held back until after a log-out */
export function self(call: Call): bigint {
  const { userId } = call.session.key;
  if (userId === undefined) throw new DcRpcError(401, 'AUTH_KEY_UNREGISTERED');
  return userId;
}

/** `auth.authorization` of a person who was just signed in. */
export function authorization(call: Call, person: Person): TlObject {
  return { _: 'auth.authorization', user: userObject(person, person.id, call.dcId) };
}

/** The peer of an `InputPeer`. @throws DcRpcError */
export function inputPeer(call: Call, input: TlObject): PeerRef {
  switch (input._) {
    case 'inputPeerSelf':
      return { kind: 'user', id: self(call) };
    case 'inputPeerUser':
      return { kind: 'user', id: person(call, input, 'PEER_ID_INVALID').id };
    case 'inputPeerChat':
      return basicGroup(call, input['chat_id'] as bigint, 'PEER_ID_INVALID');
    case 'inputPeerChannel':
      return channel(call, input);
    default:
      throw new DcRpcError(400, 'PEER_ID_INVALID');
  }
}

/** The person of an `InputUser`. @throws DcRpcError */
export function inputUser(call: Call, input: TlObject): Person {
  if (input._ === 'inputUserSelf') return person(call, { _: 'inputUser', user_id: self(call) }, 'USER_ID_INVALID');
  if (input._ !== 'inputUser') throw new DcRpcError(400, 'USER_ID_INVALID');
  return person(call, input, 'USER_ID_INVALID');
}

/** The channel of an `InputChannel` or `inputPeerChannel`; one without a username is for its members alone. @throws DcRpcError */
export function channel(call: Call, input: TlObject): Group {
  const id = input['channel_id'];
  if (typeof id !== 'bigint') throw new DcRpcError(400, 'CHANNEL_INVALID');
  const found = call.world.groups.get(peerKey({ kind: 'channel', id }));
  if (found === undefined || input['access_hash'] !== found.accessHash) throw new DcRpcError(400, 'CHANNEL_INVALID');
  if (found.username === undefined && !call.world.members.has(found, self(call)))
    throw new DcRpcError(400, 'CHANNEL_PRIVATE');
  return found;
}

/** The basic group of an id, if the caller is or was in it. @throws DcRpcError `error` */
export function basicGroup(call: Call, id: bigint, error: string): Group {
  const { world } = call;
  const found = world.groups.get(peerKey({ kind: 'chat', id }));
  const wasIn = (group: Group): boolean => world.account(self(call)).box.count(peerKey(group)) > 0;
  if (found === undefined || !(world.members.has(found, self(call)) || wasIn(found))) throw new DcRpcError(400, error);
  return found;
}

function person(call: Call, input: TlObject, error: string): Person {
  const found = call.world.people.get(input['user_id'] as bigint);
  // A bot may name any user by id alone, a person himself.
  const mayGuess = found?.id === self(call) || call.world.people.get(self(call))?.isBot === true;
  if (found === undefined || (found.accessHash !== input['access_hash'] && !mayGuess)) throw new DcRpcError(400, error);
  return found;
}

/** Refuses a bot. @throws DcRpcError */
export function forPeople(call: Call): void {
  if (call.world.isBot(self(call))) throw new DcRpcError(400, 'BOT_METHOD_INVALID');
}

/** Refuses a person. @throws DcRpcError */
export function forBots(call: Call): void {
  if (!call.world.isBot(self(call))) throw new DcRpcError(400, 'USER_BOT_REQUIRED');
}
