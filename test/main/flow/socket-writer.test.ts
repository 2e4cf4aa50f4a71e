/** Socket writers: one write a batch, and when the block that was written may be written again. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import test from 'node:test';
import { WriteBatch, SocketWriter } from '../../../src/main/flow/socket-writer.ts';
import { echoGateway } from '../../support/echo-gateway.ts';
import { Nc } from '../../support/nc.ts';

/** A socket that takes so many bytes at once. */
function taking(most: number): { socket: Socket; written: Buffer[] } {
  const written: Buffer[] = [];
  const socket = {
    writableLength: 0,
    cork: () => undefined,
    uncork(): void {
      socket.writableLength = Math.max(0, socket.writableLength - most);
    },
    write(bytes: Buffer): void {
      written.push(bytes);
      socket.writableLength += bytes.length;
    },
  };
  return { socket: socket as unknown as Socket, written };
}

function setUp(most: number): { batch: WriteBatch; writer: SocketWriter; written: Buffer[]; block: Buffer } {
  const batch = new WriteBatch();
  const { socket, written } = taking(most);
  return {
    batch,
    written,
    writer: new SocketWriter(socket, batch, 1000, () => undefined),
    block: Buffer.alloc(100, 'x'),
  };
}

test('a block whose views were all written and sent is free', () => {
  const { batch, writer, block } = setUp(Infinity);
  for (const view of [block.subarray(0, 10), block.subarray(10, 20)]) {
    batch.gave(view);
    writer.write(view);
  }
  assert.equal(batch.settle(), true);
});

test('a block is not free while a socket has not taken all, nor are those after it until then', () => {
  const { batch, writer, block, written } = setUp(30);
  batch.gave(block);
  writer.write(block);
  assert.equal(batch.settle(), false);
  const next = Buffer.alloc(20, 'y');
  batch.gave(next);
  writer.write(next);
  assert.notEqual(written[1]!.buffer, next.buffer, 'what has to wait behind other bytes is a copy');
  assert.equal(batch.settle(), false);
});

test('a block is not free if somebody was given a view and did not write it', () => {
  const { batch, writer, block } = setUp(Infinity);
  batch.gave(block.subarray(0, 10));
  batch.gave(block.subarray(10, 20));
  writer.write(block.subarray(0, 10));
  // Bytes of one's own do not make up for it.
  writer.write(Buffer.alloc(5));
  assert.equal(batch.settle(), false);
  batch.gave(block);
  writer.write(block);
  assert.equal(batch.settle(), true, 'the count begins anew');
});

test('nobody reads bytes of a block that was written again', async (t) => {
  const { port } = await echoGateway(t);
  const [slow, fast] = [await Nc.to(port), await Nc.to(port)];
  const size = 300_000;
  slow.socket.pause();
  // More than the system's buffers take: one answer stays in the gateway as a view of its block, the later ones as copies.
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  for (const [i, letter] of letters.entries()) {
    slow.send(`{fill ${size} ${letter}}\n`);
    // Through the same lane, so a block later each time.
    const other = String(i % 10);
    for (let again = 0; again < 3; again++) {
      fast.send(`{fill ${size} ${other}}\n`);
      assert.equal(await fast.line(), other.repeat(size));
    }
  }
  slow.socket.resume();
  for (const letter of letters) assert.equal(await slow.line(), letter.repeat(size));
  slow.close();
  fast.close();
});
