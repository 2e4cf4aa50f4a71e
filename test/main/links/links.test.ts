/** A session's links: which are made, what their session hears, and when they are read. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { type Dial, DownFlag } from '../../../src/batch/link-records.ts';
import { In } from '../../../src/batch/records.ts';
import { WriteBatch } from '../../../src/main/flow/socket-writer.ts';
import { Descriptors } from '../../../src/main/limits/descriptors.ts';
import { LIMITS } from '../../../src/main/limits/limits.ts';
import type { Dialler, DialRequest } from '../../../src/main/links/dialler.ts';
import type { Dialling } from '../../../src/main/links/dialling.ts';
import { Links, type LinksOwner } from '../../../src/main/links/links.ts';
import { Reached } from '../../../src/main/links/reached.ts';
import { systemEnv } from '../../../src/main/system-env.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { NotedLane } from '../../support/noted-lane.ts';

/** The links of a session whose lane and client are noted, with a data centre that says `greeting` at once. */
async function linksOf(t: TestContext, given: Partial<Dialling> = {}, greeting = 'hello') {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write(greeting);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const lane = new NotedLane();
  const owner = {
    session: 1,
    lane,
    gate: { shut: () => undefined, open: () => undefined },
    isUnread: false as boolean,
    hasOpenRequests: false,
    wait: () => undefined,
  } satisfies LinksOwner;
  const dialling = {
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
    reached: new Reached(),
    permits: () => true,
    missed: () => undefined,
    ...given,
  } as unknown as Dialling;
  const links = new Links(owner, dialling);
  t.after(() => {
    links.hangUpAll();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const dial: Dial = { addresses: [{ host: '127.0.0.1', port }], namedBy: 'operator', makesKey: false };
  const say = async (text: string, open: number): Promise<void> => {
    while (sockets.length < open) await once(server, 'connection');
    for (const socket of sockets) socket.write(text);
  };
  return { links, owner, lane, dial, say };
}

test('a link that is dialled while its client leaves answers unread is read when they are read, not before', async (t) => {
  const { links, owner, lane, dial } = await linksOf(t);
  owner.isUnread = true;
  links.dial(0, 1, dial);
  await lane.until(In.LINK_UP);
  // A second link of the same server, read at once: what was said to the first is here by then.
  owner.isUnread = false;
  links.dial(1, 1, dial);
  await lane.until(In.LINK_BYTES);
  assert.deepEqual(lane.kinds, [In.LINK_UP, In.LINK_UP, In.LINK_BYTES]);
  links.resume();
  while (lane.kinds.length < 4) await new Promise(setImmediate);
  assert.equal(lane.puts[3]!.bytes.toString(), 'hello');
});

test('what may not be dialled is refused without a connection', async (t) => {
  const { links, lane, dial } = await linksOf(t, { permits: () => false });
  links.dial(0, 1, dial);
  assert.deepEqual(lane.puts, [
    {
      kind: In.LINK_DOWN,
      flags: DownFlag.NEVER_UP | DownFlag.NOT_ALLOWED,
      session: 1,
      ticket: 1,
      bytes: Buffer.from('NOTALLOWED'),
    },
  ]);
  assert.equal(links.size, 0);
});

test('where no descriptor is left no connection is made, and the session hears why', async (t) => {
  const { links, lane, dial } = await linksOf(t, { descriptors: new Descriptors(10, 10) });
  links.dial(0, 1, dial);
  assert.deepEqual(lane.puts, [
    { kind: In.LINK_DOWN, flags: DownFlag.NEVER_UP, session: 1, ticket: 1, bytes: Buffer.from('EMFILE') },
  ]);
  assert.equal(links.size, 0);
});

test('a home data centre that was not reached is waited for until it says something, though the connection stands', async (t) => {
  const env = new FakeEnv();
  const { links, lane, dial, say } = await linksOf(t, { env }, '');
  links.dial(0, 1, dial);
  await lane.until(In.LINK_UP);
  assert.equal(links.retryIn, 0, 'the first time is no failure yet');
  links.hangUp(0);
  links.waits(3_000);
  env.advance(1_000);
  assert.equal(links.retryIn, 2_000);
  env.advance(2_000);
  assert.equal(links.retryIn, 0, 'nobody tries it');
  links.dial(0, 2, dial);
  links.dial(1, 1, dial);
  assert.equal(links.retryIn, 1);
  while (lane.kinds.length < 3) await new Promise(setImmediate);
  assert.equal(links.retryIn, 1, 'it stands, and has said nothing');
  await say('hello', 3);
  while (lane.kinds.filter((kind) => kind === In.LINK_BYTES).length < 2) await new Promise(setImmediate);
  assert.equal(links.retryIn, 0);
});
