/**
 * Sends messages: into boxes, to sessions, into the ledger.
 * In: a request, a draft. Out: `updateShortSentMessage` or `updates`; updates to everybody else concerned.
 * Never: one `random_id` twice.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Group, PeerRef } from '../world/peers.ts';
import { peerKey } from '../world/peers.ts';
import type { Actor } from '../world/posts.ts';
import { inUpdates, newMessage } from '../world/posts.ts';
import type { Post } from '../world/box.ts';
import type { Draft, Written } from '../world/records.ts';
import type { World } from '../world/world.ts';
import type { Call } from './call.ts';
import { contentOf, textOfMessage } from './content.ts';
import { inputPeer, self } from './peer.ts';

/** `random_id`s remembered of one account; beyond it the oldest is forgotten. */
const RANDOM_IDS = 10_000;

function sendMessage(call: Call): TlObject {
  const { args } = call;
  const peer = writable(call, args['peer'] as TlObject);
  const text = textOfMessage(args['message'] as string);
  const draft = { from: self(call), to: peer, content: contentOf(call), replyTo: replyTo(call, peer) };
  once(call, args['random_id'] as bigint);
  call.world.executed(text);
  return answerTo(call, [send(actor(call), draft)]);
}

/** Who writes, and from where. */
export interface Sender extends Actor {
  readonly world: World;
}

/** The caller, as one who acts in the world. */
export function actor(call: Call): Sender {
  return { world: call.world, userId: self(call), dcId: call.dcId, session: call.session };
}

/** The peer of an `InputPeer`, if the caller may write to it. @throws DcRpcError */
export function writable(call: Call, input: TlObject): PeerRef {
  const peer = inputPeer(call, input);
  const { world } = call;
  const from = self(call);
  const group = world.groups.get(peerKey(peer));
  if (group !== undefined && !world.members.mayWrite(group, from)) throw new DcRpcError(403, 'CHAT_WRITE_FORBIDDEN');
  if (peer.kind === 'user' && peer.id !== from && world.isBot(from) && world.isBot(peer.id))
    throw new DcRpcError(400, 'USER_IS_BOT');
  return peer;
}

/** The post that a request's `reply_to` names; undefined, as on Telegram, if there is none. */
export function replyTo({ args, world, session }: Call, peer: PeerRef): Post | undefined {
  const input = args['reply_to'] as TlObject | undefined;
  if (input?._ !== 'inputReplyToMessage' || session.key.userId === undefined) return undefined;
  return world.boxOf(world.account(session.key.userId), peer).post(input['reply_to_msg_id'] as number);
}

/** Notes a `random_id`. @throws DcRpcError if the caller has used it before */
export function once(call: Call, randomId: bigint): void {
  if (randomId === 0n) throw new DcRpcError(400, 'RANDOM_ID_EMPTY');
  const { randomIds } = call.world.account(self(call));
  if (randomIds.has(randomId)) throw new DcRpcError(500, 'RANDOM_ID_DUPLICATE');
  randomIds.add(randomId);
  if (randomIds.size > RANDOM_IDS) for (const oldest of randomIds) return void randomIds.delete(oldest);
}

/** Writes a draft into the boxes of all who are to have it, and pushes it to all but the caller's session. Returns the sender's copy. */
export function send(by: Sender, draft: Draft): Written {
  const group = by.world.groups.get(peerKey(draft.to));
  return group === undefined ? toPerson(by, draft) : toGroup(by, draft, group);
}

function toPerson(by: Sender, draft: Draft): Written {
  const { world } = by;
  const post: Post = { copies: [] };
  const written = world.write(world.account(draft.from).box, draft.from, draft, undefined, post);
  world.push(draft.from, ofPrivate(by, written, draft.from), by.session);
  if (draft.from !== draft.to.id) deliver(by, draft, post);
  return written;
}

/** Delivers a private message: into the receiver's box, or has the echo answer it. */
function deliver(by: Sender, draft: Draft, post: Post): void {
  const { world } = by;
  const { from, to, content } = draft;
  if (world.people.get(to.id)?.isEcho === true)
    world.env.after(world.echoMs, () => receive(world, to.id, from, content, by.dcId));
  else if (world.people.has(to.id)) arrive(by, draft, post);
}

function arrive(by: Sender, draft: Draft, post: Post): Written {
  const { world } = by;
  const to = draft.to.id;
  const written = world.write(world.account(to).box, to, draft, undefined, post);
  world.push(to, ofPrivate(by, written, to));
  return written;
}

/** Delivers a private message that its sender has no copy of; undefined if there is no such receiver. */
export function receive(world: World, from: bigint, to: bigint, content: TlObject, dcId = 0): Written | undefined {
  if (world.people.get(to) === undefined) return undefined;
  const draft: Draft = { from, to: { kind: 'user', id: to }, content };
  return arrive({ world, userId: from, dcId }, draft, { copies: [] });
}

/** Whether a message fits into updateShortMessage and updateShortSentMessage. */
function isPlain(message: TlObject): boolean {
  return message._ === 'message' && !LONG_FIELDS.some((name) => message[name] !== undefined);
}
const LONG_FIELDS = ['media', 'reply_markup', 'reply_to', 'fwd_from', 'via_bot_id', 'noforwards', 'grouped_id'];

/** The push of a private message: `updateShortMessage` for a plain one, else `updates`. */
function ofPrivate(by: Sender, written: Written, viewer: bigint): TlObject {
  const { message, pts } = written;
  if (!isPlain(message)) return inUpdates(by, viewer, [newMessage(written, viewer)], [message]);
  return {
    _: 'updateShortMessage',
    out: message['out']!,
    id: message['id']!,
    user_id: (message['peer_id'] as TlObject)['user_id']!,
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

/** Writes a basic group's message into every member's box, a channel's into the channel's, and pushes it. */
function toGroup(by: Sender, draft: Draft, group: Group): Written {
  const { world } = by;
  const { from } = draft;
  const post: Post = { copies: [] };
  const isChannel = draft.to.kind === 'channel';
  const box = world.boxOf(world.account(from), draft.to);
  const written = world.write(box, isChannel ? 0n : from, draft, undefined, post);
  const told = (viewer: bigint, own: Written): TlObject =>
    inUpdates(by, viewer, [newMessage(own, viewer)], [own.message], [group]);
  if (world.members.has(group, from)) world.push(from, told(from, written), by.session);
  for (const member of world.members.listeners(group)) {
    if (member === from) continue;
    const own = isChannel ? written : world.write(world.account(member).box, member, draft, undefined, post);
    world.push(member, told(member, own));
  }
  return written;
}

/**
 * The sender's answer: the short form for one plain private message, else `updates`. `randomIds` are those of the
 * messages, in order; default the request's own.
 */
export function answerTo(
  call: Call,
  all: readonly Written[],
  randomIds = [call.args['random_id'] as bigint],
): TlObject {
  const viewer = self(call);
  const [{ message, pts }] = all as [Written, ...Written[]];
  if (call.method === 'messages.sendMessage' && isPlain(message) && (message['peer_id'] as TlObject)._ === 'peerUser') {
    const { id, date } = message as { id: number; date: number } & TlObject;
    return { _: 'updateShortSentMessage', out: true, id, pts, pts_count: 1, date, ...entitiesOf(message) };
  }
  const updates = all.flatMap((written, i): TlObject[] => [
    { _: 'updateMessageID', id: written.message['id']!, random_id: randomIds[i]! },
    newMessage(written, viewer),
  ]);
  return inUpdates(
    call,
    viewer,
    updates,
    all.map((one) => one.message),
  );
}

/** The content of a message of text alone, for `receive`. */
export function textContent(text: string): TlObject {
  return { _: 'message', message: text };
}

export const sendAnswers = { 'messages.sendMessage': sendMessage };
