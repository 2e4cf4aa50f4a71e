/** Lanes as a pool: the watchdog, what counts as lost again and again, and how a lost one comes back; made-up clock, real threads. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Lanes, type LanesOwner } from '../../../src/main/lanes/lanes.ts';
import { LIMITS, type Limits } from '../../../src/main/limits/limits.ts';
import { ECHO_WORKER } from '../../support/echo-gateway.ts';
import { FakeEnv } from '../../support/fake-env.ts';

interface Pool {
  readonly lanes: Lanes;
  readonly env: FakeEnv;
  /** `lost`, `lost hopeless`, `ended`, `revived`. */
  readonly told: string[];
  /** Waits until so much was told. */
  readonly until: (count: number) => Promise<void>;
  readonly send: (line: string) => unknown;
}

async function poolOf(t: TestContext, some: Partial<Limits>): Promise<Pool> {
  const env = new FakeEnv();
  const told: string[] = [];
  let wake = (): void => undefined;
  const tell = (what: string): void => {
    told.push(what);
    wake();
  };
  const owner: LanesOwner = {
    record: () => undefined,
    settle: () => false,
    clear: () => undefined,
    lost(_, { why }, isHopeless) {
      tell(`lost${isHopeless ? ' hopeless' : ''}: ${why}`);
      return false;
    },
    ended: () => tell('ended'),
    revived: () => tell('revived'),
    broken: () => tell('broken'),
  };
  const limits = { ...LIMITS, carefulFor: 0, ...some };
  const lanes = new Lanes(1, { worker: ECHO_WORKER, settings: {}, limits, env }, owner);
  await lanes.start();
  const speaking = { manner: 0, client: 1, hasLines: true, isMute: false, isStateless: false, init: new Uint8Array(0) };
  t.after(() => lanes.stop());
  let ticket = 0;
  return {
    lanes,
    env,
    told,
    async until(count) {
      while (told.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
    send(line) {
      // Anew each time: its thread may have been lost.
      const lane = lanes.pick();
      lane.open(1);
      lane.attach(2, 1, speaking);
      lane.request(2, ++ticket, 0, Buffer.from(line), 0, line.length);
    },
  };
}

/** Two turns of the event loop: what was put has left. */
async function left(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
}

test('a batch that does not come back in time loses its lane; one that is asked for nothing loses none', async (t) => {
  const { lanes, env, told, until, send } = await poolOf(t, { batchTimeout: 2_000 });
  env.advance(60_000);
  assert.deepEqual(told, []);
  send('{spin');
  await left();
  env.advance(2_000);
  assert.deepEqual([told, lanes.isDegraded], [[], false]);
  env.advance(500);
  assert.deepEqual([told, lanes.isDegraded], [['lost: batch not back in time'], true]);
  // The first attempt to start it again is made at once.
  env.advance(1);
  await until(3);
  assert.deepEqual(told.slice(1), ['ended', 'revived']);
  assert.equal(lanes.isDegraded, false);
});

test('losses close to one another are hopeless together; those far apart are not', async (t) => {
  const { env, told, until, send } = await poolOf(t, { laneDeaths: 2, laneDeathsWithin: 10_000 });
  const lose = async (): Promise<string> => {
    const before = told.length;
    send('{exit');
    await until(before + 1);
    env.advance(1);
    await until(before + 3);
    return told[before]!.split(':')[0]!;
  };
  assert.equal(await lose(), 'lost');
  env.advance(10_000);
  assert.equal(await lose(), 'lost');
  env.advance(5_000);
  assert.equal(await lose(), 'lost hopeless');
  // They are forgotten with that.
  assert.equal(await lose(), 'lost');
});
