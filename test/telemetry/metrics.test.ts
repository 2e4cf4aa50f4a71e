/** The counters as Prometheus reads them: labels with an end, a histogram that adds up. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { OUTCOMES } from '../../src/errors.ts';
import { Centres } from '../../src/telemetry/centres.ts';
import { Exposition } from '../../src/telemetry/exposition.ts';
import { Count, type Gauges, Metrics } from '../../src/telemetry/metrics.ts';

const NOTHING = {
  ...{ isReady: true, clients: 0, attachments: 0, sessions: 0, residentsWaiting: 0, links: 0, lanes: [] },
  states: { opening: 0, open: 0, waiting: 0 },
};

function exposed(
  t: TestContext,
  gauges: Gauges = NOTHING,
): { metrics: Metrics; lines: (name: string) => Promise<string[]> } {
  const metrics = new Metrics();
  const exposition = new Exposition(metrics, () => gauges);
  t.after(() => exposition.close());
  const lines = async (name: string): Promise<string[]> =>
    (await exposition.text()).split('\n').filter((line) => line.startsWith(`mtproto2json_${name}`));
  return { metrics, lines };
}

test('answers by the time they took: buckets, sum and number', async (t) => {
  const { metrics, lines } = exposed(t);
  for (const ms of [0, 5, 6, 80, 61_000]) metrics.answered(0, ms);
  metrics.answered(1, 200);
  // A refusal of the gateway's own took no data centre's time.
  metrics.answered(OUTCOMES.indexOf('MissingField'), 1);
  const shown = await lines('answer_seconds');
  const bucket = (le: string): string | undefined => shown.find((line) => line.includes(`{le="${le}"}`));
  assert.match(bucket('0.005')!, / 2$/);
  assert.match(bucket('0.01')!, / 3$/);
  assert.match(bucket('0.1')!, / 4$/);
  assert.match(bucket('0.25')!, / 5$/);
  assert.match(bucket('60')!, / 5$/);
  assert.match(bucket('+Inf')!, / 6$/);
  assert.ok(shown.includes('mtproto2json_answer_seconds_sum 61.291'), shown.join('\n'));
  assert.ok(shown.includes('mtproto2json_answer_seconds_count 6'));
});

test('errors by code and name; names without end are one', async (t) => {
  const { metrics, lines } = exposed(t);
  metrics.rpcError(420, 'FLOOD_WAIT');
  metrics.rpcError(420, 'FLOOD_WAIT');
  metrics.rpcError(-503, 'Timeout');
  metrics.rpcError(400, '');
  for (let i = 0; i < 10_000; i++) metrics.rpcError(400, `MADE_UP_${i}`);
  const shown = await lines('rpc_errors_total');
  assert.ok(shown.includes('mtproto2json_rpc_errors_total{code="420",error="FLOOD_WAIT"} 2'));
  assert.ok(shown.includes('mtproto2json_rpc_errors_total{code="-503",error="Timeout"} 1'));
  assert.ok(shown.includes('mtproto2json_rpc_errors_total{code="400",error="other"} 1'));
  assert.ok(shown.some((line) => line.startsWith('mtproto2json_rpc_errors_total{code="other",error="other"}')));
  assert.ok(shown.length <= 201, `${shown.length}`);
});

test('connections to data centres: found, lost, not made; the first to an address is news', async (t) => {
  const { metrics, lines } = exposed(t);
  const entries: [event: string, isFirst: boolean][] = [];
  const centres = new Centres(metrics, {
    write: (event, _fields, isFirst = false) => void entries.push([event, isFirst]),
  });
  const at = { dc: 2, test: false, host: '127.0.0.1', port: 443 };
  for (const event of ['dialled', 'connected', 'connected', 'lost', 'failed', 'back'] as const)
    centres.heard(event, at);
  for (let dc = 0; dc < 1_000; dc++) centres.heard('lost', { ...at, dc });
  assert.deepEqual(entries.slice(0, 6), [
    ['data centre dialled', false],
    ['data centre connected', true],
    ['data centre connected', false],
    ['data centre lost', false],
    ['data centre not reached', false],
    ['data centre back', false],
  ]);
  assert.deepEqual(await lines('dc_connects_total'), ['mtproto2json_dc_connects_total{dc="2",test="false"} 3']);
  assert.deepEqual(await lines('dc_failures_total'), ['mtproto2json_dc_failures_total{dc="2",test="false"} 1']);
  const lost = await lines('dc_losses_total');
  assert.ok(lost.includes('mtproto2json_dc_losses_total{dc="2",test="false"} 2'));
  assert.ok(lost.length <= 33, `${lost.length}`);
});

test('sessions by what they do, who speaks in them, residents that are still to be opened', async (t) => {
  const states = { opening: 1, open: 4, waiting: 2 };
  const { lines } = exposed(t, { ...NOTHING, sessions: 7, attachments: 12, residentsWaiting: 3, states });
  assert.deepEqual(await lines('sessions_by_state'), [
    'mtproto2json_sessions_by_state{state="opening"} 1',
    'mtproto2json_sessions_by_state{state="open"} 4',
    'mtproto2json_sessions_by_state{state="waiting"} 2',
  ]);
  assert.deepEqual(await lines('sessions '), ['mtproto2json_sessions 7']);
  assert.deepEqual(await lines('attachments'), ['mtproto2json_attachments 12']);
  assert.deepEqual(await lines('residents_waiting'), ['mtproto2json_residents_waiting 3']);
});

test('updates by how often they were written, given out, and heard by nobody', async (t) => {
  const { metrics, lines } = exposed(t);
  metrics.counts[Count.UPDATES_ENCODED]! += 2;
  metrics.counts[Count.UPDATES]! += 5;
  metrics.counts[Count.UPDATES_UNHEARD]! += 1;
  assert.deepEqual(await lines('updates'), [
    'mtproto2json_updates_total 5',
    'mtproto2json_updates_encoded_total 2',
    'mtproto2json_updates_unheard_total 1',
  ]);
});
