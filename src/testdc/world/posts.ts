/**
 * Posts: messages as everybody concerned has them: written, changed and deleted in all boxes at once, and told.
 * In: drafts, posts, who does it where. Out: copies in boxes, updates to sessions. Never: whether somebody may.
 */
import type { DcEnv } from '../env.ts';
import type { ServerSession } from '../protocol/server-session.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Box, Copy, Post } from './box.ts';
import type { PeerRef } from './peers.ts';
import { peerKey, peerObject, peerOf } from './peers.ts';
import type { Draft, Written } from './records.ts';
import { mentioned, seen, seenUpdate } from './views.ts';
import type { Population } from './views.ts';

/** The world, as far as telling of messages needs it. */
export interface PostWorld extends Population {
  readonly env: DcEnv;
  /** Pushes an `Updates` object to all of a user's sessions but one; answers to how many. */
  push(userId: bigint, update: TlObject, except?: ServerSession): number;
}

/** Who does something, and from where. */
export interface Actor {
  readonly world: PostWorld;
  readonly userId: bigint;
  readonly dcId: number;
  /** Is answered, and so not told. */
  readonly session?: ServerSession | undefined;
}

/** Writes one copy of a post. */
export function copyOf(box: Box, owner: bigint, draft: Draft, date: number, post: Post, isPost: boolean): TlObject {
  // In a private chat the peer is the other one, whoever writes.
  const peer: PeerRef = draft.to.kind === 'user' && draft.from !== owner ? { kind: 'user', id: draft.from } : draft.to;
  const { _: kind, ...content } = draft.content;
  const isText = kind === 'message';
  const replyTo = draft.replyTo && copyIn(draft.replyTo, box);
  return box.add(peerKey(peer), post, (id) => {
    post.copies.push({ box, owner, id });
    return {
      ...content,
      _: kind,
      out: draft.from === owner && !isPost,
      post: isPost,
      id,
      ...(draft.to.kind !== 'user' && !isPost ? { from_id: peerObject({ kind: 'user', id: draft.from }) } : {}),
      peer_id: peerObject(peer),
      ...(replyTo === undefined ? {} : { reply_to: { _: 'messageReplyHeader', reply_to_msg_id: replyTo.id } }),
      date,
      ...(isPost && isText ? { views: 100 + id, forwards: id % 7 } : {}),
    };
  });
}

/** The copy a box has of a post. */
export function copyIn(post: Post, box: Box): Copy | undefined {
  return post.copies.find((copy) => copy.box === box && box.get(copy.id) !== undefined);
}

/** Users who see a copy. */
function* viewersOf(world: Population, { box, owner, id }: Copy): IterableIterator<bigint> {
  if (!box.isChannel) return void (yield owner);
  const peer = box.get(id)?.['peer_id'] as TlObject | undefined;
  const group = peer && world.groups.get(peerKey(peerOf(peer)));
  if (group !== undefined) yield* world.members.listeners(group);
}

/** An `updates` object: what goes with a push or an answer about these messages. */
export function inUpdates(
  { world, dcId }: Pick<Actor, 'world' | 'dcId'>,
  viewer: bigint,
  updates: TlObject[],
  messages: readonly TlObject[],
  peers: readonly PeerRef[] = [],
): TlObject {
  const date = Math.floor(world.env.now() / 1000);
  return { _: 'updates', updates, ...mentioned(world, messages, peers, viewer, dcId), date, seq: 0 };
}

/** `updateNewMessage` or its sister for channels. */
export function newMessage({ message, pts }: Written, viewer: bigint): TlObject {
  const isChannel = (message['peer_id'] as TlObject)._ === 'peerChannel';
  const kind = isChannel ? 'updateNewChannelMessage' : 'updateNewMessage';
  return { _: kind, message: seen(message, viewer), pts, pts_count: 1 };
}

/** Changes fields of a post in all its copies. The answer is the actor's own update, or undefined if he has no copy. */
export function editPost(
  actor: Actor,
  post: Post,
  fields: Readonly<Record<string, TlObject[keyof TlObject]>>,
): TlObject[] {
  return post.copies.flatMap((copy) => {
    const message = copy.box.get(copy.id);
    const update = message && copy.box.edit({ ...message, ...fields });
    return update === undefined
      ? []
      : tell(actor, viewersOf(actor.world, copy), update, [update['message'] as TlObject]);
  });
}

/** Deletes copies, and answers with the actor's own updates. */
export function deleteCopies(actor: Actor, copies: readonly Copy[]): TlObject[] {
  const boxes = new Map<Box, Copy[]>();
  for (const copy of copies) boxes.set(copy.box, [...(boxes.get(copy.box) ?? []), copy]);
  return [...boxes].flatMap(([box, all]) => {
    const viewers = [...viewersOf(actor.world, all[0]!)];
    const update = box.remove(all.map(({ id }) => id));
    return update === undefined ? [] : tell(actor, viewers, update, []);
  });
}

/** Pushes an update to its viewers; what concerns the actor himself is the answer. */
function tell(actor: Actor, viewers: Iterable<bigint>, update: TlObject, messages: readonly TlObject[]): TlObject[] {
  let own: TlObject[] = [];
  for (const viewer of viewers) {
    const view = seenUpdate(update, viewer);
    actor.world.push(viewer, inUpdates(actor, viewer, [view], messages), actor.session);
    if (viewer === actor.userId) own = [view];
  }
  return own;
}
