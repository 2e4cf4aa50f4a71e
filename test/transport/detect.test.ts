/** Detection: each transport by its first bytes in any cut, answers in it, and what is no MTProto. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { Writer } from '../../src/bytes/writer.ts';
import { detectTransport, makeTransport } from '../../src/transport/make.ts';
import type { TransportName } from '../../src/transport/transport.ts';
import { cuts } from '../support/cut.ts';
import { framed, Said, unpacked } from '../support/packets.ts';
import { hex, toHex } from '../vectors/mtproto.ts';

const NAMES: readonly TransportName[] = ['intermediate', 'padded', 'abridged', 'full'];

describe('detection', () => {
  const packets = [randomBytes(40), randomBytes(24 + 560)];
  for (const name of NAMES) {
    it(`finds ${name} in any cut, and answers in it`, () => {
      const stream = framed(makeTransport(name), packets, true);
      for (const pieces of cuts(stream)) {
        const server = detectTransport();
        assert.deepEqual(unpacked(server, pieces).packets, packets.map(toHex));
        assert.deepEqual([server.name, server.obfuscated], [name, false]);
        const back = framed(server, packets, true);
        assert.deepEqual(unpacked(makeTransport(name), [back]).packets, packets.map(toHex));
      }
    });
  }

  it('writes nothing before it knows', () => {
    const server = detectTransport();
    unpacked(server, [hex('eeeeee')]);
    const out = new Writer();
    server.open(out);
    assert.equal(out.pos, 0);
    assert.throws(() => server.begin(out), /which transport/);
    unpacked(server, [hex('ee')]);
    assert.equal(server.begin(out), 0);
  });

  const foreign: readonly [string, string][] = [
    ['GET / HTTP/1.1\r\n\r\n', 'HTTP on a port for MTProto'],
    ['POST /api HTTP/1.1\r\n', 'HTTP on a port for MTProto'],
    ['HEAD / HTTP/1.1\r\n', 'HTTP on a port for MTProto'],
    ['OPTIONS / HTTP/1.1\r\n', 'HTTP on a port for MTProto'],
    ['\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 'TLS on a port for MTProto'],
    ['?'.repeat(64), 'the first bytes name no transport'],
  ];
  for (const [text, why] of foreign) {
    it(`says broken once for ${JSON.stringify(text.slice(0, 8))}`, () => {
      for (const pieces of cuts(Buffer.from(text + '\0'.repeat(80), 'latin1'))) {
        const said = unpacked(detectTransport(), pieces);
        assert.deepEqual([said.broke, said.packets], [[why], []]);
      }
    });
  }

  it('waits for bytes, however few come', () => {
    const server = detectTransport();
    const said = new Said();
    server.unpack(new Uint8Array(0), 0, 0, said);
    for (let i = 0; i < 63; i++) server.unpack(Uint8Array.of(7), 0, 1, said);
    assert.deepEqual([said.broke, said.packets, server.name], [[], [], undefined]);
  });
});
