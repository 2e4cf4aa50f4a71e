/**
 * `mtproto2json sessions list | show | import | export | rename | remove | rotate-key`: the vault from the command line.
 * In: a commander program to hang them on. Out: seven commands. Never: loads the vault before one of them runs; takes a
 * secret as an argument.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { FORMATS, NO_TEXT } from '../formats/formats.ts';
import { flagName, VAULT_OPTIONS } from '../config/options.ts';
import type { Flags } from './sessions-vault.ts';

/** What the commands do, loaded when one of them runs. */
const run = async (): Promise<typeof import('./sessions-run.ts')> => import('./sessions-run.ts');

/** Adds `sessions` with its seven commands. */
export function registerSessions(program: Command): void {
  const sessions = program
    .command('sessions')
    .description('the sessions kept by name: look, import, export, rename, remove');
  const add = (usage: string, description: string): Command => vault(sessions.command(usage).description(description));

  add('list', 'every session that is kept')
    .option('--json', 'one JSON object a line')
    .action(async (flags: Flags) => (await run()).list(flags));
  add('show <name>', 'all of one session but its secrets')
    .option('--json', 'as one JSON object')
    .action(async (name: string, flags: Flags) => (await run()).show(name, flags));
  account(add('import <name> [file]', 'keep a session of another program; from standard input without a file'))
    .option('--format <FORMAT>', 'the format it is in, if that is not to be found out')
    .option('--dc <N>', 'its data centre, for a format that does not say it', number(1, 0xffff))
    .option('--test', 'it is of the test data centres, for a format that does not say it')
    .option('--account <N>', 'which account of a Telegram Desktop folder', number(1, 64))
    .option('--passcode-file <FILE>', 'the local passcode of a Telegram Desktop folder')
    .option('--replace', 'in place of the session that has this name')
    .addHelpText('after', formatsText([...FORMATS, ...NO_TEXT]))
    .action(async (name: string, file: string | undefined, flags: Flags) =>
      (await run()).importOne(name, file ?? '-', flags),
    );
  account(add('export <name>', 'write a session as another program reads it; its key is in it'))
    .requiredOption('--format <FORMAT>', 'the format it is to be in')
    .option('--out <FILE>', 'a new file (0600) in place of standard output')
    .addHelpText('after', formatsText(FORMATS))
    .action(async (name: string, flags: Flags) => (await run()).exportOne(name, flags));
  add('rename <old> <new>', 'give a session another name').action(async (from: string, to: string, flags: Flags) =>
    (await run()).rename(from, to, flags),
  );
  add('remove <name>', 'forget a session; it stays signed in at Telegram').action(async (name: string, flags: Flags) =>
    (await run()).remove(name, flags),
  );
  add('rotate-key', 'seal the vault with another key or passphrase; no record is written anew')
    .option('--new-vault-key-file <FILE>', 'the key from now on: 32 bytes, or the same in hex or base64')
    .option('--new-vault-passphrase-file <FILE>', 'the passphrase from now on')
    .option('--unseal', 'neither: the modes of its files alone protect the vault from now on')
    .action(async (flags: Flags) => (await run()).rotateKey(flags));
}

/** Which vault, and what opens it: as `serve` has it. */
function vault(command: Command): Command {
  for (const { name, value, text } of VAULT_OPTIONS) command.option(`--${flagName(name)} <${value}>`, text);
  return command
    .option('--config <FILE>', 'the options of `serve` from a YAML or JSON file: the vault among them')
    .addHelpText('after', '\nThe vault may also be in the environment, e.g. MTPROTO2JSON_VAULT for --vault.');
}

/** What neither the session nor its format may know. */
function account(command: Command): Command {
  return command
    .option('--api-id <N>', 'the api_id it was made with, if it does not say so', number(1, 0x7fff_ffff))
    .option('--user-id <N>', 'the account, if it does not say so', userId)
    .option('--bot', 'the account is a bot, if it does not say so');
}

function formatsText(formats: readonly { readonly name: string; readonly title: string }[]): string {
  return ['\nFormats:', ...formats.map(({ name, title }) => `  ${name.padEnd(16)} ${title}`)].join('\n');
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
  };
}

function userId(text: string): bigint {
  if (/^[1-9]\d{0,15}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('expected the number of an account');
}
