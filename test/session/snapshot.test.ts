/**
 * Snapshots: a session goes on in another thread as if nothing had been. Whichever batch is lost, every request ends
 * once, none is carried out twice, every update comes once, and the DC has nothing to complain of.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertClean, CONFIG, pairOf, UPDATES_TOO_LONG } from '../support/one-client.ts';
import type { Pair } from '../support/pair.ts';

/** Neither read-only nor with a random_id: a second execution would do harm. */
const LANGUAGE = { _cons: 'auth.cancelCode', phone_number: '99966', phone_code_hash: 'x' };

interface Run {
  readonly pair: Pair;
  /** How often each token was carried out. */
  readonly executed: Map<string, number>;
  readonly lines: Record<string, unknown>[];
}

function runOf(forwardSecrecy: 'made' | 'always' | 'never' = 'never'): Run {
  const pair = pairOf({ session: { forwardSecrecy } });
  const executed = new Map<string, number>();
  pair.dc.onRequest = (call) => {
    const token = call.args['phone_code_hash'];
    if (typeof token !== 'string') return undefined;
    executed.set(token, (executed.get(token) ?? 0) + 1);
    return true;
  };
  return { pair, executed, lines: [] };
}

function assertSound(run: Run, ids: readonly number[], updates: number): void {
  const { pair, executed, lines } = run;
  lines.push(...pair.take(1));
  const answers = lines.filter((line) => line['id'] !== 0);
  const answered = answers.map((line) => Number(line['id'])).toSorted((a, b) => a - b);
  assert.deepEqual(answered, ids);
  for (const line of answers) {
    const count = executed.get(`t${String(line['id'])}`) ?? 0;
    assert.deepEqual([line['message'], count], [true, 1], JSON.stringify(line));
  }
  assert.equal(lines.filter((line) => line['id'] === 0 && 'message' in line).length, updates);
  assertClean(pair);
}

/** A key whose making was lost stays behind at the server: the last one counts. */
function push({ pair }: Run): void {
  const key = [...pair.centre.keys.values()].at(-1)!;
  [...key.sessions.values()].at(-1)!.push(UPDATES_TOO_LONG);
}

function ask(run: Run, id: number): void {
  run.pair.line(1, { id, timeout: 60, message: { ...LANGUAGE, phone_code_hash: `t${id}` } });
}

test('between requests: the same key, session and numbering', async () => {
  const { pair } = runOf();
  const [before] = await pair.ask(1, { id: 1, session: undefined, message: CONFIG });
  assert.equal((before!['message'] as Record<string, unknown>)['_cons'], 'config');
  const [session] = await pair.ask(1, { id: 2, session: {} });
  pair.lose();
  await pair.run();
  const [again] = await pair.ask(1, { id: 3, session: {} });
  const stable = (line: Record<string, unknown> | undefined): unknown => {
    const { auth_key, session_id, server_salt, dc } = line!['session'] as Record<string, unknown>;
    return { auth_key, session_id, server_salt, dc };
  };
  assert.deepEqual(stable(again), stable(session));
  const [after] = await pair.ask(1, { id: 4, message: CONFIG });
  assert.equal((after!['message'] as Record<string, unknown>)['_cons'], 'config');
  assert.equal(pair.dc.counters.handshakes, 1);
  assertClean(pair);
});

test('what options, server and init said holds, and the client is never asked again', async () => {
  const { pair } = runOf();
  await pair.ask(1, { id: 1, options: { int64: 'string', flags: 'bool', init: { api_id: 77, device_model: 'x' } } });
  pair.lose();
  const [line] = await pair.ask(1, { id: 2, options: {} });
  const options = line?.['options'] as Record<string, unknown>;
  assert.deepEqual(options, { int64: 'string', flags: 'bool', init: { api_id: 77, device_model: 'x' } });
});

test('what came for a session that had no turn to send in its batch is not told again by the next thread', async () => {
  const { pair } = runOf();
  const busy = [2, 3, 4, 5, 6, 7];
  for (const session of busy) pair.open(session);
  for (const session of [1, ...busy]) await pair.ask(session, { id: 1, message: CONFIG });
  await pair.advance(11_000);
  pair.take(1);
  const source = randomBytes(45_000).toString('base64');
  for (const session of busy) pair.line(session, { id: 2, message: { _cons: 'help.getAppUpdate', source } });
  const [key] = pair.centre.keys.values();
  [...key!.sessions.values()][0]!.push(UPDATES_TOO_LONG);
  // It is to come in the batch that the lines go in, behind them.
  await new Promise((done) => setImmediate(done));
  let batches = 0;
  pair.onBatch = () => {
    if (++batches === 2) pair.lose();
  };
  await pair.advance(11_000);
  assert.deepEqual(pair.take(1), [{ id: 0, message: { _cons: 'updatesTooLong' } }]);
  assertClean(pair);
});

for (const secrecy of ['never', 'always', 'made'] as const) {
  test(`any one batch of key exchange, calls and updates is lost; temporary keys: ${secrecy}`, () =>
    loseEachOnce(secrecy));
}

async function loseEachOnce(secrecy: 'made' | 'always' | 'never'): Promise<void> {
  for (let lost = 0; ; lost++) {
    const run = runOf(secrecy);
    const { pair } = run;
    let batches = 0;
    pair.onBatch = () => {
      if (batches++ === lost) pair.loseNext = true;
    };
    ask(run, 1);
    await pair.advance(5_000);
    ask(run, 2);
    ask(run, 3);
    push(run);
    await pair.advance(5_000);
    ask(run, 4);
    push(run);
    await pair.advance(20_000);
    assertSound(run, [1, 2, 3, 4], 2);
    if (batches <= lost) break;
  }
}

test('any batches are lost, at any rate, with cuts between', async () => {
  const step = fc.record({
    ask: fc.nat(3),
    push: fc.nat(2),
    wait: fc.constantFrom(0, 1, 50, 700, 12_000),
    lose: fc.nat(4),
    cut: fc.integer({ min: 0, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.boolean(), async (steps, hasTemporary) => {
      const run = runOf(hasTemporary ? 'made' : 'never');
      const { pair } = run;
      let budget = 0;
      pair.onBatch = () => {
        if (budget > 0 && budget-- % 2 === 1) pair.loseNext = true;
      };
      ask(run, 1);
      await pair.advance(1_000);
      const ids = [1];
      let updates = 0;
      for (const { ask: count, push: pushed, wait, lose, cut } of steps) {
        budget = lose;
        for (let i = 0; i < count; i++) {
          ids.push(ids.length + 1);
          ask(run, ids.length);
        }
        for (let i = 0; i < pushed; i++, updates++) push(run);
        if (cut === 0) pair.cut(1);
        await pair.advance(wait);
      }
      budget = 0;
      await pair.advance(70_000);
      assertSound(run, ids, updates);
    }),
    { numRuns: 60 },
  );
});

test('a session that ended leaves nothing behind', async () => {
  const { pair } = runOf();
  await pair.ask(1, { id: 1, message: CONFIG });
  pair.close(1);
  await pair.run();
  pair.lose();
  await pair.run();
  assert.deepEqual(pair.gone, [1]);
});
