/** The clocks of all client connections and their common budget, under a made-up clock. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Sweep, type Swept } from '../../../src/main/clients/sweep.ts';
import { LIMITS, type Limits } from '../../../src/main/limits/limits.ts';
import { FakeEnv } from '../../support/fake-env.ts';

/** A connection that says what it was told. */
class FakeSwept implements Swept {
  held = 0;
  unreadBytes = 0;
  readonly told: string[] = [];
  readonly lineIsLate = (): unknown => this.told.push('line');
  readonly tokenIsLate = (): unknown => this.told.push('token');
  readonly unreadIsLate = (): unknown => this.told.push('unread');
  readonly cutOff = (): unknown => this.told.push('cut off');
  readonly cutUnread = (): unknown => this.told.push('cut unread');
}

function sweepOf(limits: Partial<Limits> = {}): { sweep: Sweep; env: FakeEnv; holds: Holds } {
  const env = new FakeEnv();
  const sweep = new Sweep({ ...LIMITS, sweepEvery: 100, ...limits }, env);
  sweep.start();
  const holds: Holds = (client, held) => {
    const by = held - client.held;
    client.held = held;
    sweep.holds(client, by);
  };
  return { sweep, env, holds };
}

type Holds = (client: FakeSwept, held: number) => void;

test('whoever is late is told once: an unfinished line, a token, unread answers', () => {
  const { sweep, env, holds } = sweepOf({ lineTimeout: 1_000, tokenTimeout: 2_000, unreadTimeout: 3_000 });
  const client = new FakeSwept();
  holds(client, 5);
  sweep.tokens.begin(client, env.now());
  sweep.unread.begin(client, env.now());
  env.advance(999);
  assert.deepEqual(client.told, []);
  env.advance(101);
  assert.deepEqual(client.told, ['line']);
  env.advance(1_000);
  assert.deepEqual(client.told, ['line', 'token']);
  env.advance(10_000);
  assert.deepEqual(client.told, ['line', 'token', 'unread']);
});

test('more of an unfinished line does not wind its clock back; its end stops it', () => {
  const { env, holds } = sweepOf({ lineTimeout: 1_000 });
  const [slow, quick] = [new FakeSwept(), new FakeSwept()];
  holds(slow, 1);
  holds(quick, 1);
  env.advance(600);
  holds(slow, 2);
  holds(quick, 0);
  env.advance(500);
  assert.deepEqual([slow.told, quick.told], [['line'], []]);
  holds(quick, 1);
  env.advance(900);
  assert.deepEqual(quick.told, []);
});

test('a connection that is forgotten is told nothing, nor anybody once it has stopped', () => {
  const { sweep, env, holds } = sweepOf({ lineTimeout: 1_000 });
  const [gone, stays] = [new FakeSwept(), new FakeSwept()];
  holds(gone, 1);
  holds(stays, 1);
  sweep.forget(gone);
  sweep.stop();
  assert.equal(env.timers, 0);
  env.advance(10_000);
  assert.deepEqual([gone.told, stays.told], [[], []]);
});

test('when all hold too much the one with the most is cut off, and counts no more', () => {
  const { holds } = sweepOf({ unfinishedBudget: 100 });
  const [small, large, third] = [new FakeSwept(), new FakeSwept(), new FakeSwept()];
  holds(small, 30);
  holds(large, 70);
  assert.deepEqual([small.told, large.told], [[], []]);
  holds(third, 1);
  assert.deepEqual([small.told, large.told, third.told], [[], ['cut off'], []]);
  // What it still holds went with it: neither more of it nor its end is counted.
  holds(large, 500);
  holds(large, 0);
  holds(third, 70);
  assert.deepEqual([small.told, third.told], [[], []]);
  holds(third, 71);
  assert.deepEqual([small.told, third.told], [[], ['cut off']]);
});

test('when memory runs out the one with the most unread answers is cut', () => {
  const { sweep, env } = sweepOf();
  const [less, most] = [new FakeSwept(), new FakeSwept()];
  less.unreadBytes = 1;
  most.unreadBytes = 2;
  sweep.cutFattest();
  for (const client of [less, most]) sweep.unread.begin(client, env.now());
  sweep.cutFattest();
  assert.deepEqual([less.told, most.told], [[], ['cut unread']]);
});

test('an eighth of the budget may be read ahead in all', () => {
  const { sweep } = sweepOf({ unfinishedBudget: 800 });
  sweep.readAhead(99);
  assert.equal(sweep.mayReadAhead, true);
  sweep.readAhead(1);
  assert.equal(sweep.mayReadAhead, false);
  sweep.readAhead(-1);
  assert.equal(sweep.mayReadAhead, true);
});
