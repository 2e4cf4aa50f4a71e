/**
 * Named: what a session knows of the name it is kept under.
 * In: a record that was read. Out: fields. Never: a key.
 */
import type { StoredUpdates, SessionRecord } from '../../account/record.ts';
import type { AuthKey } from '../../crypto/auth-key.ts';

/** Numbers that tell whether what is kept is behind. */
export interface Marks {
  keys: number;
  dc: number;
  own: number;
  session: number;
  salt: number;
  salts: number;
  floods: number;
  temporary: AuthKey | undefined;
  isBound: boolean;
  offset: number;
}

export class StoredSession {
  readonly name: string;
  /** There is something to keep: somebody has signed in, or the session was handed in under this name. */
  isKept = false;
  userId: bigint | undefined;
  isBot = false;
  apiId: number | undefined;
  updates: StoredUpdates | undefined;
  /** Why the session cannot be used any more. */
  lost: string | undefined;
  /** The account is being logged out: what the server says of its key is no news. */
  isForgetting = false;
  /** Rises with everything that changes it. */
  get version(): number {
    return this.#said + this.changes + this.moves;
  }
  #said = 0;
  /** Counts changes of what must be kept at once. */
  changes = 0;
  /** Counts changes of `updates`. */
  moves = 0;
  /** Marks of the record that is kept, and `moves` then; undefined: nothing is kept. */
  kept: Marks | undefined;
  keptMoves = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Whose a record is. */
  take({ userId, isBot, apiId, updates, lost }: SessionRecord): void {
    this.isKept = true;
    this.userId = userId;
    this.isBot = isBot;
    this.apiId = apiId;
    this.updates = updates;
    this.lost = lost;
  }

  /** The record that is kept is the one these marks were taken of. */
  keptAs(marks: Marks): void {
    this.#said++;
    this.kept = marks;
    this.keptMoves = this.moves;
  }
}
