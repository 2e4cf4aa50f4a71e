/** The server's transports against the client's of src/transport, which were written apart from them. */
import assert from 'node:assert/strict';
import { randomBytes, randomFillSync } from 'node:crypto';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { Writer } from '../../src/bytes/writer.ts';
import { ServerFraming } from '../../src/testdc/wire/server-framing.ts';
import { makeTransport } from '../../src/transport/make.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { RawClient } from '../support/raw-client.ts';
import { NEAREST, PING, withDc } from './support.ts';

const KINDS: readonly (readonly [string, () => Transport])[] = [
  ['intermediate', () => makeTransport('intermediate')],
  ['padded', () => makeTransport('padded')],
  ['abridged', () => makeTransport('abridged')],
  ['full', () => makeTransport('full')],
  ['obfuscated intermediate', () => makeTransport('intermediate', { isObfuscated: true })],
  ['obfuscated padded', () => makeTransport('padded', { isObfuscated: true })],
  ['obfuscated abridged', () => makeTransport('abridged', { isObfuscated: true })],
];

const env = { now: () => 0, fill: (bytes: Uint8Array) => void randomFillSync(bytes), after: () => () => {} };

/** Feeds bytes in pieces that end at the cuts; the packets, and what broke. */
function feed(
  bytes: Uint8Array,
  cuts: readonly number[],
): { packets: Buffer[]; broken: string[]; framing: ServerFraming } {
  const framing = new ServerFraming(env);
  const packets: Buffer[] = [];
  const broken: string[] = [];
  const sink = {
    packet: (packet: Buffer) => void packets.push(Buffer.from(packet)),
    broken: (why: string) => void broken.push(why),
  };
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    framing.feed(bytes.subarray(from, cut), sink);
    from = cut;
  }
  return { packets, broken, framing };
}

describe('server framing', () => {
  for (const [name, make] of KINDS) {
    it(`${name}: key exchange and a request, byte by byte`, () =>
      withDc({}, async (dc) => {
        const connected = dc.next('connection');
        const client = await RawClient.connect(dc.port(), { transport: make(), byteByByte: true });
        await client.makeKey({ pem: dc.publicKeyPem });
        client.send(PING);
        await client.message('pong');
        await client.init(NEAREST);
        assert.equal((await connected)[0].transport, name);
        assert.equal(dc.violations.total, 0);
      }));

    it(`${name}: the same packets wherever the stream is cut`, () => {
      const packets = [20, 24, 72, 508, 512, 4096, 150_000, 70_000, 24].map((length) => randomBytes(length));
      const transport = make();
      const out = new Writer(8192);
      transport.open(out);
      for (const packet of packets) {
        const mark = transport.begin(out);
        out.raw(packet);
        transport.end(out, mark);
      }
      const stream = Buffer.from(out.written());
      const cut = name.includes('padded')
        ? (got: Buffer[]) => got.map((packet, i) => packet.subarray(0, packets[i]!.length))
        : (got: Buffer[]) => got;
      for (let at = 0; at < 200; at++) assert.deepEqual(cut(feed(stream, [at]).packets), packets);
      fc.assert(
        fc.property(fc.array(fc.nat(stream.length), { maxLength: 8 }), (cuts) => {
          assert.deepEqual(
            cut(
              feed(
                stream,
                cuts.toSorted((a, b) => a - b),
              ).packets,
            ),
            packets,
          );
        }),
        { numRuns: 50 },
      );
    });
  }

  it('breaks on HTTP, on frames that are too long, on a wrong CRC or sequence', () => {
    assert.match(feed(Buffer.from('POST /api HTTP/1.1\r\n'), []).broken[0]!, /HTTP/);
    assert.match(feed(Buffer.from('eeeeeeeeffffff7f', 'hex'), []).broken[0]!, /2147483651 bytes/);
    const full = new Writer(64);
    const transport = makeTransport('full');
    const mark = transport.begin(full);
    full.raw(Buffer.alloc(20));
    transport.end(full, mark);
    const frame = Buffer.from(full.written());
    assert.equal(feed(frame, []).packets.length, 1);
    assert.match(feed(Buffer.concat([frame, frame]), []).broken[0]!, /sequence/);
    frame[frame.length - 1]! ^= 1;
    assert.match(feed(frame, []).broken[0]!, /CRC/);
  });

  it('closes a connection whose stream is broken', () =>
    withDc({}, async (dc) => {
      const client = await RawClient.connect(dc.port());
      client.socket.write(Buffer.from('ffffff7f', 'hex'));
      await client.closed();
      assert.deepEqual(
        dc.violations.list.map((one) => one.rule),
        ['frame'],
      );
    }));

  it('takes any bytes without failing', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(300),
        (bytes, at) => void feed(bytes, [Math.min(at, bytes.length)]),
      ),
    );
  });
});
