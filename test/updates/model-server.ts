/**
 * Model server: boxes of one account as the server has them, and a path to a client that loses, doubles and delays.
 * In: dice, the time. Out: readings and answers for an engine. Never: TL; a number that it has told once told otherwise.
 */
import type { AccountState, Asked } from '../../src/updates/difference.ts';
import type { Answer } from '../../src/updates/engine.ts';
import { COMMON, QTS, SEQ, type SingleUpdate, type Reading, type Step } from '../../src/updates/step.ts';
import type { Dice } from '../../src/testdc/faults/dice.ts';

interface Event {
  readonly box: string;
  readonly last: number;
  readonly count: number;
  /** Unix seconds, each event's own. */
  readonly date: number;
  readonly piece: SingleUpdate;
}

/** Events in one answer. */
const SLICE = 5;

export const NOTHING: Reading = {
  steps: [],
  free: [],
  date: undefined,
  isTooLong: false,
  longChannels: [],
  hashes: [],
};

export class ModelServer {
  readonly #dice: Dice;
  readonly #log: Event[] = [];
  readonly #numbers = new Map<string, number>();
  /** Differences that were asked for. */
  asked = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** What was told of a box, in order. */
  told(box: string): string[] {
    return this.#log.filter((event) => event.box === box).map(({ piece }) => piece.kind);
  }

  get boxes(): string[] {
    return [...this.#numbers.keys()];
  }

  get state(): AccountState {
    const of = (box: string): number => this.#numbers.get(box) ?? 0;
    return { pts: of(COMMON), qts: of(QTS), seq: of(SEQ), date: this.#log.length };
  }

  /** Something happens. @returns what is pushed of it */
  happen(box: string): Reading {
    const count = box === QTS || box === SEQ ? 1 : 1 + this.#dice.below(3);
    const last = (this.#numbers.get(box) ?? (isChannel(box) ? 100 : 0)) + count;
    this.#numbers.set(box, last);
    const piece = { bytes: new Uint8Array(0), kind: `${box} ${last}`, chat: box };
    const event = { box, last, count, date: this.#log.length + 1, piece };
    this.#log.push(event);
    return { ...NOTHING, steps: [stepOf(event)], hashes: isChannel(box) ? [hashOf(box)] : [] };
  }

  /** Begins a channel without telling anybody. */
  open(channel: string): void {
    this.#numbers.set(channel, 100);
  }

  answer(asked: Asked): Answer {
    this.asked++;
    if (asked.kind === 'state') return { kind: 'state', state: this.state };
    if (asked.kind === 'channel') return this.#channel(asked.channel, asked.pts);
    return this.#account(asked);
  }

  #channel(channel: string, pts: number): Answer {
    const missed = this.#log.filter(({ box, last }) => box === channel && last > pts);
    const told = missed.slice(0, SLICE);
    const updates = told.map(({ piece }) => piece);
    const kind = updates.length === 0 ? 'empty' : 'updates';
    const isFinal = told.length === missed.length;
    return { kind: 'channel', difference: { kind, pts: told.at(-1)?.last ?? pts, isFinal, updates, rest: NOTHING } };
  }

  #account({ pts, qts, date }: Asked & { kind: 'difference' }): Answer {
    const missed = this.#log.filter(
      ({ box, last, date: at }) =>
        (box === COMMON && last > pts) || (box === QTS && last > qts) || (box === SEQ && at > date),
    );
    const { state } = this;
    // A channel that the client has missed something of: it is told that, as Telegram does.
    const longChannels = this.boxes.filter(isChannel).map((channel) => ({ channel, pts: this.#numbers.get(channel) }));
    const rest = { ...NOTHING, longChannels, hashes: this.boxes.filter(isChannel).map(hashOf) };
    if (missed.length === 0 && longChannels.length === 0)
      return { kind: 'difference', difference: { kind: 'empty', date: state.date, seq: state.seq } };
    const told = missed.slice(0, SLICE);
    const updates = told.map(({ piece }) => piece);
    if (told.length === missed.length)
      return { kind: 'difference', difference: { kind: 'whole', updates, rest, state } };
    const upTo = Math.max(date, told.at(-1)!.date);
    const numberOf = (box: string, before: number): number =>
      told.findLast((event) => event.box === box)?.last ?? before;
    const seq = this.#log.findLast((event) => event.box === SEQ && event.date <= upTo)?.last ?? 0;
    const between = { pts: numberOf(COMMON, pts), qts: numberOf(QTS, qts), seq, date: upTo };
    return { kind: 'difference', difference: { kind: 'slice', updates, rest, state: between } };
  }
}

function stepOf({ box, last, count, piece, date }: Event): Step {
  return { box, last, count, updates: [piece], ...(box === SEQ && { date }) };
}

function hashOf(channel: string): { channel: string; accessHash: bigint } {
  return { channel, accessHash: BigInt(channel) * 7n };
}

export function isChannel(box: string): boolean {
  return /^\d+$/.test(box);
}
