/**
 * Idempotency keys, as a lane sees them: one request with a key goes, once; the others get its outcome (wire: Idempotency keys).
 * The main thread's half is the real one (`RequestKeys`), over a vault in memory.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonDialect } from '../../../src/dialect/json.ts';
import { Outbox } from '../../../src/session/state/outbox.ts';
import { DcRpcError } from '../../../src/testdc/protocol/rpc-error.ts';
import {
  assertClean,
  assertNoBugs,
  consOf,
  demoSession,
  messageOf,
  NEAREST,
  type Line,
} from '../../support/one-client.ts';
import { Pair, type PairOptions } from '../../support/pair.ts';

const HOUR = 3_600_000;

/** Carried out twice if it goes twice; the data centre's ledger counts by `about`. */
function profile(about: string): Line {
  return { _cons: 'account.updateProfile', about };
}

/** A line with a key. */
function keyed(id: number, key: string, about = 'a', more: Line = {}): Line {
  return { id, key, message: profile(about), ...more };
}

/** Clients 1 and 2 speak in the session `me`, which is the demo user's. */
async function shared(options: PairOptions = {}): Promise<Pair> {
  const pair = new Pair(options);
  pair.open(1);
  const [stored] = await pair.ask(1, { session: { name: 'me', ...demoSession(pair) }, message: NEAREST });
  assert.equal(consOf(stored), 'nearestDc');
  pair.open(2);
  await pair.ask(2, { session: { name: 'me' } });
  return pair;
}

/** `id: constructor of the message, or error`, of a client's answers so far. */
function heard(pair: Pair, client: number): string[] {
  return pair
    .take(client)
    .filter(({ id }) => id !== 0)
    .map(
      (line) => `${String(line['id'])}: ${String(line['error'] ?? messageOf(line)['error_message'] ?? consOf(line))}`,
    );
}

function executions(pair: Pair, about = 'a'): number {
  return pair.dc.ledger.get(about) ?? 0;
}

describe('the same key', () => {
  it('gets the first outcome again, with the id of who asks, from any client of the session', async () => {
    const pair = await shared();
    const [first] = await pair.ask(1, keyed(5, 'k'));
    const [again] = await pair.ask(1, keyed(6, 'k'));
    assert.deepEqual(again, { ...first, id: 6 });
    const [other] = await pair.ask(2, keyed(7, 'k'));
    assert.deepEqual(other, { ...first, id: 7 });
    assert.equal(executions(pair), 1);
    assertClean(pair);
  });

  it('gets it in the form of who asks', async () => {
    const pair = await shared();
    await pair.ask(1, keyed(5, 'k'));
    const [again] = await pair.ask(2, keyed(6, 'k', 'a', { options: { int64: 'string' } }));
    assert.equal(typeof messageOf(again)['id'], 'string');
    assert.equal(executions(pair), 1);
  });

  it('with another message is refused; spaces and the order of attributes are no other message', async () => {
    const pair = await shared();
    await pair.ask(1, keyed(5, 'k'));
    const [reused] = await pair.ask(1, keyed(6, 'k', 'b'));
    assert.deepEqual([reused?.['error'], reused?.['path'], reused?.['delivered']], ['KeyReused', 'key', 'no']);
    const text = '{ "message" : {"about":"\\u0061", "_cons":"account.updateProfile"},"key":"k","id":7}';
    const [same] = await pair.ask(1, text);
    assert.equal(consOf(same), 'user');
    assert.deepEqual([executions(pair), executions(pair, 'b')], [1, 0]);
  });

  it('goes with a random_id that the gateway makes, another each time', async () => {
    const pair = await shared();
    const message = { _cons: 'messages.sendMessage', peer: { _cons: 'inputPeerSelf' }, message: 'once' };
    const ask = async (id: number): Promise<Line | undefined> =>
      (await pair.ask(1, { id, key: 'k', message })).find((line) => line['id'] === id);
    const first = await ask(5);
    assert.equal(first?.['error'], undefined);
    assert.deepEqual(await ask(6), { ...first, id: 6 });
    assert.equal(executions(pair, 'once'), 1);
  });

  it('waits while the first is open, and holds up nobody behind it', async () => {
    const pair = await shared();
    const answers: ((value: undefined) => void)[] = [];
    pair.dc.onRequest = (call) =>
      call.method === 'account.updateProfile' ? new Promise((resolve) => answers.push(resolve)) : undefined;
    pair.line(1, keyed(5, 'k'));
    pair.line(2, keyed(6, 'k'));
    pair.line(2, keyed(7, 'k', 'b'));
    pair.line(2, { id: 8, message: NEAREST });
    await pair.run();
    assert.deepEqual([heard(pair, 1), heard(pair, 2)], [[], ['7: KeyReused', '8: nearestDc']]);
    for (const answer of answers) answer(undefined);
    await pair.run();
    assert.deepEqual([heard(pair, 1), heard(pair, 2)], [['5: user'], ['6: user']]);
    assert.equal(executions(pair), 1);
    assertClean(pair);
  });

  it('waits no longer than its own time', async () => {
    const pair = await shared();
    pair.dc.onRequest = (call) => (call.method === 'account.updateProfile' ? new Promise(() => {}) : undefined);
    pair.line(1, keyed(5, 'k', 'a', { timeout: 60 }));
    pair.line(2, keyed(6, 'k', 'a', { timeout: 2 }));
    await pair.advance(3_000);
    const [line] = pair.take(2);
    assert.deepEqual(
      [line?.['id'], consOf(line), line?.['delivered'], line?.['retryable']],
      [6, 'rpc_timeout', 'unknown', true],
    );
  });

  it('is free again after a day', async () => {
    const pair = await shared();
    await pair.ask(1, keyed(5, 'k'));
    await pair.advance(23 * HOUR);
    assert.equal(consOf((await pair.ask(1, keyed(6, 'k')))[0]), 'user');
    assert.equal(executions(pair), 1);
    await pair.advance(HOUR);
    await pair.ask(1, keyed(7, 'k'));
    assert.equal(executions(pair), 2);
  });

  it('is of its session alone', async () => {
    const pair = await shared();
    await pair.ask(1, keyed(5, 'k'));
    pair.open(3);
    const other = pair.dc.demoUser({ firstName: 'Other' });
    const session = { name: 'other', auth_key: other.authKey.toString('base64'), session_id: String(other.sessionId) };
    const [line] = await pair.ask(3, { ...keyed(6, 'k'), session });
    assert.equal(consOf(line), 'user');
    assert.equal(executions(pair), 2);
  });
});

describe('a key', () => {
  it('keeps the order of its client’s requests', async () => {
    const pair = await shared();
    const order: unknown[] = [];
    pair.dc.on('request', (call) => void order.push(call.args['about'] ?? call.method));
    pair.line(1, { id: 4, message: profile('before') });
    pair.line(1, keyed(5, 'k', 'with'));
    pair.line(1, { id: 6, message: profile('behind') });
    await pair.run();
    assert.deepEqual(order, ['before', 'with', 'behind']);
  });

  it('notes nothing of a message that cannot be encoded', async () => {
    const pair = await shared();
    const [wrong] = await pair.ask(1, { id: 5, key: 'k', message: { _cons: 'account.updateProfile', about: 5 } });
    assert.deepEqual([wrong?.['id'], wrong?.['error']], [5, 'InvalidField']);
    const [line] = await pair.ask(1, keyed(6, 'k'));
    assert.equal(consOf(line), 'user');
  });

  it('wants a session with a name', async () => {
    const pair = new Pair();
    pair.open(1);
    const [line] = await pair.ask(1, { id: 5, key: 'k', message: NEAREST });
    assert.deepEqual([line?.['id'], line?.['error'], line?.['path']], [5, 'InvalidRequest', 'key']);
    assert.equal(pair.dc.counters.connections, 0);
  });

  it('tells who has lost the session what a line without a key is told', async () => {
    const told = async (pair: Pair): Promise<void> => {
      pair.take(1);
      const plain = await pair.ask(1, { id: 5, message: NEAREST });
      assert.notEqual(plain[0]?.['error'], undefined, JSON.stringify(plain));
      assert.deepEqual(await pair.ask(1, { id: 5, key: 'k', message: NEAREST }), plain);
    };
    const taken = await shared();
    await taken.ask(2, { session: { name: 'me', exclusive: true, takeover: true } });
    await told(taken);
    const unnamed = new Pair();
    unnamed.open(1);
    // A key that the data centre does not know.
    const auth_key = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('base64');
    unnamed.line(1, { session: { auth_key, session_id: 5 }, message: NEAREST });
    await unnamed.advance(5_000);
    await told(unnamed);
  });

  it('goes with a line that names its session alone', async () => {
    const pair = await shared();
    pair.open(3);
    for (const id of [5, 6]) assert.equal(consOf((await pair.ask(3, keyed(id, 'k', 'a', { as: 'me' })))[0]), 'user');
    assert.equal(executions(pair), 1);
  });
});

describe('an error of the server', () => {
  it('that judges the call is the outcome', async () => {
    const pair = await shared();
    pair.dc.onRequest = () => new DcRpcError(400, 'ABOUT_TOO_LONG');
    const [first] = await pair.ask(1, keyed(5, 'k'));
    pair.dc.onRequest = undefined;
    const [again] = await pair.ask(2, keyed(6, 'k'));
    assert.deepEqual(again, { ...first, id: 6 });
    assert.equal(executions(pair), 0);
  });

  it('that asks for patience frees the key', async () => {
    const pair = await shared();
    pair.dc.onRequest = () => new DcRpcError(420, 'FLOOD_WAIT_30');
    pair.line(1, keyed(5, 'k'));
    pair.line(2, keyed(6, 'k'));
    await pair.run();
    // The second went when the first was freed, and the wait is known by then.
    assert.deepEqual([heard(pair, 1), heard(pair, 2)], [['5: FLOOD_WAIT_30'], ['6: FLOOD_WAIT_30']]);
    pair.dc.onRequest = undefined;
    await pair.advance(31_000);
    assert.equal(consOf((await pair.ask(1, keyed(7, 'k')))[0]), 'user');
    assert.equal(executions(pair), 1);
  });

  it('that is its own fault leaves it unknown, and there is no hope in the same line', async () => {
    const pair = await shared();
    pair.dc.onRequest = () => new DcRpcError(500, 'RPC_CALL_FAIL');
    const [first] = await pair.ask(1, keyed(5, 'k'));
    assert.deepEqual([first?.['delivered'], first?.['retryable']], ['unknown', false]);
    pair.dc.onRequest = undefined;
    const [again] = await pair.ask(1, keyed(6, 'k'));
    assert.deepEqual(
      [again?.['error'], again?.['delivered'], again?.['retryable']],
      ['DeliveryUnknown', 'unknown', false],
    );
    assert.equal(executions(pair), 0);
  });
});

describe('what may have been carried out', () => {
  it('is unknown after a time-out, to those who waited too, and never goes again', async () => {
    const pair = await shared();
    pair.dc.onRequest = (call) => (call.method === 'account.updateProfile' ? new Promise(() => {}) : undefined);
    pair.line(1, keyed(5, 'k', 'a', { timeout: 1 }));
    pair.line(2, keyed(6, 'k'));
    await pair.advance(2_000);
    assert.deepEqual(heard(pair, 1), ['5: no response from telegram']);
    assert.deepEqual(heard(pair, 2), ['6: DeliveryUnknown']);
    pair.dc.onRequest = undefined;
    assert.equal((await pair.ask(1, keyed(7, 'k')))[0]?.['error'], 'DeliveryUnknown');
    assert.equal(pair.dc.counters.requests.get('account.updateProfile'), 1);
  });

  it('is unknown after the end of the process; what was answered is not', async () => {
    const pair = await shared();
    const [first] = await pair.ask(1, keyed(5, 'known'));
    pair.dc.onRequest = (call) => (call.method === 'account.updateProfile' ? new Promise(() => {}) : undefined);
    await pair.ask(1, keyed(6, 'unknown', 'b'));
    pair.dc.onRequest = undefined;
    pair.die();
    pair.open(3);
    await pair.ask(3, { session: { name: 'me' } });
    assert.deepEqual((await pair.ask(3, keyed(7, 'known')))[0], { ...first, id: 7 });
    assert.equal((await pair.ask(3, keyed(8, 'unknown', 'b')))[0]?.['error'], 'DeliveryUnknown');
    assert.equal(pair.dc.counters.requests.get('account.updateProfile'), 2);
    assert.equal((await pair.ask(3, keyed(9, 'unknown', 'c')))[0]?.['error'], 'KeyReused');
  });
});

describe('a client that goes', () => {
  it('leaves the outcome of what was sent to whoever asks next', async () => {
    const pair = await shared();
    const answers: ((value: undefined) => void)[] = [];
    pair.dc.onRequest = (call) =>
      call.method === 'account.updateProfile' ? new Promise((resolve) => answers.push(resolve)) : undefined;
    await pair.ask(1, keyed(5, 'k'));
    pair.close(1);
    pair.line(2, keyed(6, 'k'));
    await pair.run();
    assert.deepEqual(heard(pair, 2), []);
    for (const answer of answers) answer(undefined);
    await pair.run();
    assert.deepEqual(heard(pair, 2), ['6: user']);
    assert.equal(executions(pair), 1);
  });

  it('with the last of a session whose end meets a bug leaves unknown what was sent, and the session to whoever comes', async (t) => {
    const pair = await shared();
    const session = pair.sessionOf(1);
    pair.dc.onRequest = ({ method }) => (method === 'account.updateProfile' ? new Promise(() => undefined) : undefined);
    await pair.ask(1, keyed(5, 'k'));
    const hurry = t.mock.method(Outbox.prototype, 'hurry', () => {
      throw new Error('a bug');
    });
    for (const client of [1, 2]) pair.close(client);
    await pair.run();
    assert.equal(hurry.mock.callCount(), 1);
    hurry.mock.restore();
    assert.deepEqual(pair.faulty, [session]);
    pair.open(3);
    const [line] = await pair.ask(3, { session: { name: 'me' }, ...keyed(6, 'k') });
    assert.equal(line?.['error'], 'DeliveryUnknown');
    assert.equal(pair.dc.counters.requests.get('account.updateProfile'), 1);
  });

  it('is not said not to have been carried out where a repeat meets a bug', async (t) => {
    const pair = await shared();
    await pair.ask(1, keyed(5, 'k'));
    const encode = t.mock.method(JsonDialect.prototype, 'encodeMessage', () => {
      throw new Error('a bug');
    });
    const [repeat] = await pair.ask(1, keyed(6, 'k'));
    const [plain] = await pair.ask(1, { id: 7, message: profile('b') });
    encode.mock.restore();
    assert.deepEqual([repeat?.['error'], repeat?.['delivered']], ['InternalError', 'unknown']);
    assert.deepEqual([plain?.['error'], plain?.['delivered']], ['InternalError', 'no']);
  });

  it('frees the key of what was not sent', async () => {
    const pair = await shared();
    pair.cut(1);
    pair.line(1, keyed(5, 'k'));
    pair.close(1);
    await pair.run();
    pair.line(2, keyed(6, 'k'));
    await pair.advance(10_000);
    assert.deepEqual(heard(pair, 2), ['6: user']);
    assert.equal(executions(pair), 1);
  });

  it('frees it while it is being noted, too', async () => {
    const pair = await shared();
    pair.keyVault.hold();
    pair.line(1, keyed(5, 'k'));
    await pair.run();
    pair.close(1);
    await pair.run();
    pair.keyVault.go();
    await pair.run();
    assert.equal(consOf((await pair.ask(2, keyed(6, 'k')))[0]), 'user');
    assert.equal(executions(pair), 1);
  });
});

describe('the disk', () => {
  it('has the key before the message goes, and the outcome before it is said', async () => {
    const pair = await shared();
    pair.keyVault.hold();
    pair.line(1, keyed(5, 'k'));
    await pair.run();
    assert.equal(pair.dc.counters.requests.get('account.updateProfile'), undefined);
    pair.keyVault.go();
    for (let i = 0; i < 20; i++) await Promise.resolve();
    pair.keyVault.hold();
    await pair.run();
    assert.equal(executions(pair), 1);
    assert.deepEqual(heard(pair, 1), []);
    pair.keyVault.go();
    await pair.run();
    assert.deepEqual(heard(pair, 1), ['5: user']);
  });

  it('that takes no key lets nothing go', async () => {
    const pair = await shared();
    const { VaultError } = await import('../../../src/vault/vault.ts');
    pair.keyVault.failure = new VaultError('VaultWriteFailed', 'no room', 'ENOSPC');
    const [line] = await pair.ask(1, keyed(5, 'k'));
    assert.deepEqual([line?.['error'], line?.['delivered'], line?.['reason']], ['VaultWriteFailed', 'no', 'ENOSPC']);
    pair.keyVault.failure = undefined;
    assert.equal(consOf((await pair.ask(1, keyed(6, 'k')))[0]), 'user');
    assert.equal(executions(pair), 1);
  });

  it('that does not answer is not waited for', async () => {
    const pair = await shared();
    pair.keyVault.hold();
    pair.line(1, keyed(5, 'k'));
    pair.line(1, { id: 6, message: NEAREST });
    await pair.advance(6_000);
    assert.deepEqual(heard(pair, 1), ['5: VaultWriteFailed', '6: nearestDc']);
    pair.keyVault.go();
    await pair.run();
    assert.equal(executions(pair), 0);
    assert.equal(consOf((await pair.ask(1, keyed(7, 'k')))[0]), 'user');
  });
});

describe('whichever batch is lost', () => {
  it('a request with a key is carried out at most once, and each line is answered once', async () => {
    for (let lost = 0; lost < 14; lost++) {
      const pair = await shared();
      let batches = 0;
      pair.onBatch = () => void (pair.loseNext = batches++ === lost);
      pair.line(1, keyed(5, 'k', 'a', { timeout: 60 }));
      pair.line(2, keyed(6, 'k', 'a', { timeout: 60 }));
      pair.line(1, keyed(7, 'k', 'b', { timeout: 60 }));
      pair.line(1, keyed(8, 'other', 'c', { timeout: 60 }));
      await pair.advance(70_000);
      assert.deepEqual(
        [heard(pair, 1).toSorted(), heard(pair, 2)],
        [['5: user', '7: KeyReused', '8: user'], ['6: user']],
        `batch ${lost} of ${batches}`,
      );
      assert.deepEqual([executions(pair), executions(pair, 'b'), executions(pair, 'c')], [1, 0, 1], `batch ${lost}`);
      const [again] = await pair.ask(2, keyed(9, 'k'));
      assert.equal(consOf(again), 'user', `batch ${lost}`);
      assertNoBugs(pair);
    }
  });

  it('and the first client goes meanwhile, nothing is carried out twice', async () => {
    for (let lost = 0; lost < 12; lost++)
      for (let goes = 0; goes < 8; goes++) {
        const pair = await shared();
        let batches = 0;
        pair.onBatch = () => {
          pair.loseNext = batches === lost;
          if (batches++ === goes) pair.close(1);
        };
        pair.line(1, keyed(5, 'k', 'a', { timeout: 60 }));
        pair.line(2, keyed(6, 'k', 'a', { timeout: 60 }));
        await pair.advance(70_000);
        const [line, ...more] = pair.take(2).filter(({ id }) => id === 6);
        assert.deepEqual(more, []);
        const count = executions(pair);
        assert.ok(count <= 1, `batch ${lost}, gone at ${goes}: ${count} times`);
        assert.ok(line !== undefined, `batch ${lost}, gone at ${goes}: no answer`);
        if (line['error'] !== 'DeliveryUnknown')
          assert.deepEqual([consOf(line), count], ['user', 1], `batch ${lost}, gone at ${goes}`);
        const [again] = await pair.ask(2, keyed(9, 'k'));
        assert.deepEqual({ ...again, id: 6 }, line, `batch ${lost}, gone at ${goes}`);
        assertNoBugs(pair);
      }
  });
});
