/**
 * Consumer group: the connections that share one consumer's work: each update goes to one of them, those about one chat in order.
 * In: entries of the journal in order, members that come, acknowledge and go, the time. Out: which entry goes to whom; up to where all is
 * acknowledged. Never: an update to two members at once; one of a chat before an earlier one of it is acknowledged, or with the same member.
 */

/** What of an entry decides where it goes. */
export interface Work {
  readonly number: number;
  /** Name of the update's constructor. */
  readonly kind: string;
  /** '' for none: such updates are in order among themselves. */
  readonly chat: string;
}

/** One connection of the group. */
export interface GroupMember {
  /** Updates that it may have unacknowledged. */
  readonly window: number;
  /** How long until what it has not acknowledged goes again, ms. */
  readonly ackWait: number;
}

/** Which updates a consumer wants. */
export interface Wanted {
  readonly only: ReadonlySet<string> | undefined;
  readonly not: ReadonlySet<string>;
}

/** Whoever carries out what the group decides; nothing of it waits. */
export interface GroupSink<W extends Work, M extends GroupMember> {
  /** @param isAgain it was given to somebody before */
  give(member: M, work: W, isAgain: boolean): void;
  /** All up to this number is acknowledged, or not wanted. */
  acknowledged(number: number): void;
}

/** Entries that are looked at beyond the first unacknowledged one: those of a chat whose member is busy wait among them. */
export const MOST_AHEAD = 1024;

/** An entry that was taken in and is not acknowledged. */
interface Open<W, M> {
  readonly work: W;
  /** Who has it. */
  member: M | undefined;
  /** When it goes again, Unix ms; `Infinity` while nobody has it. */
  dueAt: number;
  wasGiven: boolean;
}

/** One consumer of one session. */
export class ConsumerGroup<W extends Work, M extends GroupMember> {
  readonly #sink: GroupSink<W, M>;
  readonly #wanted: Wanted;
  /** Unacknowledged entries, by number, in order. */
  readonly #open = new Map<number, Open<W, M>>();
  /** Those of them that nobody has: each chat's in order. */
  #waiting = new Map<number, Open<W, M>>();
  /** Of each member how many it has. */
  readonly #members = new Map<M, number>();
  /** Of each chat with an entry that somebody has: who, and how many of its entries. */
  readonly #chats = new Map<string, { member: M; count: number }>();
  /** Number of the last entry that was taken in. */
  #last: number;
  #acknowledged: number;

  /** @param place number of the last entry that is acknowledged */
  constructor(sink: GroupSink<W, M>, wanted: Wanted, place: number) {
    this.#sink = sink;
    this.#wanted = wanted;
    this.#last = this.#acknowledged = place;
  }

  /** How many entries it has room for, from `next` on. */
  get room(): number {
    return this.#members.size === 0 ? 0 : MOST_AHEAD - this.#open.size;
  }

  /** Number of the entry that it takes in next. */
  get next(): number {
    return this.#last + 1;
  }

  /** When `tick` has something to do, Unix ms. */
  get dueAt(): number {
    let due = Infinity;
    for (const { dueAt } of this.#open.values()) if (dueAt < due) due = dueAt;
    return due;
  }

  /** Takes in the next entries, in order. @param now Unix ms */
  take(works: readonly W[], now: number): void {
    for (const work of works) {
      this.#last = work.number;
      if (!this.#isWanted(work.kind)) continue;
      const open = { work, member: undefined, dueAt: Infinity, wasGiven: false };
      this.#open.set(work.number, open);
      this.#waiting.set(work.number, open);
    }
    this.#assign(now);
    this.#tell();
  }

  #isWanted(kind: string): boolean {
    const { only, not } = this.#wanted;
    return !not.has(kind) && (only === undefined || only.has(kind));
  }

  // --- members ---------------------------------------------------------------------------------------------------------

  /** A connection takes part from here on. */
  join(member: M, now: number): void {
    this.#members.set(member, 0);
    this.#assign(now);
  }

  /** A connection has gone: what it had goes to others. */
  leave(member: M, now: number): void {
    this.#members.delete(member);
    this.#giveAgain(
      [...this.#open.values()].filter((open) => open.member === member),
      now,
    );
  }

  /** A connection has done all up to a number, of what it was given. */
  acknowledge(member: M, upTo: number, now: number): void {
    for (const [number, open] of this.#open) {
      if (number > upTo) break;
      if (open.member !== member) continue;
      this.#takeBack(open);
      this.#open.delete(number);
    }
    this.#assign(now);
    this.#tell();
  }

  /** Takes back what was not acknowledged in time, with what its member has of the same chat behind it. */
  tick(now: number): void {
    const late = new Set<string>();
    const again: Open<W, M>[] = [];
    for (const open of this.#open.values()) {
      if (open.dueAt <= now) late.add(open.work.chat);
      // What somebody has of a chat is all with the same member.
      if (open.member !== undefined && late.has(open.work.chat)) again.push(open);
    }
    if (again.length > 0) this.#giveAgain(again, now);
  }

  /** Takes entries back, and gives them out once more, before what nobody has had yet. */
  #giveAgain(again: readonly Open<W, M>[], now: number): void {
    for (const open of again) this.#takeBack(open);
    // Of one chat they are all before what waits.
    this.#waiting = new Map([...again, ...this.#waiting.values()].map((open) => [open.work.number, open]));
    this.#assign(now);
  }

  #takeBack(open: Open<W, M>): void {
    const { member, work } = open;
    if (member === undefined) return;
    open.member = undefined;
    open.dueAt = Infinity;
    const has = this.#members.get(member);
    if (has !== undefined) this.#members.set(member, has - 1);
    const chat = this.#chats.get(work.chat)!;
    if (--chat.count === 0) this.#chats.delete(work.chat);
  }

  // --- who gets what ---------------------------------------------------------------------------------------------------

  /** Gives out what may be given, in order. */
  #assign(now: number): void {
    for (const open of this.#waiting.values()) {
      if (!this.#hasAnyRoom()) return;
      const member = this.#memberFor(open.work.chat);
      if (member !== undefined) this.#give(open, member, now);
    }
  }

  #hasAnyRoom(): boolean {
    for (const [member, has] of this.#members) if (has < member.window) return true;
    return false;
  }

  /** Who has the chat, if it has room; else who has the least to do. */
  #memberFor(chat: string): M | undefined {
    const holder = this.#chats.get(chat)?.member;
    if (holder !== undefined) return this.#hasRoom(holder) ? holder : undefined;
    let found: M | undefined;
    let least = Infinity;
    for (const [member, has] of this.#members) if (has < least && this.#hasRoom(member)) [found, least] = [member, has];
    return found;
  }

  #hasRoom(member: M): boolean {
    return (this.#members.get(member) ?? Infinity) < member.window;
  }

  #give(open: Open<W, M>, member: M, now: number): void {
    const { work, wasGiven } = open;
    this.#waiting.delete(work.number);
    open.member = member;
    open.dueAt = now + member.ackWait;
    open.wasGiven = true;
    this.#members.set(member, this.#members.get(member)! + 1);
    const chat = this.#chats.get(work.chat);
    if (chat === undefined) this.#chats.set(work.chat, { member, count: 1 });
    else chat.count++;
    this.#sink.give(member, work, wasGiven);
  }

  #tell(): void {
    const [first] = this.#open.keys();
    const upTo = first === undefined ? this.#last : first - 1;
    if (upTo <= this.#acknowledged) return;
    this.#acknowledged = upTo;
    this.#sink.acknowledged(upTo);
  }
}
