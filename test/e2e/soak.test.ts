/** `npm run soak` for a minute: processes, sockets, every kind of fault, the ledger. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Run } from '../support/process.ts';

const SOAK = fileURLToPath(new URL('../trials/soak/main.js', import.meta.url));

test('the ledger under faults', { timeout: 170_000 }, async (t) => {
  const seed = String(randomInt(2 ** 31));
  t.diagnostic(`seed ${seed}`);
  const args = ['--minutes', '1', '--rps', '200', '--clients', '20', '--faults', 'all rate=6', '--seed', seed];
  const run = new Run(t, args, {}, SOAK);
  assert.equal(await run.code(), 0, run.out + run.err);
  t.diagnostic(run.out);
  const [, faults, kinds] = await run.until(/^faults (\d+) of (\d+) kinds/m);
  assert.ok(Number(faults) >= 100 && Number(kinds) >= 40, `${faults} faults of ${kinds} kinds`);
});
