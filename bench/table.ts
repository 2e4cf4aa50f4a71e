/**
 * Tables: reports as text for a terminal.
 * In: reports, the machine. Out: lines. Never: colours, or a width the reader's terminal has to fit.
 */
import { median, spread, type Machine, type Report } from './report.ts';

/** Runs that lie further apart than this are marked with `~`: the machine was not quiet. */
const NOISY = 0.25;

/** Two or three figures that count: 1234, 123, 12.3, 1.23, 0.012. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return String(Math.round(value));
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 ? value.toFixed(2) : value.toPrecision(2);
}

/** A cell: the median of the runs. */
export function cell(values: readonly number[] | undefined): string {
  if (values === undefined || values.length === 0) return '';
  return figure(median(values)) + (spread(values) > NOISY ? '~' : '');
}

/** Columns as wide as their widest cell: the first flush left, figures flush right. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, text] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, text.length);
  return rows.map((row) =>
    row
      .map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

/** One report as lines. */
export function renderReport(report: Report): string[] {
  const head = ['', ...report.columns.map((column) => column.title)];
  const rows = report.rows.map((row) => [row.name, ...report.columns.map((column) => cell(row.values[column.key]))]);
  const runs = Math.max(1, ...report.rows.flatMap((row) => Object.values(row.values).map((values) => values.length)));
  const medians = runs > 1 ? `; medians of ${runs} runs, ~ where they lie more than ${NOISY * 100} % apart` : '';
  return [
    `${report.bench}: ${report.about}${medians}`,
    ...align([head, ...rows]),
    ...report.notes.map((note) => `  ${note}`),
    '',
  ];
}

export function renderMachine(machine: Machine): string[] {
  const { cpu, cores, memory, system, node, commit, date } = machine;
  return [`${cpu}, ${cores} cores, ${memory}, ${system}, Node ${node}, commit ${commit}, ${date}`, ''];
}
