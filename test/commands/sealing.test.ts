/** No command but `sessions rotate-key` changes whether, or by what, a vault is sealed: every command, every way to give a key. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { formatOf } from '../../src/formats/formats.ts';
import { environmentName, flagName, SECRET_VARIABLES, VAULT_OPTIONS } from '../../src/config/options.ts';
import { openVault } from '../../src/vault/open.ts';
import { aKey, recordWith } from '../support/session-records.ts';
import { bytesOf } from '../../src/commands/sessions-vault.ts';
import { folderOf } from '../vault/support.ts';

const COMMANDS = fileURLToPath(new URL('../../src/commands/', import.meta.url));
/** The one that may, and does nothing else. */
const MAY_SEAL = 'sessions rotate-key';
const REFUSAL = /is not sealed, but a (?:key|passphrase) was given for it: leave it out, or seal the vault with/;

/** Every command that takes a key of a vault, whichever file it is in. */
async function commandsWithKey(): Promise<string[][]> {
  return leaves(await program()).filter((words) => words.join(' ') !== MAY_SEAL);
}

async function program(): Promise<Command> {
  const program = new Command();
  for (const file of readdirSync(COMMANDS).filter((name) => name.endsWith('.js'))) {
    // The others run when they are imported: one of them is a thread.
    const register = /^export function (register\w+)/m.exec(readFileSync(join(COMMANDS, file), 'utf8'))?.[1];
    if (register === undefined) continue;
    const module = (await import(pathToFileURL(join(COMMANDS, file)).href)) as Record<string, (to: Command) => void>;
    module[register]!(program);
  }
  return program;
}

function leaves(command: Command, path: readonly string[] = []): string[][] {
  const deeper = command.commands.flatMap((one) => leaves(one, [...path, one.name()]));
  const takesKey = command.options.some(({ long }) => long === '--vault-key-file');
  return takesKey ? [[...path], ...deeper] : deeper;
}

/** What a command wants besides: its arguments, and options that it cannot do without. */
function restOf(all: Command, words: readonly string[], session: string): string[] {
  const command = words.reduce((at, word) => at.commands.find((one) => one.name() === word)!, all);
  const names = ['a', command.name() === 'import' ? session : 'b'];
  const port = command.options.some(({ long }) => long === '--port') ? ['--port', '0', '--workers', '1'] : [];
  const needed = command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long!, 'json']);
  const offline = command.options.some(({ long }) => long === '--offline') ? ['--offline'] : [];
  return [...names.slice(0, command.registeredArguments.length), ...needed, ...port, ...offline];
}

interface Way {
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A key for the vault by each option and variable there is for it. */
function waysToGive(folder: string): Way[] {
  const [key, words] = [join(folder, 'key'), join(folder, 'words')];
  writeFileSync(key, aKey(1).subarray(0, 32), { mode: 0o600 });
  writeFileSync(words, 'correct horse\n', { mode: 0o600 });
  const byOption = VAULT_OPTIONS.filter(({ name }) => name !== 'vault').flatMap(({ name }): Way[] => {
    const path = /key/i.test(name) ? key : words;
    return [
      { flags: [`--${flagName(name)}`, path], environment: {} },
      { flags: [], environment: { [environmentName(name)]: path } },
    ];
  });
  const secrets = SECRET_VARIABLES.filter((name) => name.includes('_VAULT_'));
  return [...byOption, ...secrets.map((name) => ({ flags: [], environment: { [name]: 'a5'.repeat(32) } }))];
}

/** Runs a command line in this process. @returns what it was refused with */
async function refusalOf(args: readonly string[], environment: Way['environment']): Promise<string> {
  let said = '';
  const write = process.stdout.write.bind(process.stdout);
  Object.assign(process.env, environment);
  process.stdout.write = (text) => ((said += String(text)), true);
  try {
    await (await program()).parseAsync([...args], { from: 'user' });
    // `doctor` refuses nothing; it says what would be.
    return process.exitCode === 1 ? said : `nothing was refused: ${said}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    process.stdout.write = write;
    process.exitCode = 0;
    for (const name of Object.keys(environment)) delete process.env[name];
  }
}

test(
  'every command refuses a key for a vault that is not sealed, however it is given',
  { timeout: 120_000 },
  async (t) => {
    const folder = folderOf(t);
    const [vault, session] = [join(folder, 'vault'), join(folder, 'session.json')];
    const record = recordWith({ dc: 4 }, aKey(5));
    writeFileSync(session, formatOf('json').write(record));
    const opened = await openVault({ folder: vault });
    await opened.claim('a');
    await opened.release('a', bytesOf(record));
    await opened.close();

    const before = readFileSync(join(vault, 'key'), 'utf8');
    const [all, commands, ways] = [await program(), await commandsWithKey(), waysToGive(folder)];
    const found = commands.map((words) => words.join(' '));
    for (const known of ['serve', 'demo', 'doctor', 'sessions list', 'sessions import'])
      assert.ok(found.includes(known), known);
    assert.equal(ways.length, 6);
    for (const words of [...commands, ['serve', '--check']])
      for (const { flags, environment } of ways) {
        const rest = restOf(
          all,
          words.filter((word) => !word.startsWith('-')),
          session,
        );
        const args = [...words, ...rest, ...flags];
        const refusal = await refusalOf(args, {
          ...environment,
          MTPROTO2JSON_VAULT: vault,
          // A demo has its state as long as its process lives.
          XDG_DATA_HOME: mkdtempSync(join(folder, 'data-')),
        });
        assert.match(refusal, REFUSAL, `${args.join(' ')} ${Object.keys(environment).join()}`);
        assert.equal(readFileSync(join(vault, 'key'), 'utf8'), before, args.join(' '));
      }
  },
);
