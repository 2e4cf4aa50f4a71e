/**
 * Compares two files of `--json`: before and after.
 * In: two files. Out: a table of both medians and their ratio. Never: calls a difference one that the runs' own spread
 * explains.
 */
import { readFileSync } from 'node:fs';
import { median, type Better, type Report, type ReportFile } from './report.ts';
import { align, figure, renderMachine } from './table.ts';

export type Verdict = 'better' | 'worse' | 'same' | 'unclear' | '';

/**
 * Holds the runs of B against those of A.
 * Different only where the ranges of all runs do not meet; with a single run each, nothing can be said.
 */
export function verdict(a: readonly number[], b: readonly number[], better: Better): Verdict {
  if (better === 'none') return '';
  if (a.length < 2 || b.length < 2) return 'unclear';
  const isLess = Math.max(...b) < Math.min(...a);
  const isMore = Math.min(...b) > Math.max(...a);
  if (!isLess && !isMore) return 'same';
  return isLess === (better === 'less') ? 'better' : 'worse';
}

/** Lines of a comparison; what only one of the files has is left out. */
export function compareFiles(a: ReportFile, b: ReportFile): string[] {
  const lines = ['A: ' + renderMachine(a.machine)[0]!, 'B: ' + renderMachine(b.machine)[0]!, ''];
  for (const before of a.reports) {
    const after = b.reports.find((report) => report.bench === before.bench);
    if (after !== undefined)
      lines.push(`${before.bench}: ${before.about}`, ...align(compareReports(before, after)), '');
  }
  return lines;
}

function compareReports(a: Report, b: Report): string[][] {
  const rows = [['', '', 'A', 'B', 'B/A', '']];
  for (const before of a.rows) {
    const after = b.rows.find((row) => row.name === before.name);
    if (after === undefined) continue;
    for (const { key, title, better } of a.columns) {
      const [from, to] = [before.values[key], after.values[key]];
      if (from === undefined || to === undefined) continue;
      const [was, is] = [median(from), median(to)];
      rows.push([before.name, title, figure(was), figure(is), (is / was).toFixed(2), verdict(from, to, better)]);
    }
  }
  return rows;
}

/** `bench compare A.json B.json`. @throws what is wrong with a file, with its name */
export function compare(fileA: string, fileB: string): string[] {
  return compareFiles(read(fileA), read(fileB));
}

function read(file: string): ReportFile {
  const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<ReportFile>;
  if (value.machine === undefined || !Array.isArray(value.reports))
    throw new Error(`${file} is no file of bench --json`);
  return value as ReportFile;
}
