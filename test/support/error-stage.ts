/**
 * ErrorStage: whole gateways in this process, made to refuse: real sockets, fronts, lanes and data centre, limits that
 * are passed in no time. In: a test, options, limits. Out: ports; what clients in each form hear. Never: outlives the test.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/config.ts';
import { ERRORS, type ErrorEntry, type ErrorName } from '../../src/errors.ts';
import { createGateway } from '../../src/index.ts';
import type { Limits } from '../../src/main/limits/limits.ts';
import type { Gateway } from '../../src/main/gateway.ts';
import { compileScheme } from '../../src/tl/cache.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import { ServerKey } from '../../src/testdc/keys/server-key.ts';
import { makeFaults } from '../../src/testdc/faults/faults.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { type Vault, VaultError } from '../../src/vault/vault.ts';
import { freePort } from './free-port.ts';
import { Mp, packFrame } from './mp.ts';
import { Nc } from './nc.ts';

export type Line = Record<string, unknown>;

/** One line that a client got, how it came to it, and where it is not as the table has it. */
export interface Heard {
  readonly line: Line;
  readonly by: 'lines' | 'msgpack' | 'http';
  /** The id it has to carry. */
  readonly id: unknown;
  /** What this place knows better than the table. */
  readonly unlike?: Partial<Pick<ErrorEntry, 'retryable' | 'delivered'>>;
}

export interface Stage {
  readonly dc: TestDc;
  readonly gateway: Gateway;
  readonly port: number;
  readonly httpPort: number;
}

interface Wanted {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly limits?: Partial<Limits>;
  readonly faults?: string;
  readonly vault?: Vault | VaultError;
  readonly tokens?: string;
}

const WORKER = new URL('../../workers/session-worker.js', import.meta.url);

/** One for all data centres: making one takes longer than the rest of a stage. */
const SERVER_KEY = ServerKey.make();

/** Whoever does something when a test has ended. */
interface Ending {
  after(end: () => Promise<void>): void;
}

export async function stage(
  t: Ending,
  { flags = {}, limits = {}, faults, vault, tokens }: Wanted = {},
): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  const dc = await startTestDc({ dcs: [{ id: 2 }], keyPem: (await SERVER_KEY).privatePem });
  if (faults !== undefined) makeFaults(dc, faults);
  const dcKey = join(folder, 'dc.pem');
  writeFileSync(dcKey, dc.publicKeyPem);
  const tokenFile = join(folder, 'tokens');
  writeFileSync(tokenFile, tokens ?? '', { mode: 0o600 });
  const httpPort = await freePort();
  const own = {
    port: 0,
    httpPort,
    dcHost: dc.host,
    dcPort: dc.port(2),
    dcId: 2,
    dcKey,
    apiId: 1,
    workers: 1,
    pfs: 'never',
  };
  const all = { ...own, ...(tokens !== undefined && { tokenFile }), ...flags };
  const gateway = await createGateway(loadConfig({ flags: all, environment: {}, file: undefined }), {
    codec: compileScheme(undefined),
    log: await createLog({ level: 'silent' }),
    broken: () => undefined,
    vault: vault && (() => (vault instanceof VaultError ? Promise.reject(vault) : Promise.resolve(vault))),
    lane: { worker: WORKER, settings: {}, limits: { reapEvery: 20, ...limits } },
  });
  t.after(async () => {
    await gateway.drain(0);
    await dc.close();
    rmSync(folder, { recursive: true });
  });
  return { dc, gateway, port: gateway.port, httpPort };
}

/** What a client of lines hears until it has heard `count` lines with an error. */
export async function lines(port: number, text: string | Buffer, count = 1): Promise<Line[]> {
  const nc = await Nc.to(port);
  nc.send(text);
  const heard: Line[] = [];
  while (heard.length < count) heard.push(...errorsOf([await nc.json()]));
  nc.close();
  return heard;
}

export function errorsOf(heard: readonly Line[]): Line[] {
  return heard.filter((line) => 'error' in line);
}

export async function frame(port: number, message: unknown): Promise<Line> {
  const mp = await Mp.to(port);
  mp.socket.write(Buffer.isBuffer(message) ? message : packFrame(message));
  let heard = await mp.frame();
  while (!('error' in heard)) heard = await mp.frame();
  mp.close();
  return plain(heard) as Line;
}

/** Numbers as they are in JSON. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

export async function post(port: number, body: string | Buffer, headers: Record<string, string> = {}): Promise<Line> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/rpc`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Connection: 'close', ...headers },
    body: body as string,
  });
  return (await answer.json()) as Line;
}

/** One request in all three forms. */
export async function everywhere(
  { port, httpPort }: Stage,
  request: Line,
  id: unknown = request['id'],
): Promise<Heard[]> {
  const text = JSON.stringify(request);
  const [line] = await lines(port, `${text}\n`);
  return [
    { by: 'lines', id, line: line! },
    { by: 'msgpack', id, line: await frame(port, request) },
    { by: 'http', id, line: await post(httpPort, text) },
  ];
}

const COMMON = new Set(['id', 'error', 'msg', 'retryable', 'delivered', 'closing', 'fatal']);

/** Holds a line against its row of the table. @returns the attributes it has that a line of this name may lack */
export function assertRow(name: ErrorName, { line, by, id, unlike = {} }: Heard): string[] {
  const entry: ErrorEntry = ERRORS[name];
  const told = `${name} ${by}: ${JSON.stringify(line)}`;
  assert.equal(line['error'], name, told);
  assert.deepEqual(line['id'], id, told);
  assert.match(String(line['msg']), /^[^]{10,}$/, told);
  assert.equal(line['retryable'], unlike.retryable ?? entry.retryable, told);
  assert.equal(line['delivered'], unlike.delivered ?? entry.delivered, told);
  assert.equal(line['fatal'], entry.fatal ? true : undefined, told);
  // HTTP has ends of its own.
  const mayClose = entry.closes || entry.sometimes.includes('closing');
  if (by === 'http' || !mayClose) assert.equal(line['closing'], undefined, told);
  else if (entry.closes) assert.equal(line['closing'], true, told);
  for (const field of entry.fields) assert.ok(field in line, `${field} is missing: ${told}`);
  const others = Object.keys(line).filter((key) => !COMMON.has(key) && !entry.fields.includes(key));
  for (const key of others) assert.ok(entry.sometimes.includes(key), `${key} is in no row: ${told}`);
  assert.ok(Buffer.byteLength(JSON.stringify(line)) < 512, told);
  return line['closing'] === true && !entry.closes ? [...others, 'closing'] : others;
}
