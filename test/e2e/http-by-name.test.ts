/** Kept sessions over HTTP, each request naming its own: a bot that is signed in by one request and called by others, and what statuses say. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { codeOf } from '../../src/testdc/answers/codes.ts';
import { type Line, stage } from '../support/error-stage.ts';
import { MemoryVault } from '../support/memory-vault.ts';

interface Answer {
  readonly status: number;
  readonly line: Line;
}

type Ask = (method: string, path: string, body?: object) => Promise<Answer>;

function asker(port: number): Ask {
  return async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/sessions/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, line: (await answer.json()) as Line };
  };
}

const SELF = { id: [{ _cons: 'inputUserSelf' }] };
const BOT = { flags: 0, api_id: 1, api_hash: 'h', bot_auth_token: '7000000001:demo-bot-token' };

test('a key in a header, a 401 of the account: each says what it is', async (t) => {
  const { httpPort } = await stage(t, { vault: new MemoryVault() });
  const rpc = async (body: string): Promise<Line> => {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': 'order-17' };
    const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/rpc`, { method: 'POST', headers, body });
    return (await answer.json()) as Line;
  };
  const url = `http://127.0.0.1:${httpPort}/v1/sessions/nobody/users.getUsers`;
  const headers = { 'Content-Type': 'application/json' };
  const refused = await fetch(url, { method: 'POST', headers, body: JSON.stringify(SELF) });
  // No token of the gateway's would help, and no client is to fetch one.
  assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Telegram']);
  assert.match(String(((await refused.json()) as Line)['msg']), /nobody is signed in to this session/);
  await asker(httpPort)('POST', 'bot1/auth.importBotAuthorization', BOT);
  const message = { _cons: 'messages.sendMessage', peer: { _cons: 'inputPeerSelf' }, message: 'hi' };
  const [first, again] = [
    await rpc(JSON.stringify({ as: 'bot1', message })),
    await rpc(JSON.stringify({ as: 'bot1', message })),
  ];
  assert.equal(first['error'], undefined, JSON.stringify(first));
  assert.deepEqual(again['message'], first['message']);
  assert.equal((await rpc(JSON.stringify({ as: 'bot1', key: 'x', message })))['error'], 'DuplicateKey');
  const { error, pos } = await rpc('{"as":"bot1",}');
  assert.deepEqual([error, pos], ['JSONDecodeError', 13], 'counted in the body');
});

test('a bot in one request: signed in, called by others, shown, forgotten', async (t) => {
  const { httpPort } = await stage(t, { vault: new MemoryVault() });
  const ask = asker(httpPort);
  const none = await ask('GET', 'bot1');
  assert.deepEqual([none.status, none.line['error']], [404, 'SessionNotFound']);
  assert.equal((await ask('GET', '')).status, 200);
  const signed = await ask('POST', 'bot1/auth.importBotAuthorization', BOT);
  assert.deepEqual([signed.status, (signed.line['message'] as Line)['_cons']], [200, 'auth.authorization']);
  const all = await Promise.all(Array.from({ length: 20 }, () => ask('POST', 'bot1/users.getUsers', SELF)));
  for (const { status, line } of all)
    assert.deepEqual([status, (line['message'] as Line[])[0]!['self'] !== undefined], [200, true]);
  const shown = await ask('GET', 'bot1');
  const { name, state, connections, user_id, is_bot } = shown.line['session'] as Line;
  assert.deepEqual([shown.status, name, state, user_id, is_bot], [200, 'bot1', 'open', 7000000001, true]);
  assert.equal(typeof connections, 'number');
  assert.equal((await ask('DELETE', 'bot1')).status, 200);
  assert.equal((await ask('GET', 'bot1')).status, 404);
});

test('an account is signed in by two requests, each a connection of its own', async (t) => {
  const { httpPort } = await stage(t, { vault: new MemoryVault() });
  const ask = asker(httpPort);
  const phone_number = '9996621111';
  const sent = await ask('POST', 'me/auth.sendCode', {
    phone_number,
    api_id: 1,
    api_hash: 'h',
    settings: { _cons: 'codeSettings' },
  });
  const { phone_code_hash } = sent.line['message'] as Line;
  const signed = await ask('POST', 'me/auth.signIn', {
    phone_number,
    phone_code_hash,
    phone_code: codeOf(phone_number, 'Sms'),
  });
  assert.deepEqual([signed.status, (signed.line['message'] as Line)['_cons']], [200, 'auth.authorization']);
});

test('the status says what Telegram and the gateway refuse', async (t) => {
  const { httpPort } = await stage(t, { vault: new MemoryVault() });
  const ask = asker(httpPort);
  const unsigned = await ask('POST', 'x/users.getUsers', SELF);
  assert.deepEqual(
    [unsigned.status, (unsigned.line['message'] as Line)['error_message']],
    [401, 'AUTH_KEY_UNREGISTERED'],
  );
  for (const [path, body, error] of [
    ['x/users.getUsres', SELF, 'UnknownConstructor'],
    ['x/user', {}, 'NotAMethod'],
    ['x/users.getUsers', { id: 7 }, 'InvalidField'],
    ['x/users.getUsers', {}, 'MissingField'],
    ['x/users.getUsers', { ...SELF, _cons: 'auth.logOut' }, 'DuplicateKey'],
  ] as const) {
    const { status, line } = await ask('POST', path, body);
    assert.deepEqual([status, line['id'], line['error']], [400, 1, error]);
  }
});
