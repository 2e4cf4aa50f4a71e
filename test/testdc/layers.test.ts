/** Clients of other layers, and quick acks. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Reader } from '../../src/bytes/reader.ts';
import { loadSchemeText, ownSchemeDir } from '../../src/tl/load.ts';
import { quickAckToken } from '../../src/testdc/wire/quick-ack.ts';
import { ObjectCodec } from '../../src/testdc/tl/tl-objects.ts';
import type { TlObject } from '../../src/testdc/tl/tl-value.ts';
import { RawClient, withInit } from '../support/raw-client.ts';
import { demoClient, NEAREST, PING, rules, withDc } from './support.ts';

/** A layer in which nearestDc had no country, config had no this_dc, and help.getNearestDc another number. */
const text = (name: string): string => readFileSync(join(ownSchemeDir(), name), 'utf8');
const old = loadSchemeText(
  text('api.tl')
    .replace(/^nearestDc#.*$/m, 'nearestDc#11111111 this_dc:int nearest_dc:int hops:int = NearestDc;')
    .replace(/^help\.getNearestDc#\w+/m, 'help.getNearestDc#22222222')
    .replace(/^\/\/ LAYER \d+/m, '// LAYER 100'),
  text('mtproto.tl'),
);

describe('layers', () => {
  it('reads and answers in the layer a client named, where its scheme is given', () =>
    withDc({ otherSchemas: [old] }, async (dc) => {
      const oldCodec = new ObjectCodec(old);
      const client = await RawClient.connect(dc.port());
      await client.makeKey({ pem: dc.publicKeyPem });
      const query = oldCodec.encode(withInit(NEAREST, 100));
      const msgId = client.send(query);
      const first = await client.until(() =>
        client.came.find((one) => one.crc === 0xf35c6d01 && one.body.readBigInt64LE(4) === msgId),
      );
      assert.deepEqual(oldCodec.decode(new Reader(first.body, 12)), {
        _: 'nearestDc',
        this_dc: 2,
        nearest_dc: 2,
        hops: 0,
      });
      // The key remembers its layer.
      const plain = client.send(oldCodec.encode(NEAREST));
      const second = await client.until(() =>
        client.came.find((one) => one.crc === 0xf35c6d01 && one.body.readBigInt64LE(4) === plain),
      );
      assert.equal(second.body.readUInt32LE(12), 0x11111111);
      // What is kept of one layer's answer is not given to another's.
      const newer = await demoClient(dc);
      assert.equal(((await newer.call(NEAREST)) as TlObject)['country'], 'NL');
      assert.deepEqual(rules(dc), []);
    }));

  it('answers a layer it has no scheme of with what is the same', () =>
    withDc({}, async (dc) => {
      const client = await RawClient.connect(dc.port());
      await client.makeKey({ pem: dc.publicKeyPem });
      assert.equal(((await client.init(NEAREST, 180)) as TlObject)['this_dc'], 2);
      assert.deepEqual(rules(dc), []);
    }));
});

describe('quick acks', () => {
  it('has the token of the golden vector (protocol: Golden vectors)', () => {
    const authKey = Uint8Array.from({ length: 256 }, (_, i) => (7 * i + 1) & 255);
    const packet = Buffer.from(
      '1594015ebc218c04de07067d1ad019b0a2484609e2aca750445854b5d3250dd5c7d4d4090767dc2c8951a1c6042fb492e1b3eb6e077ced99' +
        '0d6c5dd6feb785deeb63559f0e9627bdfbf2e966a3aa6f2fb54c48e9d153caf3',
      'hex',
    );
    assert.equal(quickAckToken(authKey, packet), 2981968733);
  });

  it('acknowledges an intermediate frame that asks for it, and takes the packet', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      let first: Buffer | undefined;
      client.socket.prependOnceListener('data', (chunk: Buffer) => (first = chunk));
      const packets: Buffer[] = [];
      const write = client.socket.write.bind(client.socket);
      client.socket.write = (bytes: Buffer) => {
        packets.push(Buffer.from(bytes.subarray(4)));
        const asking = Buffer.from(bytes);
        asking[3]! |= 0x80;
        return write(asking);
      };
      client.send(PING);
      await client.until(() => first);
      assert.equal(first!.readUInt32LE(), quickAckToken(client.authKey!.bytes, packets[0]!));
      assert.equal(dc.counters.packetsSent, 1);
      assert.deepEqual(rules(dc), []);
    }));
});
