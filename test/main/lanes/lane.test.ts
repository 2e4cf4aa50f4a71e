/** Lanes: records through slots and blocks, and what becomes of a thread that is lost. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { echoGateway, ECHO_WORKER } from '../../support/echo-gateway.ts';
import { Nc } from '../../support/nc.ts';
import type { Speaking } from '../../../src/batch/attach-records.ts';
import { Lane, type LaneOwner } from '../../../src/main/lanes/lane.ts';
import { Thread } from '../../../src/main/lanes/thread.ts';
import { LIMITS } from '../../../src/main/limits/limits.ts';
import { systemEnv } from '../../../src/main/system-env.ts';

interface Watched extends LaneOwner {
  readonly answers: string[];
  until(count: number): Promise<void>;
}

/** How whoever speaks in these sessions does so. */
const SPEAKING: Speaking = {
  manner: 0,
  client: 1,
  hasLines: true,
  isMute: false,
  isStateless: false,
  init: new Uint8Array(0),
};

/** Opens session 1, in which 2 speaks. */
function open(lane: Lane): void {
  lane.open(1);
  lane.attach(2, 1, SPEAKING);
}

function watched(): Watched {
  const answers: string[] = [];
  let wake = (): void => undefined;
  return {
    answers,
    record(_, record) {
      answers.push(Buffer.from(record.bytes.subarray(record.start, record.stop)).toString());
      wake();
    },
    settle: () => false,
    clear: () => answers.push('clear'),
    lost: () => false,
    ended: () => undefined,
    async until(count) {
      while (answers.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

test('order holds over slots that grow, and records that wait for their turn', async (t) => {
  const owner = watched();
  const limits = { ...LIMITS, laneMark: 1024 * 1024 };
  const lane = new Lane({ number: 0, worker: ECHO_WORKER, settings: {}, limits, env: systemEnv }, owner);
  t.after(() => lane.stop());
  // Before the thread runs: what is more than a session's share of a batch waits, and goes a turn at a time.
  open(lane);
  const length = 3 * 1024 * 1024;
  const over: boolean[] = [];
  for (let i = 0; i < 30; i++) {
    const line = Buffer.alloc(length, 'x');
    line.write(String(i).padStart(4, '0'));
    over.push(lane.request(2, i + 1, 0, line, 0, line.length));
  }
  assert.deepEqual(over, Array(30).fill(true));
  await lane.start();
  await owner.until(31);
  const answers = owner.answers.filter((answer) => answer !== 'clear');
  assert.deepEqual(
    answers.map((answer) => Number(answer.slice(0, 4))),
    Array.from({ length: 30 }, (_, i) => i),
  );
  assert.ok(answers.every((answer) => answer.length === length + 1));
  assert.ok(owner.answers.includes('clear'));
});

test('a block of a thread that was lost before it is not applied', async (t) => {
  const heard: string[] = [];
  let isLost = (): void => undefined;
  const lost = new Promise<void>((resolve) => (isLost = resolve));
  const owner: LaneOwner = {
    ...watched(),
    record(lane, { bytes, start, stop }) {
      heard.push(Buffer.from(bytes.subarray(start, stop)).toString());
      // The other batch is under way, and is called late: its block is here already.
      lane.watch(LIMITS.batchTimeout * 2);
    },
    lost: () => (isLost(), true),
  };
  const lane = new Lane({ number: 0, worker: ECHO_WORKER, settings: {}, limits: LIMITS, env: systemEnv }, owner);
  t.after(() => lane.stop());
  await lane.start();
  open(lane);
  // The first is still under way when the second leaves.
  for (const text of ['{slow 300}', 'two']) {
    lane.request(2, 1, 0, Buffer.from(text), 0, text.length);
    await new Promise(setImmediate);
  }
  // This thread stands still until the other has done both: their blocks are read at once.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200);
  await lost;
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  assert.equal(heard.length, 1, heard.join());
  assert.equal(lane.isUp, false);
});

test('a batch is called late by its own age, not by that of those before it', async (t) => {
  const owner = watched();
  let losses = 0;
  const limits = { ...LIMITS, batchTimeout: 1_000 };
  const options = { number: 0, worker: ECHO_WORKER, settings: {}, limits, env: systemEnv };
  const lane = new Lane(options, { ...owner, lost: () => (losses++, true) });
  t.after(() => lane.stop());
  await lane.start();
  open(lane);
  for (let i = 1; i <= 3; i++) {
    lane.request(2, i, 0, Buffer.from('text'), 0, 4);
    await new Promise(setImmediate);
    // This turn of the loop: the batch has left, and its block cannot have been read.
    lane.watch(600);
    await owner.until(i);
  }
  assert.equal(losses, 0);
});

test('the next thread is not started before the lost one has ended', async (t) => {
  const ends: (() => void)[] = [];
  t.mock.method(Thread.prototype, 'end', () => new Promise<void>((resolve) => ends.push(resolve)));
  const start = t.mock.method(Thread.prototype, 'start');
  const told: string[] = [];
  const owner = { ...watched(), ended: () => void told.push('ended') };
  const lane = new Lane({ number: 0, worker: ECHO_WORKER, settings: {}, limits: LIMITS, env: systemEnv }, owner);
  t.after(() => lane.stop());
  await lane.start();
  open(lane);
  const lost = new Promise<void>((resolve) => (owner.lost = () => (resolve(), true)));
  lane.request(2, 1, 0, Buffer.from('{exit'), 0, 5);
  await lost;
  const next = lane.start().then(() => told.push('started'));
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  assert.equal(start.mock.callCount(), 1, 'it may still take keys that the next one has');
  ends[0]!();
  await next;
  assert.deepEqual([start.mock.callCount(), told], [2, ['ended', 'started']]);
});

test('a worker that cannot start is an error, not a hang', async () => {
  const owner = watched();
  const options = { number: 0, limits: LIMITS, env: systemEnv };
  await assert.rejects(
    new Lane({ ...options, worker: new URL('./nowhere.js', import.meta.url), settings: {} }, owner).start(),
    /nowhere/,
  );
  await assert.rejects(
    new Lane({ ...options, worker: ECHO_WORKER, settings: { failsToStart: true } }, owner).start(),
    /does not start/,
  );
});

for (const [how, line] of [
  ['exits', '{exit'],
  ['hangs', '{spin'],
] as const) {
  test(`a thread that ${how}: the record that kills twice is refused, all others are run again`, async (t) => {
    const { port, logged } = await echoGateway(t, { batchTimeout: 500 });
    const nc = await Nc.to(port);
    const idle = await Nc.to(port);
    idle.send('{"id":1}\n');
    await idle.line();
    nc.send('{"id":1}\n{keep "id":77}\n{"id":2}\n');
    assert.deepEqual(await nc.lines(2), ['{"id":1}', '{"id":2}']);
    nc.send(`${line} "id":5}\n{"id":6}\n`);
    const refused = await nc.json();
    assert.deepEqual([refused['id'], refused['error'], refused['delivered']], [5, 'WorkerCrashed', 'no']);
    assert.equal(await nc.line(), '{"id":6}');
    // What was open when the thread died is open again.
    nc.send('{release}\n');
    assert.match(await nc.line(), /^released /);
    assert.equal(await nc.line(), 'release');
    idle.send('{"id":3}\n');
    assert.equal(await idle.line(), '{"id":3}');
    assert.equal(logged.filter((entry) => entry['event'] === 'lane lost').length, 2);
    nc.close();
    idle.close();
  });
}

test('of a request with a key that kills twice nobody knows whether its key was carried out', async (t) => {
  const { port } = await echoGateway(t);
  const nc = await Nc.to(port);
  nc.send('{exit "id":5,"key":"k"}\n');
  const { id, error, delivered } = await nc.json();
  assert.deepEqual([id, error, delivered], [5, 'WorkerCrashed', 'unknown']);
  nc.close();
});

test('a client waiting for the end of a lost session is let go', async (t) => {
  const { port } = await echoGateway(t);
  const nc = await Nc.to(port);
  nc.send('{"id":1}\n{later 400}\n');
  assert.equal(await nc.line(), '{"id":1}');
  nc.end();
  const other = await Nc.to(port);
  other.send('{exit}\n');
  assert.deepEqual(await nc.rest(), ['later']);
  other.close();
});

test('a lane that is lost again and again, and nobody knows why: its sessions are named, and it goes on', async (t) => {
  const { port, logged } = await echoGateway(t, { carefulFor: 0 });
  const nc = await Nc.to(port);
  nc.send('{"id":1}\n{die 5}\n{"id":2}\n');
  const lines = await nc.lines(2);
  assert.deepEqual(lines, ['{"id":1}', '{"id":2}']);
  const [crashed, lost] = [await nc.json(), await nc.json()];
  assert.deepEqual(
    [crashed['id'], crashed['error'], lost['id'], lost['error']],
    [1, 'WorkerCrashed', 0, 'SessionLost'],
  );
  nc.send('{"id":3}\n');
  assert.equal(await nc.line(), '{"id":3}');
  assert.equal(logged.filter((entry) => entry['event'] === 'lane lost').length, 5);
  nc.close();
});
