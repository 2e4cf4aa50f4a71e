/**
 * Lives: whose each connection of a soak's DC is, from when to when, and what befell it.
 * In: events and packets of the DC, faults as they are played. Out: the book that `touched.ts` reads.
 * Never: a guess: a connection that shows no key is nobody's here.
 */
import type { DcConnection } from '../../../src/testdc/wire/dc-connection.ts';
import type { DcSession } from '../../../src/testdc/protocol/dc-session.ts';
import type { Played } from '../../../src/testdc/faults/faults.ts';
import { KINDS } from '../../../src/testdc/faults/table.ts';
import type { KnownKey } from '../../../src/testdc/keys/known-key.ts';
import type { TestDc } from '../../../src/testdc/test-dc.ts';
import type { FaultSpan, Seen } from './touched.ts';

/** What has a beginning, perhaps an end, and keys by which its user is known later. */
interface Course {
  readonly from: number;
  until: number | undefined;
  readonly keys: KnownKey[];
}

interface Taint {
  readonly name: string;
  readonly from: number;
  /** The connection it was played on, or the session. */
  readonly course: Course;
}

/** Faults that are there as long as the connection or session they were played on; others are over at once. */
const LASTING_MOMENTS: ReadonlySet<string> = new Set(['path', 'field', 'session']);
const LASTING: ReadonlySet<string> = new Set([
  // The frames after it are found nowhere.
  'frame.huge',
  'frame.garbage',
  // The connection may be given up for it later.
  'pong.lost',
]);
/** After it the user's key is good for nothing any more. */
const FOR_GOOD = 'transport.404-twice';

export class Lives {
  readonly #now: () => number;
  /** Those that were forgotten too: who comes with one is known. */
  readonly #keys = new Map<bigint, KnownKey>();
  readonly #accounts = new Map<KnownKey, string>();
  readonly #courses: Course[] = [];
  readonly #ofConnection = new WeakMap<DcConnection, Course>();
  readonly #ofSession = new WeakMap<DcSession, Course>();
  readonly #sessions: { readonly course: Course; readonly connection: Course | undefined }[] = [];
  readonly #taints: Taint[] = [];
  /** Whose packet came last: a key is made while it is handled. */
  #current: DcConnection | undefined;

  /** @param dc with its faults already in place */
  constructor(dc: TestDc, now: () => number) {
    this.#now = now;
    dc.on('connection', (connection) => this.#connection(connection));
    dc.on('disconnection', (connection) => (this.#connection(connection).until = now()));
    dc.on('session', (session) => this.#session(session));
    dc.on('key', (key) => {
      this.#keys.set(key.id, key);
      if (this.#current !== undefined) this.#connection(this.#current).keys.push(key);
    });
    const before = { ...dc.taps };
    dc.taps.incoming = (connection, packet) => {
      this.#shown(connection, packet);
      return before.incoming === undefined ? packet : before.incoming(connection, packet);
    };
  }

  /** Whose account a permanent key was signed in to. */
  signedIn(key: KnownKey, user: string): void {
    this.#accounts.set(key, user);
  }

  /** A fault, as it is played. */
  played({ name, connection, session }: Pick<Played, 'name' | 'connection' | 'session'>): void {
    const course = connection === undefined ? session && this.#session(session) : this.#connection(connection);
    // Without either there are none; one would be nobody's.
    const unknown = { from: this.#now(), until: undefined, keys: [] };
    this.#taints.push({ name, from: this.#now(), course: course ?? unknown });
  }

  #connection(connection: DcConnection): Course {
    let course = this.#ofConnection.get(connection);
    if (course === undefined) {
      course = { from: this.#now(), until: undefined, keys: [] };
      this.#ofConnection.set(connection, course);
      this.#courses.push(course);
    }
    return course;
  }

  #session(session: DcSession): Course {
    let course = this.#ofSession.get(session);
    if (course === undefined) {
      course = { from: this.#now(), until: undefined, keys: [session.key] };
      this.#ofSession.set(session, course);
      const connection = this.#current === undefined ? undefined : this.#connection(this.#current);
      this.#sessions.push({ course, connection });
    }
    return course;
  }

  /** The number of the key stands before every packet, whatever becomes of it. */
  #shown(connection: DcConnection, packet: Buffer): void {
    this.#current = connection;
    if (packet.length < 8) return;
    const key = this.#keys.get(packet.readBigInt64LE(0));
    const { keys } = this.#connection(connection);
    if (key !== undefined && keys.at(-1) !== key) keys.push(key);
  }

  /** The book so far. */
  seen(): Seen {
    this.#endSessions();
    const now = this.#now();
    const lives = this.#courses.flatMap((course) => {
      const user = this.#userOf(course);
      return user === undefined ? [] : [{ user, from: course.from, until: course.until ?? now }];
    });
    return { lives, faults: this.#taints.map((taint) => this.#fault(taint, now)) };
  }

  #fault({ name, from, course }: Taint, now: number): FaultSpan {
    const user = this.#userOf(course);
    if (name === FOR_GOOD) return { name, from, until: now, user };
    return { name, from, until: isLasting(name) ? (course.until ?? now) : from, user };
  }

  /** A session ends where the next of its user begins; one of a key that came to nothing, with its connection. */
  #endSessions(): void {
    const last = new Map<string, Course>();
    for (const { course, connection } of this.#sessions) {
      const user = this.#userOf(course);
      if (user === undefined) {
        course.until = connection?.until;
        continue;
      }
      const before = last.get(user);
      if (before !== undefined) before.until = course.from;
      last.set(user, course);
    }
  }

  /** By the permanent key, or a temporary one that was ever bound to it. */
  #userOf({ keys }: Course): string | undefined {
    for (const key of keys) {
      const user = this.#accounts.get(key.boundTo ?? key);
      if (user !== undefined) return user;
    }
    return undefined;
  }
}

function isLasting(name: string): boolean {
  return LASTING.has(name) || LASTING_MOMENTS.has(KINDS[name]!.moment);
}
