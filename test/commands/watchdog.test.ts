/** The watchdog: whole processes whose main thread stands still, or does not. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Run } from '../support/process.ts';

const script = (name: string): string => fileURLToPath(new URL(`../support/${name}.js`, import.meta.url));

test('a process whose main thread no longer turns says so and ends, though it hears no signal', async (t) => {
  const run = new Run(t, [], {}, script('stuck'));
  await run.until(/stuck/);
  run.child.kill('SIGTERM');
  const [code, signal] = await run.ended;
  assert.deepEqual([code, signal], [null, 'SIGKILL']);
  assert.match(run.err, /the main thread has not turned/);
});

test('one that turns is left alone, and ends as it would without the watching', async (t) => {
  const run = new Run(t, [], {}, script('unstuck'));
  assert.deepEqual(await run.ended, [0, null]);
  assert.equal(run.err, '');
});
