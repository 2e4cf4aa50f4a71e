/**
 * `mtproto2json bench`: the measuring scripts of `bench/`.
 * In: names and options, as `npm run bench` takes them. Out: their tables. Never: a measuring of its own.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';

/** Not in the package: benches measure against libraries that only a developer has. */
const SCRIPT = new URL('../../bench/main.js', import.meta.url);

/** Adds `bench`; everything behind it is the scripts' own. Where there are none, no help or completion names it. */
export function registerBench(program: Command): void {
  const bench = program
    .command('bench', { hidden: !existsSync(SCRIPT) })
    .description('measure (in the repository alone); `bench list` says what there is')
    .argument('[args...]');
  bench.helpOption(false).allowUnknownOption();
  bench.action(async (_args: string[], _options: object, command: Command) => runBench(command.args));
}

/** The scripts read the process's own arguments, as they do under `npm run bench`. */
async function runBench(args: readonly string[]): Promise<void> {
  if (!existsSync(SCRIPT)) throw new Error('bench is in the repository alone: clone it, then npm run bench');
  process.argv = [process.execPath, fileURLToPath(SCRIPT), ...args];
  await import(SCRIPT.href);
}
