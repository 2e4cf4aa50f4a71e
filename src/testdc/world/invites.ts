/**
 * Invites: links into groups, and how often each was used.
 * In: links that are made, changed, used. Out: the links of a group; a link by its hash. Never: a look at who may make one.
 */
import { peerKey } from './peers.ts';
import type { PeerRef } from './peers.ts';

const PREFIX = 'https://t.me/+';

/** A link into a group, with its limits and its use. */
export interface Invite {
  readonly hash: string;
  readonly group: PeerRef;
  readonly adminId: bigint;
  /** Unix seconds at which the link was made. */
  readonly date: number;
  /** Whether it is the one link that an administrator always has: revoked, it is replaced. */
  readonly isPermanent: boolean;
  isRevoked: boolean;
  /** How often the link was used. */
  usage: number;
  /** Unix seconds at which the link expires; undefined: never. */
  expireDate?: number | undefined;
  /** Undefined: no limit. */
  usageLimit?: number | undefined;
  title?: string | undefined;
}

/** The links of one world. */
export class Invites {
  readonly #byHash = new Map<string, Invite>();

  add(invite: Invite): Invite {
    this.#byHash.set(invite.hash, invite);
    return invite;
  }

  get(hash: string): Invite | undefined {
    return this.#byHash.get(hash);
  }

  /** The links that an administrator has made to a group, the newest first. */
  of(group: PeerRef, adminId: bigint): Invite[] {
    const all = [...this.#byHash.values()].toReversed();
    return all.filter((one) => peerKey(one.group) === peerKey(group) && one.adminId === adminId);
  }
}

/** The link of a hash. */
export function linkOf(hash: string): string {
  return PREFIX + hash;
}

/** The hash in a link: what follows `t.me/+` or `t.me/joinchat/`. */
export function hashIn(link: string): string {
  return link.slice(link.lastIndexOf('/') + 1).replace(/^\+/, '');
}

/** Whether a link lets somebody in at `now`, Unix seconds. */
export function isGood({ isRevoked, expireDate, usageLimit, usage }: Invite, now: number): boolean {
  return (
    !isRevoked && (expireDate === undefined || expireDate > now) && (usageLimit === undefined || usage < usageLimit)
  );
}
