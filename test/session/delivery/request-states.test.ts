/**
 * Requests that nothing is heard of: asked about, sent again, called for (protocol: Delivery). Whatever the server says, and
 * whenever an old packet reaches it, none is carried out twice.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { DcConnection } from '../../../src/testdc/wire/dc-connection.ts';
import { makeFaults } from '../../../src/testdc/faults/faults.ts';
import { MessageBook } from '../../../src/testdc/protocol/message-book.ts';
import { writeService } from '../../../src/testdc/protocol/service.ts';
import { assertClean, signedInPair, STATUS, UPDATE_PROFILE, type Line } from '../../support/one-client.ts';
import type { Pair } from '../../support/pair.ts';

const STATE_REQ = 0xda69fb52;
const DESTROY_SESSION = 0xe7512126;

/** Counts the sessions the DC is told to destroy from now on. */
function destructions(pair: Pair): { count: number } {
  const seen = { count: 0 };
  const { taps } = pair.dc;
  const message = taps.message?.bind(taps);
  taps.message = (session, arrived) => {
    if (arrived.crc === DESTROY_SESSION) seen.count++;
    return message?.(session, arrived) ?? false;
  };
  return seen;
}

/** Counts the questions a server session gets from now on. */
function stateRequests(pair: Pair): { count: number } {
  const seen = { count: 0 };
  const { book } = pair.serverSession();
  const add = book.add.bind(book);
  book.add = (low, high, seqNo, crc, length) => {
    if (crc === STATE_REQ) seen.count++;
    return add(low, high, seqNo, crc, length);
  };
  return seen;
}

/** Id, and constructor or error, of the lines a client got, and how often the update was carried out. */
function answers(pair: Pair): unknown[] {
  const lines = pair.take(1).map(({ id, message, error }) => [id, error ?? (message as Line)['_cons']]);
  return [...lines, pair.dc.ledger.get('a') ?? 0];
}

describe('on a connection that stands', () => {
  test('a read that the server never got goes again after a second and a half', async () => {
    const pair = await signedInPair('packet.lost-up count=1');
    pair.line(1, { id: 2, message: { _cons: 'updates.getState' } });
    await pair.advance(1_400);
    assert.deepEqual(answers(pair), [0]);
    await pair.advance(500);
    assert.deepEqual(answers(pair), [[2, 'updates.state'], 0]);
    assert.equal(pair.dc.counters.connections, 1);
    assertClean(pair);
  });

  test('what must not be done twice waits for its packet, which a connection that stands does not lose', async () => {
    const pair = await signedInPair('packet.lost-up count=1');
    pair.line(1, { id: 2, timeout: 8, message: UPDATE_PROFILE });
    await pair.advance(9_000);
    assert.deepEqual(answers(pair), [[2, 'rpc_timeout'], 0]);
    assert.equal(pair.dc.counters.connections, 1);
    assertClean(pair);
  });

  test('what the server works on is waited for', async () => {
    const pair = await signedInPair('request.delay method=account.updateProfile ms=9000');
    const asked = stateRequests(pair);
    pair.serverSession().neverAcks = true;
    pair.line(1, { id: 2, message: UPDATE_PROFILE });
    await pair.advance(8_900);
    assert.deepEqual(answers(pair), [0]);
    assert.equal(asked.count, 1);
    await pair.advance(200);
    assert.deepEqual(answers(pair), [[2, 'user'], 1]);
    assert.equal(pair.dc.counters.connections, 1);
    assertClean(pair);
  });

  test('an answer that was lost on its way comes on another connection', async () => {
    const pair = await signedInPair('packet.lost-down count=1');
    pair.line(1, { id: 2, message: UPDATE_PROFILE });
    await pair.advance(6_000);
    assert.deepEqual(answers(pair), [[2, 'user'], 1]);
    assert.equal(pair.dc.counters.connections, 2);
    assertClean(pair);
  });

  test('a server that has forgotten all, and whose word of that is lost, does nothing twice', async () => {
    const pair = await signedInPair('answer.lost count=1');
    pair.line(1, { id: 2, message: UPDATE_PROFILE });
    await pair.advance(1_000);
    assert.deepEqual(answers(pair), [1]);
    (pair.serverSession() as { book: MessageBook }).book = new MessageBook();
    await pair.advance(7_000);
    assert.deepEqual(answers(pair), [[2, 'DeliveryUnknown'], 1]);
    assertClean(pair);
  });

  test('msg_detailed_info in place of an answer costs no time', async () => {
    const pair = await signedInPair('answer.detailed count=1');
    pair.line(1, { id: 2, message: UPDATE_PROFILE });
    await pair.advance(100);
    assert.deepEqual(answers(pair), [[2, 'user'], 1]);
    assertClean(pair);
  });

  test('hundreds that wait are asked about in one question, ever more rarely', async () => {
    const pair = await signedInPair('request.delay ms=60000');
    const asked = stateRequests(pair);
    pair.serverSession().neverAcks = true;
    for (let id = 2; id < 302; id++) pair.line(1, { id, timeout: 50, message: STATUS });
    await pair.advance(49_000);
    assert.ok(asked.count >= 2 && asked.count <= 5, `${asked.count} stateRequests`);
    assertClean(pair);
  });

  test('a client that is answered at once is never asked about', async () => {
    const pair = await signedInPair();
    const asked = stateRequests(pair);
    for (let id = 2; id < 40; id++) {
      pair.line(1, { id, message: STATUS });
      await pair.advance(400);
    }
    assert.equal(asked.count, 0);
    assertClean(pair);
  });
});

describe('a server that never answers msgs_state_req', () => {
  test('but pings: the connection stays, msgs_state_req becomes rare', async () => {
    const pair = await signedInPair('request.delay method=account.updateProfile ms=40000');
    const { taps } = pair.dc;
    let count = 0;
    taps.message = (_session, { crc }) => {
      if (crc === STATE_REQ) count++;
      return crc === STATE_REQ;
    };
    pair.serverSession().neverAcks = true;
    pair.line(1, { id: 2, timeout: 60, message: UPDATE_PROFILE });
    await pair.advance(41_000);
    assert.deepEqual(answers(pair), [[2, 'user'], 1]);
    assert.ok(count >= 2 && count <= 5, `${count} stateRequests`);
    assert.equal(pair.dc.counters.connections, 1);
    assertClean(pair);
  });

  for (const [faults, most] of [
    ['packet.lost-up count=1\nstate.lost', 1],
    ['packet.lost-up count=1\nstate.lost\npong.lost', 9],
  ] as const)
    test(`and did not get a request: nobody knows that, and it is not sent blindly: ${faults}`, async () => {
      const pair = await signedInPair(faults);
      pair.line(1, { id: 2, timeout: 60, message: UPDATE_PROFILE });
      await pair.advance(59_000);
      assert.deepEqual(answers(pair), [0]);
      await pair.advance(1_000);
      const [line] = pair.take(1);
      assert.deepEqual([line!['id'], line!['delivered']], [2, 'unknown']);
      assert.ok(pair.dc.counters.connections <= most, `${pair.dc.counters.connections} connections`);
      assertClean(pair);
    });

  test('nor anything else: bytes come, but no packet, and the session is forgotten behind them', async () => {
    const pair = await signedInPair();
    const { link } = pair.serverSession();
    assert.ok(link instanceof DcConnection);
    // The head of a frame of a megabyte: all that the DC says from now on is in it.
    link.bytesAsIs(Buffer.from([0x40, 0x42, 0x0f, 0]));
    for (let id = 2; id < 6; id++) pair.line(1, { id, timeout: 60, message: { ...UPDATE_PROFILE, about: `b${id}` } });
    await pair.advance(1_000);
    makeFaults(pair.dc, 'session.forget count=1');
    for (let id = 6; id < 12; id++) {
      pair.line(1, { id, timeout: 60, message: { ...UPDATE_PROFILE, about: `b${id}` } });
      await pair.advance(2_000);
    }
    await pair.advance(30_000);
    assert.equal(pair.take(1).filter(({ id }) => id !== 0).length, 10);
    for (let id = 2; id < 12; id++) assert.equal(pair.dc.ledger.get(`b${id}`), 1, `b${id}`);
    assertClean(pair);
  });
});

describe('a silent connection', () => {
  test('is asked, and left four seconds after the request', async () => {
    const pair = await signedInPair();
    const sent = pair.deafen(1);
    pair.line(1, { id: 9, timeout: 60, message: UPDATE_PROFILE });
    await pair.advance(3_900);
    assert.equal(pair.dc.counters.connections, 1);
    assert.equal(sent.length, 2, 'the request, a question');
    await pair.advance(1_400);
    assert.equal(pair.dc.counters.connections, 2);
    assert.deepEqual(answers(pair), [[9, 'user'], 1]);
    assertClean(pair);
  });

  test('is given time for half a megabyte on its way up', async () => {
    const pair = await signedInPair();
    pair.deafen(1);
    const username = randomBytes(250_000).toString('base64');
    pair.line(1, { id: 9, timeout: 60, message: { _cons: 'contacts.resolveUsername', username } });
    await pair.advance(10_000);
    assert.equal(pair.dc.counters.connections, 1);
    await pair.advance(9_000);
    assert.equal(pair.dc.counters.connections, 2);
    assert.deepEqual(answers(pair), [[9, 'rpc_error'], 0]);
    assertClean(pair);
  });

  test('nobody answers on new ones either: they are left more and more slowly', async () => {
    const pair = await signedInPair();
    makeFaults(pair.dc, 'connect.silent');
    pair.cut(1);
    pair.line(1, { id: 9, timeout: 100, message: UPDATE_PROFILE });
    await pair.advance(99_000);
    const { connections } = pair.dc.counters;
    assert.ok(connections >= 4 && connections <= 12, `${connections} connections`);
  });
});

describe('a packet that reaches the server late', () => {
  /** The session's connection is lost with a request on its way. @returns the packet */
  async function losing(pair: Pair): Promise<Buffer> {
    const sent = pair.deafen(1);
    pair.line(1, { id: 2, message: UPDATE_PROFILE });
    await pair.run();
    pair.cut(1);
    // The intermediate transport's length goes before it.
    return sent[0]!.subarray(4);
  }

  /** The server handles it now, on whatever connection the session has. */
  function handle(pair: Pair, packet: Buffer): void {
    const [key] = pair.centre.keys.values();
    const link = [...key!.sessions.values()].map((session) => session.link).findLast((one) => one !== undefined);
    assert.ok(link instanceof DcConnection);
    link.handle(Buffer.from(packet));
  }

  test('after the request went again', async () => {
    const pair = await signedInPair();
    const packet = await losing(pair);
    await pair.advance(1_000);
    assert.deepEqual(answers(pair), [[2, 'user'], 1]);
    handle(pair, packet);
    await pair.advance(1_000);
    assert.deepEqual(answers(pair), [1]);
    assertClean(pair);
  });

  test('between the server’s word that it has not come and the request that goes again', async () => {
    const pair = await signedInPair();
    const packet = await losing(pair);
    let isLate = true;
    pair.dc.taps.message = (_session, { crc }) => {
      if (crc === STATE_REQ && isLate) {
        isLate = false;
        queueMicrotask(() => handle(pair, packet));
      }
      return false;
    };
    await pair.advance(2_000);
    assert.deepEqual(answers(pair), [[2, 'user'], 1]);
    assertClean(pair);
  });

  test('and the connection breaks before the request goes again: the next one does not know what the last was told', async () => {
    const pair = await signedInPair();
    const packet = await losing(pair);
    let isFirst = true;
    pair.dc.taps.message = (session, { crc }) => {
      if (crc === STATE_REQ && isFirst) {
        isFirst = false;
        queueMicrotask(() => {
          pair.dc.taps.answer = () => undefined;
          handle(pair, packet);
          delete pair.dc.taps.answer;
          assert.ok(session.link instanceof DcConnection);
          session.link.refuse(-404);
          session.key.sessions.delete(session.idLow, session.idHigh);
        });
      }
      return false;
    };
    await pair.advance(9_000);
    const lines = pair.take(1).filter(({ id }) => id === 2);
    assert.deepEqual(
      lines.map(({ delivered }) => delivered),
      ['unknown'],
    );
    assert.equal(pair.dc.ledger.get('a'), 1);
    assertClean(pair);
  });

  for (const code of [16, 32, 48])
    test(`before the one that went again was refused by code ${code}`, async () => {
      const pair = await signedInPair();
      const packet = await losing(pair);
      pair.dc.taps.message = (session, message) => {
        // Refused under the same id once more: the first packet was taken all the same.
        if (message.place !== 'inner' || (message.seqNo & 1) === 0) return false;
        pair.dc.taps.message = () => false;
        queueMicrotask(() => handle(pair, packet));
        const { low, high, seqNo } = message;
        const salted = (): Uint8Array => writeService.badServerSalt(low, high, seqNo, session.key.salts.current);
        session.say(code === 48 ? salted() : writeService.badMsg(low, high, seqNo, code));
        return true;
      };
      await pair.advance(12_000);
      assert.equal(pair.dc.ledger.get('a'), 1);
      assert.equal(pair.take(1).filter(({ id }) => id === 2).length, 1);
    });

  test('never: an id the server refuses is given up for another', async () => {
    const pair = await signedInPair();
    await losing(pair);
    makeFaults(pair.dc, 'bad.16 of=inner count=1');
    await pair.advance(3_000);
    assert.deepEqual(answers(pair), [[2, 'user'], 1]);
    assert.equal(pair.dc.counters.connections, 2);
  });

  test('after the request went again, and its session was left for another: that is destroyed once all its ids are old', async () => {
    const pair = await signedInPair();
    const packet = await losing(pair);
    await pair.advance(1_000);
    assert.deepEqual(answers(pair), [[2, 'user'], 1]);
    makeFaults(pair.dc, 'bad.18 count=1');
    const destroyed = destructions(pair);
    pair.line(1, { id: 3, message: STATUS });
    await pair.advance(1_000);
    handle(pair, packet);
    await pair.advance(1_000);
    assert.deepEqual(answers(pair).slice(-2), [[3, undefined], 1]);
    await pair.advance(320_000);
    assert.equal(destroyed.count, 0);
    await pair.advance(20_000);
    assert.equal(destroyed.count, 1);
    handle(pair, packet);
    await pair.advance(1_000);
    assert.equal(pair.dc.ledger.get('a'), 1, 'too old to be taken');
    await pair.ask(1, { id: 4, message: STATUS });
    assert.deepEqual(pair.dc.bugs, []);
  });

  test('a session in which nothing went twice is destroyed when it is left', async () => {
    const pair = await signedInPair();
    makeFaults(pair.dc, 'bad.18 count=1');
    const destroyed = destructions(pair);
    await pair.ask(1, { id: 3, message: STATUS });
    assert.equal(destroyed.count, 1);
    assert.equal(pair.dc.counters.connections, 1);
    assertClean(pair);
  });

  test('and the lane was lost meanwhile', async () => {
    const pair = await signedInPair();
    const packet = await losing(pair);
    await pair.advance(1);
    pair.lose();
    await pair.advance(2_000);
    assert.deepEqual(answers(pair), [[2, 'user'], 1]);
    handle(pair, packet);
    await pair.advance(1_000);
    assert.deepEqual(answers(pair), [1]);
  });

  test('as the fault `packet.after-cut` has it', async () => {
    const pair = await signedInPair('packet.after-cut count=1 ms=900');
    pair.line(1, { id: 2, message: UPDATE_PROFILE });
    await pair.advance(5_000);
    assert.deepEqual(answers(pair), [[2, 'user'], 1]);
    assertClean(pair);
  });
});
