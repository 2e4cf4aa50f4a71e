/** The log, `--verbose` and the metrics of a gateway process, and the page that explains them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import { EVENT_NAMES } from '../../src/telemetry/events.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { Nc } from '../support/nc.ts';
import { Run } from '../support/process.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = join(ROOT, 'docs/logs-and-metrics.md');
const MARK = 'planted-words-of-a-client';

/** A wire to the data centre that can be cut, and is then closed until it is mended. */
class Wire {
  readonly #to: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  constructor(to: number) {
    this.#to = to;
  }

  async mend(): Promise<void> {
    this.#server = createServer((socket) => this.#join(socket)).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  #join(socket: Socket): void {
    const far = connect(this.#to, '127.0.0.1');
    for (const [one, other] of [
      [socket, far],
      [far, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  }

  cut(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}

/** Says something as soon as it is spoken to, then closes. */
async function foreign(t: TestContext, says: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.from(says, 'latin1')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

interface Stage {
  readonly dc: TestDc;
  readonly wire: Wire;
  readonly run: Run;
  readonly port: number;
  readonly httpPort: number;
}

async function raise(t: TestContext): Promise<Stage> {
  const dc = await startTestDc({ dcs: [{ id: 2 }] });
  t.after(() => dc.close());
  const wire = new Wire(dc.port(2));
  await wire.mend();
  t.after(() => wire.cut());
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-logs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const key = join(folder, 'dc.pem');
  writeFileSync(key, dc.publicKeyPem);
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const httpPort = (free.address() as AddressInfo).port;
  free.close();
  const options = {
    ...{ port: 0, 'http-port': httpPort, 'dc-host': '127.0.0.1', 'dc-port': wire.port, 'dc-id': 2, 'dc-key': key },
    ...{ 'api-id': 1, workers: 1, 'log-level': 'debug', 'allow-server': '127.0.0.1/32' },
  };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const run = new Run(t, ['serve', ...flags, '--verbose']);
  return { dc, wire, run, port: await run.port(), httpPort };
}

type Entry = Record<string, unknown>;

function entriesOf(text: string): Entry[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Entry);
}

async function metricsOf({ httpPort }: Stage): Promise<string> {
  return (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
}

const PING = `{"id":1,"timeout":30,"message":{"_cons":"ping","ping_id":1}}\n`;
const SPOKEN: readonly (readonly [says: string, kind: string])[] = [
  ['HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n', 'an HTTP server'],
  ['\x15\x03\x01\x00\x02\x02\x46', 'a TLS server'],
  ['<!DOCTYPE html><html><body>log in here</body></html>', 'a web page'],
  ['SSH-2.0-OpenSSH_9.6\r\n', 'an SSH server'],
];

test('the log and the metrics of a gateway', { timeout: 120_000 }, async (t) => {
  const stage = await raise(t);
  const { run, wire, port } = stage;

  await t.test('what is no data centre is named, to the log and to the client', async () => {
    await Promise.all(
      SPOKEN.map(async ([says, kind]) => {
        const at = await foreign(t, says);
        const nc = await Nc.to(port);
        nc.send(`{"id":1,"timeout":1,"server":{"host":"127.0.0.1","port":${at},"dc":2},"message":{"_cons":"ping"}}\n`);
        // The field that is missing is named before anything is dialled.
        assert.equal(((await nc.json()) as Entry)['error'], 'MissingField');
        nc.send('{"id":2,"timeout":1,"message":{"_cons":"ping","ping_id":1}}\n');
        const { error, reason } = (await nc.json()) as Entry;
        assert.equal(error, 'NotConnected');
        assert.equal(reason, `${kind} answers there, not a data centre`);
        const entry = entriesOf(run.err).find((one) => one['port'] === at && one['reason'] !== undefined);
        assert.deepEqual(
          [entry?.['event'], entry?.['level'], entry?.['dc'], entry?.['host'], entry?.['reason']],
          ['data centre not reached', 40, 2, '127.0.0.1', reason],
        );
        nc.close();
      }),
    );
    assert.ok(!run.err.includes('1347703880'));
  });

  await t.test('forty sessions that lose the data centre, and find it again: few lines, true numbers', async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => Nc.to(port)));
    for (const nc of clients) nc.send(PING);
    for (const nc of clients) await nc.json();
    const before = run.err.length;
    wire.cut();
    await run.until(/"event":"data centre lost"/);
    await wire.mend();
    for (const nc of clients) nc.send(PING);
    for (const nc of clients) assert.equal(((await nc.json()) as Entry)['error'], undefined);
    await run.until(/"event":"data centre back".*\n(.*\n)*.*"event":"data centre back"/);
    const entries = entriesOf(run.err.slice(before));
    const of = (event: string): Entry[] => entries.filter((one) => one['event'] === event && one['port'] === wire.port);
    const number = (all: Entry[]): number => all.reduce((sum, { count }) => sum + Number(count ?? 1), 0);
    assert.ok(of('data centre lost').length <= 6, `${of('data centre lost').length} lines`);
    assert.equal(number(of('data centre lost')), 40);
    for (const { level, dc, host, reason } of of('data centre lost')) {
      assert.deepEqual([level, dc, host], [40, 2, '127.0.0.1']);
      assert.match(String(reason), /the other side closed the connection|the connection was reset/);
    }
    for (const { ms } of of('data centre back')) assert.ok(typeof ms === 'number' && ms > 0);
    for (const nc of clients) nc.close();
  });

  await t.test('--verbose: each line has its time, each answer how long it took; no word of anybody’s', async () => {
    const nc = await Nc.to(port);
    nc.send(`{"id":"v","message":{"_cons":"help.getUserInfo","user_id":{"_cons":"inputUserSelf"},"${MARK}":1}}\n`);
    await nc.json();
    nc.send(`{"id":"w","message":{"_cons":"contacts.resolveUsername","username":"${MARK}"}}\n`);
    await nc.json();
    await run.until(/"from":"gateway".*"id":"w"/);
    const shown = entriesOf(run.out).filter(({ object }) => (object as Entry | null)?.['id'] === 'w');
    assert.deepEqual(
      shown.map(({ from }) => from),
      ['client', 'gateway'],
    );
    for (const { time } of shown) assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(shown[0]!['ms'], undefined);
    assert.equal(typeof shown[1]!['ms'], 'number');
    await run.until(/"method":"contacts.resolveUsername"/);
    const request = entriesOf(run.err).find(({ method }) => method === 'contacts.resolveUsername');
    assert.deepEqual(
      [request?.['event'], request?.['level'], request?.['outcome'], request?.['dc'], typeof request?.['ms']],
      ['request', 20, 'rpc_error', 2, 'number'],
    );
    assert.ok(!run.err.includes(MARK) && !run.out.includes(MARK));
    nc.close();
  });

  await t.test(
    'metrics: errors by name, times, connections; docs/logs-and-metrics.md has these names and no other',
    async () => {
      const text = await metricsOf(stage);
      assert.match(text, /^mtproto2json_rpc_errors_total\{code="\d+",error="[A-Z_]+"\} [1-9]/m);
      assert.match(text, /^mtproto2json_answer_seconds_bucket\{le="\+Inf"\} [1-9]/m);
      assert.match(text, /^mtproto2json_dc_connects_total\{dc="2",test="false"\} [1-9]/m);
      assert.match(text, /^mtproto2json_dc_losses_total\{dc="2",test="false"\} [1-9]/m);
      assert.match(text, /^mtproto2json_dc_failures_total\{dc="2",test="false"\} [1-9]/m);
      const live = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
      const page = readFileSync(PAGE, 'utf8');
      const documented = [...page.matchAll(/^\| `(mtproto2json_\w+)` \|/gm)].map(([, name]) => name!);
      assert.deepEqual(documented.toSorted(), live.toSorted());
      const mentioned = [...page.matchAll(/mtproto2json_\w+/g)].map(([name]) =>
        name.replace(/_(bucket|sum|count)$/, ''),
      );
      assert.deepEqual(
        mentioned.filter((name) => !live.includes(name)),
        [],
      );
      assert.ok(!text.includes(MARK));
    },
  );
});

test('every event of the table is written somewhere', () => {
  const files = ['src', 'workers'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(ROOT, folder, file)),
  );
  const text = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('telemetry/events.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const isWritten = (event: string): boolean =>
    new RegExp(`\\b(?:log|write)\\(\\s*'${event}'|^  \\w+: '${event}',$|'${event}' satisfies LogEvent`, 'm').test(text);
  assert.deepEqual(
    EVENT_NAMES.filter((event) => !isWritten(event)),
    [],
  );
});
