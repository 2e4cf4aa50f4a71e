/** The log: only what is on the list, never a throw. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createLog } from '../../src/telemetry/log.ts';

async function logOf(
  level: string,
  hasStacks = false,
): Promise<{ log: Awaited<ReturnType<typeof createLog>>; entries: string[]; shown: string[] }> {
  const entries: string[] = [];
  const shown: string[] = [];
  const log = await createLog({
    level,
    hasStacks,
    to: { write: (line) => entries.push(line) },
    verboseTo: { write: (line) => shown.push(line) },
  });
  return { log, entries, shown };
}

const SECRET = '+9996621234';

test("a field that the event's row has not never passes", async () => {
  const { log, entries } = await logOf('trace');
  const more = { phone_number: SECRET, auth_key: SECRET, message: SECRET };
  log.write('home moved', { dc: 2, ...more });
  log.record('key created', JSON.stringify({ dc: 4, password: SECRET, method: 'auth.signIn', ...more }));
  assert.equal(entries.length, 2);
  assert.ok(!entries.join('').includes(SECRET));
  assert.match(entries[0]!, /"level":30,"time":"[^"]+","dc":2,"event":"home moved"/);
  assert.match(entries[1]!, /"level":20,"time":"[^"]+","dc":4,"event":"key created"/);
});

test('levels are those of the table; a line of --verbose goes to stdout as it is', async () => {
  const { log, entries, shown } = await logOf('warn');
  log.write('key created', { dc: 1 });
  log.record('home moved', '{"dc":1}');
  log.record('internal error', '{"ref":"1-2"}');
  log.verbose('{"object":1}');
  assert.deepEqual(
    entries.map((entry) => (JSON.parse(entry) as { event: string }).event),
    ['internal error'],
  );
  assert.deepEqual(shown, ['{"object":1}\n']);
});

test('the first entry about an address has a level of its own', async () => {
  const { log, entries } = await logOf('info');
  const at = { dc: 2, test: false, host: '127.0.0.1', port: 443 };
  log.write('data centre connected', at, true);
  log.write('data centre connected', { ...at, port: 80 }, false);
  assert.equal(entries.length, 1);
  assert.match(entries[0]!, /"level":30,.*"port":443/);
});

test('what is gathered, and what is not, the table says', async () => {
  const { log, entries } = await logOf('debug');
  for (let i = 0; i < 3; i++) {
    log.write('home moved', { dc: 2 });
    log.write('request', { session: 1, outcome: 'result', dc: 2 });
  }
  log.flush();
  const counts = entries.map((entry) => JSON.parse(entry) as { event: string; count?: number });
  assert.deepEqual(
    counts.map(({ event, count }) => [event, count]),
    [['home moved', undefined], ...Array.from({ length: 3 }, () => ['request', undefined]), ['home moved', 2]],
  );
});

test('stack traces of lanes only if they are asked for', async () => {
  const entry = '{"ref":"1-2","stack":"Error: x"}';
  const [without, withStacks] = [await logOf('info'), await logOf('info', true)];
  without.log.record('internal error', entry);
  withStacks.log.record('internal error', entry);
  assert.doesNotMatch(without.entries[0]!, /stack/);
  assert.match(withStacks.entries[0]!, /"stack":"Error: x"/);
});

test('long texts are cut', async () => {
  const { log, entries } = await logOf('info');
  log.write('vault closed', { reason: 'x'.repeat(5000) });
  assert.equal((JSON.parse(entries[0]!) as { reason: string }).reason, 'x'.repeat(2000));
});
