/** The order of one connection's requests in one session, however each of them names it: what the data centre reads, over real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { freePort } from '../support/free-port.ts';
import { packFrame } from '../support/mp.ts';

type Line = Record<string, unknown>;

/** A request that the data centre is known to have read by its `source`. */
const call = (source: string): Line => ({ _cons: 'help.getAppUpdate', source });
const far = (source: string): Line => call(source.padEnd(5000, '.'));
const text = (...lines: (Line | string)[]): Buffer =>
  Buffer.from(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));

describe('what one connection asks in one session', () => {
  let dc: TestDc;
  let gateway: TestGateway;
  let httpPort: number;
  let folder: string;
  let read: string[] = [];
  let names = 0;
  /** A session of its own for each case. */
  let me: string;

  before(async () => {
    dc = await startTestDc({ dcs: [{ id: 2 }] });
    dc.onRequest = ({ args }) => {
      if (typeof args['source'] === 'string') read.push(args['source'].replaceAll('.', ''));
      return undefined;
    };
    folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
    writeFileSync(join(folder, 'key'), Buffer.alloc(32, 7), { mode: 0o600 });
    const kept = ['--vault', join(folder, 'vault'), '--vault-key-file', join(folder, 'key')];
    httpPort = await freePort();
    const flags = ['--workers', '2', '--http-port', String(httpPort), ...kept];
    gateway = await startGateway(dc, { init: 1, flags });
  });

  after(async () => {
    assert.equal(await gateway.stop(), 0);
    await dc.close();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(dc.bugs, []);
    assert.deepEqual(dc.violations.list, []);
  });

  beforeEach(() => {
    read = [];
    me = `me${names++}`;
  });

  /** Writes all at once and ends; what came back, when all was answered. */
  async function say(bytes: Buffer, port = gateway.port): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
    socket.end(bytes);
    await once(socket, 'close');
    return heard;
  }

  test('behind a line that gives the name far from its beginning', async () => {
    await say(text({ message: far('A'), as: me }, { as: me, message: call('B') }));
    assert.deepEqual(read, ['A', 'B']);
  });

  test('behind a line that gives the name, or its attribute, with escapes', async () => {
    const b = { as: me, message: call('B') };
    await say(text(JSON.stringify({ as: me, message: call('A') }).replace('"as"', '"\\u0061s"'), b));
    assert.deepEqual(read.splice(0), ['A', 'B']);
    await say(text(JSON.stringify({ as: me, message: call('A') }).replace('"me', '"m\\u0065'), b));
    assert.deepEqual(read, ['A', 'B']);
  });

  test('behind the line that names the session for the connection', async () => {
    await say(text({ session: { name: me }, message: call('A') }, { as: me, message: call('B') }));
    assert.deepEqual(read.splice(0), ['A', 'B']);
    const named = [{ session: { name: me } }, { message: call('A') }];
    await say(text(...named, { as: me, message: call('B') }, { message: call('C') }));
    assert.deepEqual(read, ['A', 'B', 'C']);
  });

  test('the same in msgpack', async () => {
    const frames = [
      { session: { name: me }, message: call('A') },
      { as: me, message: call('B') },
      { message: far('C'), as: me },
      { as: me, message: call('D') },
    ];
    await say(Buffer.concat(frames.map((frame) => packFrame(frame))));
    assert.deepEqual(read, ['A', 'B', 'C', 'D']);
  });

  test('the same in bodies of HTTP, sent one behind another', async () => {
    const bodies = [
      JSON.stringify({ message: far('A'), as: me }),
      JSON.stringify({ as: me, message: call('B') }),
      JSON.stringify({ session: { name: me }, message: call('C') }).replace('name', 'n\\u0061me'),
      JSON.stringify({ session: { name: me }, message: call('D') }),
    ];
    const posts = bodies.map((body, i) => {
      const end = i === bodies.length - 1 ? 'Connection: close\r\n' : '';
      const head = `POST /v1/rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${end}`;
      return Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
    await say(Buffer.concat(posts), httpPort);
    assert.deepEqual(read, ['A', 'B', 'C', 'D']);
  });

  test('behind one whose idempotency key is being noted, by the name or without it', async () => {
    const lines = [
      { session: { name: me }, message: call('A') },
      { key: 'one', message: call('B') },
      { as: me, message: call('C') },
      { as: me, key: 'two', message: call('D') },
      { message: call('E') },
    ];
    await say(text(...lines));
    assert.deepEqual(read, ['A', 'B', 'C', 'D', 'E']);
  });

  test('behind one whose idempotency key is being noted, when the connection comes to the session of the name', async () => {
    await say(
      text(
        { as: me, key: 'one', message: call('A') },
        { session: { name: me }, message: call('B') },
        { message: call('C') },
      ),
    );
    assert.deepEqual(read, ['A', 'B', 'C']);
  });
});
