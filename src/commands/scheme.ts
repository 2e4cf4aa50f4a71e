/**
 * `mtproto2json scheme update | info | check | show | search`: the commands around the scheme's files.
 * In: a commander program to hang them on, and where to write. Out: text; files with `update` alone.
 * Never: starts a server, or loads more than the scheme.
 */
import { errorText } from '../error-text.ts';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { checkFile, infoText } from './scheme-report.ts';
import { pinnedErrors, readFrom } from './scheme-source.ts';
import { makeFolder } from '../make-folder.ts';
import { keptScheme } from '../tl/cache.ts';
import { compareSchemes } from '../tl/compare.ts';
import { ownSchemeDir, readScheme, schemeFault } from '../tl/load.ts';
import { searchDefinitions, showDefinition } from '../tl/show.ts';
import { readSource } from '../tl/source.ts';
import { updateFrom } from '../tl/update.ts';
import type { Command } from 'commander';
import type { SourceText } from './scheme-source.ts';
import type { Schema } from '../tl/ir.ts';
import type { Change } from '../tl/compare.ts';
import type { Updated } from '../tl/update.ts';

/** Takes finished text; standard output unless a test wants it. */
export type Write = (text: string) => void;

interface UpdateFlags {
  readonly from: string;
  readonly dir: string;
  readonly layer?: number;
  readonly foreign?: readonly string[];
  readonly dryRun?: boolean;
}

/**
 * Adds `scheme` with its commands. Faults end through commander's `error`: text on standard error, exit code 1 for a wrong
 * scheme or nothing found, 2 for a wrong argument (a name that is none, a file that cannot be read).
 */
export function registerScheme(program: Command, write: Write = (text) => process.stdout.write(text)): void {
  const scheme = program.command('scheme').description('make, check and look at TL schemes');
  const own = ownSchemeDir();

  scheme
    .command('update')
    .description('make api.tl and mtproto.tl anew, every number recomputed')
    .option('--from <file|url|npm>', 'TL text, mtcute JSON or Telegram JSON; npm is the pinned @mtcute/core', 'npm')
    .option('--layer <n>', 'layer, when the source does not say it', layerNumber)
    .option('--foreign <name...>', 'definitions whose number is not their CRC-32')
    .option('--dir <dir>', 'where the files are', own)
    .option('--dry-run', 'print what would change, write nothing')
    .action((flags: UpdateFlags) => guard(scheme, () => update(flags, write)));

  scheme
    .command('info')
    .description('layer, origin and counts of a scheme')
    .option('--scheme <dir>', 'api.tl and mtproto.tl', own)
    .action((flags: { scheme: string }) => guard(scheme, () => write(ofScheme(flags.scheme, infoText))));

  scheme
    .command('check')
    .description('parse files and recompute their numbers')
    .argument('<file...>')
    .action((files: string[]) => guard(scheme, () => check(files, write)));

  scheme
    .command('show')
    .description('one definition: its TL and its JSON; or a type: its constructors')
    .argument('<name>', 'constructor, function or type')
    .option('--code', 'the code that is generated for it too')
    .option('--scheme <dir>', 'api.tl and mtproto.tl', own)
    .action((name: string, flags: { scheme: string; code?: boolean }) =>
      guard(scheme, () => write(definitionText(loaded(flags.scheme), name, flags.code === true))),
    );

  scheme
    .command('search')
    .description('definitions that have all of some words in their line, those with them in their names first')
    .argument('<words...>')
    .option('--scheme <dir>', 'api.tl and mtproto.tl', own)
    .action((words: string[], flags: { scheme: string }) =>
      guard(scheme, () => write(searchDefinitions(loaded(flags.scheme), words))),
    );
}

function loaded(dir: string): Schema {
  return ofScheme(dir, keptScheme);
}

/** Uses the folder of `--scheme`. @throws InvalidArgumentError that says with the option what is wrong with the folder */
function ofScheme<T>(dir: string, use: (dir: string) => T): T {
  try {
    return use(dir);
  } catch (error) {
    throw new InvalidArgumentError(schemeFault(dir, error));
  }
}

/** @throws InvalidArgumentError for a name that is none */
function definitionText(schema: Schema, name: string, hasCode: boolean): string {
  try {
    return showDefinition(schema, name, hasCode);
  } catch (error) {
    throw schema.byName.has(name) || schema.types.has(name) ? error : new InvalidArgumentError(errorText(error));
  }
}

/** Runs a command; whatever it throws becomes one sentence and exit code 1, or 2 if an argument is to blame. */
async function guard(command: Command, run: () => void | Promise<void>): Promise<void> {
  let failed: { readonly error: unknown } | undefined;
  try {
    await run();
  } catch (error) {
    failed = { error };
  }
  if (failed === undefined) return;
  const exitCode = isArgumentsFault(failed.error) ? 2 : 1;
  // What is wrong is no option: the list of options would not help.
  command.showHelpAfterError(false).error(`scheme: ${errorText(failed.error)}`, { exitCode });
}

/** Whether an argument is wrong by itself, or names a file that the system refuses. */
function isArgumentsFault(error: unknown): boolean {
  return error instanceof InvalidArgumentError || (error instanceof Error && 'syscall' in error);
}

function layerNumber(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new InvalidArgumentError('a layer is a positive number');
  return Number(text);
}

async function update(flags: UpdateFlags, write: Write): Promise<void> {
  const made = (await readFrom(flags.from)).map((source) => makeFile(source, flags));
  // All files are made, and so checked, before the first is written.
  for (const file of made) report(file, flags.dir, write);
  if (flags.dryRun === true) {
    write('dry run: nothing written\n');
    return;
  }
  makeFolder(resolve(flags.dir));
  for (const file of made) writeFileSync(join(flags.dir, file.fileName), file.text);
  if (flags.from === 'npm')
    writeFileSync(join(flags.dir, 'errors.json'), `${JSON.stringify(pinnedErrors(), null, 1)}\n`);
}

function makeFile({ text, fileName, origin }: SourceText, flags: UpdateFlags): Updated {
  const source = readSource(text, fileName);
  const names = new Set(source.definitions.map((one) => one.name));
  const { layer, foreign = [] } = flags;
  const file = updateFrom(source, {
    // With two sources at once a name may belong to the other one.
    foreign: flags.from === 'npm' ? foreign.filter((name) => names.has(name)) : foreign,
    origin,
    ...(layer === undefined ? {} : { layer }),
  });
  if (file.fileName === 'api.tl' && file.layer === 0)
    throw new InvalidArgumentError(`${fileName} names no layer: give it with --layer`);
  return file;
}

function report(file: Updated, dir: string, write: Write): void {
  const path = join(dir, file.fileName);
  const before = existsSync(path) ? readScheme(path) : undefined;
  const changes = compareSchemes(before?.definitions ?? [], file.definitions);
  const count = (kind: Change['kind']): number => changes.filter((change) => change.kind === kind).length;
  const layers = file.layer === 0 ? '' : `, layer ${before === undefined ? '' : `${before.layer} -> `}${file.layer}`;
  write(`${path}: ${count('added')} added, ${count('removed')} removed, ${count('changed')} changed${layers}\n`);
  if (before !== undefined) for (const change of changes) write(changeText(change));
}

function changeText(change: Change): string {
  const removed = change.kind === 'added' ? '' : `- ${change.before}\n`;
  const added = change.kind === 'removed' ? '' : `+ ${change.after}\n`;
  return removed + added;
}

function check(files: readonly string[], write: Write): void {
  let faults = 0;
  for (const file of files) {
    const found = checkFile(file);
    faults += found.faults.length;
    for (const fault of found.faults) write(`${fault}\n`);
    write(`${found.summary}\n`);
  }
  if (faults > 0) throw new Error(`${faults} fault${faults === 1 ? '' : 's'}`);
}
