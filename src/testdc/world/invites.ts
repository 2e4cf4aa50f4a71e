/**
 * Invites: links into groups, and how often they were used.
 * In: links as they are made, changed, used. Out: the links of a group; a link by its hash. Never: who may make one.
 */
import { peerKey } from './peers.ts';
import type { PeerRef } from './peers.ts';

const PREFIX = 'https://t.me/+';

export interface Invite {
  readonly hash: string;
  readonly group: PeerRef;
  readonly adminId: bigint;
  /** Unix seconds. */
  readonly date: number;
  /** The one link of an administrator that is always there; revoked, it is replaced. */
  readonly isPermanent: boolean;
  isRevoked: boolean;
  usage: number;
  /** Unix seconds; undefined: for ever. */
  expireDate?: number | undefined;
  usageLimit?: number | undefined;
  title?: string | undefined;
}

export class Invites {
  readonly #byHash = new Map<string, Invite>();

  add(invite: Invite): Invite {
    this.#byHash.set(invite.hash, invite);
    return invite;
  }

  get(hash: string): Invite | undefined {
    return this.#byHash.get(hash);
  }

  /** Links of a group that an administrator made, the newest first. */
  of(group: PeerRef, adminId: bigint): Invite[] {
    const all = [...this.#byHash.values()].toReversed();
    return all.filter((one) => peerKey(one.group) === peerKey(group) && one.adminId === adminId);
  }
}

export function linkOf(hash: string): string {
  return PREFIX + hash;
}

/** What stands behind `t.me/+` or `t.me/joinchat/`. */
export function hashIn(link: string): string {
  return link.slice(link.lastIndexOf('/') + 1).replace(/^\+/, '');
}

/** Whether a link lets somebody in at this time, Unix seconds. */
export function isGood({ isRevoked, expireDate, usageLimit, usage }: Invite, now: number): boolean {
  return (
    !isRevoked && (expireDate === undefined || expireDate > now) && (usageLimit === undefined || usage < usageLimit)
  );
}
