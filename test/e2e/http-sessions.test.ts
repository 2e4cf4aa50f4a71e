/** Kept sessions by their paths over HTTP, through the whole gateway: what comes back, and with which status. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import test from 'node:test';
import { type Line, stage } from '../support/error-stage.ts';
import { MemoryVault } from '../support/memory-vault.ts';
import { Nc } from '../support/nc.ts';

interface Answer {
  readonly status: number;
  readonly line: Line;
}

const asker =
  (port: number) =>
  async (method: string, path: string): Promise<Answer> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { Connection: 'close' } });
    return { status: answer.status, line: (await answer.json()) as Line };
  };

test('sessions are listed and forgotten by their paths; one that is not kept, or another has alone, is told by its status', async (t) => {
  const { port, httpPort } = await stage(t, { vault: new MemoryVault() });
  const ask = asker(httpPort);
  assert.deepEqual(await ask('GET', '/v1/sessions'), { status: 200, line: { id: 1, session: { list: [] } } });
  const nc = await Nc.to(port);
  nc.send(
    '{"session":{"name":"bot 1"}}\n{"session":{"name":"bot1","exclusive":true},"message":{"_cons":"auth.importBotAuthorization","flags":0,"api_id":1,"api_hash":"h","bot_auth_token":"7000000001:demo-bot-token"}}\n',
  );
  for (let line = await nc.json(); line['message'] === undefined; line = await nc.json());
  const inUse = await ask('DELETE', '/v1/sessions/bot1');
  assert.deepEqual([inUse.status, inUse.line['error'], inUse.line['id']], [409, 'SessionInUse', 1]);
  nc.end();
  await nc.rest();
  const { status, line } = await ask('GET', '/v1/sessions');
  const { list } = line['session'] as { list: Line[] };
  assert.deepEqual([status, list.map(({ name }) => name)], [200, ['bot1']]);
  let gone = await ask('DELETE', '/v1/sessions/bot1');
  // The connection that had it gives it up a moment after its end.
  while (gone.status === 409) gone = await ask('DELETE', '/v1/sessions/bot1');
  assert.deepEqual(gone, { status: 200, line: { id: 1, session: { forgotten: 'bot1' } } });
  const unknown = await ask('DELETE', '/v1/sessions/bot1');
  assert.deepEqual([unknown.status, unknown.line['error'], unknown.line['delivered']], [404, 'SessionNotFound', 'no']);
});

test('a gateway that keeps no sessions says so with 503', async (t) => {
  const { httpPort } = await stage(t);
  const { status, line } = await asker(httpPort)('GET', '/v1/sessions');
  assert.deepEqual([status, line['error']], [503, 'VaultUnavailable']);
});

test('a connection with a session of its own cannot detach from it, and keeps it', { timeout: 60_000 }, async (t) => {
  const { httpPort } = await stage(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ask = (body: object): Promise<Line> =>
    new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json' };
      request({ port: httpPort, method: 'POST', path: '/v1/rpc', agent, headers }, (answer) => {
        resolve(json(answer) as Promise<Line>);
      })
        .on('error', reject)
        .end(JSON.stringify(body));
    });
  assert.deepEqual(await ask({ id: 1, session: { detach: true } }), { id: 1, session: { detached: true } });
  const first = await ask({ id: 2, options: { init: { api_id: 1 } }, message: { _cons: 'help.getNearestDc' } });
  assert.equal((first['message'] as Line)['_cons'], 'nearestDc');
  const { error, msg, path } = await ask({ id: 3, session: { detach: true } });
  assert.deepEqual([error, path], ['InvalidSession', 'session.detach']);
  assert.match(String(msg), /close/);
  const next = await ask({ id: 4, message: { _cons: 'help.getNearestDc' } });
  assert.equal((next['message'] as Line)['_cons'], 'nearestDc');
});
