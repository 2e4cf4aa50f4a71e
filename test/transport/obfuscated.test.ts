/** Obfuscation: vector A7, round trips, first bytes that must not be drawn, and MTProxy secrets. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { Writer } from '../../src/bytes/writer.ts';
import { makeTransport } from '../../src/transport/make.ts';
import { parseSecret } from '../../src/transport/obfuscated.ts';
import type { TransportName } from '../../src/transport/transport.ts';
import { cuts } from '../support/cut.ts';
import { areThese, framed, Said, unpacked } from '../support/packets.ts';
import { ServerEnd } from '../support/server-end.ts';
import { A7, hex, ramp, toHex } from '../vectors/mtproto.ts';

const INIT = ramp(64, (i) => 11 * i + 3);
const fill = (bytes: Uint8Array): void => bytes.set(INIT.subarray(0, bytes.length));
const first = (options: Parameters<typeof makeTransport>[1]): Buffer =>
  framed(makeTransport('intermediate', { isObfuscated: true, fill, dc: 2, ...options }), [], true);

describe('obfuscation: vector A7', () => {
  it('is sent to the byte', () => {
    const transport = makeTransport('intermediate', { isObfuscated: true, fill, dc: 2 });
    const sent = framed(transport, [Buffer.from('hello world!')], true);
    assert.equal(toHex(sent), toHex(INIT.subarray(0, 56)) + A7.tail + A7.frame);
  });

  it('has its first bytes with a secret', () => {
    assert.equal(toHex(first({ secret: ramp(16) }).subarray(56)), A7.tailWithSecret);
  });

  it('decrypts with its receive stream', () => {
    const transport = makeTransport('intermediate', { isObfuscated: true, fill, dc: 2 });
    transport.open(new Writer());
    const stream = hex(A7.receiveStream);
    // A frame of 4 bytes, then one of which 8 bytes are seen.
    const plain = hex('04000000 6cfeffff 80000000 01020304');
    const said = new Said();
    transport.unpack(
      plain.map((byte, i) => byte ^ stream[i]!),
      0,
      16,
      said,
    );
    assert.deepEqual([said.statuses, said.broke], [[-404], []]);
  });
});

describe('obfuscation', () => {
  const packets = [randomBytes(40), randomBytes(24 + 512), randomBytes(56)];
  const names: readonly TransportName[] = ['intermediate', 'padded', 'abridged'];

  for (const name of names) {
    for (const secret of [undefined, randomBytes(16)]) {
      it(`carries ${name} both ways${secret ? ' under a secret' : ''}, cut at every byte`, () => {
        const client = makeTransport(name, { isObfuscated: true, secret, dc: -4 });
        const stream = framed(client, packets, true);
        for (const pieces of cuts(stream)) {
          const server = new ServerEnd(undefined, secret);
          assert.ok(areThese(unpacked(server, pieces).packets, packets));
          assert.deepEqual([server.name, server.isObfuscated, server.dc], [name, true, -4]);
        }
        const server = new ServerEnd(undefined, secret);
        unpacked(server, [stream]);
        const back = framed(server, packets);
        assert.deepEqual(unpacked(client, [back.subarray(0, 7), back.subarray(7)]).packets, packets.map(toHex));
      });
    }
  }

  it('refuses the full transport', () => {
    assert.throws(() => makeTransport('full', { isObfuscated: true }), RangeError);
  });

  it('never begins like another protocol', () => {
    const taken = ['ef', '48454144', '504f5354', '47455420', '4f505449', '16030102', 'dddddddd', 'eeeeeeee'];
    const draws = [...taken.map((head) => hex(head.padEnd(128, '1'))), hex('aabbccdd 00000000'.padEnd(129, '1'))];
    const pending = [...draws, INIT];
    const sent = first({ fill: (bytes) => bytes.set(pending.shift()!) });
    assert.equal(toHex(sent.subarray(0, 56)), toHex(INIT.subarray(0, 56)));
    assert.equal(pending.length, 0);
  });

  it('is refused by a server with another secret', () => {
    const said = unpacked(new ServerEnd(undefined, ramp(16)), [first({ secret: randomBytes(16) })]);
    assert.deepEqual(said.broke, ['the first bytes belong to no transport']);
  });
});

describe('MTProxy secrets', () => {
  const secret = randomBytes(16);

  it('are read in hex and base64url', () => {
    for (const text of [toHex(secret), secret.toString('base64url')]) {
      assert.deepEqual(parseSecret(text), { secret });
    }
  });

  it('ask for the padded transport with dd', () => {
    const padded = Buffer.concat([Buffer.of(0xdd), secret]);
    for (const text of [toHex(padded), padded.toString('base64url')]) {
      assert.deepEqual(parseSecret(text), { secret, name: 'padded' });
    }
  });

  it('are refused in every other form', () => {
    for (const text of ['', '00', toHex(secret).slice(2), `ab${toHex(secret)}`, `ee${toHex(secret)}6578`]) {
      assert.throws(() => parseSecret(text), RangeError);
    }
  });
});
