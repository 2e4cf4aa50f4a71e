/**
 * Floods: which methods the server wants left alone, and until when (mtproto.md 2.15, wire.md 3).
 * In: waits as the server named them. Out: when a call may go. Never: holds a call itself, or more than `MOST` waits.
 */
import type { Pending } from './pending.ts';

const MOST = 256;
/** In `messages.send*` the peer stands behind constructor and flags: constructor, id and access_hash of a channel. */
const PEER_FROM = 8;
const PEER_TO = 28;

export class Floods {
  /** Unix ms by method, or by method and peer for slow mode. */
  readonly #until = new Map<string, number>();

  /** The server wants a pause. Slow mode is a chat's own; other waits are the method's. */
  note(pending: Pending, type: string, until: number): void {
    if (this.#until.size >= MOST) this.#until.clear();
    this.#until.set(type === 'SLOWMODE_WAIT' ? peerName(pending) : methodName(pending), until);
  }

  /** Unix ms from which the call may go; 0 if it may now. */
  until(pending: Pending, now: number): number {
    if (this.#until.size === 0) return 0;
    const until = Math.max(this.#of(methodName(pending), now), this.#of(peerName(pending), now));
    return until > now ? until : 0;
  }

  #of(name: string, now: number): number {
    const until = this.#until.get(name) ?? 0;
    if (until !== 0 && until <= now) this.#until.delete(name);
    return until;
  }
}

function methodName(pending: Pending): string {
  return String(pending.method);
}

function peerName(pending: Pending): string {
  const peer = pending.body.subarray(PEER_FROM, PEER_TO);
  return `${pending.method} ${Buffer.from(peer).toString('latin1')}`;
}
