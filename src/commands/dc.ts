/**
 * `mtproto2json dc`: a test data centre as a process.
 * In: the command line. Out: a DC that runs until a signal; its public key in a file; what it listens on, printed.
 * Never: an address beyond loopback unless `--host` names it; a private key on disk, but in the file of `--state`.
 */
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError } from '../config/config.ts';
import type { TestDcOptions } from '../testdc/dc-server.ts';
import type { TestDc } from '../testdc/test-dc.ts';
import { startFaults, sentencesOnFaults, tellOfLacking } from './dc-faults.ts';
import { explainListening } from './listening.ts';

interface DcFlags {
  port: string;
  host: string;
  dcId?: string;
  dcs?: string;
  key?: string;
  keyOut?: string;
  scheme?: string;
  layer?: string[];
  pushRate?: string;
  gzip?: boolean;
  test?: boolean;
  oldRsaPadding?: boolean;
  faults?: string;
  seed?: string;
  control?: string;
  state?: string;
  methods?: boolean;
}

/** With `--gzip`, results from this size on are packed, bytes. */
const GZIP_FROM = 512;

/** Adds `dc`. What it runs is loaded when it runs. */
export function registerDc(program: Command): void {
  const dc = program
    .command('dc')
    .description('run a test data centre: no account, no network')
    .option('--port <PORT>', 'port of the first DC; further ones take the next', '4430')
    .option('--host <HOST>', 'address to listen on', '127.0.0.1')
    .option('--dc-id <N>', 'number of the DC (default: 2)')
    .option('--dcs <N,N,…>', 'numbers of several DCs, one port each')
    .option('--key-out <FILE>', 'write the public key there, as PEM')
    .option('--key <FILE>', 'private RSA key as PEM (default: a new one)')
    .option('--state <FILE>', 'keep keys and logins in this file; the next start goes on with them')
    .option('--scheme <DIR>', 'api.tl and mtproto.tl to use in place of scheme/')
    .option(
      '--layer <DIR>',
      'scheme of another layer, for clients that name it; may be repeated',
      (dir: string, all: string[] | undefined) => [...(all ?? []), dir],
    )
    .option('--push-rate <N>', 'messages a second sent to the demo user')
    .option('--gzip', 'pack larger results with gzip')
    .option('--test', 'test environment: the key exchange names DCs by their number + 10000')
    .option('--old-rsa-padding', 'also take the RSA padding of clients from before 2021')
    .option('--faults <FILE>', 'faults to play: one rule a line, e.g. `rpc.500 method=messages.* p=0.1`, or `all`')
    .option('--seed <N>', 'seed of the random choice of faults (default: drawn, and printed)')
    .option('--methods', 'list the methods it answers, and exit')
    .option(
      '--control <PORT>',
      'take orders for faults on this loopback port: {"add":"…"}, {"clear":true}, {"report":true}',
    );
  dc.action(async (flags: DcFlags) => {
    const wrong = [...sentencesOn(flags), ...(await sentencesOnFaults(flags.faults))];
    if (wrong.length > 0) dc.error(wrong.map((sentence) => `mtproto2json dc: ${sentence}`).join('\n'), { exitCode: 2 });
    await (flags.methods === true ? listMethods() : runDc(flags));
  });
}

/** All that is wrong with the flags, a sentence each. */
function sentencesOn(flags: DcFlags): string[] {
  const wrong: string[] = [];
  if (!isWhole(flags.port, 0, 65_535)) wrong.push(`--port: expected a whole number from 0 to 65535, got ${flags.port}`);
  if (flags.dcId !== undefined && flags.dcs !== undefined) wrong.push('give --dc-id or --dcs, not both');
  for (const id of idsOf(flags))
    if (!isWhole(id, 1, 999))
      wrong.push(`${flags.dcs === undefined ? '--dc-id' : '--dcs'}: expected a whole number from 1 to 999, got ${id}`);
  if (new Set(idsOf(flags)).size < idsOf(flags).length) wrong.push('--dcs: each number may stand there once');
  if (flags.pushRate !== undefined && !(Number(flags.pushRate) > 0))
    wrong.push(`--push-rate: expected a number above 0, got ${flags.pushRate}`);
  if (flags.seed !== undefined && !/^\d{1,10}$/.test(flags.seed))
    wrong.push(`--seed: expected a whole number of at most 10 digits, got ${flags.seed}`);
  if (flags.control !== undefined && !isWhole(flags.control, 0, 65_535))
    wrong.push(`--control: expected a whole number from 0 to 65535, got ${flags.control}`);
  return wrong;
}

function idsOf({ dcId, dcs }: DcFlags): string[] {
  return dcs?.split(',').map((id) => id.trim()) ?? [dcId ?? '2'];
}

function isWhole(text: string, least: number, most: number): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= most;
}

/** Faults from the file, and the port that takes more of them. */
async function faultsOf(dc: TestDc, { faults: file, seed, control }: DcFlags): Promise<void> {
  if (file === undefined && control === undefined) return;
  const { listenForOrders } = await import('../testdc/dc-server.ts');
  const faults = await startFaults(dc, file, seed);
  process.stdout.write(`faults: seed ${faults.seed}\n`);
  if (control === undefined) return;
  const port = await given('control', control, async () => listenForOrders(dc, faults, Number(control)));
  process.stdout.write(`faults: orders on 127.0.0.1:${port}\n`);
}

/** Every method the test data centre has an answer for, one a line. */
async function listMethods(): Promise<void> {
  const { ANSWERS } = await import('../testdc/answers/table.ts');
  process.stdout.write(`${Object.keys(ANSWERS).toSorted().join('\n')}\n`);
}

/** Uses what an option names. @throws ConfigError that names the option */
async function given<T>(flag: string, value: string, use: (value: string) => T | Promise<T>): Promise<T> {
  try {
    return await use(value);
  } catch (error) {
    throw new ConfigError([`--${flag} ${value} cannot be used: ${(error as Error).message}`]);
  }
}

/** What the options name, read. */
async function optionsOf(flags: DcFlags): Promise<TestDcOptions> {
  const { loadScheme } = await import('../tl/load.ts');
  const { openMemory } = await import('../testdc/memory/memory-file.ts');
  const { key, scheme, layer = [], state } = flags;
  const first = Number(flags.port);
  return {
    host: flags.host,
    dcs: idsOf(flags).map((id, i) => ({ id: Number(id), port: first === 0 ? 0 : first + i })),
    ...(key === undefined ? {} : { keyPem: await given('key', key, privateKey) }),
    ...(scheme === undefined ? {} : { schema: await given('scheme', scheme, loadScheme) }),
    otherSchemas: await Promise.all(layer.map((dir) => given('layer', dir, loadScheme))),
    environment: flags.test === true ? 'test' : 'production',
    acceptsOldPadding: flags.oldRsaPadding === true,
    gzipFrom: flags.gzip === true ? GZIP_FROM : Infinity,
    ...(state === undefined ? {} : { memory: await given('state', state, (file) => openMemory(file)) }),
  };
}

/** A private key as PEM. @throws Error if the file holds none */
function privateKey(file: string): string {
  const pem = readFileSync(file, 'utf8');
  try {
    createPrivateKey(pem);
  } catch {
    throw new Error('the file holds no private key in PEM');
  }
  return pem;
}

async function runDc(flags: DcFlags): Promise<void> {
  const { startTestDc } = await import('../testdc/dc-server.ts');
  const dc = await startTestDc(await optionsOf(flags)).catch(async (error: unknown) => {
    throw await explainListening(error, { host: flags.host, httpPort: 0 });
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void dc.close());
  try {
    await begin(dc, flags);
  } catch (error) {
    // What listens would keep the process.
    await dc.close();
    throw error;
  }
}

/** All it does beside answering; what it is, printed. */
async function begin(dc: TestDc, flags: DcFlags): Promise<void> {
  const { keyOut } = flags;
  if (keyOut !== undefined) await given('key-out', keyOut, (file) => writeFileSync(file, dc.publicKeyPem));
  for (const { id, host, port } of dc.addresses) process.stdout.write(`DC ${id} listens on ${host}:${port}\n`);
  if (keyOut === undefined) process.stdout.write(dc.publicKeyPem);
  const demo = dc.rememberedUser();
  process.stdout.write(
    `a signed-in user: {"session":{"auth_key":"${demo.authKey.toString('base64')}","session_id":${demo.sessionId}}}\n`,
  );
  if (flags.pushRate !== undefined) dc.startPushing({ to: demo.userId, rate: Number(flags.pushRate) });
  tellOfLacking(dc);
  await faultsOf(dc, flags);
}
