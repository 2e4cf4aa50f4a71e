/** Every transport: round trips in both directions, in any cut, statuses, quick acks, and hostile lengths. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { makeTransport } from '../../src/transport/make.ts';
import { MAX_FRAME } from '../../src/transport/transport.ts';
import type { Transport, TransportName } from '../../src/transport/transport.ts';
import { cutBy, cuts } from '../support/cut.ts';
import { areThese, framed, unpacked } from '../support/packets.ts';
import { ServerEnd, serverOf } from '../support/server-end.ts';
import { hex, toHex } from '../vectors/mtproto.ts';

const NAMES: readonly TransportName[] = ['intermediate', 'padded', 'abridged', 'full'];

/** An encrypted packet: 24 bytes and whole blocks. */
const encrypted = (blocks: number): Buffer => randomBytes(24 + 16 * blocks);
/** An unencrypted message (protocol: Unencrypted messages). */
function unencrypted(length: number): Buffer {
  const message = Buffer.concat([Buffer.alloc(8), randomBytes(8), Buffer.alloc(4), randomBytes(length)]);
  message.writeInt32LE(length, 16);
  return message;
}

const joined = (text: string): string => text.replaceAll(' ', '');

describe('frames on the wire', () => {
  const packet = Buffer.alloc(20, 0xab);
  const body = packet.toString('hex');
  // CRCs computed by Python's zlib.crc32.
  const frames: Readonly<Record<TransportName, readonly [string, string]>> = {
    intermediate: ['eeeeeeee', `14000000${body}14000000${body}`],
    padded: ['dddddddd', `16000000${body}777716000000${body}7777`],
    abridged: ['ef', `05${body}05${body}`],
    full: ['', joined(`20000000 00000000 ${body} fec2b659 20000000 01000000 ${body} d9a793d8`)],
  };
  for (const name of NAMES) {
    it(`are as documented (${name})`, () => {
      const fill = (bytes: Uint8Array): void => void bytes.fill(0x77).fill(0xf2, 0, 1);
      const sent = framed(makeTransport(name, { fill }), [packet, packet], true);
      assert.equal(toHex(sent), frames[name].join(''));
    });
  }

  it('have four bytes of length in the abridged transport from 508 bytes on', () => {
    assert.equal(toHex(framed(makeTransport('abridged'), [Buffer.alloc(504)]).subarray(0, 2)), '7e00');
    assert.equal(toHex(framed(makeTransport('abridged'), [Buffer.alloc(508)]).subarray(0, 5)), '7f7f000000');
  });

  it('are refused before they are sent if the other end would refuse them', () => {
    for (const name of NAMES) {
      assert.throws(() => framed(makeTransport(name), [Buffer.alloc(MAX_FRAME + 4)]), RangeError);
    }
    assert.throws(() => framed(makeTransport('abridged'), [Buffer.alloc(42)]), RangeError);
  });
});

describe('large frames', () => {
  it("of several connections at once, in pieces, come out as they are: blocks that are used again are nobody else's", () => {
    const sizes = [5000, 9000, 33_000, 4096, 20_000];
    const ends = sizes.map(() => ({ to: makeTransport('intermediate'), packets: [] as string[] }));
    for (let round = 0; round < 3; round++) {
      const sent = sizes.map((blocks) => encrypted(blocks - round));
      const streams = sent.map((packet) => framed(serverOf('intermediate'), [packet]));
      const longest = Math.max(...streams.map(({ length }) => length));
      for (let at = 0; at < longest; at += 30_000) {
        for (const [i, { to, packets }] of ends.entries()) {
          for (const packet of unpacked(to, [streams[i]!.subarray(at, at + 30_000)]).packets) packets.push(packet);
        }
      }
      assert.deepEqual(
        ends.map(({ packets }) => packets.splice(0)),
        sent.map((packet) => [toHex(packet)]),
      );
    }
  });
});

describe('round trip', () => {
  const packets = [encrypted(3), unencrypted(40), encrypted(30), encrypted(31), unencrypted(4), encrypted(4)];
  const expected = packets.map(toHex);

  for (const name of NAMES) {
    it(`of ${name} from the server, cut at every byte`, () => {
      const stream = framed(serverOf(name), packets);
      for (const pieces of cuts(stream)) {
        const said = unpacked(makeTransport(name), pieces);
        assert.deepEqual(said.packets, expected);
        assert.deepEqual([said.statuses, said.broke], [[], []]);
      }
    });

    it(`of ${name} from the client`, () => {
      const server = new ServerEnd();
      const said = unpacked(server, [framed(makeTransport(name), packets, true)]);
      assert.ok(areThese(said.packets, packets));
      assert.deepEqual([said.broke, server.name], [[], name]);
    });

    it(`of ${name}, with any packets and cuts`, () => {
      const blocks = fc.array(fc.nat({ max: 200 }), { maxLength: 8 });
      const lengths = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 40, size: 'max' });
      fc.assert(
        fc.property(blocks, lengths, (sizes, cut) => {
          const sent = sizes.map(encrypted);
          const stream = framed(serverOf(name), sent);
          const said = unpacked(makeTransport(name), cutBy(stream, cut));
          assert.deepEqual(said.packets, sent.map(toHex));
        }),
      );
    });

    it(`of ${name} for a packet of ${MAX_FRAME} bytes, the longest there is`, () => {
      const length = name === 'padded' ? MAX_FRAME - 40 : MAX_FRAME - 8;
      const stream = framed(serverOf(name), [Buffer.alloc(length - (length % 16) + 8, 1)]);
      const said = unpacked(makeTransport(name), cutBy(stream, [3, 1_000_000, 1, 9_000_000]));
      assert.deepEqual(said.broke, []);
      assert.equal(said.packets.length, 1);
    });
  }

  it('hands out whole frames without a copy', () => {
    const stream = framed(makeTransport('intermediate'), [encrypted(2)]);
    makeTransport('intermediate').unpack(stream, 0, stream.length, {
      packet: (bytes) => assert.equal(bytes, stream),
      status: () => assert.fail(),
      broken: () => assert.fail(),
    });
  });
});

describe('padding of the padded transport', () => {
  for (const packet of [encrypted(5), unencrypted(44)]) {
    it(`is cut at every length (packet of ${packet.length})`, () => {
      for (let n = 0; n < 16; n++) {
        const fill = (bytes: Uint8Array): void => void bytes.fill(0xf0 | n);
        const stream = framed(serverOf('padded', fill), [packet]);
        assert.equal(stream.length, 4 + packet.length + n);
        assert.deepEqual(unpacked(makeTransport('padded'), [stream]).packets, [toHex(packet)]);
      }
    });
  }

  it('has all lengths', () => {
    const lengths = new Set<number>();
    const transport = makeTransport('padded');
    for (let i = 0; i < 1000; i++) lengths.add(framed(transport, [encrypted(1)]).length);
    assert.equal(lengths.size, 16);
  });
});

describe('statuses', () => {
  const status = (code: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(code);
    return bytes;
  };
  for (const name of NAMES) {
    it(`come through ${name}, between packets, in any cut`, () => {
      const packet = encrypted(2);
      const stream = framed(serverOf(name), [status(-404), packet, status(-429)]);
      for (const pieces of cuts(stream)) {
        const said = unpacked(makeTransport(name), pieces);
        assert.deepEqual([said.statuses, said.packets, said.broke], [[-404, -429], [toHex(packet)], []]);
      }
    });

    it(`of 0 and -1 mean nothing in ${name}`, () => {
      const stream = framed(serverOf(name), [status(0), status(-1)]);
      const said = unpacked(makeTransport(name), [stream]);
      assert.deepEqual([said.statuses, said.packets, said.broke], [[], [], []]);
    });
  }

  it('come as a bare negative number in the full transport', () => {
    for (const pieces of cuts(status(-429))) {
      assert.deepEqual(unpacked(makeTransport('full'), pieces).statuses, [-429]);
    }
  });
});

describe('quick acks', () => {
  const packet = encrypted(2);
  const around = (name: TransportName, ack: Buffer): Buffer => {
    const server = serverOf(name);
    return Buffer.concat([framed(server, [packet]), ack, framed(server, [packet])]);
  };
  const acks: readonly [TransportName, string][] = [
    ['intermediate', '010000ff'],
    ['intermediate', '00000080'],
    ['abridged', 'ff000001'],
    ['abridged', '80000000'],
    ['padded', '08000000 ffffffff 01020384'],
    ['padded', '10000000 ffffffff 01020384 0000000000000000'],
  ];
  for (const [name, ack] of acks) {
    it(`from a server do not confuse ${name} (${ack})`, () => {
      for (const pieces of cuts(around(name, hex(ack)))) {
        const said = unpacked(makeTransport(name), pieces);
        assert.deepEqual([said.packets, said.statuses, said.broke], [[toHex(packet), toHex(packet)], [], []]);
      }
    });
  }
});

describe('hostile streams', () => {
  const refuses = (transport: () => Transport, stream: Buffer): void => {
    for (const pieces of cuts(stream)) {
      const said = unpacked(transport(), pieces);
      assert.equal(said.broke.length, 1);
      assert.deepEqual(said.packets, []);
    }
  };
  const heads: readonly [TransportName, string][] = [
    ['intermediate', '01000001'],
    ['intermediate', 'ffffff7f'],
    ['intermediate', '00000000'],
    ['intermediate', '03000000'],
    ['padded', 'ffffff7f'],
    ['abridged', '00'],
    ['abridged', '7f000000'],
    ['abridged', '7fffffff'],
    ['full', '00000000'],
    ['full', '0b000000'],
    ['full', '0c000000'],
    ['full', '0f000000'],
    ['full', '0d000001'],
    ['full', 'ffffff7f'],
  ];
  for (const [name, head] of heads) {
    it(`end ${name} with length ${head}`, () => {
      refuses(() => makeTransport(name), hex(`${head} ${'00'.repeat(40)}`));
    });
  }

  it('end with a positive status', () => refuses(() => makeTransport('intermediate'), hex('0400000094010000')));

  it('do not make a transport allocate what they announce', () => {
    const transport = makeTransport('intermediate');
    const before = process.memoryUsage().arrayBuffers;
    unpacked(transport, [hex('00000001'), Buffer.alloc(100)]);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20);
  });

  it('end the full transport with a wrong CRC, anywhere', () => {
    const good = framed(serverOf('full'), [encrypted(1)]);
    for (let at = 8; at < good.length; at++) {
      const wrong = Buffer.from(good);
      wrong[at]! ^= 1;
      assert.deepEqual(unpacked(makeTransport('full'), [wrong]).broke, ['wrong CRC-32']);
    }
  });

  it('end the full transport with a frame out of sequence', () => {
    const good = framed(serverOf('full'), [encrypted(1), encrypted(1), encrypted(1)]);
    const frame = good.length / 3;
    const twice = Buffer.concat([good.subarray(0, frame), good.subarray(0, frame)]);
    const skipped = Buffer.concat([good.subarray(0, frame), good.subarray(2 * frame)]);
    for (const stream of [twice, skipped, good.subarray(frame)]) {
      assert.deepEqual(unpacked(makeTransport('full'), [stream]).broke, ['wrong sequence number']);
    }
  });

  it('of any bytes never throw, and are silent once broken', () => {
    const names = fc.constantFrom(...NAMES);
    const streams = fc.array(fc.uint8Array({ maxLength: 60, size: 'max' }), { maxLength: 6 });
    fc.assert(
      fc.property(names, streams, (name, pieces) => {
        const said = unpacked(makeTransport(name), pieces);
        assert.ok(said.broke.length <= 1);
      }),
      { numRuns: 500 },
    );
  });
});
