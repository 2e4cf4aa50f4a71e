/**
 * A lane's worker that runs out of memory (threats: The process), the gateway as a process, under load: only that lane is
 * touched, nobody's socket closes, the sessions go on, the books of clients and DC agree.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { askAtRate, pause, type Books } from '../trials/books.ts';
import { DEADLY_TEXT, Death } from '../trials/deaths.ts';
import { Ordeal } from '../trials/ordeal.ts';

const CLIENTS = 8;
const LANES = 2;
/** MiB. A lane starts with some 30. */
const LANE_HEAP = 80;
const PATIENCE_MS = 30_000;

async function started(t: TestContext): Promise<Ordeal> {
  const ordeal = await Ordeal.start(['--workers', String(LANES), '--log-level', 'error'], LANE_HEAP);
  t.after(() => ordeal.stop());
  await ordeal.open(CLIENTS);
  const stop = askAtRate(ordeal.books, 200);
  t.after(stop);
  await everybodyAnswered(ordeal.books);
  return ordeal;
}

/** Until each client has an answer to something it asks from now on. */
async function everybodyAnswered({ asked, clients }: Books): Promise<void> {
  const from = performance.now();
  const isServed = (client: number): boolean =>
    asked.findLast((one) => one.client === client && one.end === 'done' && one.at > from) !== undefined;
  await until('an answer for everybody', () => clients.every(({ number }) => isServed(number)));
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!holds()) {
    assert.ok(performance.now() < end, `no ${what}`);
    await pause(20);
  }
}

/** Lanes that were lost, by their numbers, and why. */
function losses({ gateway }: Ordeal): { lane: number; reason: string }[] {
  return gateway.said
    .split('\n')
    .filter((line) => line.includes('lane lost'))
    .map((line) => JSON.parse(line) as { lane: number; reason: string });
}

/** Everything asked so far has had its one answer, and nobody was turned out. */
async function assertSound(ordeal: Ordeal): Promise<void> {
  const { books } = ordeal;
  const { length } = books.asked;
  await until('end of what was asked', () => books.asked.slice(0, length).every((one) => one.end !== undefined));
  assert.equal(books.dropped, 0);
  assert.deepEqual(
    ordeal.gateway.said.split('\n').filter((line) => line.includes('internal error')),
    [],
  );
}

test('on its own: its sessions go on where they were, the other lane feels nothing', async (t) => {
  const ordeal = await started(t);
  await ordeal.kill(0, Death.HOARD);
  await until('lost lane', () => losses(ordeal).length > 0);
  await everybodyAnswered(ordeal.books);
  await assertSound(ordeal);
  assert.deepEqual(
    losses(ordeal).map(({ lane }) => lane),
    [0],
  );
  const { connects, handshakes } = await ordeal.dcBook();
  assert.equal(connects.length, CLIENTS + CLIENTS / LANES, 'only the sessions of that lane came again');
  assert.equal(handshakes, 0);
});

test('by a request: it is refused when it has killed twice, everybody else goes on', async (t) => {
  const ordeal = await started(t);
  const { books } = ordeal;
  const call = { _cons: 'auth.cancelCode', phone_number: '9', phone_code_hash: DEADLY_TEXT };
  books.clients[1]!.say(JSON.stringify({ id: 'deadly', timeout: 60, message: call }));
  const answer = (): string | undefined => books.notices.find((line) => line.includes('"deadly"'));
  await until('answer to the deadly request', () => answer() !== undefined);
  const { error, delivered } = JSON.parse(answer()!) as Record<string, unknown>;
  assert.deepEqual([error, delivered], ['WorkerCrashed', 'no']);
  await everybodyAnswered(books);
  await assertSound(ordeal);
  assert.deepEqual(
    losses(ordeal).map(({ lane }) => lane),
    [1, 1],
  );
});
