/** A session's links: which are made, and when they are read; its open requests; its end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { DownFlag, In } from '../../../src/batch/records.ts';
import { WriteBatch } from '../../../src/main/flow/socket-writer.ts';
import type { Lane } from '../../../src/main/lanes/lane.ts';
import { Descriptors } from '../../../src/main/limits/descriptors.ts';
import { systemEnv } from '../../../src/main/system-env.ts';
import { LIMITS } from '../../../src/main/limits/limits.ts';
import type { Dialler, DialRequest } from '../../../src/main/links/dialler.ts';
import { Reached } from '../../../src/main/links/reached.ts';
import type { SessionClient } from '../../../src/main/sessions/session-client.ts';
import { Route, type RouteOwner } from '../../../src/main/sessions/route.ts';

interface Put {
  readonly kind: number;
  readonly flags: number;
  readonly text: string;
}

/** A route whose lane and client are noted, with a data centre that says hello at once. */
async function routeOf(t: TestContext, given: Partial<RouteOwner> = {}) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write('hello');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const puts: Put[] = [];
  let wake = (): void => undefined;
  const lane = {
    put: (
      kind: number,
      _link: number,
      flags: number,
      _session: number,
      _ticket: number,
      bytes = Buffer.alloc(0),
      start = 0,
      stop = bytes.length,
    ) => {
      puts.push({ kind, flags, text: Buffer.from(bytes.subarray(start, stop)).toString() });
      wake();
      return false;
    },
  } as unknown as Lane;
  const client = {
    isUnread: false,
    gate: { shut: () => undefined, open: () => undefined },
  } as unknown as SessionClient & { isUnread: boolean };
  const gone: Route[] = [];
  const owner = {
    env: systemEnv,
    batch: new WriteBatch(),
    dialler: {
      ask: (dial: DialRequest) => dial.start(),
      cancel: () => false,
      connected: () => undefined,
      failed: () => undefined,
      closed: () => undefined,
      abandoned: () => undefined,
    } as unknown as Dialler,
    socks: undefined,
    limits: LIMITS,
    metrics: { counts: new Float64Array(100) },
    descriptors: new Descriptors(10, 0),
    names: { isRead: () => undefined },
    reached: new Reached(),
    permits: () => true,
    missed: () => undefined,
    settle: () => undefined,
    gone: (route: Route) => gone.push(route),
    ...given,
  } as unknown as RouteOwner;
  const route = new Route(owner, 1, lane, client, 0);
  t.after(() => {
    route.hangUpAll();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    route,
    client,
    puts,
    gone,
    target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    kinds: (): number[] => puts.map(({ kind }) => kind),
    until: async (kind: number): Promise<void> => {
      while (!puts.some((put) => put.kind === kind)) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

test('a link that is dialled while its client leaves answers unread is read when they are read, not before', async (t) => {
  const { route, client, puts, target, kinds, until } = await routeOf(t);
  client.isUnread = true;
  route.dial(0, 1, 0, [target]);
  await until(In.LINK_UP);
  // A second link of the same server, read at once: what was said to the first is here by then.
  client.isUnread = false;
  route.dial(1, 1, 0, [target]);
  await until(In.LINK_BYTES);
  assert.deepEqual(kinds(), [In.LINK_UP, In.LINK_UP, In.LINK_BYTES]);
  route.resumeLinks();
  while (kinds().length < 4) await new Promise(setImmediate);
  assert.equal(puts[3]!.text, 'hello');
});

test('what may not be dialled is refused without a connection', async (t) => {
  const { route, puts, target } = await routeOf(t, { permits: () => false });
  route.dial(0, 1, 0, [target]);
  assert.deepEqual(puts, [{ kind: In.LINK_DOWN, flags: DownFlag.NEVER_UP | DownFlag.NOT_ALLOWED, text: 'NOTALLOWED' }]);
  assert.equal(route.links, 0);
});

test('where no descriptor is left no connection is made, and the session hears why', async (t) => {
  const { route, puts, target } = await routeOf(t, { descriptors: new Descriptors(10, 10) });
  route.dial(0, 1, 0, [target]);
  assert.deepEqual(puts, [{ kind: In.LINK_DOWN, flags: DownFlag.NEVER_UP, text: 'EMFILE' }]);
  assert.equal(route.links, 0);
});

test('open requests are bounded in number and in bytes, until they are answered', async (t) => {
  const { route } = await routeOf(t);
  const bounds = { openRequests: 3, openBytes: 100 };
  const ask = (length: number): number => route.request(Buffer.alloc(length), 0, length, '1');
  ask(10);
  const long = ask(90);
  assert.equal(route.hasRoom(bounds), false);
  route.ledger.close(long);
  assert.equal(route.hasRoom(bounds), true);
  ask(10);
  ask(10);
  assert.equal(route.hasRoom(bounds), false);
});

test('a session is closed once; one that was never opened is gone at once', async (t) => {
  const { route, gone, kinds } = await routeOf(t);
  route.request(Buffer.from('{}'), 0, 2, '1');
  for (let i = 0; i < 2; i++) route.close();
  assert.deepEqual(kinds(), [In.OPEN, In.REQUEST, In.CLOSE]);
  const other = await routeOf(t);
  other.route.close();
  assert.deepEqual([other.kinds(), other.gone], [[], [other.route]]);
  assert.deepEqual(gone, []);
});
