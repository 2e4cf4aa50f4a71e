/**
 * `mtproto2json repl`: calls typed one after the other over one connection; updates as they come.
 * In: lines, of a person or a pipe. Out: answers and updates on stdout; exit 0, on a pipe the first code that is not.
 * Never: a line that may hold a secret in the history file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline';
import type { Command } from 'commander';
import { withAdvice } from '../client/advice.ts';
import { answerOf, exitCodeOf, isUpdate, answerText } from '../client/answer.ts';
import { candidates } from '../client/candidates.ts';
import { member, writeJson, type Json } from '../client/json.ts';
import { LineConnection, NoGateway, placeText } from '../client/lines.ts';
import { definitionNamed, WrongField } from '../client/names.ts';
import { isSecret, shellWords } from '../client/repl-line.ts';
import { makeFolder } from '../make-folder.ts';
import type { Schema } from '../tl/ir.ts';
import {
  callMessage,
  formOf,
  forStdout,
  GATEWAY_OPTIONS,
  HOW_TO_START,
  keptSession,
  patience,
  placeOf,
  schemeOf,
  tokenOf,
  type GatewayFlags,
  shapeForCall,
} from './call-message.ts';

const HELP = `METHOD name=value …   a call; Tab completes methods, fields and constructors
? METHOD              what it takes and gives (METHOD ? too)
.session NAME         speak as this kept session, on a new connection
.session NAME --takeover  the same, from who has it alone
.help  .exit
`;
const TAKEOVER = '--takeover';
const DOTTED = ['.session ', '.help', '.exit'];

/** Adds `repl`. */
export function registerRepl(program: Command): void {
  const command = program.command('repl').description('calls typed one after the other, with completion');
  for (const [flag, text] of GATEWAY_OPTIONS) command.option(flag, text);
  command.action(async (flags: GatewayFlags) => {
    process.exitCode = await begun(flags).catch(failed);
  });
}

/** @returns the exit code @throws WrongField, NoGateway */
async function begun(flags: GatewayFlags): Promise<number> {
  return new Repl(flags, schemeOf(flags)).run();
}

function failed(error: unknown): number {
  if (!(error instanceof WrongField) && !(error instanceof NoGateway)) throw error;
  const advice = error instanceof NoGateway ? `; ${HOW_TO_START}` : '';
  process.stderr.write(`mtproto2json repl: ${error.message}${advice}\n`);
  return error instanceof NoGateway ? 3 : 2;
}

class Repl {
  readonly #flags: GatewayFlags;
  readonly #schema: Schema;
  readonly #isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  #connection: LineConnection | undefined;
  #input: Interface | undefined;
  #answered: ((code: number) => void) | undefined;
  /** Exit code of the first line that failed; 0 if none has. */
  #code = 0;

  constructor(flags: GatewayFlags, schema: Schema) {
    this.#flags = flags;
    this.#schema = schema;
  }

  /** Until the input ends, `.exit`, or the gateway goes. @returns the exit code @throws WrongField, NoGateway */
  async run(): Promise<number> {
    if (this.#flags.takeover === true && this.#flags.session === undefined)
      throw new WrongField(`${TAKEOVER} needs --session`);
    await this.#connect();
    const input = this.#readline();
    const lines = input[Symbol.asyncIterator]();
    if (this.#flags.session !== undefined)
      this.#note(await this.#speakAs(this.#flags.session, this.#flags.takeover === true ? TAKEOVER : undefined));
    this.#prompt();
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      if (line.value.trim() === '.exit') break;
      this.#note(await this.#line(line.value.trim()));
      if (this.#connection === undefined) break;
      this.#prompt();
    }
    input.close();
    const wasCut = this.#connection === undefined;
    this.#drop();
    if (wasCut) return 3;
    return this.#isTerminal ? 0 : this.#code;
  }

  #note(code: number): void {
    if (this.#code === 0) this.#code = code;
  }

  #readline(): Interface {
    const file = historyFile();
    this.#input = createInterface({
      input: process.stdin,
      ...(this.#isTerminal ? { output: process.stdout, history: readHistory(file) } : {}),
      prompt: 'mtproto> ',
      historySize: 1000,
      removeHistoryDuplicates: true,
      completer: (line: string) => this.#complete(line),
    });
    if (this.#isTerminal)
      this.#input.on('history', (history: string[]) => {
        if (history[0] !== undefined && isSecret(history[0])) history.shift();
        writeHistory(file, history);
      });
    return this.#input;
  }

  #prompt(): void {
    if (this.#isTerminal) this.#input?.prompt();
  }

  #complete(line: string): [string[], string] {
    if (line.startsWith('.')) return [DOTTED.filter((word) => word.startsWith(line)), line];
    const words = line.trimStart().split(/\s+/);
    const asked = words[0] === '?' ? words.slice(1, 2) : words;
    return [candidates(this.#schema, asked), words.at(-1)!];
  }

  /** @returns the exit code that the line would have alone */
  async #line(line: string): Promise<number> {
    if (line === '' || line.startsWith('#')) return 0;
    const words = shellWords(line);
    try {
      if (line === '.help') return this.#say(HELP);
      if (words[0] === '.session' && words[1] !== undefined) return await this.#speakAs(words[1], words[2]);
      if (line.startsWith('.'))
        throw new WrongField(
          `${words[0]} is not a command of the repl; there are ${DOTTED.map((word) => word.trim()).join(', ')}`,
        );
      if (words[0]!.startsWith('?') || words[1] === '?') return this.#shape(words);
      return await this.#ask([['message', callMessage(this.#schema, words[0]!, words.slice(1))]]);
    } catch (error) {
      if (!(error instanceof WrongField)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 2;
    }
  }

  #shape(words: readonly string[]): number {
    const name = words.map((word) => word.replaceAll('?', '')).find((word) => word !== '');
    if (name === undefined) return this.#say(HELP);
    const definition = definitionNamed(this.#schema, name);
    return this.#say(`${definition.text}\n${shapeForCall(this.#schema, definition)}\n`);
  }

  /** Changes the session, which takes a new connection: the first line of a connection names its session. */
  async #speakAs(name: string, flag?: string): Promise<number> {
    if (flag !== undefined && flag !== TAKEOVER) throw new WrongField(`after a name only ${TAKEOVER} may follow`);
    const takesOver = flag === TAKEOVER;
    this.#drop();
    await this.#connect();
    return this.#ask([['session', keptSession(name, takesOver)]]);
  }

  #ask(attributes: readonly (readonly [string, Json])[]): Promise<number> {
    const request = new Map<string, Json>([['id', '1'], ...attributes]);
    return new Promise((done) => {
      const hang = setTimeout(() => this.#lost('does not answer'), patience(request));
      this.#answered = (code) => {
        clearTimeout(hang);
        done(code);
      };
      this.#connection?.write(writeJson(request));
    });
  }

  #lost(how: string): void {
    this.#drop();
    process.stderr.write(`the gateway at ${placeText(placeOf(this.#flags))} ${how}\n`);
    this.#answered?.(3);
    this.#input?.close();
  }

  async #connect(): Promise<void> {
    const where = placeOf(this.#flags);
    const token = tokenOf(this.#flags);
    const connection = await LineConnection.open(where);
    this.#connection = connection;
    connection.listen({
      line: (text) => this.#heard(text),
      end: () => {
        if (this.#connection === connection) this.#lost('went away');
      },
    });
    if (token !== undefined) connection.write(writeJson(new Map([['auth', JSON.stringify(token)]])));
  }

  #drop(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
  }

  #heard(text: string): void {
    const answer = withAdvice(answerOf(text) ?? JSON.stringify(text));
    const form = formOf(false);
    if (isUpdate(answer)) return this.#update(forStdout(answerText(text, answer, form === 'line' ? 'raw' : form)));
    this.#say(forStdout(answerText(text, answer, form)));
    if (member(answer, 'id') === '1') this.#answered?.(exitCodeOf(answer));
  }

  /** Prints an update above the line that is being typed. */
  #update(text: string): void {
    if (this.#isTerminal) {
      cursorTo(process.stdout, 0);
      clearLine(process.stdout, 0);
    }
    process.stdout.write(text);
    if (this.#isTerminal) this.#input?.prompt(true);
  }

  #say(text: string): 0 {
    process.stdout.write(text);
    return 0;
  }
}

function historyFile(): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'mtproto2json/history');
}

/** Newest first, as readline has it. */
function readHistory(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).toReversed();
  } catch {
    return [];
  }
}

function writeHistory(file: string, history: readonly string[]): void {
  try {
    makeFolder(dirname(file));
    writeFileSync(
      file,
      history
        .toReversed()
        .map((line) => `${line}\n`)
        .join(''),
      { mode: 0o600 },
    );
  } catch {
    // A home that cannot be written to has no history.
  }
}
