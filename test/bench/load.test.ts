/** The load generator against small servers that answer right, wrong, late, twice, or to somebody else. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Load, type RunResult, type RunSpec } from '../../bench/load.ts';
import { FOREIGN, idPrefix, Lines, NOTICED, WRONG } from '../../bench/load-line.ts';

const EXPECTED = ',"message":{"_cons":"pong"';
const REQUEST = '{"id":$ID,"message":{"_cons":"ping","ping_id":1}}';

describe('lines', () => {
  const lines = new Lines(REQUEST, EXPECTED, idPrefix(3, 42));
  const block = Buffer.alloc(lines.length);

  function judged(text: string): number {
    return lines.judge(Buffer.from(text), 0, Buffer.byteLength(text));
  }

  it('writes requests with ids of their own, exact as doubles', () => {
    for (const number of [0, 7, 12_345_678, 99_999_999]) {
      lines.write(block, 0, number);
      const { id } = JSON.parse(block.toString()) as { id: number };
      assert.equal(id, 1_03_00042_00000000 + number);
      assert.ok(Number.isSafeInteger(id));
    }
  });

  it('knows its right answers by number', () => {
    assert.equal(judged('{"id":1030004200000007,"message":{"_cons":"pong","msg_id":1}}'), 7);
    assert.equal(lines.isRight, true);
    assert.equal(judged('{"id":1030004200000008,"message":{"_cons":"rpc_error"}}'), 8);
    assert.equal(lines.isRight, false);
  });

  it('tells what else a line can be', () => {
    assert.equal(judged('{"id":0,"message":{"_cons":"updates"}}'), NOTICED);
    assert.equal(judged('{"id":1030004300000007,"message":{"_cons":"pong"}}'), FOREIGN);
    assert.equal(judged('{"id":1020004200000007,"message":{"_cons":"pong"}}'), FOREIGN);
    assert.equal(judged('{"id":7,"message":{"_cons":"pong"}}'), WRONG);
    assert.equal(judged('{"id":-2,"error":"JSONDecodeError"}'), WRONG);
    assert.equal(judged(''), WRONG);
  });
});

/** A server that answers each line as it likes. */
async function server(
  t: TestContext,
  answer: (line: string, socket: Socket, all: readonly Socket[]) => void,
): Promise<number> {
  const sockets: Socket[] = [];
  const listening = createServer((socket) => {
    sockets.push(socket);
    let part = '';
    socket.setNoDelay();
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => {
      const each = (part + text).split('\n');
      part = each.pop()!;
      for (const line of each) answer(line, socket, sockets);
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  return (listening.address() as AddressInfo).port;
}

const idOf = (line: string): string => /"id":(\d+)/.exec(line)![1]!;
const pong = (line: string): string => `{"id":${idOf(line)}${EXPECTED},"ping_id":1}}\n`;

async function runOn(t: TestContext, port: number, clients: number, spec: Partial<RunSpec>): Promise<RunResult> {
  const load = new Load();
  t.after(() => load.close());
  await load.open({ host: '127.0.0.1', port, clients, setUp: [{ line: '{"id":1}', expected: '"pong"' }], opening: 4 });
  const calls: string[] = [];
  const begun = { request: REQUEST, expected: EXPECTED, inFlight: 4, ...spec };
  const result = await load.run(
    begun,
    () => calls.push('began'),
    () => calls.push('ended'),
  );
  assert.deepEqual(calls, ['began', 'ended']);
  return result;
}

describe('load', () => {
  it('counts every right answer of every client', async (t) => {
    const port = await server(t, (line, socket) => void socket.write(pong(line)));
    const result = await runOn(t, port, 10, { requests: 50 });
    assert.deepEqual([result.requests, result.wrong, result.closed], [500, 0, 0]);
    assert.ok(result.latency.p50 > 0 && result.latency.p50 <= result.latency.max);
  });

  it('judges answers however the stream is cut', async (t) => {
    let sent = 0;
    const port = await server(t, (line, socket) => {
      const text = `{"id":0,"message":{"_cons":"updates"}}\n${pong(line)}`;
      // A cut at every byte, one after the other.
      const at = sent++ % text.length;
      socket.write(text.slice(0, at));
      setImmediate(() => socket.write(text.slice(at)));
    });
    const result = await runOn(t, port, 1, { requests: 120, inFlight: 1 });
    assert.deepEqual([result.requests, result.wrong, result.notices], [120, 0, 120]);
  });

  it('finds an answer that is another one', async (t) => {
    let count = 0;
    const port = await server(t, (line, socket) => {
      const isWrong = idOf(line) !== '1' && ++count === 5;
      socket.write(isWrong ? `{"id":${idOf(line)},"message":{"_cons":"rpc_error","error_code":500}}\n` : pong(line));
    });
    const result = await runOn(t, port, 1, { requests: 10 });
    assert.deepEqual([result.requests, result.wrong], [9, 1]);
    assert.match(result.samples[0]!, /rpc_error/);
  });

  it('finds an answer on the wrong connection, and that it is missing on the right one', async (t) => {
    let count = 0;
    const port = await server(t, (line, socket, all) => {
      const other = all.find((one) => one !== socket);
      const target = idOf(line) !== '1' && ++count === 3 ? other! : socket;
      target.write(pong(line));
    });
    const result = await runOn(t, port, 2, { seconds: 0.2, inFlight: 1, lastAnswers: 200 });
    assert.equal(result.wrong, 2);
    assert.ok(result.samples.some((sample) => /answers did not come/.test(sample)));
  });

  it('finds an answer given twice', async (t) => {
    let count = 0;
    const port = await server(t, (line, socket) => {
      socket.write(idOf(line) !== '1' && ++count === 3 ? pong(line) + pong(line) : pong(line));
    });
    const result = await runOn(t, port, 1, { requests: 10, inFlight: 1 });
    assert.deepEqual([result.requests, result.wrong], [10, 1]);
    assert.match(result.samples[0]!, /not open/);
  });

  it('counts latency at a rate from when each request was due', async (t) => {
    // The server holds everything for 300 ms once: requests that were due meanwhile waited too.
    let heldUntil = 0;
    const port = await server(t, (line, socket) => {
      const now = performance.now();
      if (heldUntil === 0 && idOf(line) !== '1') heldUntil = now + 300;
      setTimeout(() => socket.write(pong(line)), Math.max(0, heldUntil - now));
    });
    const result = await runOn(t, port, 1, { rate: 200, seconds: 0.4, inFlight: 1 });
    // Closed, one request at a time would have felt it: one of all. At a rate, three in four did.
    assert.ok(result.latency.p50 > 20, `p50 ${result.latency.p50}`);
    assert.equal(result.wrong, 0);
  });

  it('counts connections that close', async (t) => {
    const port = await server(t, (line, socket) => {
      if (idOf(line) === '1') socket.write(pong(line));
      else socket.destroy();
    });
    const result = await runOn(t, port, 2, { seconds: 0.1, inFlight: 1, lastAnswers: 100 });
    assert.equal(result.closed, 2);
  });

  it('refuses to open on a wrong first answer', async (t) => {
    const port = await server(t, (_line, socket) => void socket.write('{"id":1,"error":"Overloaded"}\n'));
    await assert.rejects(runOn(t, port, 1, {}), /client 0 was answered .*Overloaded/);
  });
});
