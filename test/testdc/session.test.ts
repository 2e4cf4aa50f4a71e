/** A session's life: duplicates, acks, states, drops, reconnects, pings, destroyed sessions and keys. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { Writer } from '../../src/bytes/writer.ts';
import { DcRpcError } from '../../src/testdc/protocol/rpc-error.ts';
import type { TlObject, TlValue } from '../../src/testdc/tl/tl-value.ts';
import { codec, RawClient, withInit } from '../support/raw-client.ts';
import { demoClient, DIALOGS, NEAREST, PING, rules, withDc } from './support.ts';

const send = (text: string, randomId: bigint): TlObject => ({
  _: 'messages.sendMessage',
  peer: { _: 'inputPeerSelf' },
  message: text,
  random_id: randomId,
});

describe('sessions', () => {
  it('tells a new session once, naming the first message', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const { ids } = client.sendContainer([PING, NEAREST]);
      const created = await client.message('new_session_created');
      assert.equal(created['first_msg_id'], ids[0]);
      assert.equal(created['server_salt'], client.salt);
      assert.equal(created.seqNo & 1, 1);
      await client.call(NEAREST);
      assert.equal(client.came.filter((one) => one.crc === 0x9ec20908).length, 1);
    }));

  it('executes a message sent twice once, and answers both times with the same message', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      client.acks = false;
      const msgId = client.send(send('once', 1n), { seqNo: 1 });
      await client.result(msgId, 'messages.sendMessage');
      client.sendContainer([send('once', 1n)], [{ msgId, seqNo: 1 }], { seqNo: 2 });
      const results = await client.until(() => {
        const all = client.came.filter((one) => one.crc === 0xf35c6d01 && one.body.readBigInt64LE(4) === msgId);
        return all.length === 2 ? all : undefined;
      });
      assert.equal(results[0]!.msgId, results[1]!.msgId);
      assert.ok(results[1]!.contained);
      assert.equal(dc.ledger.get('once'), 1);
      assert.deepEqual(rules(dc), []);
    }));

  it('notes the same id outside of a container, and another message under it', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const msgId = client.send(NEAREST);
      await client.result(msgId, 'help.getNearestDc');
      client.send({ _: 'updates.getState' }, { msgId, seqNo: 1 });
      await client.call(NEAREST);
      assert.deepEqual(rules(dc), ['resent-bare', 'msg-id-reused']);
    }));

  it('acknowledges a request that takes time', () =>
    withDc({}, async (dc) => {
      let finish: (value: TlValue) => void = () => {};
      dc.onRequest = () => new Promise((done) => (finish = done));
      const client = await demoClient(dc);
      const msgId = client.send(NEAREST);
      assert.deepEqual((await client.message('msgs_ack'))['msg_ids'], [msgId]);
      finish({ _: 'nearestDc', country: 'FR', this_dc: 1, nearest_dc: 1 });
      assert.equal(((await client.result(msgId, 'help.getNearestDc')) as TlObject)['country'], 'FR');
    }));

  it('sends what was not acknowledged again on a new connection, with ids unchanged', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      client.acks = false;
      const msgId = client.send(NEAREST);
      await client.result(msgId, 'help.getNearestDc');
      const seen = client.came.find((one) => one.crc === 0xf35c6d01)!;
      const second = await client.reconnect();
      second.acks = false;
      second.send(PING);
      const again = await second.until(() => second.came.find((one) => one.crc === 0xf35c6d01));
      assert.deepEqual([again.msgId, again.seqNo, again.contained], [seen.msgId, seen.seqNo, true]);
      second.send({
        _: 'msgs_ack',
        msg_ids: second.came.filter((one) => (one.seqNo & 1) === 1).map((one) => one.msgId),
      });
      second.send(PING);
      await second.until(() => (second.came.filter((one) => one.crc === 0x347773c5).length === 2 ? true : undefined));
      const third = await second.reconnect();
      third.send(PING);
      await third.message('pong');
      assert.equal(third.came.filter((one) => one.crc === 0xf35c6d01).length, 0);
      assert.equal(third.came.filter((one) => one.crc === 0x9ec20908).length, 0);
    }));

  it('keeps updates for a session that is away', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      await client.call(NEAREST);
      const gone = dc.next('disconnection');
      client.close();
      await gone;
      const [userId] = dc.world.signedIn();
      dc.pushMessage(userId!, 'meanwhile');
      const second = await client.reconnect();
      second.send(PING);
      assert.equal((await second.message('updateShortMessage'))['message'], 'meanwhile');
    }));

  it('answers msgs_state_req byte by byte', () =>
    withDc({}, async (dc) => {
      dc.onRequest = (call) => (call.method === 'updates.getState' ? new Promise(() => {}) : undefined);
      const client = await demoClient(dc);
      client.acks = false;
      const early = client.nextId();
      const answered = client.send(NEAREST);
      await client.result(answered, 'help.getNearestDc');
      const between = client.nextId();
      const running = client.send({ _: 'updates.getState' });
      const ping = client.send(PING);
      const asked = client.send({
        _: 'msgs_state_req',
        msg_ids: [early, between, answered, running, ping, client.nextId() + (1n << 32n)],
      });
      const info = await client.message('msgs_state_info');
      assert.equal(info['req_msg_id'], asked);
      assert.deepEqual([...(info['info'] as Buffer)], [1, 2, 4 | 8 | 32 | 64, 4 | 8 | 32, 4 | 16, 3]);
    }));

  it('sends a message again when asked, and says so when it has none', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      client.acks = false;
      const msgId = client.send(NEAREST);
      await client.result(msgId, 'help.getNearestDc');
      const { msgId: answer } = client.came.find((one) => one.crc === 0xf35c6d01)!;
      client.send({ _: 'msg_resend_req', msg_ids: [answer] });
      await client.until(() => (client.came.filter((one) => one.msgId === answer).length === 2 ? true : undefined));
      client.send({ _: 'msg_resend_req', msg_ids: [answer + 4n] });
      assert.deepEqual([...((await client.message('msgs_state_info'))['info'] as Buffer)], [1]);
    }));

  it('drops answers: unknown, running, generated', () =>
    withDc({}, async (dc) => {
      dc.onRequest = (call) => (call.method === 'updates.getState' ? new Promise(() => {}) : undefined);
      const client = await demoClient(dc);
      client.acks = false;
      const unknown = await client.call({ _: 'rpc_drop_answer', req_msg_id: 4n });
      assert.deepEqual(unknown, { _: 'rpc_answer_unknown' });
      const running = client.send({ _: 'updates.getState' });
      assert.deepEqual(await client.call({ _: 'rpc_drop_answer', req_msg_id: running }), {
        _: 'rpc_answer_dropped_running',
      });
      const own = await client.until(() =>
        client.came.find((one) => one.crc === 0xf35c6d01 && one.body.readBigInt64LE(4) === running),
      );
      assert.equal(own.body.readUInt32LE(12), 0xcd78e586);
      const done = client.send(NEAREST);
      await client.result(done, 'help.getNearestDc');
      const dropped = (await client.call({ _: 'rpc_drop_answer', req_msg_id: done })) as TlObject;
      assert.equal(dropped._, 'rpc_answer_dropped');
      assert.equal(
        dropped['msg_id'],
        client.came.find((one) => one.crc === 0xf35c6d01 && one.body.readBigInt64LE(4) === done)!.msgId,
      );
      assert.deepEqual(rules(dc), []);
    }));

  it('lets an ack with an odd number pass, and notes it', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      client.acks = false;
      await client.call(NEAREST);
      client.send({ _: 'msgs_ack', msg_ids: client.came.map((one) => one.msgId) }, { content: true });
      await client.call(NEAREST);
      assert.equal(dc.violations.counts.get('ack-parity'), 1);
      assert.equal(dc.violations.total, 0);
    }));

  it('disconnects when no further ping comes within the delay', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      client.send({ _: 'ping_delay_disconnect', ping_id: 1n, disconnect_delay: 0 });
      await client.message('pong');
      await client.closed();
    }));

  it('destroys another session of the key, never the current one', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      client.acks = false;
      const first = client.sessionId;
      await client.call(NEAREST);
      client.sessionId += 2n;
      client.send({ _: 'destroy_session', session_id: first }, { seqNo: 0 });
      assert.equal((await client.message('destroy_session_ok'))['session_id'], first);
      client.send({ _: 'destroy_session', session_id: first }, { seqNo: 0 });
      assert.equal((await client.message('destroy_session_none'))['session_id'], first);
    }));

  it('forgets a destroyed key', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      client.send({ _: 'destroy_auth_key' });
      await client.message('destroy_auth_key_ok');
      client.send(PING);
      assert.equal(await client.status(), -404);
    }));
});

describe('packed messages', () => {
  const packed = (bytes: Uint8Array): Buffer => {
    const out = new Writer(64);
    out.int32(0x3072cfa1);
    out.string(bytes);
    return Buffer.from(out.written());
  };

  for (const [name, pack] of [
    ['gzip', gzipSync],
    ['zlib', deflateSync],
  ] as const)
    it(`takes a request in a ${name} stream`, () =>
      withDc({}, async (dc) => {
        const client = await demoClient(dc);
        const msgId = client.send(packed(pack(codec.encode(NEAREST))));
        assert.equal(((await client.result(msgId, 'help.getNearestDc')) as TlObject)._, 'nearestDc');
        assert.equal(dc.violations.total, 0);
      }));

  it('refuses a bomb, garbage, and a pack in a pack', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      for (const bytes of [
        gzipSync(Buffer.alloc(64 << 20)),
        Buffer.from('no gzip'),
        gzipSync(packed(gzipSync(codec.encode(NEAREST)))),
      ])
        client.send(packed(bytes));
      await client.call(NEAREST);
      assert.deepEqual(rules(dc), ['gzip', 'gzip', 'gzip']);
      assert.equal(dc.counters.requests.get('help.getNearestDc'), 1);
    }));

  it('packs big results when told to', () =>
    withDc({ gzipFrom: 1000 }, async (dc) => {
      const client = await demoClient(dc);
      const plain = (await client.call(DIALOGS)) as TlObject;
      assert.equal((plain['dialogs'] as TlValue[]).length, 20);
      const came = client.came.find((one) => one.crc === 0xf35c6d01)!;
      assert.equal(came.body.readUInt32LE(12), 0x3072cfa1);
    }));
});

describe('invoking', () => {
  it('wants initConnection once for a key, on whatever connection', () =>
    withDc({}, async (dc) => {
      const client = await RawClient.connect(dc.port());
      await client.makeKey({ pem: dc.publicKeyPem });
      await assert.rejects(client.call(NEAREST), { message: 'CONNECTION_NOT_INITED', code: 400 });
      await client.init(NEAREST);
      await client.call(NEAREST);
      const second = await client.reconnect();
      await second.call(NEAREST);
    }));

  it('refuses calls that need a login as Telegram does, and unknown methods', () =>
    withDc({}, async (dc) => {
      const client = await RawClient.connect(dc.port());
      await client.makeKey({ pem: dc.publicKeyPem });
      await client.init(NEAREST);
      await assert.rejects(client.call(DIALOGS), { message: 'AUTH_KEY_UNREGISTERED', code: 401 });
      await assert.rejects(
        client.call({
          _: 'payments.getStarsTransactions',
          peer: { _: 'inputPeerSelf' },
          offset: '',
          limit: 1,
        }),
        {
          message: 'AUTH_KEY_UNREGISTERED',
        },
      );
      await assert.rejects(client.call({ _: 'help.getPromoData' }), { message: 'METHOD_INVALID', code: 400 });
      await assert.rejects(
        client.result(client.send(Buffer.from('01020304', 'hex'), { content: true }), 'help.getConfig'),
        {
          message: 'INPUT_METHOD_INVALID_67305985',
        },
      );
      assert.deepEqual(rules(dc), ['unknown-method']);
    }));

  it('refuses a layer out of range, an empty api_id, and bytes behind the request', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      await assert.rejects(client.call(withInit(NEAREST, 0), 'help.getNearestDc'), {
        message: 'CONNECTION_LAYER_INVALID',
      });
      const inner = withInit(NEAREST);
      (inner['query'] as TlObject)['api_id'] = 0;
      await assert.rejects(client.call(inner, 'help.getNearestDc'), { message: 'CONNECTION_API_ID_INVALID' });
      const long = Buffer.concat([codec.encode(NEAREST), Buffer.alloc(4)]);
      await assert.rejects(client.result(client.send(long), 'help.getNearestDc'), {
        message: 'INPUT_REQUEST_TOO_LONG',
      });
    }));

  it('runs invokeAfterMsg after a success only', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const good = client.send(NEAREST);
      await client.call({ _: 'invokeAfterMsg', msg_id: good, query: NEAREST }, 'help.getNearestDc');
      const bad = client.send({ _: 'help.getPromoData' });
      await assert.rejects(client.call({ _: 'invokeAfterMsg', msg_id: bad, query: NEAREST }), {
        message: 'MSG_WAIT_FAILED',
      });
      await assert.rejects(client.call({ _: 'invokeAfterMsg', msg_id: 4n, query: NEAREST }), {
        message: 'MSG_WAIT_TIMEOUT',
        code: 500,
      });
    }));

  it('lets a test answer in place of the world', () =>
    withDc({}, async (dc) => {
      dc.onRequest = (call) => (call.method === 'help.getNearestDc' ? new DcRpcError(420, 'FLOOD_WAIT_7') : undefined);
      const client = await demoClient(dc);
      await assert.rejects(client.call(NEAREST), { message: 'FLOOD_WAIT_7', code: 420 });
    }));

  it('pushes no updates to a session that asked without updates only', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      await client.call({ _: 'invokeWithoutUpdates', query: NEAREST }, 'help.getNearestDc');
      const [userId] = dc.world.signedIn();
      dc.pushMessage(userId!, 'one');
      await client.call(NEAREST);
      dc.pushMessage(userId!, 'two');
      assert.equal((await client.message('updateShortMessage'))['message'], 'two');
    }));
});
