/**
 * Unknowns: requests whose outcome nobody can be sure of, and which of them met no fault.
 * In: each such answer as it comes; at the end the DC's book, pauses of the processes around the gateway.
 * Out: counts, and of those without a fault the first in words. Never: a verdict.
 */
import type { Line } from '../../support/ledger.ts';
import type { Opening } from './client.ts';
import { Touched, type FaultSpan, type Seen, type Span, type Stay } from './touched.ts';

/** Requests described, and faults named beside each. */
const DESCRIBED = 20;
const NEAR = 4;

interface Unknown extends Span {
  readonly client: number;
  readonly opening: Opening;
  readonly line: Line;
}

export interface UnknownFigures {
  /** No fault touched the client meanwhile. */
  readonly withoutFault: number;
  /** Time-outs among those while the soak or its DC was not let run: the machine's doing, maybe. */
  readonly paused: number;
  /** Those that met one, but only when an answer was long due. */
  readonly late: number;
  /** Of a client that never learned its account: any fault of an account that nobody knows to be theirs counts. */
  readonly nameless: number;
  /** The share of the clients' time in which no fault was at work. */
  readonly freeShare: number;
  /** Those without a fault, and then those that met it late, in words. */
  readonly described: readonly string[];
}

export class Unknowns {
  readonly #list: Unknown[] = [];

  add(client: number, opening: Opening, asked: number, now: number, line: Line): void {
    this.#list.push({ client, opening, from: asked, until: now, line });
  }

  /** @param pauses of the processes around the gateway */
  judged(seen: Seen, openings: readonly Opening[], pauses: readonly Span[], now: number): UnknownFigures {
    const learned = openings.map(({ user }) => user).filter((user) => user !== undefined);
    const touched = new Touched(seen, new Set(learned));
    const without = this.#list.filter((one) => touched.by(stayOf(one)) === undefined);
    const notInTime = this.#list.filter((one) => touched.inTimeBy(stayOf(one)) === undefined);
    const late = notInTime.filter((one) => !without.includes(one));
    return {
      withoutFault: without.length,
      paused: without.filter((one) => isTimeout(one.line) && pauses.some((pause) => overlap(pause, one))).length,
      late: late.length,
      nameless: this.#list.filter(({ opening }) => opening.user === undefined).length,
      freeShare: touched.freeShare(
        openings.map(({ user, from, until = now }) => ({ user, from, until })).filter(({ user }) => user !== undefined),
      ),
      described: [
        ...without.map((one) => ['without a fault', one] as const),
        ...late.map((one) => ['a fault, but late', one] as const),
      ]
        .slice(0, DESCRIBED)
        .map(([what, one]) => `${what}: ${described(one, touched)}`),
    };
  }
}

/** An account may be learned after the request: it was the client's all along. */
function stayOf({ opening, from, until }: Unknown): Stay {
  return { user: opening.user, from, until };
}

function described(one: Unknown, touched: Touched): string {
  const { client, opening, from, until, line } = one;
  const stay = stayOf(one);
  const near = touched.near(stay, NEAR).map((fault) => faultText(fault, from));
  const lives = touched.livesIn(stay).map((life) => `${since(life.from, from)} to ${since(life.until, from)}`);
  return [
    `client ${client}, user ${opening.user ?? 'not known'}, ${new Date(from).toISOString()}`,
    `answered ${since(until, from)}: ${JSON.stringify(line).slice(0, 200)}`,
    `connected ${lives.join(', ') || 'not'} (the client itself from ${since(opening.from, from)})`,
    `last faults: ${near.join(', ') || 'none'}`,
  ].join('; ');
}

function faultText({ name, user, from, until }: FaultSpan, zero: number): string {
  return `${name} of ${user ?? 'nobody known'} ${since(from, zero)} to ${since(until, zero)}`;
}

/** Seconds after (or before) the request was asked. */
function since(at: number, zero: number): string {
  return `${at < zero ? '' : '+'}${((at - zero) / 1000).toFixed(2)} s`;
}

function overlap(a: Span, b: Span): boolean {
  return a.from <= b.until && b.from <= a.until;
}

function isTimeout(line: Line): boolean {
  return (line['message'] as Line | undefined)?.['_cons'] === 'rpc_timeout';
}
