/** HttpClient alone: what it reads ahead of a gate that is shut, and that it reads nothing for who takes no answers. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import type { Ask } from '../../src/front/http-ask.ts';
import { rpc } from '../../src/front/rpc-ask.ts';
import { HttpClient } from '../../src/front/http-client.ts';
import { In, Out } from '../../src/batch/records.ts';
import { Why } from '../../src/main/flow/gate.ts';
import { LIMITS } from '../../src/main/limits/limits.ts';
import type { Admission } from '../../src/main/clients/admission.ts';
import { Reaper } from '../../src/main/clients/reaper.ts';
import type { Put } from '../support/noted-lane.ts';
import { routerOf, speakerOf } from '../support/noted-router.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';

const KIB = 1024;
const RPC = rpc.ask([], {}) as Ask;

/** A client of which one request may be open, and what its session was asked. */
function clientOf() {
  const limits = { ...LIMITS, openRequests: 1 };
  const { router, env, lane, say } = routerOf(limits);
  const admission = {
    env,
    limits,
    reaper: new Reaper(limits, env),
    metrics: new Metrics(),
    router,
    speaker: speakerOf(router),
  };
  const socket = new Socket();
  const client = new HttpClient(socket, admission as unknown as Admission);
  const requests = (): Put[] => lane.puts.filter(({ kind }) => kind === In.REQUEST);
  /** Bytes of each request. */
  const asked = (): number[] => requests().map(({ bytes }) => bytes.length);
  const answer = (): void => say(Out.REPLY, requests().at(-1)!.session, requests().at(-1)!.ticket, 'answer');
  return { client, socket, asked, answer, lane };
}

test('requests that wait for the second opening of the gate count towards what may be read ahead', () => {
  const { client, socket, asked } = clientOf();
  const send = (length: number): void => {
    const exchange = client.begin({} as ServerResponse, { digest: '', mayExport: false }, RPC);
    client.took(exchange, Buffer.alloc(length));
    client.ended(exchange);
  };
  send(1);
  assert.deepEqual(asked(), [1]);
  for (const length of [2, 3, 4]) send(length * KIB);
  assert.equal(socket.isPaused(), false);
  client.gate.open(Why.REQUESTS);
  assert.deepEqual(asked(), [1, 2 * KIB]);
  // 4 and 5 KiB wait, a KiB for each beside its body among them: 7 more make it 16.
  send(5 * KIB);
  assert.equal(socket.isPaused(), false);
  send(KIB);
  assert.equal(socket.isPaused(), true);
});

test('who does not take answers is not read, until they are taken', () => {
  const { client, socket, asked, answer } = clientOf();
  let unsent = LIMITS.unreadMark + 1;
  Object.defineProperty(socket, 'writableLength', { get: () => unsent });
  const ask = (): void => {
    const response = { socket, writeHead: () => undefined, end: () => undefined } as unknown as ServerResponse;
    const exchange = client.begin(response, { digest: '', mayExport: false }, RPC);
    client.took(exchange, Buffer.from('{}'));
    client.ended(exchange);
  };
  ask();
  answer();
  ask();
  assert.deepEqual([client.isUnread, client.gate.isOpen, asked().length], [true, false, 1]);
  unsent = 0;
  socket.emit('drain');
  assert.deepEqual([client.isUnread, asked().length], [false, 2]);
});

test('a request that names a session goes to it, whichever token asks; all others go to the token’s own', () => {
  const { client, lane } = clientOf();
  const ask = (body: string, digest: string): void => {
    const exchange = client.begin({} as ServerResponse, { digest, mayExport: false }, RPC);
    client.took(exchange, Buffer.from(body));
    client.ended(exchange);
    client.gate.open(Why.REQUESTS);
  };
  Object.defineProperty(client.gate, 'isOpen', { get: () => true });
  ask('{"as":"me"}', 'one');
  ask('{"session":{"name":"me"}}', 'two');
  ask('{}', 'one');
  ask('{}', 'two');
  const sessionOf = new Map(lane.puts.filter(({ kind }) => kind === In.ATTACH).map((put) => [put.session, put.ticket]));
  const sessions = lane.puts.filter(({ kind }) => kind === In.REQUEST).map(({ session }) => sessionOf.get(session)!);
  assert.equal(sessions[0], sessions[1]);
  assert.equal(new Set(sessions).size, 3);
});
