/**
 * Box: messages that share one row of ids and one `pts`: those of an account, or of a channel (protocol: Updates).
 * In: messages, what becomes of them. Out: them again by id, by peer, by pts. Never: who sees what; `world.ts` knows that.
 */
import type { TlObject } from '../tl/tl-value.ts';
import { peerKey, peerOf } from './peers.ts';

/** Events kept for getDifference; a client further behind is told to fetch all anew. */
const EVENTS = 2_000;
/** Messages kept for one peer. */
const HISTORY = 10_000;

/** One message as somebody has it. */
export interface Copy {
  readonly box: Box;
  /** Whose box; 0n for a channel's. */
  readonly owner: bigint;
  readonly id: number;
}

/** What was sent once: private chats and basic groups have a copy of it in each member's box. */
export interface Post {
  readonly copies: Copy[];
}

export interface HistoryQuery {
  readonly offsetId: number;
  readonly addOffset: number;
  readonly limit: number;
  readonly maxId: number;
  readonly minId: number;
}

interface Entry {
  readonly message: TlObject;
  readonly post: Post;
}

/** Something that took a pts: a new message, by its id, or an update as it was pushed. */
interface Event {
  readonly pts: number;
  readonly count: number;
  readonly messageId?: number;
  readonly update?: TlObject;
}

/** What came after a pts. */
export interface Difference {
  /** New messages as they are now; those that are gone are left out. */
  readonly messages: TlObject[];
  /** All else, in order. */
  readonly updates: TlObject[];
  /** Where this ends. */
  readonly pts: number;
  readonly isWhole: boolean;
}

export class Box {
  pts = 1;
  readonly #entries = new Map<number, Entry>();
  /** Ids by peer, ascending. */
  readonly #byPeer = new Map<string, number[]>();
  readonly #events: Event[] = [];
  /** Undefined: an account's. */
  readonly #channelId: bigint | undefined;
  #nextId = 1;

  constructor(channelId?: bigint) {
    this.#channelId = channelId;
  }

  get isChannel(): boolean {
    return this.#channelId !== undefined;
  }

  /** Adds a message; `make` gets its id. */
  add(peer: string, post: Post, make: (id: number) => TlObject): TlObject {
    const id = this.#nextId++;
    const message = make(id);
    this.#entries.set(id, { message, post });
    let ids = this.#byPeer.get(peer);
    if (ids === undefined) this.#byPeer.set(peer, (ids = []));
    ids.push(id);
    if (ids.length > HISTORY) this.#entries.delete(ids.shift()!);
    this.#note({ pts: ++this.pts, count: 1, messageId: id });
    return message;
  }

  #note(event: Event): void {
    this.#events.push(event);
    if (this.#events.length > EVENTS) this.#events.splice(0, EVENTS / 2);
  }

  /** An update that counts: what is answered has its `pts` and `pts_count`. */
  note(fields: TlObject, count = 1): TlObject {
    this.pts += count;
    const update = { ...fields, pts: this.pts, pts_count: count };
    this.#note({ pts: this.pts, count, update });
    return update;
  }

  /** Puts a message in the place of one with its id, and answers with the update; undefined if there is none. */
  edit(message: TlObject): TlObject | undefined {
    const entry = this.#entries.get(message['id'] as number);
    if (entry === undefined) return undefined;
    this.#entries.set(message['id'] as number, { message, post: entry.post });
    return this.note({ _: this.isChannel ? 'updateEditChannelMessage' : 'updateEditMessage', message });
  }

  /** Deletes what is there of these, and answers with the update, if anything was. */
  remove(ids: readonly number[]): TlObject | undefined {
    const gone = ids.filter((id) => this.#drop(id));
    if (gone.length === 0) return undefined;
    if (this.#channelId === undefined) return this.note({ _: 'updateDeleteMessages', messages: gone }, gone.length);
    const fields = { _: 'updateDeleteChannelMessages', channel_id: this.#channelId, messages: gone };
    return this.note(fields, gone.length);
  }

  #drop(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    const ids = this.#byPeer.get(peerKey(peerOf(entry.message['peer_id'] as TlObject)))!;
    ids.splice(ids.indexOf(id), 1);
    return true;
  }

  get(id: number): TlObject | undefined {
    return this.#entries.get(id)?.message;
  }

  /** All copies of the message that has this id here. */
  post(id: number): Post | undefined {
    return this.#entries.get(id)?.post;
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

  /** A peer's messages above an id, newest first. */
  newer(peer: string, id: number): TlObject[] {
    const ids = this.#byPeer.get(peer) ?? [];
    let first = ids.length;
    while (first > 0 && ids[first - 1]! > id) first--;
    return this.#those(ids.slice(first).toReversed());
  }

  #those(ids: readonly number[]): TlObject[] {
    return ids.map((id) => this.#entries.get(id)!.message);
  }

  /** All of a peer's messages, newest first. */
  all(peer: string): TlObject[] {
    return this.newer(peer, 0);
  }

  /** Messages of a peer, newest first: those below `offsetId`, moved by `addOffset`. */
  history(peer: string, query: HistoryQuery): TlObject[] {
    const ids = this.#byPeer.get(peer) ?? [];
    const page = pageOf(ids, query).toReversed();
    return this.#those(page.filter((id) => (query.maxId === 0 || id < query.maxId) && id > query.minId));
  }

  /** Up to `most` events that came after `pts`; undefined if that is further back than is remembered. */
  since(pts: number, most = Infinity): Difference | undefined {
    const first = this.#events[0];
    if (pts < this.pts && (first === undefined || pts < first.pts - first.count)) return undefined;
    const later = this.#events.filter((event) => event.pts > pts);
    const page = later.slice(0, most);
    const ids = page.flatMap(({ messageId }) => (messageId === undefined ? [] : [messageId]));
    return {
      messages: this.#those(ids.filter((id) => this.#entries.has(id))),
      updates: page.flatMap(({ update }) => (update === undefined ? [] : [update])),
      pts: page.at(-1)?.pts ?? this.pts,
      isWhole: page.length === later.length,
    };
  }
}

/** Ascending ids of a page. */
export function pageOf(ids: readonly number[], query: HistoryQuery): number[] {
  let below = ids.length;
  if (query.offsetId > 0) {
    const at = ids.findIndex((id) => id >= query.offsetId);
    if (at >= 0) below = at;
  }
  const stop = Math.max(0, below - query.addOffset);
  return ids.slice(Math.max(0, stop - query.limit), stop);
}
