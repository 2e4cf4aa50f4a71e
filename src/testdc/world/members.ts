/**
 * Members: who is in which group and channel.
 * In: groups, people who join and leave. Out: who is in, as what, how many. Never: messages, or what TL makes of it.
 *
 * The groups of the seed are open: everybody who is no bot is in them until he leaves. All other groups have those who
 * were put in.
 */
import type { Group, Person, Standing } from './peers.ts';
import { peerKey } from './peers.ts';
import { seedPeople } from './seed.ts';

export interface Member {
  readonly userId: bigint;
  /** Unix seconds. */
  readonly date: number;
  readonly inviterId: bigint;
  readonly isCreator: boolean;
}

interface Book {
  readonly joined: Map<bigint, Member>;
  readonly left: Set<bigint>;
}

export class GroupMembers {
  /** How often anything has changed. */
  changes = 0;
  readonly #books = new Map<string, Book>();
  readonly #people: ReadonlyMap<bigint, Person>;
  readonly #signedIn: () => Iterable<bigint>;

  /** @param signedIn users who have a key: of those in open groups, they can hear of something */
  constructor(people: ReadonlyMap<bigint, Person>, signedIn: () => Iterable<bigint>) {
    this.#people = people;
    this.#signedIn = signedIn;
  }

  #book(group: Group): Book {
    const key = peerKey(group);
    let book = this.#books.get(key);
    if (book === undefined) this.#books.set(key, (book = { joined: new Map(), left: new Set() }));
    return book;
  }

  join(group: Group, member: Member): void {
    const { joined, left } = this.#book(group);
    left.delete(member.userId);
    joined.set(member.userId, member);
    this.changes++;
  }

  leave(group: Group, userId: bigint): void {
    const { joined, left } = this.#book(group);
    joined.delete(userId);
    left.add(userId);
    this.changes++;
  }

  has(group: Group, userId: bigint): boolean {
    return this.get(group, userId) !== undefined;
  }

  /** As what somebody is in; undefined: not at all. */
  get(group: Group, userId: bigint): Member | undefined {
    const { joined, left } = this.#book(group);
    const person = this.#people.get(userId);
    const isByNature = group.isOpen === true && person !== undefined && person.isBot !== true && !left.has(userId);
    return joined.get(userId) ?? (isByNature ? native(group, userId) : undefined);
  }

  /** Everybody of whom anything is known, those who made it first. */
  list(group: Group): Member[] {
    const natives = group.isOpen === true ? [...seedPeople().map(({ id }) => id), ...this.#signedIn()] : [];
    const ids = new Set([...this.#book(group).joined.keys(), ...natives]);
    return [...ids].flatMap((id) => this.get(group, id) ?? []);
  }

  /** Those who are to be told: of an open group only who is signed in. */
  *listeners(group: Group): IterableIterator<bigint> {
    const natives = group.isOpen === true ? this.#signedIn() : [];
    for (const id of new Set([...this.#book(group).joined.keys(), ...natives])) if (this.has(group, id)) yield id;
  }

  /** What a group shows as the number of its members. */
  size(group: Group): number {
    const { joined, left } = this.#book(group);
    return group.isOpen === true ? Math.max(0, group.size + joined.size - left.size) : joined.size;
  }

  standing(group: Group, viewer: bigint): Standing {
    const member = this.get(group, viewer);
    return { isCreator: member?.isCreator === true, isLeft: member === undefined, size: this.size(group) };
  }

  /** Whether somebody may write there. */
  mayWrite(group: Group, userId: bigint): boolean {
    const member = this.get(group, userId);
    return member !== undefined && (!group.isBroadcast || member.isCreator);
  }
}

function native(group: Group, userId: bigint): Member {
  return { userId, date: group.date, inviterId: userId, isCreator: false };
}
