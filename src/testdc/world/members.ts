/**
 * GroupMembers: who is in which group and channel.
 * In: groups, people who join and leave. Out: the members of a group, and how many there are. Never: messages, TL objects.
 *
 * The groups of the seed are open: every person who is no bot is in them until he leaves. In all other groups are those
 * who have joined.
 */
import type { Group, Person, Standing } from './peers.ts';
import { peerKey } from './peers.ts';
import { seedPeople } from './seed.ts';

/** Somebody in a group. */
export interface Member {
  readonly userId: bigint;
  /** Unix seconds of the joining. */
  readonly date: number;
  readonly inviterId: bigint;
  readonly isCreator: boolean;
}

/** The users who have joined a group, and those who have left it. */
interface Book {
  readonly joined: Map<bigint, Member>;
  readonly left: Set<bigint>;
}

/** The members of all groups of one world. */
export class GroupMembers {
  /** How often somebody has joined or left. */
  changes = 0;
  readonly #books = new Map<string, Book>();
  readonly #people: ReadonlyMap<bigint, Person>;
  readonly #signedIn: () => Iterable<bigint>;

  /** `signedIn` gives the users with a key: of the members of open groups, they alone can be told anything. */
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

  /** A user as a member of a group; undefined if he is none. */
  get(group: Group, userId: bigint): Member | undefined {
    const { joined, left } = this.#book(group);
    const person = this.#people.get(userId);
    const isByNature = group.isOpen === true && person !== undefined && person.isBot !== true && !left.has(userId);
    return joined.get(userId) ?? (isByNature ? native(group, userId) : undefined);
  }

  /** The members, those who have joined first; of an open group the people of the seed and who is signed in. */
  list(group: Group): Member[] {
    const natives = group.isOpen === true ? [...seedPeople().map(({ id }) => id), ...this.#signedIn()] : [];
    const ids = new Set([...this.#book(group).joined.keys(), ...natives]);
    return [...ids].flatMap((id) => this.get(group, id) ?? []);
  }

  /** The members that are to be told of something: of an open group only who is signed in or has joined. */
  *listeners(group: Group): IterableIterator<bigint> {
    const natives = group.isOpen === true ? this.#signedIn() : [];
    for (const id of new Set([...this.#book(group).joined.keys(), ...natives])) if (this.has(group, id)) yield id;
  }

  /** The number of members that a group shows. */
  size(group: Group): number {
    const { joined, left } = this.#book(group);
    return group.isOpen === true ? Math.max(0, group.size + joined.size - left.size) : joined.size;
  }

  /** What a group is to one viewer. */
  standing(group: Group, viewer: bigint): Standing {
    const member = this.get(group, viewer);
    return { isCreator: member?.isCreator === true, isLeft: member === undefined, size: this.size(group) };
  }

  /** Whether a user may write into a group: a member, and of a channel its creator. */
  mayWrite(group: Group, userId: bigint): boolean {
    const member = this.get(group, userId);
    return member !== undefined && (!group.isBroadcast || member.isCreator);
  }
}

/** A member of an open group who has never joined. */
function native(group: Group, userId: bigint): Member {
  return { userId, date: group.date, inviterId: userId, isCreator: false };
}
