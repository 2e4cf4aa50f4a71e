/**
 * `mtproto2json signin`: signs in over a running gateway and gives the session.
 * In: the command line, the environment, answers. Out: the session line on stdout, or a sentence that it is kept; exit 0,
 * 1 with a sentence, 2 for what was asked wrongly, 130 for Ctrl-C. Never: a secret on stdout beyond that line, or on stderr.
 */
import { randomFillSync } from 'node:crypto';
import { accessSync, constants, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { firstToken } from '../main/clients/tokens.ts';
import { withoutLineEnd } from '../secret-file.ts';
import type { Asker } from '../signin/asker.ts';
import type { SigninOptions } from '../signin/signin.ts';

interface SigninFlags {
  host?: string;
  port?: string;
  phone?: string;
  password?: string;
  passwordFile?: string;
  apiId?: string;
  apiHash?: string;
  deviceModel?: string;
  systemVersion?: string;
  appVersion?: string;
  langCode?: string;
  save?: string;
  out?: string;
  force?: boolean;
  qr?: boolean;
  /** true where the flag has no value: it is asked for. */
  botToken?: string | true;
  botTokenFile?: string;
  tokenFile?: string;
  json?: boolean;
  dc?: string;
  test?: boolean;
}

/** Flag, its line in the help; the table of docs/signin.md is made from it. */
export const SIGNIN_OPTIONS: readonly (readonly [flag: string, text: string])[] = [
  ['--host <HOST>', 'where the gateway is (default: localhost)'],
  ['--port <PORT>', 'its port for JSON lines (default: 1543)'],
  ['--token-file <FILE>', 'file of tokens as `serve` takes it, if the gateway wants a token: the first is sent'],
  ['--api-id <N>', 'api_id from https://my.telegram.org/apps'],
  ['--api-hash <HASH>', 'api_hash that goes with it; better in MTPROTO2JSON_API_HASH'],
  ['--phone <NUMBER>', 'phone number with the country code'],
  ['--password-file <FILE>', 'file with the account password, tried before asking'],
  ['--password <TEXT>', 'the same, but other users of the machine can read it: prefer a file'],
  ['--bot-token-file <FILE>', 'file with a bot token: sign in as this bot'],
  ['--bot-token [TOKEN]', 'the same (without TOKEN it asks), but other users of the machine can read it'],
  ['--qr', 'sign in by a QR code, scanned in an app that is signed in'],
  ['--save <NAME>', 'the gateway keeps the session under this name; it is not printed'],
  ['--out <FILE>', 'write the session to a new file that only you may read, instead of printing it'],
  ['--force', 'let --out replace a file'],
  ['--json', 'questions, sentences and errors as JSON lines on stderr, for programs'],
  ['--dc <ID>', "data centre to start at (default: the gateway's)"],
  ['--test', "use Telegram's test data centres"],
  ['--device-model <TEXT>', "name of this session in Telegram's list of devices"],
  ['--system-version <TEXT>', 'system_version of initConnection'],
  ['--app-version <TEXT>', 'app_version of initConnection'],
  ['--lang-code <CODE>', 'lang_code of initConnection'],
];

/** Adds `signin`. What it runs is loaded when it runs. */
export function registerSignin(program: Command): void {
  const command: Command = program.command('signin').description('sign in and keep the session');
  for (const [flag, text] of SIGNIN_OPTIONS) command.option(flag, text);
  command.addHelpText(
    'after',
    '\nAlso in the environment: MTPROTO2JSON_HOST, _PORT, _TOKEN_FILE, _API_ID,\n_API_HASH, _PHONE, _PASSWORD, _BOT_TOKEN.' +
      '\nOn a terminal it asks; otherwise it reads answers from stdin, one a line.',
  );
  command.action(async (flags: SigninFlags) => {
    const { wanted, wrong } = await wantedBy(flags, secretsOf(process.env));
    if (wrong.length > 0)
      command.error(wrong.map((text) => `mtproto2json signin: ${text}`).join('\n'), { exitCode: 2 });
    const asker = await askerFor(flags);
    if (asker === undefined)
      command.error(
        'mtproto2json signin: stdin is a terminal, but neither stdout nor stderr is: questions would not be seen',
        { exitCode: 2 },
      );
    process.exitCode = await run(wanted, asker, flags);
  });
}

/**
 * The environment without the line end that a file leaves behind a secret (`$(cat …)` takes it off, Docker and Kubernetes
 * do not). A password may begin or end with a blank; nothing else here can.
 */
function secretsOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const tidy = (name: string, value: string): string =>
    name === 'MTPROTO2JSON_PASSWORD' ? withoutLineEnd(value) : value.trim();
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      name.startsWith('MTPROTO2JSON_') && value !== undefined ? [[name, tidy(name, value)]] : [],
    ),
  );
}

/** What is wanted, or all that is wrong with it, a sentence each. */
async function wantedBy(
  flags: SigninFlags,
  env: NodeJS.ProcessEnv,
): Promise<{ wanted: SigninOptions; wrong: string[] }> {
  const wrong: string[] = [];
  const port = wholeOf('--port', flags.port ?? env['MTPROTO2JSON_PORT'] ?? '1543', 65_535, wrong);
  const apiId = flags.apiId?.trim() ?? env['MTPROTO2JSON_API_ID'];
  const dc = flags.dc === undefined ? undefined : wholeOf('--dc', flags.dc, 10_000, wrong);
  const { NAME, NAME_FORM } = await import('../account/name.ts');
  if (flags.save !== undefined && !NAME.test(flags.save)) wrong.push(`--save: a name has ${NAME_FORM}`);
  if (flags.botToken !== undefined && flags.botTokenFile !== undefined)
    wrong.push('give --bot-token or --bot-token-file, not both');
  if (flags.password !== undefined && flags.passwordFile !== undefined)
    wrong.push('give --password or --password-file, not both');
  if (flags.out !== undefined) checkOut(flags.out, flags, wrong);
  else if (flags.force === true) wrong.push('--force needs --out');
  const way = wayOf(flags, env, wrong);
  const tokenFile = flags.tokenFile ?? env['MTPROTO2JSON_TOKEN_FILE'];
  const wanted: SigninOptions = {
    gateway: {
      host: flags.host ?? env['MTPROTO2JSON_HOST'] ?? 'localhost',
      port,
      token: tokenFile === undefined ? undefined : tokenIn(tokenFile, wrong),
    },
    way,
    apiId: apiId === undefined ? undefined : wholeOf('--api-id', apiId, 2_147_483_647, wrong),
    apiHash: flags.apiHash?.trim() ?? env['MTPROTO2JSON_API_HASH'],
    phone: flags.phone?.trim() ?? env['MTPROTO2JSON_PHONE'],
    password: secretOf(flags.password, '--password-file', flags.passwordFile, env['MTPROTO2JSON_PASSWORD'], wrong),
    botToken:
      way === 'bot'
        ? (secretOf(tokenFlag(flags), '--bot-token-file', flags.botTokenFile, env['MTPROTO2JSON_BOT_TOKEN'], wrong) ??
          '')
        : '',
    device: deviceOf(flags),
    server: serverOf(dc, flags.test),
    save: flags.save,
    fill: (bytes) => void randomFillSync(bytes),
    now: () => Date.now(),
  };
  return { wanted, wrong };
}

/** Checks `--out` before a code is asked for: a session that cannot be written is lost. */
function checkOut(file: string, { save, force }: SigninFlags, wrong: string[]): void {
  if (save !== undefined) wrong.push('give --out or --save, not both');
  const there = statSync(file, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) wrong.push(`--out: ${file} is not a file`);
  else if (there !== undefined && force !== true)
    wrong.push(`--out: ${file} exists already: choose another name, or give --force to replace it`);
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    wrong.push(`--out: ${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

/** How to sign in: as a flag says; else by the phone of the environment; else by its bot token. */
function wayOf(flags: SigninFlags, env: NodeJS.ProcessEnv, wrong: string[]): SigninOptions['way'] {
  const isBot = flags.botToken !== undefined || flags.botTokenFile !== undefined;
  const ways = [flags.phone !== undefined && '--phone', isBot && '--bot-token', flags.qr === true && '--qr'];
  const named = ways.filter((way) => way !== false);
  if (named.length > 1) wrong.push(`${named.join(' and ')}: give only one of them`);
  if (flags.qr === true) return 'qr';
  if (isBot) return 'bot';
  const isTold = flags.phone !== undefined || env['MTPROTO2JSON_PHONE'] !== undefined;
  return !isTold && env['MTPROTO2JSON_BOT_TOKEN'] !== undefined ? 'bot' : 'phone';
}

function tokenFlag({ botToken }: SigninFlags): string | undefined {
  return botToken === true ? '' : botToken?.trim();
}

function serverOf(dc: number | undefined, test: boolean | undefined): SigninOptions['server'] {
  if (dc === undefined && test !== true) return undefined;
  return { ...(dc === undefined ? {} : { dc }), ...(test === true ? { test } : {}) };
}

function deviceOf({ deviceModel, systemVersion, appVersion, langCode }: SigninFlags): Record<string, string> {
  const given = {
    device_model: deviceModel,
    system_version: systemVersion,
    app_version: appVersion,
    lang_code: langCode,
    system_lang_code: langCode,
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function wholeOf(flag: string, text: string, most: number, wrong: string[]): number {
  const isWhole = /^[1-9]\d{0,9}$/.test(text) && Number(text) <= most;
  if (!isWhole) wrong.push(`${flag}: expected a whole number from 1 to ${most}`);
  return Number(text);
}

/** The flag, else the file, else the environment. */
function secretOf(
  flag: string | undefined,
  fileFlag: string,
  file: string | undefined,
  environment: string | undefined,
  wrong: string[],
): string | undefined {
  if (flag !== undefined) return flag;
  return file === undefined ? environment : lineOf(fileFlag, file, wrong);
}

function tokenIn(file: string, wrong: string[]): string {
  const text = textOf('--token-file', file, wrong);
  const token = text === undefined ? '' : firstToken(text);
  if (token === undefined) wrong.push(`--token-file: ${file} holds no token`);
  return token ?? '';
}

/** The first line of a file that says something, without its end. */
function lineOf(flag: string, file: string, wrong: string[]): string {
  const text = textOf(flag, file, wrong);
  if (text === undefined) return '';
  const found = text.split(/\r?\n/).find((line) => line !== '');
  if (found !== undefined) return flag === '--password-file' ? found : found.trim();
  wrong.push(`${flag}: ${file} is empty`);
  return '';
}

function textOf(flag: string, file: string, wrong: string[]): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    wrong.push(`${flag}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    return undefined;
  }
}

/** Whom to ask: a person at a terminal, or a script. Undefined if stdin is a terminal and no output is. */
async function askerFor(flags: SigninFlags): Promise<Asker | undefined> {
  const { Pipe, JSON_LINES, WORDS } = await import('../signin/pipe.ts');
  if (flags.json === true) return new Pipe(process.stdin, process.stderr, JSON_LINES);
  if (!process.stdin.isTTY) return new Pipe(process.stdin, process.stderr, WORDS);
  const screen = [process.stderr, process.stdout].find(({ isTTY }) => isTTY);
  if (screen === undefined) return undefined;
  const { Terminal } = await import('../signin/terminal.ts');
  return new Terminal(process.stdin, screen);
}

/** @returns the exit code */
async function run(wanted: SigninOptions, asker: Asker, flags: SigninFlags): Promise<number> {
  const { signin } = await import('../signin/signin.ts');
  const interrupt = new AbortController();
  // The first signal waits for a call that has been sent; the second one does not.
  const onSignal = (): void => (interrupt.signal.aborted ? process.exit(130) : interrupt.abort());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  try {
    const { who, line } = await signin(wanted, asker, interrupt.signal);
    asker.say(`Signed in as ${who}.`);
    give(line, wanted.save, flags, asker);
    return 0;
  } catch (error) {
    return await explain(error, flags.json === true);
  } finally {
    asker.close();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  }
}

/** Writes the session's line to stdout or the file, or says that the gateway keeps it. */
function give(line: string, save: string | undefined, { out, json }: SigninFlags, asker: Asker): void {
  if (save !== undefined && json !== true) return void process.stdout.write(savedAs(save));
  if (out === undefined) {
    if (save === undefined && process.stdout.isTTY) asker.say('Whoever has this line has the account:');
    return void process.stdout.write(`${line}\n`);
  }
  try {
    writeSession(out, `${line}\n`);
    asker.say(`The session is in ${out}: whoever has this file has the account.`);
  } catch (error) {
    // The account is signed in: better the line where it can be seen than a session that nobody has.
    asker.say(`${out} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); here is the session:`);
    process.stdout.write(`${line}\n`);
  }
}

/** Whole and 0600 from its first byte, in the place of whatever was there. */
function writeSession(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.new`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, file);
}

function savedAs(name: string): string {
  return `The gateway keeps the session as ${name}: {"session":{"name":${JSON.stringify(name)}}} brings it back.\n`;
}

/** Says why it ended. @returns the exit code */
async function explain(error: unknown, isJson: boolean): Promise<number> {
  const { Interrupted, SigninFailed } = await import('../signin/steps.ts');
  if (error instanceof Interrupted) return 130;
  const isOurs = error instanceof SigninFailed;
  // The text of an unexpected error may hold a secret.
  const sentence = isOurs ? error.message : 'This program has a fault, and nothing was saved.';
  const retry = isOurs && error.retryAfter !== undefined ? { retry_after: error.retryAfter } : {};
  const line = { error: isOurs ? error.reason : 'INTERNAL', msg: sentence, ...retry };
  process.stderr.write(isJson ? `${JSON.stringify(line)}\n` : `mtproto2json signin: ${sentence}\n`);
  return 1;
}
