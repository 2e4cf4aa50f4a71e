/** Clients that leave their answers unread: cut off, or read again when they take them. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Reaper } from '../../../src/main/clients/reaper.ts';
import { SlowConsumer, type SlowConsumerOwner } from '../../../src/main/clients/slow-consumer.ts';
import { Gate } from '../../../src/main/flow/gate.ts';
import { LIMITS } from '../../../src/main/limits/limits.ts';
import { echoGateway } from '../../support/echo-gateway.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { Nc } from '../../support/nc.ts';

test('a client that leaves its answers unread is cut off, others are not touched', async (t) => {
  const { port, gateway } = await echoGateway(t, { unreadMark: 64 * 1024, unreadTimeout: 100 });
  const other = await Nc.to(port);
  const deaf = await Nc.to(port);
  deaf.socket.pause();
  // More than the kernel's buffers of a loopback connection take.
  deaf.send('{big 16000000}\n');
  do {
    other.send('{"id":1}\n');
    assert.equal(await other.line(), '{"id":1}');
  } while (gateway.connections === 2);
  other.close();
  deaf.close();
});

test('a client that reads again in time gets all of it', async (t) => {
  const { port } = await echoGateway(t, { unreadMark: 64 * 1024 });
  const nc = await Nc.to(port);
  const other = await Nc.to(port);
  nc.socket.pause();
  nc.send('{big 16000000}\n{"id":1}\n');
  other.send('{"id":1}\n');
  await other.line();
  nc.socket.resume();
  assert.equal((await nc.line()).length, 16_000_000 + '{"id":1}'.length);
  nc.close();
  other.close();
});

/** A client of which so much is unsent, and what it was told. */
function consumerOf(t: TestContext) {
  const env = new FakeEnv();
  const reaper = new Reaper({ ...LIMITS, unreadTimeout: 1_000, reapEvery: 100 }, env);
  reaper.start();
  t.after(() => reaper.stop());
  const told: string[] = [];
  const socket = Object.assign(new EventEmitter(), { writableLength: 0 });
  const gate = new Gate(
    () => told.push('shut'),
    () => told.push('open'),
  );
  const owner = {
    gate,
    held: 0,
    unreadBytes: 0,
    pauseLinks: () => told.push('links paused'),
    resumeLinks: () => told.push('links resumed'),
    unreadIsLate: () => told.push(slow.mayGoOn(500) ? 'may go on' : 'late'),
  } as unknown as SlowConsumerOwner;
  const slow: SlowConsumer = new SlowConsumer(socket as unknown as Socket, { env, reaper }, owner);
  return { slow, socket, env, told };
}

test('who leaves too much unread is not read, nor are its data centres, until all has left', (t) => {
  const { slow, socket, env, told } = consumerOf(t);
  socket.writableLength = 100;
  slow.begin();
  slow.begin();
  assert.deepEqual([slow.isUnread, told], [true, ['shut', 'links paused']]);
  socket.writableLength = 0;
  socket.emit('drain');
  assert.deepEqual([slow.isUnread, told.splice(0)], [false, ['shut', 'links paused', 'links resumed', 'open']]);
  env.advance(5_000);
  assert.deepEqual(told, [], 'its clock has stopped');
});

test('who has taken some in the time has as much again; who has taken none, or still leaves too much, has not', (t) => {
  const { slow, socket, env, told } = consumerOf(t);
  socket.writableLength = 400;
  slow.begin();
  told.length = 0;
  socket.writableLength = 399;
  env.advance(1_100);
  assert.deepEqual(told, ['may go on']);
  env.advance(1_100);
  assert.deepEqual(told, ['may go on', 'late']);
  const other = consumerOf(t);
  other.socket.writableLength = 900;
  other.slow.begin();
  other.socket.writableLength = 501;
  other.env.advance(1_100);
  assert.deepEqual(other.told, ['shut', 'links paused', 'late']);
});
