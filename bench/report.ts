/**
 * Reports: what a bench has measured, as data.
 * In: runs. Out: medians, spreads; what `--json` writes and `compare` reads. Never: a figure without all its runs.
 */

/** Which way is better; `none` for what only explains. */
export type Better = 'less' | 'more' | 'none';

export interface Column {
  readonly key: string;
  /** Its head in the table, with the unit: `gateway us/call`. */
  readonly title: string;
  readonly better: Better;
}

export interface Row {
  readonly name: string;
  /** Every run's figure, by column; a column left out was not measured here. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}

export interface Report {
  readonly bench: string;
  readonly about: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** What a reader has to know, a sentence each. */
  readonly notes: readonly string[];
}

/** Where and on what it was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  /** The commit; with `+` if files were changed since. */
  readonly commit: string;
  readonly date: string;
}

export interface ReportFile {
  readonly machine: Machine;
  readonly reports: readonly Report[];
}

/** The middle one; of an even number the mean of both. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How far the runs lie apart: (most - least) / median. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return values.length < 2 || middle === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / middle;
}

/** Rows from runs: each run gives one object of figures. */
export function rowOf(name: string, runs: readonly Readonly<Record<string, number>>[]): Row {
  const values: Record<string, number[]> = {};
  for (const run of runs) for (const [key, value] of Object.entries(run)) (values[key] ??= []).push(value);
  return { name, values };
}
