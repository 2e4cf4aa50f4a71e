/**
 * Faults: makes a test DC misbehave by rule, repeatably, and keeps count of it.
 * In: the fault language (`faults/rule.ts`), a seed. Out: taps in the DC; how often each fault was played.
 * Never: more than one fault at one opportunity; a fault that only one client could notice as such.
 */
import { DcConnection } from '../wire/dc-connection.ts';
import type { DcSession } from '../protocol/dc-session.ts';
import { counted } from './answers.ts';
import { Dice } from './dice.ts';
import type { How, FaultKind, Moment, Moments } from './kind.ts';
import { storm, wasRefused } from './messages.ts';
import { Path } from './path.ts';
import { parseFaults } from './rule.ts';
import type { FaultRule } from './rule.ts';
import type { TestDc } from '../test-dc.ts';
import type { Rule } from '../protocol/violations.ts';

/** No connection has this number: what is excused there is excused on all. */
const EVERYWHERE = 0;

/** One fault that was played. */
export interface Played {
  readonly name: string;
  readonly connection: DcConnection | undefined;
  /** Whose message it befell, or that is new: then it speaks on no connection yet. */
  readonly session: DcSession | undefined;
}

export class Faults {
  readonly #dc: TestDc;
  readonly #begun: number;
  readonly #rules = new Map<Moment, FaultRule[]>();
  /** Breaches that a fault brings about, by connection. */
  readonly #excused = new Map<number, Set<Rule>>();
  readonly #paths = new WeakMap<DcConnection, Path>();
  #dice: Dice;
  /** How often each was played. */
  readonly counts = new Map<string, number>();
  /** Told of each fault as it is played. */
  onPlay: (played: Played) => void = () => {};

  /** @param seed default 1; a `seed` line of `text` has the last word */
  constructor(dc: TestDc, text = '', seed = 1) {
    this.#dc = dc;
    this.#begun = dc.world.env.now();
    this.#dice = new Dice(seed);
    this.add(text);
    this.#tap();
  }

  get seed(): number {
    return this.#dice.seed;
  }

  /** How many were played. */
  get total(): number {
    let sum = 0;
    for (const count of this.counts.values()) sum += count;
    return sum;
  }

  /** Adds rules. @throws Error on text that is none */
  add(text: string): void {
    const { rules, seed } = parseFaults(text);
    if (seed !== undefined) this.#dice = new Dice(seed);
    for (const rule of rules) {
      const { moment } = rule.kind;
      const list = this.#rules.get(moment);
      if (list === undefined) this.#rules.set(moment, [rule]);
      else list.push(rule);
    }
  }

  /** Ends all rules; paths that are already cut stay so. */
  clear(): void {
    this.#rules.clear();
  }

  /** Puts faults where the DC lets them be put. */
  #tap(): void {
    const dc = this.#dc;
    const { taps } = dc;
    taps.wire = (connection, wire) => {
      const path = new Path(connection, wire, connection.dc.env);
      this.#paths.set(connection, path);
      this.#play('path', { path, connection }, connection);
      return path;
    };
    taps.stream = (connection, chunk) => {
      const path = this.#paths.get(connection);
      return path === undefined ? chunk : path.arrive(chunk);
    };
    taps.incoming = (connection, packet) => this.#or('incoming', { connection, packet }, connection, packet);
    taps.message = (session, message) => {
      const connection = connectionOf(session);
      if (connection === undefined) return false;
      if (wasRefused(session, message)) return true;
      if (message.place !== 'inner') storm(session);
      return this.#or('message', { session, connection, message }, connection, false);
    };
    taps.request = (call) => {
      const { session } = call;
      const connection = connectionOf(session);
      if (connection === undefined) return undefined;
      return this.#or('request', { call, session, connection }, connection, undefined, call.method);
    };
    taps.answer = (session, received, result) => {
      counted(session);
      const connection = connectionOf(session);
      if (connection === undefined) return result;
      return this.#or('answer', { session, connection, received, result }, connection, result, received.method);
    };
    taps.outgoing = (connection, packet) => this.#or('outgoing', { connection, packet }, connection, packet);
    taps.field = (connection, name, value) =>
      connection === undefined ? value : this.#or('field', { connection, name, value }, connection, value);
    dc.on('session', (session) => this.#play('session', { session, connection: connectionOf(session) }, undefined));
    dc.on('disconnection', (connection) => this.#excused.delete(connection.number));
    dc.violations.excuse = (rule, connection) =>
      this.#excused.get(connection)?.has(rule) === true || this.#excused.get(EVERYWHERE)?.has(rule) === true;
  }

  /** What a fault makes of this opportunity, or `otherwise` if there is none. */
  #or<M extends Moment>(
    moment: M,
    at: Moments[M]['at'],
    connection: DcConnection,
    otherwise: Moments[M]['effect'],
    method?: string,
  ): Moments[M]['effect'] {
    const rule = this.#chosen(moment, at, connection, method);
    return rule === undefined ? otherwise : this.#act(rule, at, connection);
  }

  #play<M extends Moment>(moment: M, at: Moments[M]['at'], connection: DcConnection | undefined): void {
    const rule = this.#chosen(moment, at, connection, undefined);
    if (rule !== undefined) void this.#act(rule, at, connection);
  }

  #chosen<M extends Moment>(
    moment: M,
    at: Moments[M]['at'],
    connection: DcConnection | undefined,
    method: string | undefined,
  ): FaultRule | undefined {
    const rules = this.#rules.get(moment);
    if (rules === undefined) return undefined;
    for (const rule of rules) {
      if (!this.#isMeant(rule, connection, method)) continue;
      // Chance first: whether an opportunity suits may be dear to find out.
      if (rule.p < 1 && this.#dice.next() >= rule.p) continue;
      if ((rule.kind as unknown as FaultKind<M>).suits?.(at) !== false && isTurn(rule)) return rule;
    }
    return undefined;
  }

  #isMeant(rule: FaultRule, connection: DcConnection | undefined, method: string | undefined): boolean {
    if (rule.played >= rule.count) return false;
    if (rule.method !== undefined && (method === undefined || !rule.method.test(method))) return false;
    if (rule.connection !== undefined && rule.connection !== connection?.number) return false;
    if (rule.dc !== undefined && rule.dc !== connection?.dc.id) return false;
    if (rule.from === 0 && rule.until === Infinity) return true;
    const seconds = (this.#dc.world.env.now() - this.#begun) / 1000;
    return seconds >= rule.from && seconds < rule.until;
  }

  #act<M extends Moment>(
    rule: FaultRule,
    at: Moments[M]['at'],
    connection: DcConnection | undefined,
  ): Moments[M]['effect'] {
    rule.played++;
    this.counts.set(rule.name, (this.counts.get(rule.name) ?? 0) + 1);
    this.onPlay({ name: rule.name, connection, session: 'session' in at ? at.session : undefined });
    return (rule.kind as unknown as FaultKind<M>).play(at, this.#how(rule));
  }

  #how(rule: FaultRule): How {
    return {
      dc: this.#dc,
      dice: this.#dice,
      number: (name, otherwise) => Number(rule.own.get(name) ?? otherwise),
      text: (name, otherwise) => rule.own.get(name) ?? otherwise,
      excuse: (connection, ...rules) => {
        const number = connection?.number ?? EVERYWHERE;
        const excused = this.#excused.get(number) ?? new Set();
        this.#excused.set(number, excused);
        for (const one of rules) excused.add(one);
      },
    };
  }
}

/** Counts opportunities: `after` of them pass, then every `every`th is taken. */
function isTurn(rule: FaultRule): boolean {
  rule.seen++;
  return rule.seen > rule.after && (rule.seen - rule.after) % rule.every === 0;
}

/** Plays faults at a DC: the same as `new Faults`, for those who do not ask for the counts. */
export function makeFaults(dc: TestDc, text: string, seed?: number): Faults {
  return new Faults(dc, text, seed);
}

function connectionOf(session: DcSession): DcConnection | undefined {
  return session.link instanceof DcConnection ? session.link : undefined;
}
