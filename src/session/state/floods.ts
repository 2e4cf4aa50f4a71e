/**
 * Floods: which methods the server wants left alone, and until when (protocol: RPC errors, wire: Requests and answers).
 * In: waits as the server named them. Out: when a call may go. Never: holds a call itself, or more than `MOST` waits.
 */
import type { StoredFlood } from '../../account/record.ts';
import type { Pending } from './pending.ts';

/** How many waits are remembered. */
const MOST = 256;
/** A chat's own wait; the others are the method's. */
const SLOW_MODE = 'SLOWMODE_WAIT';
const FLOOD = 'FLOOD_WAIT';

/** One wait. */
export interface Wait {
  /** Unix ms. */
  readonly until: number;
  /** What the server called it, without its number. */
  readonly type: string;
  readonly method: number;
  /** The chat it is for; undefined if it is for the method. */
  readonly target: string | undefined;
}

/** Tells the chat that a call is about, as text; asked only where a slow mode is known for its method. */
export type TargetOf = (pending: Pending) => string;

const NO_WAITS = new Map<string, Wait>();
const NO_SLOW = new Map<number, number>();

/** The waits a server has named, of methods and of single chats; at most `MOST`. */
export class Floods {
  /** Counts waits noted: the stored record is behind if its count differs. */
  changes = 0;
  /** By method, or by method and chat for slow mode. */
  #waits = NO_WAITS;
  /** By method that a slow mode was met with: until when the last of its chats waits, Unix ms. */
  #slowUntil = NO_SLOW;

  /** The server wants a pause. Slow mode is a chat's own; other waits are the method's. */
  note(pending: Pending, type: string, until: number, targetOf: TargetOf): void {
    this.#begin();
    if (this.#waits.size >= MOST) this.#dropFirst();
    const { method } = pending;
    const target = type === SLOW_MODE ? targetOf(pending) : undefined;
    if (target !== undefined) this.#slowUntil.set(method, Math.max(until, this.#slowUntil.get(method) ?? 0));
    this.#waits.set(nameOf(method, target), { until, type, method, target });
    this.changes++;
  }

  /** Nothing is noted of most sessions: they share what is empty, 400 bytes a session. */
  #begin(): void {
    if (this.#waits !== NO_WAITS) return;
    this.#waits = new Map();
    this.#slowUntil = new Map();
  }

  /** The wait that is over first makes room. */
  #dropFirst(): void {
    let first: Wait | undefined;
    for (const wait of this.#waits.values()) if (first === undefined || wait.until < first.until) first = wait;
    this.#waits.delete(nameOf(first!.method, first!.target));
    if (this.#slowUntil.size >= MOST) this.#slowUntil.delete(first!.method);
  }

  /** The methods' waits: those of single chats are short, and not worth keeping, nor are those of accounts without Premium. */
  toStored(): StoredFlood[] {
    const all = [...this.#waits.values()].filter(({ type }) => type === FLOOD);
    return all.map(({ method, until }) => ({ method: method | 0, until }));
  }

  /** Takes the waits of a stored record, but for those that are over. */
  restore(stored: readonly StoredFlood[], now: number): void {
    if (stored.length > 0) this.#begin();
    for (const { method: signed, until } of stored) {
      const method = signed >>> 0;
      if (until > now) this.#waits.set(nameOf(method), { until, type: FLOOD, method, target: undefined });
    }
  }

  /** The wait that the call must sit out; undefined if it may go now. */
  before(pending: Pending, now: number, targetOf: TargetOf): Wait | undefined {
    if (this.#waits.size === 0) return undefined;
    const { method } = pending;
    const own = this.#of(nameOf(method), now);
    // Finding the chat costs as much as decoding the call: only while one of them waits.
    if ((this.#slowUntil.get(method) ?? 0) <= now) return own;
    const chats = this.#of(nameOf(method, targetOf(pending)), now);
    return (chats?.until ?? 0) > (own?.until ?? 0) ? chats : own;
  }

  #of(name: string, now: number): Wait | undefined {
    const wait = this.#waits.get(name);
    if (wait === undefined || wait.until > now) return wait;
    this.#waits.delete(name);
    return undefined;
  }
}

function nameOf(method: number, target?: string): string {
  return target === undefined ? String(method) : `${method} ${target}`;
}
