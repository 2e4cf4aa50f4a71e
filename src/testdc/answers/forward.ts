/** `messages.forwardMessages`: sends copies of messages that name their origin, each under a `random_id` of its own. */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { PeerRef } from '../world/peers.ts';
import { peerKey, peerObject } from '../world/peers.ts';
import type { MethodAnswer, Call } from './call.ts';
import { messageIn } from './edit.ts';
import { inputPeer, self } from './peer.ts';
import { actor, answerTo, once, send, writable } from './send.ts';

/** Messages in one call, at most. */
const MOST = 100;

function forwardMessages(call: Call): TlObject {
  const { args, world } = call;
  const from = inputPeer(call, args['from_peer'] as TlObject);
  const to = writable(call, args['to_peer'] as TlObject);
  const ids = args['id'] as number[];
  const randomIds = args['random_id'] as bigint[];
  if (ids.length === 0) throw new DcRpcError(400, 'MESSAGE_IDS_EMPTY');
  if (ids.length > MOST) throw new DcRpcError(400, 'MESSAGE_IDS_TOO_MUCH');
  if (randomIds.length !== ids.length) throw new DcRpcError(400, 'RANDOM_ID_INVALID');
  const box = world.boxOf(world.account(self(call)), from);
  const contents = ids.map((id) => forwarded(call, messageIn(box, from, id), from, to));
  for (const id of randomIds) once(call, id);
  const all = contents.map((content) => send(actor(call), { from: self(call), to, content }));
  return answerTo(call, all, randomIds);
}

function forwarded(call: Call, message: TlObject, from: PeerRef, to: PeerRef): TlObject {
  const { args } = call;
  if (message._ !== 'message') throw new DcRpcError(400, 'MESSAGE_ID_INVALID');
  if (message['noforwards'] === true) throw new DcRpcError(400, 'CHAT_FORWARDS_RESTRICTED');
  const isBare = args['drop_media_captions'] === true && message['media'] !== undefined;
  const content: TlObject = { _: 'message', message: isBare ? '' : message['message']! };
  for (const name of ['media', ...(isBare ? [] : ['entities']), 'via_bot_id'])
    if (message[name] !== undefined) content[name] = message[name];
  if (args['silent'] === true) content['silent'] = true;
  if (args['drop_author'] !== true) content['fwd_from'] = headerOf(call, message, from, to);
  return content;
}

/** `messageFwdHeader`: a message that was forwarded before keeps its first author. */
function headerOf(call: Call, message: TlObject, from: PeerRef, to: PeerRef): TlObject {
  const viewer = self(call);
  const id = message['id'] as number;
  const isSaved = to.kind === 'user' && to.id === viewer;
  const saved = isSaved ? { saved_from_peer: peerObject(from), saved_from_msg_id: id } : {};
  const before = message['fwd_from'] as TlObject | undefined;
  if (before !== undefined) return { ...before, ...saved };
  const date = message['date'] as number;
  if (call.world.groups.get(peerKey(from))?.isBroadcast === true)
    return { _: 'messageFwdHeader', from_id: peerObject(from), channel_post: id, date, ...saved };
  const author: PeerRef = { kind: 'user', id: message['out'] === true ? viewer : from.id };
  return { _: 'messageFwdHeader', from_id: message['from_id'] ?? peerObject(author), date, ...saved };
}

export const forwardAnswers: Readonly<Record<string, MethodAnswer>> = { 'messages.forwardMessages': forwardMessages };
