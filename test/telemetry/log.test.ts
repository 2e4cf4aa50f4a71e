/** The log: only what is on the list, never a throw. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { allowed, createLog } from '../../src/telemetry/log.ts';

async function logOf(
  level: string,
  stacks = false,
): Promise<{ log: Awaited<ReturnType<typeof createLog>>; entries: string[]; shown: string[] }> {
  const entries: string[] = [];
  const shown: string[] = [];
  const log = await createLog({
    level,
    stacks,
    to: { write: (line) => entries.push(line) },
    verboseTo: { write: (line) => shown.push(line) },
  });
  return { log, entries, shown };
}

const SECRET = '+9996621234';

test('a field that is not on the list never passes', async () => {
  const { log, entries } = await logOf('trace');
  log.info('signedIn', { phone_number: SECRET, auth_key: SECRET, message: SECRET, dc: 2 });
  log.record(40, JSON.stringify({ event: 'failed', password: SECRET, method: 'auth.signIn', api_hash: SECRET }));
  assert.equal(entries.length, 2);
  assert.ok(!entries.join('').includes(SECRET));
  assert.match(entries[0]!, /"dc":2.*"event":"signedIn"/);
  assert.match(entries[1]!, /"level":40.*"method":"auth\.signIn".*"event":"failed"/);
});

test('levels; 0 is a line for stdout, as it is', async () => {
  const { log, entries, shown } = await logOf('warn');
  log.debug('no');
  log.record(30, '{"event":"no"}');
  log.record(50, '{"event":"yes"}');
  log.record(0, '{"event":"object","x":1}');
  assert.equal(entries.length, 1);
  assert.deepEqual(shown, ['{"event":"object","x":1}\n']);
});

test('stack traces of lanes only if they are asked for', async () => {
  const entry = '{"event":"internalError","ref":"1-2","stack":"Error: x"}';
  const [without, withStacks] = [await logOf('info'), await logOf('info', true)];
  without.log.record(50, entry);
  withStacks.log.record(50, entry);
  assert.doesNotMatch(without.entries[0]!, /stack/);
  assert.match(withStacks.entries[0]!, /"stack":"Error: x"/);
});

test('long texts are cut', () => {
  assert.deepEqual(allowed({ reason: 'x'.repeat(5000), secret: 1 }), { reason: 'x'.repeat(2000) });
});
