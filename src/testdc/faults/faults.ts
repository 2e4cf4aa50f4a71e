/**
 * Faults: makes a test DC misbehave by rules, repeatably, and counts the faults.
 * In: the fault language (`faults/rule.ts`), a seed. Out: taps in the DC; how often each fault was played.
 * Never: more than one fault at one opportunity.
 */
import type { Call } from '../answers/call.ts';
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

/** A number that no connection has: breaches excused there are excused on all. */
const EVERYWHERE = 0;

/** One fault that was played. */
export interface Played {
  readonly name: string;
  readonly connection: DcConnection | undefined;
  /** The session whose message it befell, or that is new and speaks on no connection yet. */
  readonly session: DcSession | undefined;
  /** The request that it befell. */
  readonly call: Call | undefined;
  /** What it put in place of what would have happened, if anything. */
  readonly effect: unknown;
}

/** The faults of one test DC. */
export class Faults {
  readonly #dc: TestDc;
  readonly #begun: number;
  readonly #rules = new Map<Moment, FaultRule[]>();
  /** Rules whose breach is a fault's doing, by the connection's number. */
  readonly #excused = new Map<number, Set<Rule>>();
  readonly #paths = new WeakMap<DcConnection, Path>();
  #dice: Dice;
  /** How often each fault was played, by name. */
  readonly counts = new Map<string, number>();
  /** Told of each fault when it was played. */
  onPlay: (played: Played) => void = () => {};

  /** `text` is of the fault language; a `seed` line in it goes before `seed`. @throws Error naming the line */
  constructor(dc: TestDc, text = '', seed = 1) {
    this.#dc = dc;
    this.#begun = dc.world.env.now();
    this.#dice = new Dice(seed);
    this.add(text);
    this.#tap();
  }

  /** The seed that chance began with. */
  get seed(): number {
    return this.#dice.seed;
  }

  /** How many faults were played. */
  get total(): number {
    let sum = 0;
    for (const count of this.counts.values()) sum += count;
    return sum;
  }

  /** Adds rules of the fault language. @throws Error naming the line */
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

  /** Ends all rules; a path that is cut stays cut. */
  clear(): void {
    this.#rules.clear();
  }

  /** Puts a tap at each moment that faults have. */
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

  /** The effect of the fault that is played at an opportunity, or `otherwise` if none is. */
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

  /** Plays a fault, if any, at an opportunity without an effect. */
  #play<M extends Moment>(moment: M, at: Moments[M]['at'], connection: DcConnection | undefined): void {
    const rule = this.#chosen(moment, at, connection, undefined);
    if (rule !== undefined) void this.#act(rule, at, connection);
  }

  /** The first rule that is for this opportunity, by chance and by turn. */
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
      // Chance before `suits`, which may cost a decryption.
      if (rule.p < 1 && this.#dice.next() >= rule.p) continue;
      if ((rule.kind as unknown as FaultKind<M>).suits?.(at) !== false && isTurn(rule)) return rule;
    }
    return undefined;
  }

  /** Whether a rule's bounds include an opportunity. */
  #isMeant(rule: FaultRule, connection: DcConnection | undefined, method: string | undefined): boolean {
    if (rule.played >= rule.count) return false;
    if (rule.method !== undefined && (method === undefined || !rule.method.test(method))) return false;
    if (rule.connection !== undefined && rule.connection !== connection?.number) return false;
    if (rule.dc !== undefined && rule.dc !== connection?.dc.id) return false;
    if (rule.from === 0 && rule.until === Infinity) return true;
    const seconds = (this.#dc.world.env.now() - this.#begun) / 1000;
    return seconds >= rule.from && seconds < rule.until;
  }

  /** Plays and counts a rule's fault. */
  #act<M extends Moment>(
    rule: FaultRule,
    at: Moments[M]['at'],
    connection: DcConnection | undefined,
  ): Moments[M]['effect'] {
    rule.played++;
    this.counts.set(rule.name, (this.counts.get(rule.name) ?? 0) + 1);
    const session = 'session' in at ? at.session : undefined;
    const effect = (rule.kind as unknown as FaultKind<M>).play(at, this.#how(rule));
    this.onPlay({ name: rule.name, connection, session, call: 'call' in at ? at.call : undefined, effect });
    return effect;
  }

  /** What a rule's fault is given to play by. */
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

/** Counts an opportunity of a rule: the first `after` pass, then every `every`th is taken. */
function isTurn(rule: FaultRule): boolean {
  rule.seen++;
  return rule.seen > rule.after && (rule.seen - rule.after) % rule.every === 0;
}

/** Makes faults that a DC plays from then on: as `new Faults`, for callers that want no counts. */
export function makeFaults(dc: TestDc, text: string, seed?: number): Faults {
  return new Faults(dc, text, seed);
}

/** The connection that a session speaks through. */
function connectionOf(session: DcSession): DcConnection | undefined {
  return session.link instanceof DcConnection ? session.link : undefined;
}
