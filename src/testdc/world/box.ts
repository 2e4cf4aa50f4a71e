/**
 * Box: messages that share one row of ids and one `pts`: those of an account, or of a channel (protocol: Updates).
 * In: messages, their changes. Out: messages by id, by peer, by pts. Never: who sees which; `world.ts` knows that.
 */
import type { TlObject } from '../tl/tl-value.ts';
import { peerKey, peerOf } from './peers.ts';

/** Events kept for getDifference; a client that is further behind is told to fetch all anew. */
const EVENTS = 2_000;
/** Messages kept of one peer; beyond it the oldest goes. */
const HISTORY = 10_000;

/** A message in one box. */
export interface Copy {
  readonly box: Box;
  /** The user whose box it is; 0n for a channel's. */
  readonly owner: bigint;
  readonly id: number;
}

/** A message with all its copies: a private chat and a basic group have one in each member's box, a channel has one. */
export interface Post {
  readonly copies: Copy[];
}

/** Which page of a history is wanted, as `messages.getHistory` says it; 0 is no bound. */
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

/** What has moved pts: a new message, by its id, or an update as it was pushed. */
interface Event {
  readonly pts: number;
  readonly count: number;
  readonly messageId?: number;
  readonly update?: TlObject;
}

/** All that has come after a pts, or the first part of it. */
export interface Difference {
  /** New messages as they are now, without those that were deleted. */
  readonly messages: TlObject[];
  /** Updates, in order. */
  readonly updates: TlObject[];
  /** The pts that the difference leads to. */
  readonly pts: number;
  /** Whether nothing comes after it. */
  readonly isWhole: boolean;
}

/** The messages of one account or channel. */
export class Box {
  /** Moves on with each event. */
  pts = 1;
  readonly #entries = new Map<number, Entry>();
  /** Ids by peer, ascending. */
  readonly #byPeer = new Map<string, number[]>();
  readonly #events: Event[] = [];
  /** The channel whose box it is; undefined for an account's. */
  readonly #channelId: bigint | undefined;
  #nextId = 1;

  constructor(channelId?: bigint) {
    this.#channelId = channelId;
  }

  get isChannel(): boolean {
    return this.#channelId !== undefined;
  }

  /** Adds a message that `make` makes for its id; `peer` is the key of its chat. */
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

  /** Moves pts by `count` for an update, and returns the update with its `pts` and `pts_count`. */
  note(fields: TlObject, count = 1): TlObject {
    this.pts += count;
    const update = { ...fields, pts: this.pts, pts_count: count };
    this.#note({ pts: this.pts, count, update });
    return update;
  }

  /** Replaces the message of the same id, and returns the update; undefined if there is none. */
  edit(message: TlObject): TlObject | undefined {
    const entry = this.#entries.get(message['id'] as number);
    if (entry === undefined) return undefined;
    this.#entries.set(message['id'] as number, { message, post: entry.post });
    return this.note({ _: this.isChannel ? 'updateEditChannelMessage' : 'updateEditMessage', message });
  }

  /** Deletes those of the ids that there are, and returns the update; undefined if there are none. */
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

  /** The message of an id. */
  get(id: number): TlObject | undefined {
    return this.#entries.get(id)?.message;
  }

  /** The post whose copy in this box has that id. */
  post(id: number): Post | undefined {
    return this.#entries.get(id)?.post;
  }

  /** The id of a peer's newest message, or 0. */
  top(peer: string): number {
    return this.#byPeer.get(peer)?.at(-1) ?? 0;
  }

  /** Keys of all peers with messages. */
  peers(): string[] {
    return [...this.#byPeer.keys()];
  }

  /** How many messages of a peer there are. */
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

  /** A page of a peer's messages, newest first: those below `offsetId`, moved by `addOffset`. */
  history(peer: string, query: HistoryQuery): TlObject[] {
    const ids = this.#byPeer.get(peer) ?? [];
    const page = pageOf(ids, query).toReversed();
    return this.#those(page.filter((id) => (query.maxId === 0 || id < query.maxId) && id > query.minId));
  }

  /** Up to `most` events after `pts`; undefined if some of them are forgotten. */
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

/** The part of ascending ids that a page of a history has, by offset, add_offset and limit. */
export function pageOf(ids: readonly number[], query: HistoryQuery): number[] {
  let below = ids.length;
  if (query.offsetId > 0) {
    const at = ids.findIndex((id) => id >= query.offsetId);
    if (at >= 0) below = at;
  }
  const stop = Math.max(0, below - query.addOffset);
  return ids.slice(Math.max(0, stop - query.limit), stop);
}
