/**
 * Floods: which methods the server wants left alone, and until when (mtproto.md 2.15, wire.md 3).
 * In: waits as the server named them. Out: when a call may go. Never: holds a call itself, or more than `MOST` waits.
 */
import type { KeptFlood } from '../account/record.ts';
import type { Pending } from './pending.ts';

const MOST = 256;
/** In `messages.send*` the peer stands behind constructor and flags: constructor, id and access_hash of a channel. */
const PEER_FROM = 8;
const PEER_TO = 28;

export class Floods {
  /** Counts waits noted: what is kept of them is behind. */
  changes = 0;
  /** Unix ms by method, or by method and peer for slow mode. */
  readonly #until = new Map<string, number>();

  /** The server wants a pause. Slow mode is a chat's own; other waits are the method's. */
  note(pending: Pending, type: string, until: number): void {
    if (this.#until.size >= MOST) this.#until.clear();
    this.#until.set(type === 'SLOWMODE_WAIT' ? peerName(pending) : methodName(pending), until);
    this.changes++;
  }

  /** The methods' waits: those of single chats are short, and not worth keeping. */
  kept(): KeptFlood[] {
    const all = [...this.#until].filter(([name]) => !name.includes(' '));
    return all.map(([name, until]) => ({ method: Number(name) | 0, until }));
  }

  /** Takes waits that were kept, unless they are over. */
  restore(kept: readonly KeptFlood[], now: number): void {
    for (const { method, until } of kept) if (until > now) this.#until.set(String(method >>> 0), until);
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
