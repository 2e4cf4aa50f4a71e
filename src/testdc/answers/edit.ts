/**
 * Editing and deleting messages, for everybody who has them.
 * In: ids as the caller has them. Out: `updates`, `messages.affectedMessages`. Never: somebody else's message.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Box, Copy } from '../world/box.ts';
import type { PeerRef } from '../world/peers.ts';
import { peerKey, peerOf } from '../world/peers.ts';
import { deleteCopies, editPost, inUpdates } from '../world/posts.ts';
import type { MethodAnswer, Call } from './call.ts';
import { caption, entities, keyboard, textOfMessage } from './content.ts';
import { mediaOf } from './media.ts';
import { channel, inputPeer, self } from './peer.ts';
import { actor } from './send.ts';

/** People may edit for so long, in seconds; bots for ever. */
const EDIT_SECONDS = 48 * 3600;

function editMessage(call: Call): TlObject {
  const { args, world } = call;
  const peer = inputPeer(call, args['peer'] as TlObject);
  const box = world.boxOf(world.account(self(call)), peer);
  const message = messageIn(box, peer, args['id'] as number);
  mayEdit(call, message);
  const fields = changes(call, message);
  const updates = editPost(actor(call), box.post(args['id'] as number)!, fields);
  return inUpdates(call, self(call), updates, [message], [peer]);
}

/** A message of a peer. @throws DcRpcError */
export function messageIn(box: Box, peer: PeerRef, id: number): TlObject {
  const message = box.get(id);
  if (message === undefined || peerKey(peerOf(message['peer_id'] as TlObject)) !== peerKey(peer))
    throw new DcRpcError(400, 'MESSAGE_ID_INVALID');
  return message;
}

/** Whether the caller has written a message. */
function isOwn(call: Call, message: TlObject): boolean {
  const from = message['from_id'] as TlObject | undefined;
  if (from !== undefined) return from['user_id'] === self(call);
  const group = call.world.groups.get(peerKey(peerOf(message['peer_id'] as TlObject)));
  return group === undefined ? message['out'] === true : call.world.members.get(group, self(call))?.isCreator === true;
}

function mayEdit(call: Call, message: TlObject): void {
  if (message._ !== 'message') throw new DcRpcError(400, 'MESSAGE_ID_INVALID');
  if (!isOwn(call, message) || message['fwd_from'] !== undefined) throw new DcRpcError(403, 'MESSAGE_AUTHOR_REQUIRED');
  const isOld = call.now / 1000 - (message['date'] as number) > EDIT_SECONDS;
  if (isOld && !call.world.isBot(self(call))) throw new DcRpcError(400, 'MESSAGE_EDIT_TIME_EXPIRED');
}

/** Fields that take others' places. A keyboard that is not named is taken away. */
export function changes(call: Call, message: TlObject): Record<string, TlObject[string]> {
  const { args } = call;
  const media = args['media'] === undefined ? undefined : mediaOf(call, args['media'] as TlObject);
  const text = args['message'] as string | undefined;
  const hasMedia = (media ?? message['media']) !== undefined;
  if (text !== undefined) (hasMedia ? caption : textOfMessage)(text);
  const said: Record<string, TlObject[string]> = {
    message: text ?? message['message'],
    entities:
      text === undefined ? message['entities'] : entities(text, args['entities'] as TlObject[] | undefined).entities,
    media: media ?? message['media'],
  };
  const markup = keyboard(call, args['reply_markup'] as TlObject | undefined).reply_markup;
  const isUnchanged = Object.entries(said).every(([name, value]) => isSame(value, message[name]));
  if (isUnchanged && isSame(markup, message['reply_markup'])) throw new DcRpcError(400, 'MESSAGE_NOT_MODIFIED');
  const date = Math.floor(call.now / 1000);
  return {
    ...said,
    reply_markup: markup,
    edit_date: date,
    ...(isUnchanged ? { edit_hide: true } : { edit_hide: false }),
  };
}

/** As they would be written. */
function isSame(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string | undefined =>
    JSON.stringify(value, (_name, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));
  return text(a) === text(b);
}

/** Private chats and basic groups; ids that are not there count for nothing. */
function deleteMessages(call: Call): TlObject {
  const { args, world } = call;
  const { box } = world.account(self(call));
  const ids = (args['id'] as number[]).filter((id) => box.get(id) !== undefined);
  const copies =
    args['revoke'] === true ? ids.flatMap((id) => revocable(call, box, id)) : ids.map((id) => own(call, box, id));
  const before = box.pts;
  deleteCopies(actor(call), copies);
  return { _: 'messages.affectedMessages', pts: box.pts, pts_count: box.pts - before };
}

function own(call: Call, box: Box, id: number): Copy {
  return { box, owner: self(call), id };
}

/** In a basic group only what one has written oneself, or all of it in one's own group. */
function revocable(call: Call, box: Box, id: number): readonly Copy[] {
  const message = box.get(id)!;
  const group = call.world.groups.get(peerKey(peerOf(message['peer_id'] as TlObject)));
  const isMine = isOwn(call, message) || (group && call.world.members.get(group, self(call))?.isCreator === true);
  if (group !== undefined && isMine !== true) throw new DcRpcError(403, 'MESSAGE_DELETE_FORBIDDEN');
  return box.post(id)!.copies;
}

function deleteInChannel(call: Call): TlObject {
  const { args, world } = call;
  const group = channel(call, args['channel'] as TlObject);
  const box = world.channelBox(group.id);
  const isCreator = world.members.get(group, self(call))?.isCreator === true;
  const ids = (args['id'] as number[]).filter((id) => box.get(id) !== undefined);
  if (!isCreator && !ids.every((id) => isOwn(call, box.get(id)!)))
    throw new DcRpcError(403, 'MESSAGE_DELETE_FORBIDDEN');
  const before = box.pts;
  deleteCopies(
    actor(call),
    ids.map((id) => ({ box, owner: 0n, id })),
  );
  return { _: 'messages.affectedMessages', pts: box.pts, pts_count: box.pts - before };
}

export const editAnswers: Readonly<Record<string, MethodAnswer>> = {
  'messages.editMessage': editMessage,
  'messages.deleteMessages': deleteMessages,
  'channels.deleteMessages': deleteInChannel,
};
