/**
 * What `call` and `repl` have in common: where the gateway is, its token, the message of a call.
 * In: flags, the environment, words. Out: a place, a token, a message. Never: opens a connection.
 */
import { readFileSync } from 'node:fs';
import { isFromTheStart, messageOf } from '../client/fields.ts';
import { member, type Json } from '../client/json.ts';
import type { Place } from '../client/lines.ts';
import { methodNamed, WrongField } from '../client/names.ts';
import { forTerminal, type Form } from '../client/answer.ts';
import { firstToken } from '../main/clients/tokens.ts';
import { keptScheme } from '../tl/cache.ts';
import type { Definition, Schema } from '../tl/ir.ts';
import { jsonShape } from '../tl/json-shape.ts';
import { schemeFault } from '../tl/load.ts';

/** Options that `call` and `repl` share: flag, its line in the help. */
export const GATEWAY_OPTIONS: readonly (readonly [flag: string, text: string])[] = [
  ['--session <NAME>', 'speak as the session that the gateway keeps under this name'],
  [
    '--takeover',
    'with --session: take it from who has it alone, or another gateway; what is open there gets up to 10 s',
  ],
  ['--host <HOST>', 'where the gateway is (default: localhost)'],
  ['--port <PORT>', 'its port for JSON lines (default: 1543)'],
  ['--token-file <FILE>', 'file of tokens as `serve` takes it, if the gateway wants a token: the first is sent'],
  ['--scheme <DIR>', 'folder with api.tl and mtproto.tl, if the gateway runs with another scheme'],
];

/** How long the gateway may take beyond the time that Telegram has, s. */
const HANG_SECONDS = 10;
/** On a takeover, how long the connection that has the session may take to finish its open requests, and more, s. */
const TAKEOVER_SECONDS = 25;

/** The values of those options. */
export interface GatewayFlags {
  session?: string;
  takeover?: boolean;
  scheme?: string;
  host?: string;
  port?: string;
  tokenFile?: string;
}

/** Ends the sentence that no gateway answers. */
export const HOW_TO_START =
  'start one with `mtproto2json demo` (no account needed) or `mtproto2json serve`, or say where it is: --host, --port';

/** The `session` of a request for `--session NAME`. `existing` makes the gateway refuse a misspelt name instead of beginning a session. */
export function keptSession(name: string, takesOver: boolean): Json {
  return new Map([
    ['name', JSON.stringify(name)],
    ['existing', 'true'],
    ...(takesOver ? ([['takeover', 'true']] as const) : []),
  ]);
}

/** Where the gateway is: by the flags, else the environment, else `localhost:1543`. @throws WrongField for a port that is none */
export function placeOf(flags: GatewayFlags): Place {
  const { env } = process;
  const port = Number(flags.port ?? (env['MTPROTO2JSON_PORT'] || 1543));
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new WrongField('--port is a whole number from 1 to 65535');
  return { host: flags.host ?? (env['MTPROTO2JSON_HOST'] || 'localhost'), port };
}

/** The gateway's token: of the flags' file, else of the environment. @throws WrongField for a file that cannot be read, or holds none */
export function tokenOf(flags: GatewayFlags): string | undefined {
  // Compose files pass on variables that nobody has set as empty ones.
  const file = flags.tokenFile ?? (process.env['MTPROTO2JSON_TOKEN_FILE'] || undefined);
  if (file === undefined) return process.env['MTPROTO2JSON_TOKEN']?.trim() || undefined;
  try {
    const token = firstToken(readFileSync(file, 'utf8'));
    if (token === undefined) throw new WrongField(`--token-file: ${file} holds no token`);
    return token;
  } catch (error) {
    if (error instanceof WrongField) throw error;
    throw new WrongField(`--token-file: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** The scheme that `--scheme` names, or the gateway's own. @throws WrongField for a folder that holds none */
export function schemeOf({ scheme }: GatewayFlags): Schema {
  try {
    return keptScheme(scheme);
  } catch (error) {
    throw scheme === undefined ? error : new WrongField(schemeFault(scheme, error));
  }
}

/** The TL object of a call as JSON. @throws WrongField */
export function callMessage(
  schema: Schema,
  method: string,
  words: readonly string[],
  base?: ReadonlyMap<string, Json>,
): Json {
  return messageOf(schema, methodNamed(schema, method), words, readFileSync, base);
}

/** What a method takes, for who calls it by `call` or `repl`: also the fields that these write 0 for are marked. */
export function shapeForCall(schema: Schema, definition: Definition): string {
  return jsonShape(schema, definition, isFromTheStart);
}

/** How answers are shown on stdout. */
export function formOf(isRaw: boolean): Form {
  if (isRaw) return 'raw';
  if (!process.stdout.isTTY) return 'line';
  return process.env['NO_COLOR'] ? 'pretty' : 'coloured';
}

/** An answer's text for stdout: on a terminal, without control characters of its own. */
export function forStdout(text: string): string {
  return process.stdout.isTTY ? forTerminal(text) : text;
}

/** How long to wait for the gateway's answer, ms: the request's own timeout, and what the gateway needs beyond it. */
export function patience(request: Json): number {
  const timeout = member(request, 'timeout');
  // The gateway takes a timeout as text too.
  const seconds = typeof timeout === 'string' ? Number(timeout.replaceAll('"', '')) : NaN;
  const isTakeover = member(member(request, 'session'), 'takeover') === 'true';
  return ((seconds > 0 ? seconds : 10) + (isTakeover ? TAKEOVER_SECONDS : HANG_SECONDS)) * 1000;
}
