/**
 * `mtproto2json demo`: the gateway with a test data centre inside. No account, no network.
 * In: the options of `serve`, but for those that choose a data centre; where to keep the data centre's keys and logins.
 * Out: a gateway, and what to type next. Never: reaches beyond this machine by itself.
 */
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Option, type Command } from 'commander';
import { type Config, ConfigError, loadConfig } from '../config/config.ts';
import { flagName } from '../config/options.ts';
import { addOptions } from './add-options.ts';
import { bannerOf } from './demo-banner.ts';
import { sentencesOnFaults } from './dc-faults.ts';
import type { DemoDc, DemoOrders } from './demo-dc.ts';
import { lockState } from './state-lock.ts';

/** Options that choose a data centre: the demo has its own. */
const NOT_HERE = ['dc', 'test', 'dcHost', 'dcPort', 'dcId', 'dcKey'];

/** Adds `demo`. What it runs is loaded when it runs. */
export function registerDemo(program: Command): void {
  const demo = program
    .command('demo')
    .description('the gateway with a test data centre inside: no account, no network');
  demo.option('--faults <FILE>', 'faults that its data centre plays, as for `dc --faults`');
  demo.option('--seed <N>', 'seed of the random choice of faults (default: drawn)');
  addOptions(demo, new Set(NOT_HERE)).action(async (flags: Record<string, unknown>) => runDemo(flags));
  // Known, so that they are refused with a reason; not shown.
  for (const name of NOT_HERE) demo.addOption(new Option(`--${flagName(name)} [VALUE]`).hideHelp());
}

/** @throws ConfigError for what chooses a data centre */
function refuseDataCentres(flags: Readonly<Record<string, unknown>>): void {
  const given = NOT_HERE.filter((name) => flags[name] !== undefined).map((name) => `--${flagName(name)}`);
  if (given.length === 0) return;
  const todo = '`mtproto2json serve` takes another';
  throw new ConfigError([`${given.join(', ')}: the demo is the gateway with its own data centre; ${todo}`]);
}

/** The folder of the demo's memory; undefined if it is to have none. */
function stateFolder(state: string | undefined): string | undefined {
  if (state !== undefined) return state === 'off' ? undefined : state;
  return join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local/share'), 'mtproto2json/demo');
}

/** Named sessions are at the demo's data centre, so they are kept beside its memory. */
function vaultIn(folder: string | undefined): string {
  return folder === undefined ? 'off' : join(folder, 'vault');
}

/** @throws ConfigError with all that is wrong with them */
async function checkFaults(faults: string | undefined, seed: string | undefined): Promise<void> {
  const wrong = await sentencesOnFaults(faults);
  if (seed !== undefined && !/^\d{1,10}$/.test(seed))
    wrong.push(`--seed: expected a whole number of at most 10 digits, got ${seed}`);
  if (wrong.length > 0) throw new ConfigError(wrong);
}

async function runDemo({ config: file, faults, seed, ...flags }: Record<string, unknown>): Promise<void> {
  await checkFaults(faults as string | undefined, seed as string | undefined);
  refuseDataCentres(flags);
  const sources = { flags, environment: process.env, file: file as string | undefined };
  const wanted = loadConfig(sources);
  const folder = stateFolder(wanted.state);
  if (folder !== undefined) await lockState(folder);
  const memory = folder === undefined ? undefined : join(folder, 'dc.jsonl');
  const workerData = { state: memory, faults, seed } as DemoOrders;
  const worker = new Worker(new URL('./demo-dc.js', import.meta.url), { workerData });
  const message = once(worker, 'message').then(
    ([dc]) => dc as DemoDc,
    (error: unknown) => {
      throw unusable(folder, error);
    },
  );
  const end = async (): Promise<void> => void (await worker.terminate());
  const vault = wanted.vault ?? vaultIn(folder);
  try {
    const { startGateway } = await import('./gateway.ts');
    const { gateway, fail } = await startGateway(sources, {
      own: async () => ({ ...asConfig(await message, wanted), vault }),
      end,
    });
    worker.on('error', fail);
    const place = {
      host: wanted.host,
      port: gateway.port,
      httpPort: gateway.addressesOf('HTTP')[0]?.port,
      tokenFile: wanted.tokenFile,
    };
    process.stdout.write(bannerOf(await message, place, vault !== 'off'));
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
  const own = { dcHost: dc.host, dcPort: dc.port, dcId: dc.dcId, dcKey: "the demo's", dcKeyText: dc.publicKeyPem };
  // What the environment says of data centres is meant for `serve`.
  return { ...own, dc: undefined, test: false, apiId };
}
