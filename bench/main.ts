/**
 * `npm run bench`: runs benches, prints their tables.
 * In: names and options. Out: tables on stdout, a progress line on a terminal's stderr, `--json FILE`.
 * Never: a figure of a run that went wrong: the bench fails, and the exit code is 1.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Bench, Context } from './bench.ts';
import { compare } from './compare.ts';
import { BENCHES } from './benches.ts';
import { thisMachine } from './machine.ts';
import type { Report } from './report.ts';
import { renderMachine, renderReport } from './table.ts';

const HELP = `npm run bench -- [NAME …] [--runs N] [--seconds S] [--json FILE]   all benches, or those named
                                                                    3 runs of 1 s each; --runs 5 --seconds 2 for figures to show
npm run bench -- compare A.json B.json                              two files of --json, before and after
npm run bench -- list                                               what there is

`;

interface Flags {
  readonly names: readonly string[];
  readonly runs: number;
  readonly seconds: number;
  readonly json: string | undefined;
  readonly options: Readonly<Record<string, string>>;
}

/** Reads the command line. @throws Error with a sentence */
function flagsOf(argv: readonly string[]): Flags {
  const own = Object.keys(Object.assign({}, ...BENCHES.map((bench) => bench.options ?? {})) as object);
  const text = { type: 'string' } as const;
  const options = Object.fromEntries(['runs', 'seconds', 'json', ...own].map((name) => [name, text]));
  const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
  const { runs = '3', seconds = '1', json, ...rest } = values as Record<string, string>;
  if (!(Number(runs) >= 1)) throw new Error(`--runs ${runs}: expected a number from 1`);
  if (!(Number(seconds) > 0)) throw new Error(`--seconds ${seconds}: expected a number above 0`);
  return { names: positionals, runs: Number(runs), seconds: Number(seconds), json, options: rest };
}

function chosen(names: readonly string[]): readonly Bench[] {
  if (names.length === 0) return BENCHES.filter((bench) => bench.isExtra !== true);
  return names.map((name) => {
    const bench = BENCHES.find((one) => one.name === name);
    if (bench === undefined)
      throw new Error(`no bench ${name}; there are: ${BENCHES.map((one) => one.name).join(', ')}`);
    return bench;
  });
}

function list(): string[] {
  const width = Math.max(...BENCHES.map((bench) => bench.name.length)) + 2;
  return BENCHES.flatMap((bench) => [
    `${bench.name.padEnd(width)}${bench.about}${bench.isExtra === true ? ' (only when named)' : ''}`,
    ...Object.entries(bench.options ?? {}).map(([name, what]) => `${' '.repeat(width)}  --${name}  ${what}`),
  ]);
}

function progress(name: string, text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text === '' ? '' : `${name}: ${text}`}`);
}

async function runAll({ names, runs, seconds, options, json }: Flags): Promise<void> {
  const benches = chosen(names);
  const machine = thisMachine();
  const reports: Report[] = [];
  print(renderMachine(machine));
  for (const bench of benches) {
    const context: Context = { runs, seconds, options, progress: (text) => progress(bench.name, text) };
    try {
      const made = [await bench.run(context)].flat();
      reports.push(...made);
      progress(bench.name, '');
      for (const report of made) print(renderReport(report));
    } catch (error) {
      progress(bench.name, '');
      console.error(`${bench.name}: failed: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
    // What was measured is on disk even if a later bench is interrupted.
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, reports }, undefined, 1)}\n`);
  }
}

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}

async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'compare' && argv.length === 3) return print(compare(argv[1]!, argv[2]!));
  if (argv[0] === 'list') return print(list());
  if (argv.includes('--help') || argv[0] === 'compare') return print([HELP, ...list()]);
  await runAll(flagsOf(argv));
}

// A child killed by Ctrl-C must not leave the others: `process.ts` ends them at exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
process.exit();
