/**
 * Shared turns: attachments of one client in one session, which wait in one line, so that what the client puts by one of them does not
 * pass what it has put by another.
 * In: attachments by number, records of them. Out: whose turn a record waits for. Never: a number of an attachment that has gone.
 */
import { In } from '../../batch/records.ts';

/** Whose turn an attachment shares, and the session that both are in. */
interface Shared {
  readonly turn: number;
  readonly session: number;
}

/** Those of one lane; few clients speak in a session by two attachments. */
export class SharedTurns {
  readonly #all = new Map<number, Shared>();

  /** @param turn the number of the other attachment, whose own turn it is */
  add(attachment: number, turn: number, session: number): void {
    this.#all.set(attachment, { turn, session });
  }

  /** Whose turn a record waits for. @param number of its session or attachment */
  turnOf(kind: number, number: number): number {
    if (this.#all.size === 0) return number;
    const turn = this.#all.get(number)?.turn ?? number;
    if (kind === In.DETACH) this.#all.delete(number);
    else if (kind === In.CLOSE) this.#forget(number);
    return turn;
  }

  #forget(session: number): void {
    for (const [number, shared] of this.#all) if (shared.session === session) this.#all.delete(number);
  }

  clear(): void {
    this.#all.clear();
  }
}
