/** Where a session dials: the addresses of its data centre, of both families, and no other's; what its end leaves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeFaults } from '../../../src/testdc/faults/faults.ts';
import { AuthKey } from '../../../src/crypto/auth-key.ts';
import { close } from '../../../src/session/link/connect.ts';
import { Lone } from '../../support/lone-state.ts';
import { CONFIG, consOf, pairOf } from '../../support/one-client.ts';

const HERE = { id: 2, host: '127.0.0.1', port: 442, test: false };
const THERE = { id: 2, host: '::1', port: 442, test: false };
const ELSEWHERE = { id: 4, host: '127.0.0.4', port: 444, test: false };

test('after a failure nothing is dialled before the pause is over, whoever asks', async () => {
  let dials = 0;
  const pair = pairOf({ seed: 1, isDown: () => ++dials === 1 });
  await pair.ask(1, { id: 1, message: CONFIG });
  pair.line(1, { id: 2, message: CONFIG });
  await pair.run();
  assert.equal(dials, 1);
  await pair.advance(500);
  assert.deepEqual([dials, consOf(pair.take(1)[0])], [2, 'config']);
});

test('a data centre that takes no more connections is left in peace for five to ten seconds', async () => {
  const pair = pairOf();
  await pair.ask(1, { id: 1, message: CONFIG });
  pair.take(1);
  makeFaults(pair.dc, 'transport.429 count=1');
  pair.line(1, { id: 2, timeout: 60, message: CONFIG });
  await pair.advance(4_990);
  assert.deepEqual([pair.dialled.length, pair.take(1)], [1, []]);
  await pair.advance(5_020);
  assert.deepEqual([pair.dialled.length, consOf(pair.take(1)[0])], [2, 'config']);
});

async function dialled(...dataCentres: object[]): Promise<string[]> {
  const pair = pairOf({ session: { dataCentres: dataCentres as never } });
  await pair.ask(1, { id: 1, message: CONFIG });
  return pair.dialled;
}

test('all addresses of its data centre, the first of the list first', async () => {
  assert.deepEqual(await dialled(HERE, ELSEWHERE, THERE), ['127.0.0.1 ::1/442']);
});

test('the other ports of the address before the other addresses, for those that are built in', async () => {
  const usual = { ...HERE, port: 443 };
  const dials = async (...dataCentres: object[]): Promise<string[]> => {
    const pair = pairOf({ session: { dataCentres: dataCentres as never }, isDown: () => true });
    await pair.ask(1, { id: 1, message: CONFIG });
    return pair.dialled;
  };
  assert.deepEqual(await dials(usual, { ...THERE, port: 443 }), ['127.0.0.1 127.0.0.1/80 127.0.0.1/5222 ::1/443']);
  assert.deepEqual(await dials({ ...usual, isOperators: true }), ['127.0.0.1']);
});

test("an operator's own server has no other address, and stands in for none", async () => {
  assert.deepEqual(await dialled({ ...HERE, isOperators: true }, THERE, ELSEWHERE), ['127.0.0.1']);
  assert.deepEqual(await dialled(HERE, { ...THERE, isOperators: true }), ['127.0.0.1']);
});

test('the end of a session leaves none of its keys, and gives back the claim of each', () => {
  const lone = new Lone().ready();
  const { s } = lone;
  const released: number[] = [];
  const claims = { release: (low: number) => void released.push(low) };
  Object.assign(s.env, { claims });
  const [own, other] = [s.keys.permanent!, AuthKey.from(new Uint8Array(256).fill(9))];
  s.session.otherKeys.set(4, other);
  const ids = [own.idLow, other.idLow];
  close(s);
  for (const { bytes } of [own, other]) assert.ok(bytes.every((byte) => byte === 0));
  assert.deepEqual(released.toSorted(), ids.toSorted());
  assert.equal(s.session.otherKeys.size, 0);
});
