/**
 * `messages.sendMessage`: into the boxes, to the sessions, into the ledger.
 * In: a request. Out: `updateShortSentMessage` or `updates`; updates to everybody else concerned.
 * Never: one `random_id` twice.
 */
import { RpcError } from '../rpc-error.ts';
import type { TlObject } from '../tl-value.ts';
import { keyOf } from '../world/peers.ts';
import type { PeerRef } from '../world/peers.ts';
import type { Draft, World, Written } from '../world/world.ts';
import type { Call } from './call.ts';
import { inputPeer, self } from './peer.ts';

/** UTF-16 units of a text, at most. */
const LONGEST = 4096;
/** `random_id`s remembered for an account. */
const RANDOM_IDS = 10_000;

export function sendMessage(call: Call): TlObject {
  const { args, world } = call;
  const peer = inputPeer(call, args['peer'] as TlObject);
  const text = args['message'] as string;
  if (text.length === 0) throw new RpcError(400, 'MESSAGE_EMPTY');
  if (text.length > LONGEST) throw new RpcError(400, 'MESSAGE_TOO_LONG');
  if (world.groups.get(keyOf(peer))?.isBroadcast === true) throw new RpcError(403, 'CHAT_WRITE_FORBIDDEN');
  once(call, args['random_id'] as bigint);
  world.executed(text);
  const content = contentOf(args);
  return peer.kind === 'user' ? toPerson(call, peer, content) : toGroup(call, peer, content);
}

function once(call: Call, randomId: bigint): void {
  if (randomId === 0n) throw new RpcError(400, 'RANDOM_ID_EMPTY');
  const { randomIds } = call.world.account(self(call));
  if (randomIds.has(randomId)) throw new RpcError(500, 'RANDOM_ID_DUPLICATE');
  randomIds.add(randomId);
  if (randomIds.size > RANDOM_IDS) for (const oldest of randomIds) return void randomIds.delete(oldest);
}

function contentOf(args: TlObject): TlObject {
  const content: TlObject = { _: 'message', message: args['message']! };
  if (args['entities'] !== undefined) content['entities'] = args['entities'];
  if (args['silent'] === true) content['silent'] = true;
  return content;
}

function toPerson(call: Call, peer: PeerRef, content: TlObject): TlObject {
  const { world, session } = call;
  const from = self(call);
  const written = world.write(world.account(from).box, from, { from, to: peer, content });
  world.push(from, short(written, peer.id, true), session);
  deliver(world, from, peer.id, content);
  const { id, date } = written.message as { id: number; date: number } & TlObject;
  return { _: 'updateShortSentMessage', out: true, id, pts: written.pts, pts_count: 1, date, ...entitiesOf(content) };
}

/** To the other one's box, if there is an account, and the echo's answer. */
function deliver(world: World, from: bigint, to: bigint, content: TlObject): void {
  if (from === to) return;
  const person = world.people.get(to);
  if (person?.isEcho === true) world.env.after(world.echoMs, () => receive(world, to, from, content));
  else receive(world, from, to, content);
}

/** A private message arrives. */
export function receive(world: World, from: bigint, to: bigint, content: TlObject): Written | undefined {
  if (world.people.get(to) === undefined) return undefined;
  const account = world.account(to);
  const written = world.write(account.box, to, { from, to: { kind: 'user', id: to }, content });
  world.push(to, short(written, from, false));
  return written;
}

/** `updateShortMessage`: what Telegram pushes for a plain private message. */
function short({ message, pts }: Written, peer: bigint, out: boolean): TlObject {
  return {
    _: 'updateShortMessage',
    out,
    id: message['id']!,
    user_id: peer,
    message: message['message']!,
    pts,
    pts_count: 1,
    date: message['date']!,
    ...entitiesOf(message),
  };
}

function entitiesOf(content: TlObject): Record<string, TlObject[]> {
  return content['entities'] === undefined ? {} : { entities: content['entities'] as TlObject[] };
}

/** A basic group's message goes into every member's box, a channel's into the channel's. */
function toGroup(call: Call, peer: PeerRef, content: TlObject): TlObject {
  const { world, session, dcId } = call;
  const from = self(call);
  const written = world.write(world.boxOf(world.account(from), peer), peer.kind === 'channel' ? 0n : from, {
    from,
    to: peer,
    content,
  });
  const updates = [
    { _: 'updateMessageID', id: written.message['id'] as number, random_id: call.args['random_id'] as bigint },
    newMessage(world, written, peer, from),
  ];
  world.push(from, inUpdates(world, [updates[1]!], written, from, dcId), session);
  tellMembers(world, { from, to: peer, content }, written, dcId);
  return inUpdates(world, updates, written, from, dcId);
}

function newMessage(world: World, { message, pts }: Written, peer: PeerRef, viewer: bigint): TlObject {
  const kind = peer.kind === 'channel' ? 'updateNewChannelMessage' : 'updateNewMessage';
  return { _: kind, message: world.seen(message, viewer), pts, pts_count: 1 };
}

function inUpdates(world: World, updates: TlObject[], { message }: Written, viewer: bigint, dcId: number): TlObject {
  return {
    _: 'updates',
    updates,
    ...world.mentioned([message], [], viewer, dcId),
    date: message['date']!,
    seq: 0,
  };
}

/** Everybody who is signed in is a member of every group. */
function tellMembers(world: World, draft: Draft, written: Written, dcId: number): void {
  for (const member of world.signedIn()) {
    if (member === draft.from) continue;
    const own = draft.to.kind === 'channel' ? written : world.write(world.account(member).box, member, draft);
    world.push(member, inUpdates(world, [newMessage(world, own, draft.to, member)], own, member, dcId));
  }
}

/** For pushes that are to look like a message from somebody: the object to give to `receive`. */
export function textOf(text: string): TlObject {
  return { _: 'message', message: text };
}
