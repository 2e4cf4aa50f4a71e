/** Answers of `updates.*` (protocol: Updates). */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Box } from '../world/box.ts';
import type { Group } from '../world/peers.ts';
import { peerKey } from '../world/peers.ts';
import { mentioned, seen, seenUpdate } from '../world/views.ts';
import type { MethodAnswer, Call } from './call.ts';
import { dialogObject, stateOf } from './dialogs.ts';
import { channel, self } from './peer.ts';

/** Events in one difference, at most: of an account, of a channel. */
const SLICE = 100;
const CHANNEL_SLICE = 100;

function getDifference(call: Call): TlObject {
  const viewer = self(call);
  const { box } = call.world.account(viewer);
  const pts = call.args['pts'] as number;
  if (pts < 1) throw new DcRpcError(400, 'PERSISTENT_TIMESTAMP_EMPTY');
  if (pts > box.pts) throw new DcRpcError(400, 'PERSISTENT_TIMESTAMP_INVALID');
  const found = box.since(pts, SLICE);
  if (found === undefined) return { _: 'updates.differenceTooLong', pts: box.pts };
  const state = stateOf(call);
  const { messages, updates, isWhole } = found;
  if (pts === box.pts) return { _: 'updates.differenceEmpty', date: state['date']!, seq: state['seq']! };
  const parts = {
    new_messages: messages,
    new_encrypted_messages: [],
    other_updates: updates,
    ...mentioned(call.world, [...messages, ...messagesIn(updates)], [], viewer, call.dcId),
  };
  if (isWhole) return { _: 'updates.difference', ...parts, state };
  return { _: 'updates.differenceSlice', ...parts, intermediate_state: { ...state, pts: found.pts } };
}

function messagesIn(updates: readonly TlObject[]): TlObject[] {
  return updates.flatMap(({ message }) => (message === undefined ? [] : [message as TlObject]));
}

function getChannelDifference(call: Call): TlObject {
  const viewer = self(call);
  const group = channel(call, call.args['channel'] as TlObject);
  const box = call.world.channelBox(group.id);
  const pts = call.args['pts'] as number;
  if (pts < 1) throw new DcRpcError(400, 'PERSISTENT_TIMESTAMP_EMPTY');
  const found = box.since(pts, CHANNEL_SLICE);
  if (found === undefined) return tooLong(call, group, box);
  if (pts >= box.pts)
    return { _: 'updates.channelDifferenceEmpty', final: true, pts: Math.max(pts, box.pts), timeout: 30 };
  const messages = found.messages.map((message) => seen(message, viewer));
  const all = [...messages, ...messagesIn(found.updates)];
  return {
    _: 'updates.channelDifference',
    final: found.isWhole,
    pts: found.pts,
    timeout: 30,
    new_messages: messages,
    other_updates: found.updates.map((update) => seenUpdate(update, viewer)),
    ...mentioned(call.world, all, [group], viewer, call.dcId),
  };
}

/** The answer to a pts further back than is remembered: the newest messages, and the dialog to go on from. */
function tooLong(call: Call, group: Group, box: Box): TlObject {
  const viewer = self(call);
  const messages = box
    .all(peerKey(group))
    .slice(0, 10)
    .map((message) => seen(message, viewer));
  const top = box.get(box.top(peerKey(group)));
  const dialog = dialogObject(call.world.account(viewer), { peer: group, box, top: top ?? { _: 'message', id: 0 } });
  const parts = mentioned(call.world, messages, [group], viewer, call.dcId);
  return { _: 'updates.channelDifferenceTooLong', final: true, timeout: 30, dialog, messages, ...parts };
}

export const updatesAnswers: Readonly<Record<string, MethodAnswer>> = {
  'updates.getState': stateOf,
  'updates.getDifference': getDifference,
  'updates.getChannelDifference': getChannelDifference,
};
