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
    .description('named sessions: list, show, import, export, rename, remove');
  const add = (usage: string, description: string): Command => vault(sessions.command(usage).description(description));

  add('list', 'list every kept session')
    .option('--json', 'one JSON object per line')
    .action(async (flags: Flags) => (await run()).list(flags));
  add('show <name>', 'show one session without its secrets')
    .option('--json', 'as one JSON object')
    .action(async (name: string, flags: Flags) => (await run()).show(name, flags));
  account(add('import <name> [file]', 'keep a session of another program; without a file, read from standard input'))
    .option('--format <FORMAT>', 'its format (default: found out)')
    .option('--dc <N>', 'its data centre, if the format does not hold it', number(1, 0xffff))
    .option('--test', 'it belongs to the test data centres, if the format does not hold that')
    .option('--account <N>', 'which account of a Telegram Desktop folder', number(1, 64))
    .option('--passcode-file <FILE>', 'the local passcode of a Telegram Desktop folder')
    .option('--replace', 'replace the session that has this name')
    .addHelpText('after', formatsText([...FORMATS, ...NO_TEXT]))
    .action(async (name: string, file: string | undefined, flags: Flags) =>
      (await run()).importOne(name, file ?? '-', flags),
    );
  account(add('export <name>', 'write a session, its key included, for another program'))
    .requiredOption('--format <FORMAT>', 'the format to write')
    .option('--out <FILE>', 'write to a new file (0600) instead of standard output')
    .addHelpText('after', formatsText(FORMATS))
    .action(async (name: string, flags: Flags) => (await run()).exportOne(name, flags));
  add('rename <old> <new>', 'give a session another name').action(async (from: string, to: string, flags: Flags) =>
    (await run()).rename(from, to, flags),
  );
  add('remove <name>', 'remove a session from the vault; it stays signed in at Telegram').action(
    async (name: string, flags: Flags) => (await run()).remove(name, flags),
  );
  add('rotate-key', 'seal the vault with another key or passphrase')
    .option('--new-vault-key-file <FILE>', 'the new key: 32 bytes, raw or as hex or base64')
    .option('--new-vault-passphrase-file <FILE>', 'the new passphrase')
    .option('--unseal', 'no key: only file modes protect the vault')
    .action(async (flags: Flags) => (await run()).rotateKey(flags));
}

/** Adds the options that choose and open the vault, as `serve` has them. */
function vault(command: Command): Command {
  for (const { name, value, text } of VAULT_OPTIONS) command.option(`--${flagName(name)} <${value}>`, text);
  return command
    .option('--config <FILE>', 'YAML or JSON file with the options of `serve`, such as vault')
    .addHelpText('after', '\nThe vault may also be in the environment, e.g. MTPROTO2JSON_VAULT for --vault.');
}

/** Adds the options for what a format may not hold. */
function account(command: Command): Command {
  return command
    .option('--api-id <N>', 'the api_id it was made with, if the format does not hold it', number(1, 0x7fff_ffff))
    .option('--user-id <N>', "the account's user id, if the format does not hold it", userId)
    .option('--bot', 'the account is a bot, if the format does not hold that');
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
  throw new InvalidArgumentError('expected a user id');
}
