/**
 * Stored session: what a session knows of the name it is stored under, and of the account there.
 * In: a record that was read. Out: fields. Never: a key.
 */
import type { StoredUpdates, SessionRecord } from '../../account/record.ts';
import type { AuthKey } from '../../crypto/auth-key.ts';

/** Numbers of a session when its record was written: the record is behind if one differs. */
export interface Marks {
  keys: number;
  dc: number;
  changes: number;
  session: number;
  salt: number;
  salts: number;
  floods: number;
  temporary: AuthKey | undefined;
  isBound: boolean;
  offset: number;
}

/** The account of a session with a name, and whether its stored record is behind. */
export class StoredSession {
  readonly name: string;
  /** There is a record to store: somebody has signed in, or the session was handed in under this name. */
  hasRecord = false;
  userId: bigint | undefined;
  isBot = false;
  apiId: number | undefined;
  updates: StoredUpdates | undefined;
  /** The gateway opens it at its own start, and keeps it open with nobody there. */
  isResident = false;
  /** What the disk says of that; undefined if it is not known. */
  storedResident: boolean | undefined = false;
  /** Lines that wait for the disk to have that. */
  residencesUnderWay = 0;
  /** Why the session cannot be used any more. */
  lostReason: string | undefined;
  /** The account is being logged out: what the server says of its key is no news. */
  isForgetting = false;
  /** The data centre has logged the account out: its record is still to be removed. */
  isLoggedOut = false;
  /** Rises with every change below: `snapshot.ts` compares it to see whether SAVE_SESSION is due. */
  get version(): number {
    return this.#timesStored + this.changes + this.moves;
  }
  /** Rises when a record is sent to be stored, or was opened. */
  #timesStored = 0;
  /** Rises with a login, a logout, a session handed in, a lost account: `behind` compares it, and the record is stored at once. */
  changes = 0;
  /** Rises when `updates` changes: `behind` compares it with `storedMoves`, and the record is stored without haste. */
  moves = 0;
  /** Marks of the stored record, and `moves` then; undefined if nothing is stored. */
  storedMarks: Marks | undefined;
  storedMoves = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Takes the account's part of a record. */
  take({ userId, isBot, apiId, updates, lost, isResident }: SessionRecord): void {
    this.hasRecord = true;
    this.userId = userId;
    this.isBot = isBot;
    this.apiId = apiId;
    this.updates = updates;
    this.lostReason = lost;
    this.isResident = this.storedResident = isResident;
  }

  /** Notes that the stored record is the one these marks were taken of. */
  storedAs(marks: Marks): void {
    this.#timesStored++;
    this.storedMarks = marks;
    this.storedMoves = this.moves;
  }
}
