/**
 * What a bench is, and what it is given.
 * In: nothing. Out: types. Never: behaviour.
 */
import type { Report } from './report.ts';

export interface Context {
  /** How often each thing is measured. */
  readonly runs: number;
  /** How long one run takes, where a bench measures by time. */
  readonly seconds: number;
  /** Options of this bench alone: `--clients 1000`. */
  readonly options: Readonly<Record<string, string>>;
  /** What is being done: a line that is overwritten on a terminal. */
  progress(text: string): void;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  /** Its own options with what they are, for the help. */
  readonly options?: Readonly<Record<string, string>>;
  /** Left out of a run of all benches. */
  readonly isExtra?: boolean;
  /** Some have several tables. */
  run(context: Context): Promise<Report | readonly Report[]>;
}

/** A number among a bench's own options. */
export function numberOption(context: Context, name: string, fallback: number): number {
  const text = context.options[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text}: expected a number above 0`);
  return value;
}
