/**
 * `mtproto2json demo`: the gateway with a test data centre inside. No account, no network.
 * In: the options of `serve`, but for those that choose a data centre; where to keep the data centre's keys and logins.
 * Out: a gateway, and lines to paste into `nc`. Never: reaches beyond this machine by itself.
 */
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Command } from 'commander';
import { type Config, ConfigError } from '../config.ts';
import { addOptions } from './serve.ts';
import type { DemoDc } from './demo-dc.ts';
import { lockState } from './state-lock.ts';

/** What chooses a data centre is not the demo's to take. */
const NOT_HERE = new Set(['dc', 'dcHost', 'dcPort', 'dcId', 'dcKey', 'test']);

/** Adds `demo`. What it runs is loaded when it runs. */
export function registerDemo(program: Command): void {
  const demo = program
    .command('demo')
    .description('the gateway with a test data centre inside: no account, no network');
  demo.option(
    '--state <DIR>',
    'what the demo remembers: keys, logins, named sessions; off: nothing (default: mtproto2json/demo in $XDG_DATA_HOME)',
  );
  addOptions(demo, NOT_HERE).action(async (flags: Record<string, unknown>) => runDemo(flags));
}

/** The folder of the demo's memory; undefined if it is to have none. */
function stateFolder(state: unknown): string | undefined {
  if (typeof state === 'string') return state === 'off' ? undefined : state;
  return join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local/share'), 'mtproto2json/demo');
}

/** Named sessions are at the demo's data centre, so they are kept beside its memory. */
function vaultIn(folder: string | undefined): string {
  return folder === undefined ? 'off' : join(folder, 'vault');
}

async function runDemo({ config: file, state, ...flags }: Record<string, unknown>): Promise<void> {
  const folder = stateFolder(state);
  if (folder !== undefined) await lockState(folder);
  const workerData = folder === undefined ? undefined : join(folder, 'dc.jsonl');
  const worker = new Worker(new URL('./demo-dc.js', import.meta.url), { workerData });
  const message = once(worker, 'message').then(
    ([dc]) => dc as DemoDc,
    (error: unknown) => {
      throw unusable(folder, error);
    },
  );
  const end = async (): Promise<void> => void (await worker.terminate());
  let vault = 'off';
  try {
    const { startGateway } = await import('./gateway.ts');
    const sources = { flags, environment: process.env, file: file as string | undefined };
    const { proxy, fail } = await startGateway(sources, {
      own: async (wanted) => ({ ...asConfig(await message, wanted), vault: (vault = wanted.vault ?? vaultIn(folder)) }),
      end,
    });
    worker.on('error', fail);
    process.stdout.write(pasteLines(await message, proxy.port, vault !== 'off'));
  } catch (error) {
    await end();
    throw error;
  }
}

/** What the data centre could not begin with, in a sentence that names the option. */
function unusable(folder: string | undefined, error: unknown): unknown {
  if (folder === undefined || !(error instanceof Error)) return error;
  const todo = 'remove the file, or give --state another folder, or off';
  return new ConfigError([`--state ${folder} cannot be used: ${error.message} (${todo})`]);
}

/** The demo's own data centre takes any api_id, so that a newcomer's calls need no initConnection. */
function asConfig(dc: DemoDc, { apiId = 1 }: Config): Partial<Config> {
  return { dcHost: dc.host, dcPort: dc.port, dcId: dc.dcId, dcKey: "the demo's", dcKeyText: dc.publicKeyPem, apiId };
}

/** What to type and paste, each line as it is. */
export function pasteLines(dc: DemoDc, port: number, hasVault: boolean): string {
  const peer = `{"_cons":"inputPeerUser","user_id":${dc.echoId},"access_hash":${dc.echoHash}}`;
  const steps: readonly (readonly [string, string])[] = [
    [
      'A ping: the key is made, the pong comes back with id 100.',
      '{"id":100,"message":{"_cons":"ping","ping_id":100}}',
    ],
    [
      'Be the demo user (only before anything else was sent on the connection; begin a new one).',
      `{"session":{"auth_key":"${dc.authKey}","session_id":${dc.sessionId}}}`,
    ],
    [
      "The demo user's dialogs.",
      '{"id":1,"message":{"_cons":"messages.getDialogs","offset_date":0,"offset_id":0,"offset_peer":{"_cons":"inputPeerEmpty"},"limit":20}}',
    ],
    [
      'Write to Echo: the answer has id 2, and what Echo says arrives by itself with id 0.',
      `{"id":2,"message":{"_cons":"messages.sendMessage","peer":${peer},"message":"hello","random_id":1}}`,
    ],
  ];
  const shown = steps.map(([what, line]) => `${what}\n\n${line}\n`);
  return `\nIn another terminal:\n\nnpx mtproto2json call ping ping_id=1 --port ${port}\n\nOr: nc localhost ${port}\nThen paste:\n\n${shown.join('\n')}\n${signIn(dc, port, hasVault)}\nCtrl-C ends it all.\n`;
}

/** Who can sign in here, and how; with a vault the session gets a name. */
function signIn({ accounts }: DemoDc, port: number, hasVault: boolean): string {
  const save = hasVault ? ' --save me' : '';
  const line = `npx mtproto2json signin --port ${port} --api-id 1 --api-hash demo${save}`;
  const after = hasVault
    ? '\nThen this brings it back, also after the demo was killed:\n\n{"session":{"name":"me"}}\n'
    : '';
  return `Or sign in yourself, as one of these:\n\n${accounts.map((text) => `  ${text}\n`).join('')}\n${line}\n${after}`;
}
