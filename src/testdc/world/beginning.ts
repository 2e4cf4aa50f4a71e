/**
 * Fills new accounts and channels with messages.
 * In: an empty box. Out: the same messages each time, but for their dates. Never: a message pushed.
 */
import { Draw, drawContent, seedGroups, seedPeople } from './seed.ts';
import type { PeerRef } from './peers.ts';
import { peerKey } from './peers.ts';
import type { DcEnv } from '../env.ts';
import type { Account, Draft } from './records.ts';
import type { Box } from './box.ts';

/** The world, as filling it sees it. */
interface EmptyWorld {
  readonly env: DcEnv;
  /** A channel's messages; the channel is filled when first asked for. */
  channelBox(id: bigint): Box;
  /** Writes a message of that Unix time in seconds into one box, as `owner` sees it. */
  write(box: Box, owner: bigint, draft: Draft, date: number): unknown;
}

/** Gives an account twenty dialogs: with everybody, and every group, of the seed. */
export function fillAccount(world: EmptyWorld, account: Account): void {
  const draw = new Draw(Number(account.userId & 0xffffffffn));
  const others = seedPeople().filter((person) => person.id !== account.userId);
  const peers: PeerRef[] = [...others.map((person): PeerRef => ({ kind: 'user', id: person.id })), ...seedGroups()];
  let date = Math.floor(world.env.now() / 1000) - 3_000_000;
  for (const peer of peers) {
    if (peer.kind === 'channel') {
      world.channelBox(peer.id);
      continue;
    }
    for (let left = 2 + draw.below(4); left > 0; left--) {
      const from = peer.kind === 'chat' ? draw.one(others).id : draw.below(3) === 0 ? account.userId : peer.id;
      const to: PeerRef = peer.kind === 'user' && from === peer.id ? { kind: 'user', id: account.userId } : peer;
      date += 1_000 + draw.below(20_000);
      world.write(account.box, account.userId, { from, to, content: drawContent(draw) }, date);
    }
    const top = account.box.top(peerKey(peer));
    account.read.set(peerKey(peer), top - draw.below(3));
    account.readByOthers.set(peerKey(peer), top);
  }
}

/** Writes 6 to 11 posts into a channel's box. */
export function fillChannel(world: EmptyWorld, box: Box, to: PeerRef): void {
  const draw = new Draw(Number(to.id & 0xffffffffn));
  const people = seedPeople();
  let date = Math.floor(world.env.now() / 1000) - 2_000_000;
  for (let left = 6 + draw.below(6); left > 0; left--) {
    date += 10_000 + draw.below(80_000);
    world.write(box, 0n, { from: draw.one(people).id, to, content: drawContent(draw) }, date);
  }
}
