/**
 * Gauges: when all clients have left, however they did, what `/metrics` shows of sessions, of who speaks in them, of connections and
 * of open requests is what it was before.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import test from 'node:test';
import { type Line, type Stage, stage } from '../support/error-stage.ts';
import { MemoryVault } from '../support/memory-vault.ts';
import { Mp } from '../support/mp.ts';
import { Nc } from '../support/nc.ts';

const LOGIN = {
  _cons: 'auth.importBotAuthorization',
  flags: 0,
  api_id: 1,
  api_hash: 'h',
  bot_auth_token: '7000000001:demo-bot-token',
};
const NEAREST = { _cons: 'help.getNearestDc' };
const GAUGE =
  /^mtproto2json_((?:clients|attachments|sessions|sessions_by_state|dc_connections|residents_waiting|lane_sessions|lane_open_requests)(?:\{.*\})?) (\d+)$/gm;
/** How long the gauges may take to come back, ms. */
const PATIENCE = 15_000;

type Gauges = Readonly<Record<string, number>>;

async function gaugesOf({ httpPort }: Stage): Promise<Gauges> {
  const answer = await fetch(`http://127.0.0.1:${httpPort}/metrics`, { headers: { Connection: 'close' } });
  const text = await answer.text();
  return Object.fromEntries([...text.matchAll(GAUGE)].map(([, name, value]) => [name!, Number(value)]));
}

/** Asks until the gauges are as they should be. */
async function comeBack(of: Stage, wanted: Gauges): Promise<void> {
  const end = performance.now() + PATIENCE;
  const isBack = (now: Gauges): boolean => Object.entries(wanted).every(([name, value]) => now[name] === value);
  let now = await gaugesOf(of);
  while (!isBack(now) && performance.now() < end) now = await gaugesOf(of);
  assert.deepEqual({ ...now }, { ...now, ...wanted });
}

async function ask(nc: Nc, line: Line): Promise<Line> {
  nc.send(`${JSON.stringify(line)}\n`);
  let answer = await nc.json();
  while (answer['id'] !== line['id']) answer = await nc.json();
  return answer;
}

/** A client that has signed a bot in under each of the names, with single lines. */
async function signedIn(port: number, names: readonly string[]): Promise<Nc> {
  const nc = await Nc.to(port);
  for (const as of names) {
    const answer = await ask(nc, { id: 1, as, message: LOGIN });
    assert.equal((answer['message'] as Line)['_cons'], 'auth.authorization', JSON.stringify(answer));
  }
  return nc;
}

/** Requests over one keep-alive connection; they never end if the connection is cut. */
function keepAlive(httpPort: number): { post: (body: Line) => Promise<Line>; cut: () => void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'Content-Type': 'application/json' };
  const post = (body: Line): Promise<Line> =>
    new Promise((resolve) => {
      const asked = request({ port: httpPort, method: 'POST', path: '/v1/rpc', agent, headers }, (answer) => {
        resolve(json(answer) as Promise<Line>);
      });
      asked.on('error', () => undefined).end(JSON.stringify(body));
    });
  return { post, cut: () => agent.destroy() };
}

/** Has the data centre keep what it is asked; resolves when so many requests are there. */
function kept({ dc }: Stage, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    dc.onRequest = ({ method }) => {
      if (method !== 'help.getNearestDc') return undefined;
      if (--left === 0) resolve();
      return new Promise(() => undefined);
    };
  });
}

const NAMES = Array.from({ length: 12 }, (_, i) => `bot${i}`);

test('when all clients have left, however they did, the gauges are what they were', { timeout: 170_000 }, async (t) => {
  const all = await stage(t, { vault: new MemoryVault(), flags: { linger: 0, workers: 2 } });
  const { port, httpPort, dc } = all;
  const before = await gaugesOf(all);
  assert.deepEqual([before['attachments'], before['sessions'], before['clients']], [0, 0, 1]);

  await t.test('lines that name one session after another', async () => {
    const nc = await signedIn(port, NAMES);
    // Each session has ended behind its answer: none lingers.
    await comeBack(all, { ...before, clients: before['clients']! + 1 });
    nc.end();
    await nc.rest();
    await comeBack(all, before);
  });

  await t.test(
    'lines and msgpack, in sessions of their own and in one that they share, and elsewhere by single lines',
    async () => {
      const [nc, own, mp] = [await Nc.to(port), await Nc.to(port), await Mp.to(port)];
      await ask(nc, { id: 1, message: NEAREST });
      await ask(nc, { id: 2, session: { detach: true } });
      await ask(nc, { id: 3, session: { name: 'bot0' }, message: NEAREST });
      await ask(nc, { id: 4, session: { name: 'bot1' }, message: NEAREST });
      await ask(nc, { id: 5, as: 'bot2', message: NEAREST });
      // With escapes the lane alone finds the name.
      nc.send('{"id":6,"as":"bot\\u0033","message":{"_cons":"help.getNearestDc"}}\n');
      assert.equal((await nc.json())['id'], 6);
      await ask(own, { id: 1, message: NEAREST });
      mp.send({ id: 1, session: { name: 'bot1' }, message: NEAREST });
      await mp.frame();
      await comeBack(all, { attachments: 3, sessions: 2, 'sessions_by_state{state="open"}': 2 });
      mp.end();
      await mp.rest();
      for (const one of [nc, own]) one.close();
      await comeBack(all, before);
    },
  );

  await t.test('one connection of HTTP for many names, and for a session of its own', async () => {
    const { post, cut } = keepAlive(httpPort);
    for (const as of NAMES) await post({ id: 1, as, message: NEAREST });
    await post({ id: 2, session: { name: 'bot\u00e9' } });
    await post({ id: 3, message: NEAREST });
    // The one of its own stays.
    await comeBack(all, { attachments: 1, sessions: 1 });
    cut();
    await comeBack(all, before);
  });

  await t.test('clients that are cut in the middle of their requests', async () => {
    const open = kept(all, 36 + 12 + 2);
    const nc = await Nc.to(port);
    for (const as of NAMES) for (const id of [1, 2, 3]) nc.send(`${JSON.stringify({ id, as, message: NEAREST })}\n`);
    nc.send(`${JSON.stringify({ id: 1, message: NEAREST })}\n`);
    const mp = await Mp.to(port);
    mp.send({ id: 1, session: { name: 'bot1' }, message: NEAREST });
    const web = await Promise.all(NAMES.map(() => Nc.to(httpPort)));
    for (const [i, one] of web.entries()) {
      const body = JSON.stringify({ id: 1, as: NAMES[i], message: NEAREST });
      const head = `POST /v1/rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
      one.send(`${head}\r\n\r\n${body}`);
    }
    await open;
    const during = await gaugesOf(all);
    assert.ok(during['lane_open_requests{lane="0"}']! + during['lane_open_requests{lane="1"}']! >= 50);
    // A FIN alone may come of one who waits for the answers.
    for (const { socket } of [nc, mp, ...web]) socket.resetAndDestroy();
    await comeBack(all, before);
    dc.onRequest = undefined;
  });

  await t.test('clients that leave a session to one who has it alone, and those that it refuses', async () => {
    const [one, alone, late] = [await Nc.to(port), await Nc.to(port), await Nc.to(port)];
    await ask(one, { id: 1, session: { name: 'bot0' }, message: NEAREST });
    const refused = await ask(alone, { id: 1, session: { name: 'bot0', exclusive: true } });
    assert.equal(refused['error'], 'SessionInUse');
    const { post, cut } = keepAlive(httpPort);
    await post({ id: 1, as: 'bot0', message: NEAREST });
    await ask(alone, { id: 2, session: { name: 'bot0', exclusive: true, takeover: true }, message: NEAREST });
    assert.equal((await one.json())['error'], 'SessionLost');
    assert.equal((await ask(late, { id: 1, session: { name: 'bot0' } }))['error'], 'SessionInUse');
    assert.equal((await ask(one, { id: 2, as: 'bot0', message: NEAREST }))['error'], 'SessionInUse');
    assert.equal((await ask(one, { id: 3, message: NEAREST }))['error'], 'SessionNotFound');
    for (const nc of [alone, one, late]) nc.end();
    cut();
    await comeBack(all, before);
  });

  await t.test('clients whose session is forgotten', async () => {
    const [one, two] = [await Nc.to(port), await Nc.to(port)];
    await ask(one, { id: 1, session: { name: 'bot0' }, message: NEAREST });
    await ask(two, { id: 1, as: 'bot0', message: NEAREST });
    const forgotten = await ask(two, { id: 2, session: { forget: 'bot0' } });
    assert.deepEqual(forgotten['session'], { forgotten: 'bot0' });
    assert.equal((await one.json())['error'], 'SessionLost');
    for (const nc of [one, two]) {
      nc.end();
      await nc.rest();
    }
    await comeBack(all, before);
  });
});

test('a session that lingers is counted with nobody in it', { timeout: 60_000 }, async (t) => {
  const all = await stage(t, { vault: new MemoryVault(), flags: { linger: 600 } });
  const before = await gaugesOf(all);
  const nc = await signedIn(all.port, ['bot0', 'bot1']);
  const { attachments, sessions } = await gaugesOf(all);
  assert.deepEqual([attachments, sessions], [2, 2]);
  nc.close();
  await once(nc.socket, 'close');
  const lingering = { sessions: 2, 'lane_sessions{lane="0"}': 2, 'sessions_by_state{state="open"}': 2 };
  await comeBack(all, { ...before, ...lingering, dc_connections: 2 });
});
