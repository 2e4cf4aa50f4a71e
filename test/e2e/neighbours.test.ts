/** Neighbours: clients that ask as much as they can, and others on the same lane. What comes before what, never how long it takes. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { Nc } from '../support/nc.ts';

const HEAVY = 4;
const LINES = 40;
const CALLS = 15;
/** A megabyte, refused at its last field: all of it is the lane's work, nothing of it the data centre's, which runs in this thread. */
const LINE = Buffer.from(
  `{"id":1,"message":{"_cons":"help.getAppUpdate","source":"${randomBytes(750_000).toString('base64')}","none":1}}\n`,
);
const PING = '{"id":1,"message":{"_cons":"ping","ping_id":1}}\n';

describe('clients that ask as much as they can, and a neighbour on the same lane', () => {
  let dc: TestDc;
  let gateway: TestGateway;

  before(async () => {
    dc = await startTestDc({ dcs: [{ id: 4 }] });
    gateway = await startGateway(dc, { init: 1, flags: ['--workers', '1'] });
  });

  after(async () => {
    assert.equal(await gateway.stop(), 0);
    await dc.close();
    assert.deepEqual(dc.bugs, []);
    assert.deepEqual(dc.violations.list, []);
  });

  test("the neighbour's call waits for a few of their lines, not for all that wait; no lane is lost", async () => {
    const neighbour = await Nc.to(gateway.port);
    neighbour.send(PING);
    await neighbour.line();
    let answered = 0;
    const heavy = await Promise.all(Array.from({ length: HEAVY }, () => Nc.to(gateway.port)));
    const done = Promise.all(
      heavy.map(async (nc) => {
        for (let i = 0; i < LINES; i++) {
          assert.match(await nc.line(), /"error":"UnknownField"/);
          answered++;
        }
      }),
    );
    // Looked at below; until then what goes wrong with the neighbour comes first.
    done.catch(() => undefined);
    for (const nc of heavy) for (let i = 0; i < LINES; i++) nc.send(LINE);
    const behind: number[] = [];
    for (let i = 0; i < CALLS; i++) {
      const before = answered;
      neighbour.send(PING);
      assert.match(await neighbour.line(), /"pong"/);
      behind.push(answered - before);
    }
    const median = behind.sort((a, b) => a - b)[CALLS >> 1]!;
    assert.ok(answered < HEAVY * LINES, 'there was nothing left to wait for');
    assert.ok(median <= 8, `behind ${behind.join()} of ${HEAVY * 8} that may be open`);
    await done;
    assert.ok(!gateway.log().includes('lane lost'), gateway.log());
    for (const nc of [neighbour, ...heavy]) nc.close();
  });
});
