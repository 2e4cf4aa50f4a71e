/**
 * Secrets through a gateway that logs all it can: none in any output, error, metric or trace (threats: Secrets).
 * What may carry them is the answer to who they belong to: the session answer, results, updates. Nothing else.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Death } from '../trials/deaths.ts';
import { srpProof } from '../../src/crypto/srp.ts';
import { Faults } from '../../src/testdc/faults/faults.ts';
import { DcRpcError } from '../../src/testdc/protocol/rpc-error.ts';
import { ECHO_ID } from '../../src/testdc/world/seed.ts';
import { Mp, packFrame, type Frame } from '../support/mp.ts';
import { Nc } from '../support/nc.ts';
import { formsOf, Planted, sentences } from '../support/planted.ts';
import { Run } from '../support/process.ts';
import { raise, SECRET, type Client, type Stage } from '../support/secret-stage.ts';

const KILLABLE = fileURLToPath(new URL('../trials/killable-gateway.js', import.meta.url));

const INPUT_SELF = { _cons: 'inputPeerSelf' };
const API = { api_id: 1, api_hash: SECRET.apiHash };

/** By phone, wrong code, code, wrong password, password: every secret of a login goes both ways. */
async function signIn(stage: Stage, client: Client): Promise<void> {
  const { planted } = stage;
  const phone_number = SECRET.phone;
  const sent = await client.call('auth.sendCode', { phone_number, ...API, settings: { _cons: 'codeSettings' } });
  const phone_code_hash = String(sent['phone_code_hash']);
  planted.add('phone code hash', phone_code_hash);
  const codes = { phone_number, phone_code_hash };
  const wrong = await client.call('auth.signIn', { ...codes, phone_code: SECRET.wrongCode });
  assert.equal(wrong['error_message'], 'PHONE_CODE_INVALID');
  const right = await client.call('auth.signIn', { ...codes, phone_code: SECRET.code });
  assert.equal(right['error_message'], 'SESSION_PASSWORD_NEEDED');
  assert.equal((await prove(stage, client, SECRET.wrongPassword))['error_message'], 'PASSWORD_HASH_INVALID');
  assert.equal((await prove(stage, client, SECRET.password))['_cons'], 'auth.authorization');
}

let proofs = 0;

async function prove({ planted }: Stage, client: Client, password: string): Promise<Record<string, unknown>> {
  const asked = await client.call('account.getPassword');
  const algo = asked['current_algo'] as Record<string, string | number>;
  const bytes = (name: string): Buffer => Buffer.from(algo[name] as string, 'base64');
  const srpB = Buffer.from(asked['srp_B'] as string, 'base64');
  const algorithm = { g: Number(algo['g']), p: bytes('p'), salt1: bytes('salt1'), salt2: bytes('salt2') };
  const { a, m1 } = srpProof(algorithm, Buffer.from(password), srpB, (to) => void randomBytes(to.length).copy(to));
  const n = ++proofs;
  const secrets = { A: a, M1: m1, B: srpB, id: BigInt(asked['srp_id'] as string), salt1: bytes('salt1') };
  for (const [name, secret] of Object.entries(secrets)) planted.add(`SRP ${name} ${n}`, secret);
  const proof = { A: Buffer.from(a).toString('base64'), M1: Buffer.from(m1).toString('base64') };
  const answer = { _cons: 'inputCheckPasswordSRP', srp_id: asked['srp_id'], ...proof };
  return client.call('auth.checkPassword', { password: answer });
}

/** A QR code of one session, accepted by another. */
async function showCode(stage: Stage, waiting: Client, accepting: Client): Promise<void> {
  const shown = await waiting.call('auth.exportLoginToken', { ...API, except_ids: [] });
  const token = String(shown['token']);
  stage.planted.add('login token', Buffer.from(token, 'base64'));
  await accepting.call('auth.acceptLoginToken', { token });
  await waiting.update();
}

const speak = { _cons: 'messages.sendMessage', peer: INPUT_SELF, message: SECRET.text };

/** Lines, each wrong in its own way, with a secret wherever one may stand. */
function wrongLines(secret: string): string[] {
  const text = JSON.stringify(secret);
  const base64 = Buffer.from(secret).toString('base64');
  return [
    `{"id":7,"message":{"_cons":"auth.signIn","phone_number":${text}`,
    `{"id":7,"message":{"_cons":"auth.signIn","phone_number":${text},,}}`,
    `{"id":7 ${secret}}`,
    `{"id":7,"message":${text}}`,
    `{"id":7,"message":{"_cons":${text}}}`,
    `{"id":7,"message":{"_cons":{"_cons":${text}}}}`,
    `{"id":7,"message":{"_cons":"ping","ping_id":${text}}}`,
    `{"id":7,"message":{"_cons":"ping","ping_id":[${text}]}}`,
    `{"id":7,"message":{"_cons":"messages.sendMessage","peer":{"_cons":${text}},"message":${text}}}`,
    `{"id":7,"message":{"_cons":"messages.sendMessage","peer":${text},"message":${text}}}`,
    `{"id":7,"message":{"_cons":"auth.importLoginToken","token":${text}}}`,
    `{"id":7,"message":{"_cons":"auth.sendCode","phone_number":${text},"api_id":${text},"api_hash":${text}}}`,
    `{"id":7,"message":{"_cons":"auth.sendCode","phone_number":{"_bytes":${text}}}}`,
    `{"id":7,"message":{"_cons":"inputPeerUser","user_id":${text}}}`,
    `{"id":7,"message":{"_cons":"ping","ping_id":1,"_seqno":${text}}}`,
    `{"id":7,"session":{"auth_key":${text},"session_id":1}}`,
    `{"id":7,"session":{"auth_key":"${base64}","session_id":${text}}}`,
    `{"id":7,"session":{"auth_key":"${base64}","session_id":1}}`,
    `{"id":7,"session":{"name":${text},"export":true}}`,
    `{"id":7,"session":${text}}`,
    `{"id":7,"server":{"host":${text},"port":443}}`,
    `{"id":7,"server":{"host":"127.0.0.1","port":443,"rsa":${text}}}`,
    `{"id":7,"server":{"dc":${text}}}`,
    `{"id":7,"options":{"int64":${text}}}`,
    `{"id":7,"options":{"init":{"api_id":${text}}}}`,
    `{"id":7,"timeout":${text},"message":{"_cons":"ping"}}`,
    `{"id":{"x":${text}},"message":{"_cons":"ping"}}`,
    `{"id":[${text}]}`,
    `{"id":7,"auth":${text}}`,
    `[${text}]`,
    `{"id":7,"message":{"_cons":"ping","ping_id":1,"ping_id":${text}}}`,
    `{"id":7,"message":${'{"_cons":'.repeat(70)}${text}${'}'.repeat(71)}`,
  ];
}

/** A secret as a name: the refusal tells its sender where it stands, and nobody else. */
function misnamed(secret: string): Record<string, unknown>[] {
  return [
    { [secret]: 1 },
    { message: { _cons: 'ping', [secret]: 1 } },
    { message: { _cons: 'ping', ping_id: { [secret]: 1 } } },
  ];
}

/** The same as objects, for msgpack. */
function wrongFrames(secret: string): unknown[] {
  const bytes = Buffer.from(secret);
  const parsed = wrongLines(secret).flatMap((line) => {
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      return [];
    }
  });
  return [
    ...parsed,
    { id: 7, session: { auth_key: bytes, session_id: 1 } },
    { id: 7, message: { _cons: 'auth.importLoginToken', token: bytes, flags: bytes } },
    { id: 7, message: { _cons: 'auth.sendCode', phone_number: bytes, api_id: bytes } },
    { id: bytes, message: { _cons: 'ping' } },
  ];
}

async function sayWrongly(stage: Stage, secrets: readonly string[]): Promise<void> {
  const client = await stage.client();
  const mp = await Mp.to(stage.port);
  mp.send({ auth: SECRET.token });
  for (const secret of secrets) {
    for (const line of wrongLines(secret)) {
      client.send(line);
      await client.hear();
    }
    for (const frame of wrongFrames(secret)) {
      mp.send(frame);
      hearFrame(stage, await mp.frame());
    }
    for (const request of misnamed(secret)) {
      client.send(JSON.stringify(request));
      mp.send(request);
      assert.ok('path' in (await client.skip()) && 'path' in (await mp.frame()));
    }
    for (const body of wrongLines(secret)) await stage.fetch('/v1/rpc', { method: 'POST', body });
  }
  client.close();
  mp.close();
}

function hearFrame({ said }: Stage, frame: Frame): void {
  said.answer('frames', frame, packFrame(frame).toString('latin1') + shown(frame));
}

/** With bytes as base64, so that both are searched. */
function shown(frame: Frame): string {
  return JSON.stringify(frame, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/** Connections that are refused for what they begin with. */
async function knockWrongly({ port, said }: Stage): Promise<void> {
  for (const text of [
    JSON.stringify({ auth: SECRET.wrongToken }),
    `GET /${SECRET.token} HTTP/1.1`,
    SECRET.password,
    `{"message":{"_cons":${JSON.stringify(SECRET.password)}}}`,
  ]) {
    const nc = await Nc.to(port);
    nc.send(`${text}\n`);
    said.add('refusals', (await nc.rest()).join('\n'));
  }
}

/** A key that the DC knows, handed in: whole, cut, twice at a time; read again. */
async function handIn(stage: Stage): Promise<void> {
  const { dc, planted } = stage;
  const user = dc.demoUser();
  planted.add('key handed in', user.authKey);
  planted.add('salt of the key handed in', user.salt);
  const auth_key = user.authKey.toString('base64');
  const session = { auth_key, session_id: String(user.sessionId) };
  const [first, second] = [await stage.client(), await stage.client()];
  for (const broken of [user.authKey.subarray(1), Buffer.concat([user.authKey, Buffer.of(1)])])
    await first.ask({ session: { ...session, auth_key: broken.toString('base64') } });
  await first.ask({ session: { ...session, session_id: 0 } });
  await first.ask({ session, message: { _cons: 'help.getConfig' } });
  const { error } = await second.ask({ session });
  assert.equal(error, 'SessionInUse');
  await first.ask({ session: {} });
  dc.forgetKey(user.key);
  for (const { socket } of [...dc.sockets].map((one) => ({ socket: one }))) socket.destroy();
  await first.ask({ message: { _cons: 'help.getConfig' } });
  for (const client of [first, second]) client.close();
}

test('a login and its account, every way in, every refusal: no secret in anything but the answers', async (t) => {
  const stage = await raise(t);
  const { dc, run } = stage;
  const client = await stage.client();
  await signIn(stage, client);
  await client.call('messages.sendMessage', { ...speak, random_id: '1' });
  const echo = {
    _cons: 'inputPeerUser',
    user_id: String(ECHO_ID),
    access_hash: String(dc.world.people.get(ECHO_ID)!.accessHash),
  };
  await client.call('messages.sendMessage', { ...speak, peer: echo, random_id: '2' });
  await client.update();
  const waiting = await stage.client();
  await showCode(stage, waiting, client);
  const bot = await stage.client();
  const asBot = await bot.call('auth.importBotAuthorization', { flags: 0, ...API, bot_auth_token: SECRET.botToken });
  assert.equal(asBot['_cons'], 'auth.authorization');
  await bot.ask({ session: {} });
  const exported = await client.call('auth.exportAuthorization', { dc_id: 2 });
  assert.equal(exported['_cons'], 'rpc_error');
  await knockWrongly(stage);
  await handIn(stage);
  await sayWrongly(stage, [SECRET.password, SECRET.apiHash, SECRET.phone, SECRET.code]);
  dc.onRequest = ({ method }) => {
    if (method === 'help.getNearestDc') throw new DcRpcError(420, 'FLOOD_WAIT_900');
    if (method === 'help.getConfig') throw new Error('a bug of the DC');
    return undefined;
  };
  for (const _cons of ['help.getNearestDc', 'help.getConfig']) await client.ask({ timeout: 1, message: { _cons } });
  for (const path of ['/metrics', '/readyz', '/livez', `/${SECRET.token}`]) await stage.fetch(path);
  await stage.fetch('/metrics', { headers: { authorization: `Bearer ${SECRET.wrongToken}` } });
  run.child.kill('SIGUSR1');
  const out = await client.call('auth.logOut');
  stage.planted.add('log-out token', Buffer.from(String(out['future_auth_token']), 'base64'));
  await client.call('help.getAppConfig', { hash: 0 });
  await stage.end();
  assert.doesNotMatch(run.err, /Debugger/);
  assert.match(run.err, /"event":"request".*"method":"auth.signIn"|"method":"auth.signIn".*"event":"request"/);
  assert.equal(await run.code(), 0);
});

test('lanes that die and hang, a DC that misbehaves, an end in the middle: still none', async (t) => {
  const stage = await raise(t, KILLABLE);
  const { dc, run } = stage;
  const seed = randomBytes(4).readUInt32BE();
  t.diagnostic(`seed ${seed}`);
  const clients = await Promise.all([0, 1, 2, 3].map(async () => stage.client()));
  const bot = { flags: 0, ...API, bot_auth_token: SECRET.botToken };
  for (const client of clients) await client.call('auth.importBotAuthorization', bot);
  const faults = new Faults(dc, 'all p=0.02', seed);
  for (const [lane, how] of [
    [0, Death.BEFORE],
    [1, Death.AFTER],
    [0, Death.AFTER],
    [1, Death.BEFORE],
  ] as const) {
    run.child.send({ kill: lane, how });
    await Promise.all(clients.map(async (client) => someCalls(client)));
  }
  t.diagnostic(`${faults.total} faults`);
  assert.ok(faults.total > 5);
  const open = clients.map(async (client) => someCalls(client).catch(() => undefined));
  run.child.kill('SIGTERM');
  await Promise.all(open);
  await stage.end();
  assert.match(run.err, /"event":"lane lost"/);
});

/** Whatever comes of them: the faults decide. */
async function someCalls(client: Client): Promise<void> {
  for (let i = 0; i < 2; i++) {
    const random_id = String(randomBytes(8).readBigInt64LE());
    const settings = { _cons: 'codeSettings' };
    await client.ask({ timeout: 0.5, message: { ...speak, random_id } });
    await client.ask({
      timeout: 0.5,
      message: { _cons: 'auth.sendCode', phone_number: SECRET.phone, ...API, settings },
    });
    await client.ask({ timeout: 0.5, session: {} });
  }
}

test('what is wrong on the command line is said without the secrets there', async (t) => {
  const planted = new Planted();
  planted.add('proxy password', SECRET.proxyPassword);
  const wrong = [
    ['--proxy', `socks5://user:${SECRET.proxyPassword}@nowhere:port`],
    ['--proxy', `http://user:${SECRET.proxyPassword}@127.0.0.1:1`],
    ['--mtproxy', '127.0.0.1:1', '--mtproxy-secret', `${SECRET.proxyPassword}zz`],
    ['--mtproxy-secret', SECRET.proxyPassword],
  ];
  for (const args of wrong) {
    const run = new Run(t, ['serve', '--port', '0', ...args]);
    assert.equal(await run.code(), 2, run.err);
    assert.deepEqual(sentences(planted.search(args[0]!, run.out + run.err)), []);
  }
});

test('the search finds every form of what is planted', () => {
  const planted = new Planted();
  for (const [name, secret] of Object.entries(SECRET)) planted.add(name, secret);
  planted.add('a key', randomBytes(256));
  planted.add('a salt', -(2n ** 62n) - 5n);
  for (const name of planted.names)
    for (const { how, bytes } of planted.formsOf(name)) {
      const text = Buffer.concat([Buffer.from('{"event":"x'), bytes, Buffer.from('y"}\nz')]);
      const found = planted.search('here', text).map((finding) => `${finding.secret} ${finding.how}`);
      assert.ok(found.includes(`${name} ${how}`), `${name} ${how}`);
    }
  assert.deepEqual(planted.search('elsewhere', randomBytes(1024)), []);
  // What other programs make of it is among the forms.
  const secret = SECRET.password;
  for (const text of [
    Buffer.from(secret).toString('base64'),
    Buffer.from(`ab${secret}`).toString('base64'),
    Buffer.from(`{${secret}`).toString('base64url'),
    encodeURIComponent(secret),
    `?x=${new URLSearchParams({ secret }).toString()}`,
    JSON.stringify({ line: JSON.stringify({ secret }) }),
    Buffer.from(secret).toString('hex').toUpperCase(),
    JSON.stringify(Buffer.from(secret)),
  ])
    assert.notDeepEqual(planted.search('text', text), [], text.replaceAll(/./g, '.'));
  assert.throws(() => formsOf('22222'), /by chance/);
});
