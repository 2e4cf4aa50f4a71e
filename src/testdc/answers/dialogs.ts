/** Answers of `messages.*` about dialogs. */
import type { Canned } from '../tl/canned.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject, TlValue } from '../tl/tl-value.ts';
import type { Box } from '../world/box.ts';
import { peerKey, peerObject } from '../world/peers.ts';
import type { PeerRef } from '../world/peers.ts';
import type { Account } from '../world/records.ts';
import { mentioned, seen } from '../world/views.ts';
import type { MethodAnswer, Call } from './call.ts';
import { forPeople, inputPeer, self } from './peer.ts';

/** Dialogs and messages in one answer, at most. */
const MOST = 100;
/** Telegram's own service account: pinned for everybody here. */
const SERVICE_ID = 777_000n;

interface DialogRow {
  readonly peer: PeerRef;
  readonly box: Box;
  readonly top: TlObject;
}

/** `messages.getDialogs`, written anew only when something in the account's dialogs has changed. */
function getDialogs(call: Call): Canned {
  forPeople(call);
  const { args, world } = call;
  const account = world.account(self(call));
  const fields = ['offset_date', 'offset_id', 'limit', 'folder_id'].map((name) => args[name] as number | undefined);
  if (fields[2]! < 0) throw new DcRpcError(400, 'LIMIT_INVALID');
  return account.dialogs.get(`${call.dcId} ${fields.join(' ')}`, world.versionOf(account), () => dialogs(call));
}

/** A page of dialogs after the offset, newest first. */
function dialogs(call: Call): TlObject {
  const { args } = call;
  const rows = dialogRows(call).filter((row) =>
    isAfter(row, args['offset_date'] as number, args['offset_id'] as number),
  );
  const limit = Math.min((args['limit'] as number) || 20, MOST);
  const all = dialogRows(call).length;
  const page = args['folder_id'] === 1 ? [] : rows.slice(0, limit);
  const parts = dialogParts(call, page);
  return page.length === all
    ? { _: 'messages.dialogs', ...parts }
    : { _: 'messages.dialogsSlice', count: all, ...parts };
}

function isAfter({ top }: DialogRow, date: number, id: number): boolean {
  if (date === 0 && id === 0) return true;
  const topDate = top['date'] as number;
  return topDate < date || (topDate === date && (top['id'] as number) < id);
}

function dialogRows(call: Call): DialogRow[] {
  const account = call.world.account(self(call));
  const { groups, members } = call.world;
  const channels = [...groups.values()].filter(
    (group) => group.kind === 'channel' && members.has(group, account.userId),
  );
  const peers: PeerRef[] = [...account.box.peers().map(refOf), ...channels];
  const rows = peers.flatMap((peer): DialogRow[] => {
    const box = call.world.boxOf(account, peer);
    const top = box.get(box.top(peerKey(peer)));
    return top === undefined ? [] : [{ peer, box, top }];
  });
  return rows.toSorted((a, b) => (b.top['date'] as number) - (a.top['date'] as number));
}

function refOf(key: string): PeerRef {
  const [kind, id] = key.split(' ') as [PeerRef['kind'], string];
  return { kind, id: BigInt(id) };
}

function dialogParts(call: Call, rows: readonly DialogRow[]): Record<string, TlValue> {
  const viewer = self(call);
  const account = call.world.account(viewer);
  const messages = rows.map((row) => seen(row.top, viewer));
  const peers = rows.map((row) => row.peer);
  return {
    dialogs: rows.map((row) => dialogObject(account, row)),
    messages,
    ...mentioned(call.world, messages, peers, viewer, call.dcId),
  };
}

/** A dialog as TL's `dialog`, for its account. */
export function dialogObject(account: Account, { peer, box, top }: DialogRow): TlObject {
  const id = top['id'] as number;
  const key = peerKey(peer);
  // A channel that the account has never read counts as read up to its newest message.
  const read = account.read.get(key) ?? (peer.kind === 'channel' ? id : 0);
  return {
    _: 'dialog',
    ...(peer.kind === 'user' && peer.id === SERVICE_ID ? { pinned: true } : {}),
    peer: peerObject(peer),
    top_message: id,
    read_inbox_max_id: Math.min(read, id),
    read_outbox_max_id: peer.kind === 'channel' ? id : (account.readByOthers.get(key) ?? 0),
    unread_count: unread(account, peer, box, read),
    unread_mentions_count: 0,
    unread_reactions_count: 0,
    unread_poll_votes_count: 0,
    notify_settings: { _: 'peerNotifySettings' },
    ...(peer.kind === 'channel' ? { pts: box.pts } : {}),
  };
}

/** How many messages of others a peer has above the id `read`. */
export function unread(account: Account, peer: PeerRef, box: Box, read: number): number {
  return box.newer(peerKey(peer), read).filter((one) => seen(one, account.userId)['out'] !== true).length;
}

function getPeerDialogs(call: Call): TlObject {
  const wanted = (call.args['peers'] as TlObject[]).flatMap((one) =>
    one._ === 'inputDialogPeer' ? [peerKey(inputPeer(call, one['peer'] as TlObject))] : [],
  );
  const rows = dialogRows(call).filter((row) => wanted.includes(peerKey(row.peer)));
  return { _: 'messages.peerDialogs', ...dialogParts(call, rows), state: stateOf(call) };
}

function getPinnedDialogs(call: Call): TlObject {
  return { _: 'messages.peerDialogs', dialogs: [], messages: [], chats: [], users: [], state: stateOf(call) };
}

/** `updates.state` of the signed-in user. */
export function stateOf(call: Call): TlObject {
  const { box } = call.world.account(self(call));
  return { _: 'updates.state', pts: box.pts, qts: 0, date: Math.floor(call.now / 1000), seq: 1, unread_count: 0 };
}

export const dialogsAnswers: Readonly<Record<string, MethodAnswer>> = {
  'messages.getDialogs': getDialogs,
  'messages.getPinnedDialogs': getPinnedDialogs,
  'messages.getPeerDialogs': getPeerDialogs,
};
