/**
 * `mtproto2json bench`: the measuring scripts of `bench/`.
 * In: names and options, as `npm run bench` takes them. Out: their tables. Never: a measuring of its own.
 */
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';

/** Adds `bench`; everything behind it is the scripts' own. */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure; `bench list` says what there is').argument('[args...]');
  bench.helpOption(false).allowUnknownOption();
  bench.action(async (_args: string[], _options: object, command: Command) => runBench(command.args));
}

/** The scripts read the process's own arguments, as they do under `npm run bench`. */
async function runBench(args: readonly string[]): Promise<void> {
  const script = new URL('../../bench/main.js', import.meta.url);
  process.argv = [process.execPath, fileURLToPath(script), ...args];
  await import(script.href);
}
