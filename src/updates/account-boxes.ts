/**
 * Account boxes: the three boxes of the account itself, and the difference that heals all three at once (protocol: Updates).
 * In: steps, answers, the time. Out: updates in their order, questions. Never: two questions at once.
 */
import { UpdateBox, type Apply } from './update-box.ts';
import type { AccountDifference, AccountState, Asked, Failure } from './difference.ts';
import { Retry } from './retry.ts';
import { COMMON, QTS, SEQ, type Reading, type Step } from './step.ts';
import type { UpdatesSink } from './updates-sink.ts';

type AccountAsked = Asked & { readonly kind: 'state' | 'difference' };

/** The boxes of one account. */
export class AccountBoxes {
  readonly #sink: UpdatesSink;
  readonly #common: UpdateBox;
  readonly #qts: UpdateBox;
  readonly #seq: UpdateBox;
  readonly #all: readonly UpdateBox[];
  readonly #retry = new Retry();
  readonly #takeRest: (rest: Reading, now: number) => void;
  /** Unix seconds, as the server counts them. */
  #date: number;
  #asked: AccountAsked | undefined;
  /** It is to be asked for, for another reason than a gap. */
  #isWanted = false;
  #isInGap = false;

  /** @param stored where they go on; undefined: the server is asked where it stands @param takeRest takes what an answer says of other boxes */
  constructor(sink: UpdatesSink, stored: AccountState | undefined, takeRest: (rest: Reading, now: number) => void) {
    this.#sink = sink;
    this.#common = new UpdateBox(stored?.pts);
    this.#qts = new UpdateBox(stored?.qts);
    this.#seq = new UpdateBox(stored?.seq);
    this.#all = [this.#common, this.#qts, this.#seq];
    this.#date = stored?.date ?? 0;
    this.#takeRest = takeRest;
  }

  /** Where they stand; undefined while nobody knows. */
  get stored(): AccountState | undefined {
    const [pts, qts, seq] = this.#all.map(({ value }) => value);
    if (pts === undefined || qts === undefined || seq === undefined) return undefined;
    return { pts, qts, seq, date: this.#date };
  }

  /** When `tick` has something to do, Unix ms. */
  get dueAt(): number {
    if (this.#asked !== undefined) return Infinity;
    if (this.#isWanted) return 0;
    return Math.min(this.#retry.at, ...this.#all.map(({ gapAt }) => gapAt));
  }

  /** Takes a step of one of them. @returns whether it was */
  take(step: Step, now: number): boolean {
    const box = this.#named(step.box);
    box?.take(step, now, this.#apply);
    return box !== undefined;
  }

  #named(name: string): UpdateBox | undefined {
    if (name === COMMON) return this.#common;
    if (name === QTS) return this.#qts;
    return name === SEQ ? this.#seq : undefined;
  }

  /** Where nothing is missing, all before `date` is known. @param date Unix seconds */
  dated(date: number): void {
    if (date > this.#date && this.dueAt === Infinity && this.#asked === undefined) this.#date = date;
  }

  /** Something may have been missed: the difference is asked for, or once more if it is on its way. */
  want(): void {
    this.#isWanted = true;
  }

  // --- questions -------------------------------------------------------------------------------------------------------

  /** Asks if that is due. */
  tick(now: number): void {
    if (this.dueAt > now) return;
    this.#isWanted = false;
    this.#retry.begun();
    for (const box of this.#all) box.fetch();
    const { stored } = this;
    if (stored === undefined) this.#asked = { kind: 'state' };
    else {
      this.#asked = { kind: 'difference', pts: stored.pts, qts: stored.qts, date: stored.date };
      this.#beginGap();
    }
    this.#sink.ask(this.#asked);
  }

  /** Where the server stands: everything begins there. */
  told(asked: AccountAsked, state: AccountState, now: number): void {
    if (!this.#end(asked)) return;
    this.#retry.ended();
    this.#date = state.date;
    this.#common.begin(state.pts, now, this.#apply);
    this.#qts.begin(state.qts, now, this.#apply);
    this.#seq.begin(state.seq, now, this.#apply);
    this.#endGap();
  }

  /** What was missed. */
  answered(asked: AccountAsked, answer: AccountDifference, now: number): void {
    if (!this.#end(asked)) return;
    this.#retry.ended();
    if (this.#all.some(({ hasOverflown }) => hasOverflown)) this.#isWanted = true;
    if (answer.kind === 'empty') this.#goOn({ ...this.stored!, date: answer.date, seq: answer.seq }, now);
    else if (answer.kind === 'tooLong') this.#skip(answer.pts);
    else {
      for (const update of answer.updates) this.#sink.deliver(COMMON, update, true);
      if (answer.kind === 'whole') this.#goOn(answer.state, now);
      else this.#goOnLater(answer.state);
      this.#takeRest(answer.rest, now);
    }
    this.#endGap();
  }

  /** All was told up to `state`. */
  #goOn({ pts, qts, seq, date }: AccountState, now: number): void {
    this.#date = date;
    this.#common.fetched(pts, now, this.#apply);
    this.#qts.fetched(qts, now, this.#apply);
    this.#seq.fetched(seq, now, this.#apply);
  }

  /** All was told up to `state`, and there is more. */
  #goOnLater({ pts, qts, seq, date }: AccountState): void {
    this.#date = date;
    [this.#common.value, this.#qts.value, this.#seq.value] = [pts, qts, seq];
    this.#isWanted = true;
  }

  /** What lies before `pts` cannot be told any more. */
  #skip(pts: number): void {
    this.#sink.dropped(COMMON, 'differenceTooLong');
    this.#common.value = pts;
    this.#isWanted = true;
  }

  /** A question has no answer. */
  failed(asked: AccountAsked, failure: Failure, now: number): void {
    if (!this.#end(asked)) return;
    if (failure.kind === 'later') return this.#retry.later(failure.seconds, now);
    this.#sink.dropped(COMMON, failure.kind === 'unreadable' ? 'unreadable' : 'stateInvalid');
    // The server's own numbers are the only ones to go on from.
    for (const box of this.#all) box.value = undefined;
    this.#retry.later(undefined, now);
  }

  #end(asked: AccountAsked): boolean {
    if (this.#asked !== asked) return false;
    this.#asked = undefined;
    return true;
  }

  #beginGap(): void {
    if (this.#isInGap) return;
    this.#isInGap = true;
    this.#sink.gap(COMMON, 'start');
  }

  #endGap(): void {
    if (!this.#isInGap || this.#isWanted) return;
    this.#isInGap = false;
    this.#sink.gap(COMMON, 'end');
  }

  readonly #apply: Apply = ({ box, updates, date = 0 }: Step): void => {
    if (date > this.#date) this.#date = date;
    for (const update of updates) this.#sink.deliver(box, update, false);
  };
}
