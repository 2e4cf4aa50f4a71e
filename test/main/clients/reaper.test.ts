/** The clocks of all client connections and their common budget, under a made-up clock. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Reaper, type Reapable } from '../../../src/main/clients/reaper.ts';
import { LIMITS, type Limits } from '../../../src/main/limits/limits.ts';
import { FakeEnv } from '../../support/fake-env.ts';

/** A connection that says what it was told. */
class FakeReapable implements Reapable {
  held = 0;
  unreadBytes = 0;
  readonly told: string[] = [];
  readonly lineIsLate = (): unknown => this.told.push('line');
  readonly tokenIsLate = (): unknown => this.told.push('token');
  readonly unreadIsLate = (): unknown => this.told.push('unread');
  readonly cutOff = (): unknown => this.told.push('cut off');
  readonly cutUnread = (): unknown => this.told.push('cut unread');
}

function reaperOf(limits: Partial<Limits> = {}): { reaper: Reaper; env: FakeEnv; holds: Holds } {
  const env = new FakeEnv();
  const reaper = new Reaper({ ...LIMITS, reapEvery: 100, ...limits }, env);
  reaper.start();
  const holds: Holds = (client, held) => {
    const by = held - client.held;
    client.held = held;
    reaper.holds(client, by);
  };
  return { reaper, env, holds };
}

type Holds = (client: FakeReapable, held: number) => void;

test('whoever is late is told once: an unfinished line, a token, unread answers', () => {
  const { reaper, env, holds } = reaperOf({ lineTimeout: 1_000, tokenTimeout: 2_000, unreadTimeout: 3_000 });
  const client = new FakeReapable();
  holds(client, 5);
  reaper.tokens.begin(client, env.now());
  reaper.unread.begin(client, env.now());
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
  const { env, holds } = reaperOf({ lineTimeout: 1_000 });
  const [slow, quick] = [new FakeReapable(), new FakeReapable()];
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
  const { reaper, env, holds } = reaperOf({ lineTimeout: 1_000 });
  const [gone, stays] = [new FakeReapable(), new FakeReapable()];
  holds(gone, 1);
  holds(stays, 1);
  reaper.forget(gone);
  reaper.stop();
  assert.equal(env.timers, 0);
  env.advance(10_000);
  assert.deepEqual([gone.told, stays.told], [[], []]);
});

test('when all hold too much the one with the most is cut off, and counts no more', () => {
  const { holds } = reaperOf({ unfinishedBudget: 100 });
  const [small, large, third] = [new FakeReapable(), new FakeReapable(), new FakeReapable()];
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
  const { reaper, env } = reaperOf();
  const [less, most] = [new FakeReapable(), new FakeReapable()];
  less.unreadBytes = 1;
  most.unreadBytes = 2;
  reaper.cutMostUnread();
  for (const client of [less, most]) reaper.unread.begin(client, env.now());
  reaper.cutMostUnread();
  assert.deepEqual([less.told, most.told], [[], ['cut unread']]);
});

test('an eighth of the budget may be read ahead in all', () => {
  const { reaper } = reaperOf({ unfinishedBudget: 800 });
  reaper.readAhead(99);
  assert.equal(reaper.mayReadAhead, true);
  reaper.readAhead(1);
  assert.equal(reaper.mayReadAhead, false);
  reaper.readAhead(-1);
  assert.equal(reaper.mayReadAhead, true);
});
