/** Entries that many sessions have at once: a few lines, and the right numbers. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Gathering } from '../../src/telemetry/gathering.ts';
import type { LogEvent, LogFields, LogLevel } from '../../src/telemetry/events.ts';

/** A gathering on a clock of its own. */
function gathering(): { all: Gathering; written: [LogLevel, LogEvent, LogFields][]; pass: (ms: number) => void } {
  let now = 0;
  let timers: { at: number; job: () => void }[] = [];
  const written: [LogLevel, LogEvent, LogFields][] = [];
  const all = new Gathering(
    (level, event, fields) => written.push([level, event, fields]),
    (ms, job) => {
      const timer = { at: now + ms, job };
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
  );
  const pass = (ms: number): void => {
    const end = now + ms;
    for (;;) {
      const [next] = timers.filter((one) => one.at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      now = next.at;
      timers = timers.filter((one) => one !== next);
      next.job();
    }
    now = end;
  };
  return { all, written, pass };
}

const LOST = { dc: 2, host: '149.154.167.51', port: 443, reason: 'the connection was reset (ECONNRESET)' };

test('a thousand sessions that lose one data centre write two lines: the first, and the rest with their number', () => {
  const { all, written, pass } = gathering();
  for (let i = 0; i < 1000; i++) all.add('warn', 'data centre lost', LOST);
  assert.deepEqual(written, [['warn', 'data centre lost', LOST]]);
  pass(1_000);
  assert.deepEqual(written.slice(1), [['warn', 'data centre lost', { ...LOST, count: 999 }]]);
  pass(60_000);
  assert.equal(written.length, 2);
  all.add('warn', 'data centre lost', LOST);
  assert.equal(written.length, 3);
});

test('what differs is told apart: the reason, the data centre, the level', () => {
  const { all, written } = gathering();
  all.add('warn', 'data centre lost', LOST);
  all.add('warn', 'data centre lost', { ...LOST, reason: 'the other side closed the connection' });
  all.add('warn', 'data centre lost', { ...LOST, dc: 4 });
  all.add('info', 'data centre lost', LOST);
  assert.equal(written.length, 4);
});

test('of those that came back after different times the longest is written', () => {
  const { all, written, pass } = gathering();
  for (const ms of [4_000, 6_100, 5_000]) all.add('info', 'data centre back', { dc: 2, ms });
  pass(1_000);
  assert.deepEqual(written, [
    ['info', 'data centre back', { dc: 2, ms: 4_000 }],
    ['info', 'data centre back', { dc: 2, ms: 6_100, count: 2 }],
  ]);
});

test('what goes on for an hour is said once a minute, and at once again after it has ended', () => {
  const { all, written, pass } = gathering();
  for (let second = 0; second < 3_600; second++) {
    all.add('warn', 'data centre not reached', LOST);
    pass(1_000);
  }
  assert.ok(written.length < 70, `${written.length} lines`);
  pass(120_000);
  const counted = written.reduce((sum, [, , { count }]) => sum + Number(count ?? 1), 0);
  assert.equal(counted, 3_600);
  const before = written.length;
  all.add('warn', 'data centre not reached', LOST);
  assert.deepEqual(written.slice(before), [['warn', 'data centre not reached', LOST]]);
});

test('kinds without end are counted by their event alone', () => {
  const { all, written, pass } = gathering();
  for (let i = 0; i < 5_000; i++) all.add('warn', 'data centre not reached', { ...LOST, port: i });
  assert.ok(written.length <= 257, `${written.length} lines`);
  const direct = written.length;
  pass(1_000);
  assert.deepEqual(written.slice(direct), [['warn', 'data centre not reached', { count: 5_000 - direct }]]);
});

test('at the end of the process what was gathered is written', () => {
  const { all, written, pass } = gathering();
  for (let i = 0; i < 5; i++) all.add('warn', 'data centre lost', LOST);
  all.flush();
  assert.deepEqual(written.at(-1), ['warn', 'data centre lost', { ...LOST, count: 4 }]);
  pass(60_000);
  assert.equal(written.length, 2);
});
