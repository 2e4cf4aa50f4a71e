/** Bodies that hold others: how deep, how many, how much, and where each ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { TlReadError } from '../../../src/bytes/reader.ts';
import { handleContainer, handleGzip, type Contained } from '../../../src/session/incoming/handle-container.ts';
import { Crc, MAX_CONTAINED } from '../../../src/tl/service.ts';
import { at, body, container, type Inner, incoming, Lone, NOW } from '../../support/lone-state.ts';

const PING = body(Crc.ping, (out) => out.long(1, 2));

/** Notes how long each body is that it is given. */
function noted(): { inside: Contained; lengths: number[] } {
  const lengths: number[] = [];
  return {
    lengths,
    inside: {
      message: (_s, message) => void lengths.push(message.body.left),
      body: (_s, message) => void lengths.push(message.body.left),
    },
  };
}

const packed = (bytes: Uint8Array): Buffer => body(Crc.gzipPacked, (out) => out.string(gzipSync(bytes)));

function lengthsIn(bytes: Uint8Array, handle = handleContainer): number[] {
  const { inside, lengths } = noted();
  handle(new Lone().s, incoming(bytes), NOW, inside);
  return lengths;
}

const inner = (bytes: Uint8Array, low: number): Inner => ({
  low,
  high: at(0),
  seqNo: 0,
  body: bytes,
});

test('each message of a container ends where its length says', () => {
  assert.deepEqual(lengthsIn(container(inner(PING, 1), inner(body(Crc.msgCopy), 5), inner(PING, 9))), [12, 4, 12]);
});

test('a container in a container is passed over', () => {
  const within = container(inner(PING, 1));
  assert.deepEqual(lengthsIn(container(inner(within, 5), inner(PING, 9))), [12]);
});

test('a container of more messages than one may hold is not read', () => {
  const most = Array.from({ length: MAX_CONTAINED + 4 }, (_, i) => inner(PING, i * 4 + 1));
  assert.equal(lengthsIn(container(...most)).length, most.length);
  assert.throws(() => lengthsIn(container(...most, inner(PING, 99_997))), TlReadError);
});

for (const length of [-4, 6, 1 << 20])
  test(`a contained length of ${length} is not believed`, () => {
    const bytes = container(inner(PING, 1));
    bytes.writeInt32LE(length, bytes.length - PING.length - 4);
    assert.throws(() => lengthsIn(bytes), TlReadError);
  });

test('gzip is unpacked once, and holds no container', () => {
  assert.deepEqual(lengthsIn(packed(PING), handleGzip), [12]);
  assert.throws(() => lengthsIn(packed(packed(PING)), handleGzip), TlReadError);
  assert.throws(() => lengthsIn(packed(container(inner(PING, 1))), handleGzip), TlReadError);
});

test('gzip that would become more than 16 MiB is not unpacked', () => {
  const most = Buffer.alloc(16 * 1024 * 1024);
  most.writeUInt32LE(Crc.ping);
  assert.deepEqual(lengthsIn(packed(most), handleGzip), [most.length]);
  assert.throws(() => lengthsIn(packed(Buffer.concat([most, Buffer.alloc(4)])), handleGzip), TlReadError);
});
