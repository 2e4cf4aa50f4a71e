/**
 * Posts: writes, changes and deletes a message in all boxes that have it, and pushes the updates.
 * In: drafts, posts, who acts and at which DC. Out: copies in boxes, updates to sessions. Never: a check of whether
 * somebody may.
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

/** The world, as posts see it. */
export interface PostWorld extends Population {
  readonly env: DcEnv;
  /** Pushes an `Updates` object to all of a user's sessions but one; answers to how many. */
  push(userId: bigint, update: TlObject, except?: ServerSession): number;
}

/** Who acts, and from where. */
export interface Actor {
  readonly world: PostWorld;
  readonly userId: bigint;
  readonly dcId: number;
  /** The session that is answered, and so gets no update. */
  readonly session?: ServerSession | undefined;
}

/** Writes a copy of a post into one box, dated in Unix seconds. `isPost`: in a channel, signed by nobody. */
export function copyOf(box: Box, owner: bigint, draft: Draft, date: number, post: Post, isPost: boolean): TlObject {
  // In a private chat the peer is always the other user.
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

/** The copy of a post in a box, unless it was deleted. */
export function copyIn(post: Post, box: Box): Copy | undefined {
  return post.copies.find((copy) => copy.box === box && box.get(copy.id) !== undefined);
}

/** The users who see a copy. */
function* viewersOf(world: Population, { box, owner, id }: Copy): IterableIterator<bigint> {
  if (!box.isChannel) return void (yield owner);
  const peer = box.get(id)?.['peer_id'] as TlObject | undefined;
  const group = peer && world.groups.get(peerKey(peerOf(peer)));
  if (group !== undefined) yield* world.members.listeners(group);
}

/** An `updates` object, with the users and chats that the messages and `peers` speak of, as `viewer` sees them. */
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

/** `updateNewMessage` or `updateNewChannelMessage`, as `viewer` sees it. */
export function newMessage({ message, pts }: Written, viewer: bigint): TlObject {
  const isChannel = (message['peer_id'] as TlObject)._ === 'peerChannel';
  const kind = isChannel ? 'updateNewChannelMessage' : 'updateNewMessage';
  return { _: kind, message: seen(message, viewer), pts, pts_count: 1 };
}

/** Changes fields of a post in all its copies, and pushes it. Returns the actor's own updates, which his session is answered. */
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

/** Deletes copies, and pushes it. Returns the actor's own updates, which his session is answered. */
export function deleteCopies(actor: Actor, copies: readonly Copy[]): TlObject[] {
  const boxes = new Map<Box, Copy[]>();
  for (const copy of copies) boxes.set(copy.box, [...(boxes.get(copy.box) ?? []), copy]);
  return [...boxes].flatMap(([box, all]) => {
    const viewers = [...viewersOf(actor.world, all[0]!)];
    const update = box.remove(all.map(({ id }) => id));
    return update === undefined ? [] : tell(actor, viewers, update, []);
  });
}

/** Pushes an update to its viewers, and returns it as the actor sees it, if he is one of them. */
function tell(actor: Actor, viewers: Iterable<bigint>, update: TlObject, messages: readonly TlObject[]): TlObject[] {
  let own: TlObject[] = [];
  for (const viewer of viewers) {
    const view = seenUpdate(update, viewer);
    actor.world.push(viewer, inUpdates(actor, viewer, [view], messages), actor.session);
    if (viewer === actor.userId) own = [view];
  }
  return own;
}
