/** Answers of `updates.*` (mtproto.md 2.19). */
import { RpcError } from '../rpc-error.ts';
import type { TlObject } from '../tl-value.ts';
import type { Answer, Call } from './call.ts';
import { stateOf } from './messages.ts';
import { channel, self } from './peer.ts';

/** New messages in one difference, at most. */
const SLICE = 100;

function getDifference(call: Call): TlObject {
  const viewer = self(call);
  const { box } = call.world.account(viewer);
  const pts = call.args['pts'] as number;
  if (pts < 1) throw new RpcError(400, 'PERSISTENT_TIMESTAMP_EMPTY');
  if (pts > box.pts) throw new RpcError(400, 'PERSISTENT_TIMESTAMP_INVALID');
  const all = box.since(pts);
  if (all === undefined) return { _: 'updates.differenceTooLong', pts: box.pts };
  const state = stateOf(call);
  if (all.length === 0) return { _: 'updates.differenceEmpty', date: state['date']!, seq: state['seq']! };
  const messages = all.slice(0, SLICE);
  const parts = {
    new_messages: messages,
    new_encrypted_messages: [],
    other_updates: [],
    ...call.world.mentioned(messages, [], viewer, call.dcId),
  };
  if (all.length === messages.length) return { _: 'updates.difference', ...parts, state };
  return { _: 'updates.differenceSlice', ...parts, intermediate_state: { ...state, pts: pts + SLICE } };
}

function getChannelDifference(call: Call): TlObject {
  const viewer = self(call);
  const group = channel(call, call.args['channel'] as TlObject);
  const box = call.world.channelBox(group.id);
  const pts = call.args['pts'] as number;
  if (pts < 1) throw new RpcError(400, 'PERSISTENT_TIMESTAMP_EMPTY');
  const messages = (box.since(pts) ?? []).map((message) => call.world.seen(message, viewer));
  if (messages.length === 0)
    return { _: 'updates.channelDifferenceEmpty', final: true, pts: Math.max(pts, box.pts), timeout: 30 };
  const parts = call.world.mentioned(messages, [group], viewer, call.dcId);
  return {
    _: 'updates.channelDifference',
    final: true,
    pts: box.pts,
    timeout: 30,
    new_messages: messages,
    other_updates: [],
    ...parts,
  };
}

export const updatesAnswers: Readonly<Record<string, Answer>> = {
  'updates.getState': stateOf,
  'updates.getDifference': getDifference,
  'updates.getChannelDifference': getChannelDifference,
};
