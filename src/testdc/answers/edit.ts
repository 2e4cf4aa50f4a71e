/**
 * Edits and deletes messages in the boxes of all who have them.
 * In: ids as the caller has them. Out: `updates`, `messages.affectedMessages`. Never: a message of somebody else changed.
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

/** How long people may edit a message, seconds; bots may for ever. */
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

/** The message of that id, if it is of that peer. @throws DcRpcError */
export function messageIn(box: Box, peer: PeerRef, id: number): TlObject {
  const message = box.get(id);
  if (message === undefined || peerKey(peerOf(message['peer_id'] as TlObject)) !== peerKey(peer))
    throw new DcRpcError(400, 'MESSAGE_ID_INVALID');
  return message;
}

/** Whether a message is the caller's: he has written it or, in a channel, is the creator. */
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

/** The fields of an edited message; a keyboard that the request does not name goes away. @throws DcRpcError */
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

/** Whether two values would be written alike. */
function isSame(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string | undefined =>
    JSON.stringify(value, (_name, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));
  return text(a) === text(b);
}

/** Deletes in private chats and basic groups; ids without a message are passed over. */
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

/** All copies of a message that the caller may revoke: in a basic group his own, or for its creator any. @throws DcRpcError */
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
