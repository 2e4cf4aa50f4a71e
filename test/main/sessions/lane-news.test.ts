/** What lanes say for the log and the counters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordCursor } from '../../../src/batch/batch.ts';
import { centreFlags } from '../../../src/batch/link-records.ts';
import { logFlags } from '../../../src/batch/log-flags.ts';
import { Out } from '../../../src/batch/records.ts';
import { LaneNews } from '../../../src/main/sessions/lane-news.ts';
import type { Centres } from '../../../src/telemetry/centres.ts';
import { EVENT_NAMES } from '../../../src/telemetry/events.ts';
import type { Log } from '../../../src/telemetry/log.ts';
import type { Metrics } from '../../../src/telemetry/metrics.ts';

test('each goes where it is for, and a record about a session nowhere', () => {
  const heard: unknown[][] = [];
  const note =
    (what: string) =>
    (...args: unknown[]): void =>
      void heard.push([what, ...args]);
  const news = new LaneNews(
    { heard: note('centre') } as unknown as Centres,
    { rpcError: note('error') } as unknown as Metrics,
    { verbose: note('verbose'), record: note('entry') } as unknown as Log,
  );
  const take = (kind: number, flags: number, text: string, ticket = 0): boolean => {
    const bytes = Buffer.from(` ${text} `);
    return news.take({ kind, flags, ticket, bytes, start: 1, stop: bytes.length - 1 } as unknown as RecordCursor);
  };
  assert.equal(take(Out.LOG, logFlags(3), '{"a":1}'), true);
  assert.equal(take(Out.LOG, logFlags(undefined), 'a line'), true);
  assert.equal(take(Out.CENTRE, centreFlags('lost'), '{"dc":2}'), true);
  assert.equal(take(Out.RPC_ERROR, 0, 'FLOOD_WAIT', -420 >>> 0), true);
  assert.equal(take(Out.SAVE, 0, ''), false);
  assert.deepEqual(heard, [
    ['entry', EVENT_NAMES[3], '{"a":1}'],
    ['verbose', 'a line'],
    ['centre', 'lost', { dc: 2 }],
    ['error', -420, 'FLOOD_WAIT'],
  ]);
});
