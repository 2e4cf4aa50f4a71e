/**
 * FaultRule: one line of the fault language: which fault, when, and by what numbers.
 * In: text. Out: rules, or a sentence on what is wrong. Never: chance; `faults.ts` rolls the dice.
 *
 *     seed 7                                      chance begins there
 *     all [rate=2]                                every fault, twice as often as usual
 *     rpc.500 method=messages.* p=0.1             one request in ten of a family of methods
 *     cut.down.rst every=3 at=100 count=2         the third and the sixth connection, after 100 bytes
 *     answer.* from=10 until=20                   by their usual chance, from second 10 to 20
 *     bad.20 of=inner connection=4 after=5        on connection 4, not the first five times
 */
import { KINDS } from './table.ts';
import type { AnyFaultKind } from './kind.ts';

/** When one fault is played. */
export interface FaultRule {
  readonly name: string;
  readonly kind: AnyFaultKind;
  /** The chance at each opportunity; 1 if the line names none. */
  readonly p: number;
  /** Of the opportunities after that, every so many-th is taken. */
  readonly every: number;
  /** How many opportunities pass before the first counts. */
  readonly after: number;
  /** How often the fault is played at most. */
  readonly count: number;
  /** Requests of these methods only. */
  readonly method: RegExp | undefined;
  /** The connection of this number only. */
  readonly connection: number | undefined;
  /** The data centre of this number only. */
  readonly dc: number | undefined;
  /** Seconds since the faults began, before which the fault is not played. */
  readonly from: number;
  /** Seconds since the faults began, from which on the fault is played no more. */
  readonly until: number;
  /** The fault's own settings: `ms`, `at`, `n` … */
  readonly own: ReadonlyMap<string, string>;
  /** How many opportunities there were. */
  seen: number;
  /** How often the fault was played. */
  played: number;
}

/** The rules and the seed of a text of the language. */
export interface FaultText {
  readonly rules: FaultRule[];
  readonly seed: number | undefined;
}

/** Settings that every fault has. */
const COMMON: ReadonlySet<string> = new Set([
  'p',
  'every',
  'after',
  'count',
  'method',
  'connection',
  'dc',
  'from',
  'until',
  'rate',
]);

/** Reads a text of the language. @throws Error naming the line */
export function parseFaults(text: string): FaultText {
  const rules: FaultRule[] = [];
  let seed: number | undefined;
  text.split('\n').forEach((line, i) => {
    const words = line.replace(/#.*/, '').trim().split(/\s+/).filter(Boolean);
    if (words.length === 0) return;
    try {
      if (words[0] === 'seed') seed = numberOf('seed', words[1] ?? '');
      else rules.push(...parseRule(words));
    } catch (error) {
      throw new Error(`line ${i + 1}: ${(error as Error).message}`, { cause: error });
    }
  });
  return { rules, seed };
}

/** The rules of one line: several if its name is `all` or ends in `*`. */
function parseRule([name = '', ...pairs]: string[]): FaultRule[] {
  const given = new Map(pairs.map(pairOf));
  const number = (key: string, otherwise: number): number =>
    given.has(key) ? numberOf(key, given.get(key)!) : otherwise;
  const names = namesOf(name);
  const isMany = name === 'all' || name.includes('*');
  const rate = number('rate', 1);
  return names.map((one) => ({
    name: one,
    kind: KINDS[one]!,
    p: Math.min(1, number('p', isMany || given.has('rate') ? KINDS[one]!.usual : 1) * rate),
    every: number('every', 1),
    after: number('after', 0),
    count: number('count', Infinity),
    method: given.has('method') ? globOf(given.get('method')!) : undefined,
    connection: given.has('connection') ? number('connection', 0) : undefined,
    dc: given.has('dc') ? number('dc', 0) : undefined,
    from: number('from', 0),
    until: number('until', Infinity),
    own: new Map([...given].filter(([key]) => !COMMON.has(key))),
    seen: 0,
    played: 0,
  }));
}

/** The faults that a name means; `*` stands for any text. @throws Error */
function namesOf(name: string): string[] {
  if (name === 'all') return Object.keys(KINDS);
  const glob = globOf(name);
  const names = Object.keys(KINDS).filter((one) => glob.test(one));
  if (names.length === 0) throw new Error(`no fault ${name}; there are: ${Object.keys(KINDS).join(', ')}`);
  return names;
}

function pairOf(word: string): [string, string] {
  const at = word.indexOf('=');
  if (at < 1) throw new Error(`${word}: expected key=value`);
  return [word.slice(0, at), word.slice(at + 1)];
}

function numberOf(key: string, text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw new Error(`${key}: ${text} is no number`);
  return value;
}

function globOf(glob: string): RegExp {
  return new RegExp(`^${glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}
