/**
 * `mtproto2json call`: one call over a running gateway, and updates if they are wanted.
 * In: a method, its fields, or JSON from stdin. Out: the answer on stdout; exit 0 a result, 1 Telegram refused or did not
 * answer, or the session that is followed is lost, 2 asked wrongly, 3 no gateway. Never: more of the gateway than its port; a
 * session line on stdout; a wait without end for an answer.
 */
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { withAdvice } from '../client/advice.ts';
import { answerOf, exitCodeOf, isLast, isUpdate, answerText } from '../client/answer.ts';
import { isWholeRequest } from '../client/fields.ts';
import { parseJson, writeJson, type Json } from '../client/json.ts';
import { LineConnection, NoGateway, placeText, type Place } from '../client/lines.ts';
import { WrongField } from '../client/names.ts';
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

interface CallFlags extends GatewayFlags {
  timeout?: string;
  follow?: boolean;
  raw?: boolean;
}

/** Flag, its line in the help; a test compares docs/client.md with it. */
export const CALL_OPTIONS: readonly (readonly [flag: string, text: string])[] = [
  ...GATEWAY_OPTIONS,
  ['--timeout <SECONDS>', "how long Telegram may take, 0.1 to 600 (default: the gateway's 10)"],
  ['--follow', 'stay and print updates, one per line, until Ctrl-C; needs no METHOD'],
  ['--raw', 'print whole lines as the gateway writes them'],
];

/** Adds `call`. */
export function registerCall(program: Command): void {
  const command = program
    .command('call')
    .description('call one method over a running gateway')
    .argument('[METHOD]', 'a method of the scheme; without it a whole request is read from stdin')
    .argument('[FIELD...]', "name=value, name.inner=value, name:='JSON'; - reads a JSON object of fields from stdin");
  for (const [flag, text] of CALL_OPTIONS) command.option(flag, text);
  command.addHelpText(
    'after',
    '\nAlso in the environment: MTPROTO2JSON_HOST, _PORT, _TOKEN_FILE, _TOKEN.' +
      '\nExit: 0 a result, 1 Telegram refused or did not answer, or the session that is\nfollowed is lost, 2 asked wrongly, 3 no gateway.',
  );
  command.action(async (method: string | undefined, words: string[], flags: CallFlags) => {
    process.exitCode = await run(method, words, flags).catch(failed);
  });
}

/** A sentence on stderr. @returns the exit code */
function failed(error: unknown): number {
  if (!(error instanceof WrongField) && !(error instanceof NoGateway)) throw error;
  const advice = error instanceof NoGateway ? `; ${HOW_TO_START}` : '';
  process.stderr.write(`mtproto2json call: ${error.message}${advice}\n`);
  return error instanceof NoGateway ? 3 : 2;
}

async function run(method: string | undefined, words: readonly string[], flags: CallFlags): Promise<number> {
  const where = placeOf(flags);
  const token = tokenOf(flags);
  // A session connects with its first call, and hears updates only from then on.
  const isFollowOnly = method === undefined && flags.follow === true;
  if (isFollowOnly && flags.session === undefined)
    throw new WrongField('--follow without a METHOD needs --session: a new session has no updates');
  const request = await requestOf(isFollowOnly ? 'updates.getState' : method, words, flags);
  const connection = await LineConnection.open(where);
  return exchange(connection, where, { token, request, isFollowOnly, flags });
}

/** The request as a tree, with all that the flags add. */
async function requestOf(method: string | undefined, words: readonly string[], flags: CallFlags): Promise<Json> {
  const request = new Map<string, Json>([['id', '1']]);
  if (flags.session !== undefined) request.set('session', keptSession(flags.session, flags.takeover === true));
  else if (flags.takeover === true) throw new WrongField('--takeover needs --session');
  if (flags.timeout !== undefined) request.set('timeout', secondsOf(flags.timeout));
  if (method === undefined) {
    const given = await stdinObject();
    if (!isWholeRequest(given)) return request.set('message', given);
    for (const [name, value] of given) request.set(name, value);
    return request.set('id', '1');
  }
  const fields = words.filter((word) => word !== '-');
  const base = fields.length < words.length ? await stdinObject() : undefined;
  const schema = schemeOf(flags);
  try {
    return request.set('message', callMessage(schema, method, fields, base));
  } catch (error) {
    throw withShape(error, schema, method);
  }
}

/** Adds what the method takes to the sentence about a wrong field. */
function withShape(error: unknown, schema: Schema, method: string): unknown {
  const definition = schema.byName.get(method);
  if (!(error instanceof WrongField) || definition?.isFunction !== true) return error;
  return new WrongField(`${error.message}\n\n${method} takes:\n${shapeForCall(schema, definition)}`);
}

function secondsOf(text: string): string {
  const seconds = Number(text);
  if (!(seconds >= 0.1 && seconds <= 600)) throw new WrongField('--timeout is a number of seconds from 0.1 to 600');
  return String(seconds);
}

async function stdinObject(): Promise<ReadonlyMap<string, Json>> {
  const text = process.stdin.isTTY ? '' : await textOf(process.stdin);
  if (text.trim() === '')
    throw new WrongField('give a METHOD (`mtproto2json call ping ping_id=1`), or a JSON object on stdin');
  let json: Json;
  try {
    json = parseJson(text);
  } catch {
    throw new WrongField('stdin is not valid JSON');
  }
  if (json instanceof Map) return json as ReadonlyMap<string, Json>;
  throw new WrongField('stdin must be one JSON object');
}

interface Exchange {
  readonly token: string | undefined;
  readonly request: Json;
  readonly isFollowOnly: boolean;
  readonly flags: CallFlags;
}

/** Writes the request, prints the answer and, if wanted, what follows. @returns the exit code */
function exchange(connection: LineConnection, where: Place, wanted: Exchange): Promise<number> {
  const { token, request, isFollowOnly, flags } = wanted;
  const isRaw = flags.raw === true;
  const updateForm = isRaw ? 'raw' : 'line';
  return new Promise((done) => {
    let code: number | undefined;
    const finish = (last: number): void => {
      clearTimeout(hang);
      code ??= last;
      done(last);
      connection.close();
    };
    const hang = setTimeout(() => {
      process.stderr.write(
        `mtproto2json call: ${placeText(where)} takes the connection but does not answer: is it a gateway?\n`,
      );
      finish(3);
    }, patience(request));
    const stop = (): void => finish(code ?? 130);
    if (flags.follow === true) process.once('SIGINT', stop);
    connection.listen({
      line(text) {
        const given = answerOf(text);
        const answer = given && withAdvice(given);
        if (answer === undefined) {
          process.stderr.write(
            `mtproto2json call: ${placeText(where)} answers, but is not a gateway: check --host and --port\n`,
          );
          return finish(3);
        }
        if (isUpdate(answer)) {
          if (flags.follow !== true) return undefined;
          print(answerText(text, answer, updateForm));
          return isLast(answer) ? finish(1) : undefined;
        }
        clearTimeout(hang);
        code = exitCodeOf(answer);
        if (!isFollowOnly || code !== 0) print(answerText(text, answer, formOf(isRaw)));
        if (flags.follow !== true || code !== 0) finish(code);
      },
      end() {
        clearTimeout(hang);
        process.off('SIGINT', stop);
        if (code === undefined)
          process.stderr.write(`mtproto2json call: the gateway at ${placeText(where)} went away\n`);
        done(code === undefined || flags.follow === true ? 3 : code);
      },
    });
    if (token !== undefined) connection.write(writeJson(new Map([['auth', JSON.stringify(token)]])));
    connection.write(writeJson(request));
  });
}

function print(text: string): void {
  process.stdout.write(forStdout(text));
}
