/**
 * Box: messages that share one row of ids and one `pts`: those of an account, or of a channel (mtproto.md 2.19).
 * In: messages. Out: them again by id, by peer, by pts. Never: who sees what; `world.ts` knows that.
 */
import type { TlObject } from '../tl-value.ts';

/** Events kept for getDifference; a client further behind is told to fetch all anew. */
const EVENTS = 2_000;
/** Messages kept for one peer. */
const HISTORY = 10_000;

export interface HistoryQuery {
  readonly offsetId: number;
  readonly addOffset: number;
  readonly limit: number;
  readonly maxId: number;
  readonly minId: number;
}

export class Box {
  pts = 1;
  readonly #messages = new Map<number, TlObject>();
  /** Ids by peer, ascending. */
  readonly #byPeer = new Map<string, number[]>();
  readonly #events: { pts: number; message: TlObject }[] = [];
  #nextId = 1;

  /** Adds a message; `make` gets its id. */
  add(peer: string, make: (id: number) => TlObject): TlObject {
    const id = this.#nextId++;
    const message = make(id);
    this.#messages.set(id, message);
    let ids = this.#byPeer.get(peer);
    if (ids === undefined) this.#byPeer.set(peer, (ids = []));
    ids.push(id);
    if (ids.length > HISTORY) this.#messages.delete(ids.shift()!);
    this.#events.push({ pts: ++this.pts, message });
    if (this.#events.length > EVENTS) this.#events.splice(0, EVENTS / 2);
    return message;
  }

  get(id: number): TlObject | undefined {
    return this.#messages.get(id);
  }

  /** Id of a peer's newest message, or 0. */
  top(peer: string): number {
    return this.#byPeer.get(peer)?.at(-1) ?? 0;
  }

  peers(): string[] {
    return [...this.#byPeer.keys()];
  }

  count(peer: string): number {
    return this.#byPeer.get(peer)?.length ?? 0;
  }

  /** Messages of a peer, newest first: those below `offsetId`, moved by `addOffset`. */
  history(peer: string, query: HistoryQuery): TlObject[] {
    const ids = this.#byPeer.get(peer) ?? [];
    let below = ids.length;
    if (query.offsetId > 0) {
      const at = ids.findIndex((id) => id >= query.offsetId);
      if (at >= 0) below = at;
    }
    const stop = Math.max(0, below - query.addOffset);
    const page = ids.slice(Math.max(0, stop - query.limit), stop).toReversed();
    return page
      .filter((id) => (query.maxId === 0 || id < query.maxId) && id > query.minId)
      .map((id) => this.#messages.get(id)!);
  }

  /** Messages that came after `pts`; undefined if that is further back than is remembered. */
  since(pts: number): TlObject[] | undefined {
    if (pts >= this.pts) return [];
    const first = this.#events[0];
    if (first === undefined || pts + 1 < first.pts) return undefined;
    return this.#events.filter((event) => event.pts > pts).map((event) => event.message);
  }
}
