/** What Telegram refuses, the test DC refuses: each code of bad_msg_notification, salts, containers, envelopes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TlObject } from '../../src/testdc/tl/tl-value.ts';
import type { RawClient } from '../support/raw-client.ts';
import { codec } from '../support/raw-client.ts';
import { demoClient, NEAREST, PING, rules, withDc } from './support.ts';

/** Waits for a bad_msg_notification about a message. */
async function refusal(client: RawClient, from = 0): Promise<[id: bigint, seqNo: number, code: number]> {
  const bad = await client.message('bad_msg_notification', from);
  return [bad['bad_msg_id'] as bigint, bad['bad_msg_seqno'] as number, bad['error_code'] as number];
}

const at = (secondsFromNow: number): bigint =>
  BigInt(Math.floor((Date.now() / 1000 + secondsFromNow) * 2 ** 20)) << 12n;

describe('bad_msg_notification', () => {
  it('16: a msg_id more than 300 s behind', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const msgId = client.send(PING, { msgId: at(-310) });
      assert.deepEqual(await refusal(client), [msgId, 0, 16]);
      client.send(PING, { msgId: at(-290) });
      await client.message('pong');
      assert.equal(dc.violations.counts.get('msg-id-window'), 1);
    }));

  it('17: a msg_id more than 30 s ahead', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const msgId = client.send(PING, { msgId: at(35) });
      assert.deepEqual(await refusal(client), [msgId, 0, 17]);
      client.send(PING, { msgId: at(25) });
      await client.message('pong');
    }));

  for (const bits of [1n, 2n, 3n])
    it(`18: a msg_id whose low bits are ${bits}`, () =>
      withDc({}, async (dc) => {
        const client = await demoClient(dc);
        const msgId = client.send(PING, { msgId: client.nextId() | bits });
        assert.deepEqual(await refusal(client), [msgId, 0, 18]);
        assert.deepEqual(rules(dc), ['msg-id-low-bits']);
      }));

  it('19: a container under the id of an earlier message', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const msgId = client.send(PING);
      await client.message('pong');
      client.sendContainer([PING], [{ msgId: msgId - 4n }], { msgId });
      assert.deepEqual(await refusal(client), [msgId, 0, 19]);
      assert.deepEqual(rules(dc), ['msg-id-reused']);
    }));

  it('20: a message older than what is remembered', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const old = client.nextId();
      for (let i = 0; i < 3; i++) client.sendContainer(Array.from({ length: 1000 }, () => PING));
      client.sendContainer([PING], [{ msgId: old, seqNo: 0 }]);
      assert.deepEqual(await refusal(client), [old, 0, 20]);
      assert.deepEqual(rules(dc), ['msg-id-too-old']);
    }));

  it('32: a lower number than an earlier message has', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      client.acks = false;
      client.send(NEAREST, { seqNo: 7 });
      const msgId = client.send(NEAREST, { seqNo: 5 });
      assert.deepEqual(await refusal(client), [msgId, 5, 32]);
      const same = client.send(NEAREST, { seqNo: 7 });
      await client.until(() =>
        client.came.find((one) => one.crc === 0xa7eff811 && one.body.readBigInt64LE(4) === same),
      );
      assert.deepEqual(rules(dc), ['seqno-order', 'seqno-order']);
    }));

  it('33: a higher number than a later message has', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const earlier = client.nextId();
      client.send(NEAREST, { seqNo: 1 });
      client.sendContainer([NEAREST], [{ msgId: earlier, seqNo: 9 }], { seqNo: 10 });
      assert.deepEqual(await refusal(client), [earlier, 9, 33]);
    }));

  it('34: a container with an odd number', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const { containerId } = client.sendContainer([PING], [], { seqNo: 1 });
      assert.deepEqual(await refusal(client), [containerId, 1, 34]);
      assert.deepEqual(rules(dc), ['seqno-parity']);
    }));

  it('35: a request with an even number', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const msgId = client.send(NEAREST, { seqNo: 0 });
      assert.deepEqual(await refusal(client), [msgId, 0, 35]);
      assert.equal(dc.counters.requests.get('help.getNearestDc'), undefined);
    }));

  const inside = codec.encode(PING);
  const broken: readonly (readonly [string, (client: RawClient) => Buffer])[] = [
    ['a container in a container', (client) => container(client, [container(client, [inside])])],
    [
      'more than 1020 messages',
      (client) =>
        container(
          client,
          Array.from({ length: 1021 }, () => inside),
        ),
    ],
    ['bytes behind the last message', (client) => Buffer.concat([container(client, [inside]), Buffer.alloc(4)])],
    ['a message cut off', (client) => container(client, [inside]).subarray(0, -4)],
    ['a message of a length that is no multiple of four', (client) => container(client, [inside.subarray(0, 11)])],
  ];
  for (const [what, make] of broken)
    it(`64: ${what}`, () =>
      withDc({}, async (dc) => {
        const client = await demoClient(dc);
        const body = make(client);
        const msgId = client.send(Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]), { content: false });
        assert.deepEqual(await refusal(client), [msgId, 0, 64]);
        assert.deepEqual(rules(dc), ['container']);
      }));

  it('64: a message inside with a higher id than the container', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const containerId = client.nextId();
      client.sendContainer([PING], [], { msgId: containerId });
      assert.deepEqual(await refusal(client), [containerId, 0, 64]);
    }));
});

/** A container's body with lengths as they are. */
function container(client: RawClient, bodies: readonly Buffer[]): Buffer {
  const parts = bodies.map((body) => {
    const head = Buffer.alloc(16);
    head.writeBigInt64LE(client.nextId());
    head.writeInt32LE(body.length, 12);
    return Buffer.concat([head, body]);
  });
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x73f1f8dc);
  head.writeInt32LE(bodies.length, 4);
  return Buffer.concat([head, ...parts]);
}

describe('salts', () => {
  it('answers salt 0 and a wrong salt with the right one, and does nothing else', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const { salt } = client;
      const msgId = client.send(NEAREST, { salt: 0n });
      const bad = await client.message('bad_server_salt');
      assert.deepEqual([bad['bad_msg_id'], bad['error_code'], bad['new_server_salt']], [msgId, 48, salt]);
      assert.equal(dc.counters.requests.size, 0);
      assert.equal(dc.violations.total, 0);
    }));

  it('honours the salt before for half an hour, and no longer', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const [key] = [...dc.centres.get(2)!.keys.values()];
      const old = client.salt;
      key!.salts.rotate();
      client.send(PING, { salt: old });
      await client.message('pong');
      key!.salts.rotate();
      client.send(PING, { salt: old });
      const bad = await client.message('bad_server_salt');
      assert.equal(bad['new_server_salt'], key!.salts.current);
    }));

  it('tells the salts to come', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const msgId = client.send({ _: 'get_future_salts', num: 3 });
      const salts = await client.message('future_salts');
      const list = salts['salts'] as TlObject[];
      assert.equal(salts['req_msg_id'], msgId);
      assert.equal(list[0]!['salt'], client.salt);
      assert.deepEqual(
        list.map((one) => (one['valid_since'] as number) - (list[0]!['valid_since'] as number)),
        [0, 1800, 3600],
      );
      const [key] = [...dc.centres.get(2)!.keys.values()];
      key!.salts.rotate();
      client.send(PING, { salt: list[1]!['salt'] as bigint });
      await client.message('pong');
    }));
});

describe('envelopes', () => {
  const refused: readonly (readonly [string, string, (client: RawClient) => void])[] = [
    ['an unknown key', 'key-unknown', (client) => client.frame(Buffer.alloc(72, 7))],
    ['session_id 0', 'session-id-zero', (client) => client.send(PING, { sessionId: 0n })],
    [
      'a wrong msg_key',
      'envelope',
      (client) => client.frame(Buffer.concat([idOf(client), Buffer.alloc(16), Buffer.alloc(96, 1)])),
    ],
    [
      'a length AES blocks do not fit',
      'envelope',
      (client) => client.frame(Buffer.concat([idOf(client), Buffer.alloc(100)])),
    ],
    ['a packet of 16 bytes', 'frame', (client) => client.frame(Buffer.alloc(16))],
    ['an unencrypted request', 'key-exchange', (client) => client.plain(codec.encode(NEAREST))],
    [
      'an unencrypted body longer than the packet',
      'plain-message',
      (client) => client.frame(Buffer.concat([Buffer.alloc(16), Buffer.from([64, 0, 0, 0])])),
    ],
  ];
  for (const [what, rule, send] of refused)
    it(`-404 and the end on ${what}`, () =>
      withDc({}, async (dc) => {
        const client = await demoClient(dc);
        send(client);
        assert.equal(await client.status(), -404);
        await client.closed();
        assert.deepEqual(rules(dc), [rule]);
      }));
});

function idOf(client: RawClient): Buffer {
  const id = Buffer.alloc(8);
  id.writeInt32LE(client.authKey!.idLow);
  id.writeInt32LE(client.authKey!.idHigh, 4);
  return id;
}
