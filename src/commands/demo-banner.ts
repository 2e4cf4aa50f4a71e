/**
 * Demo banner: what to type and paste once the demo runs, each line as it is.
 * In: the demo's data centre, where its gateway listens and what it asks of clients. Out: text. Never: a token.
 */
import type { DemoDc } from './demo-dc.ts';

/** Where clients find the demo's gateway, and what it asks of them. */
export interface DemoPlace {
  /** `--host` as given. */
  readonly host: string;
  readonly port: number;
  /** Not there if nothing listens for HTTP. */
  readonly httpPort: number | undefined;
  /** Whose tokens clients must show. */
  readonly tokenFile: string | undefined;
}

/** Addresses that are every address of this machine. */
const EVERYWHERE = new Set(['0.0.0.0', '::', 'localhost']);
const PING = '{"id":100,"message":{"_cons":"ping","ping_id":100}}';

/** What to type and paste now that the demo runs. @param hasVault whether a session can be kept by name */
export function bannerOf(dc: DemoDc, place: DemoPlace, hasVault: boolean): string {
  const host = hostOf(place);
  const token = place.tokenFile === undefined ? '' : `\nFirst a token of ${place.tokenFile}: {"auth":"TOKEN"}\n`;
  return `
In another terminal:

npx mtproto2json call ping ping_id=1${flagsOf(place)}
${curlOf(place)}
Or: nc ${host} ${place.port}
Then paste, in this order:
${token}
${steps(dc)}
${signIn(dc, place, hasVault)}
Ctrl-C ends it all.
`;
}

function hostOf({ host }: DemoPlace): string {
  return EVERYWHERE.has(host) ? 'localhost' : host;
}

/** What `call` and `signin` have to be told to find the gateway and be let in. */
function flagsOf(place: DemoPlace): string {
  const host = hostOf(place);
  const where = host === 'localhost' ? '' : ` --host ${host}`;
  const token = place.tokenFile === undefined ? '' : ` --token-file ${quoted(place.tokenFile)}`;
  return `${where} --port ${place.port}${token}`;
}

/** The same ping over HTTP, if that is open; the token is read where it is kept. */
function curlOf(place: DemoPlace): string {
  if (place.httpPort === undefined) return '';
  const host = hostOf(place);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${place.httpPort}/v1/rpc`;
  const first = place.tokenFile && `awk 'NF && !/^ *#/ { print $1; exit }' ${quoted(place.tokenFile)}`;
  const token = first === undefined ? '' : ` -H "Authorization: Bearer $(${first})"`;
  return `\nOver HTTP:\n\ncurl -g ${url}${token} -H 'Content-Type: application/json' -d '${PING}'\n`;
}

/** As one word of a shell. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function steps(dc: DemoDc): string {
  const peer = `{"_cons":"inputPeerUser","user_id":${dc.echoId},"access_hash":${dc.echoHash}}`;
  const lines: readonly (readonly [string, string])[] = [
    [
      'Be the demo user: a session is named before any call is sent on the connection.',
      `{"session":{"auth_key":"${dc.authKey}","session_id":${dc.sessionId}}}`,
    ],
    ['A ping: the pong comes back with id 100.', PING],
    [
      "The demo user's dialogs.",
      '{"id":1,"message":{"_cons":"messages.getDialogs","offset_date":0,"offset_id":0,"offset_peer":{"_cons":"inputPeerEmpty"},"limit":20}}',
    ],
    [
      'Write to Echo: the answer has id 2, and what Echo says arrives by itself with id 0.',
      `{"id":2,"message":{"_cons":"messages.sendMessage","peer":${peer},"message":"hello"}}`,
    ],
  ];
  return lines.map(([what, line]) => `${what}\n\n${line}\n`).join('\n');
}

/** Who can sign in here, and how; with a vault the session gets a name. */
function signIn({ accounts }: DemoDc, place: DemoPlace, hasVault: boolean): string {
  const save = hasVault ? ' --save me' : '';
  const line = `npx mtproto2json signin${flagsOf(place)} --api-id 1 --api-hash demo${save}`;
  const after = hasVault
    ? '\nThen this brings it back, also after the demo was killed:\n\n{"session":{"name":"me"}}\n'
    : '';
  return `Or sign in yourself, as one of these:\n\n${accounts.map((text) => `  ${text}\n`).join('')}\n${line}\n${after}`;
}
