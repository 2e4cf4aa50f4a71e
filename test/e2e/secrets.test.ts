/**
 * Secrets through a gateway that logs all it can: none in any output, error, metric or trace (failures.md S1, S2).
 * What may carry them is the answer to who they belong to: the session answer, results, updates. Nothing else.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Death } from '../../bench/deaths.ts';
import { srpProof } from '../../src/crypto/srp.ts';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import { Faults } from '../../src/testdc/faults.ts';
import { RpcError } from '../../src/testdc/rpc-error.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { Password } from '../../src/testdc/world/password.ts';
import { ECHO_ID } from '../../src/testdc/world/seed.ts';
import { Mp, packFrame, type Frame } from '../support/mp.ts';
import { Nc } from '../support/nc.ts';
import { formsOf, Planted, sentences } from '../support/planted.ts';
import { Run } from '../support/process.ts';

const KILLABLE = fileURLToPath(new URL('../../bench/killable-gateway.js', import.meta.url));

/** What its owner types, says or keeps; every one made for this run. */
const own = (what: string): string => `${what}-${randomBytes(9).toString('hex')} "é+/`;
const SECRET = {
  password: own('password'),
  wrongPassword: own('other password'),
  apiHash: randomBytes(16).toString('hex'),
  botToken: `7${randomBytes(4).readUInt32BE()}:${randomBytes(24).toString('base64url')}`,
  phone: `999662${String(randomBytes(4).readUInt32BE() % 2_000).padStart(4, '0')}`,
  code: 'the banana tree',
  wrongCode: own('code'),
  email: `${randomBytes(9).toString('hex')}@example.org`,
  token: randomBytes(18).toString('base64url'),
  wrongToken: randomBytes(18).toString('base64url'),
  text: own('message'),
  proxyPassword: randomBytes(12).toString('hex'),
} as const;

/** A test DC whose every key, salt and session is a secret as soon as it is made. */
async function plantedDc(t: TestContext): Promise<{ dc: TestDc; planted: Planted }> {
  const dc = await startTestDc();
  t.after(() => dc.close());
  const planted = new Planted();
  for (const [name, secret] of Object.entries(SECRET)) planted.add(name, secret);
  let keys = 0;
  dc.on('key', (key) => {
    const name = `${key.isTemporary ? 'temporary key' : 'key'} ${++keys}`;
    planted.add(name, key.authKey.bytes);
    planted.add(`salt of ${name}`, key.salts.current);
  });
  dc.world.codeKinds = ['SmsPhrase'];
  dc.world.echoMs = 5;
  const person = dc.world.addPerson({ firstName: 'Planted', phone: SECRET.phone });
  person.password = Password.of(dc.world.env, SECRET.password);
  return { dc, planted };
}

/** Everything that was said, by whom, and what of it must hold no secret. */
class Said {
  readonly texts = new Map<string, string>();
  /** Lines that by contract carry secrets to their owner. */
  exempt = 0;

  add(where: string, text: string): void {
    this.texts.set(where, `${this.texts.get(where) ?? ''}${text}\n`);
  }

  /** A line or frame of the gateway's: all but the session's own answer, results and updates. */
  answer(where: string, answer: Record<string, unknown>, text: string): void {
    const { error, message, session } = answer;
    const cons = (message as { _cons?: string } | undefined)?._cons;
    const isRefusal = error !== undefined || cons === 'rpc_error' || cons === 'rpc_timeout';
    if (!isRefusal && (message !== undefined || session !== undefined)) this.exempt++;
    else this.add(where, text);
  }
}

/** A client of lines that hands everything it hears to `said`. */
class Client {
  readonly #nc: Nc;
  readonly #said: Said;
  readonly #name: string;
  #id = 0;

  constructor(nc: Nc, said: Said, name: string) {
    this.#nc = nc;
    this.#said = said;
    this.#name = name;
  }

  send(text: string): void {
    this.#nc.send(`${text}\n`);
  }

  /** An answer that nobody else hears. */
  async skip(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.#nc.line()) as Record<string, unknown>;
  }

  async hear(): Promise<Record<string, unknown>> {
    const line = await this.#nc.line();
    const answer = JSON.parse(line) as Record<string, unknown>;
    this.#said.answer(this.#name, answer, line);
    return answer;
  }

  /** Asks, and passes over updates and notices. */
  async ask(request: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = ++this.#id;
    this.send(JSON.stringify({ id, ...request }));
    for (;;) {
      const answer = await this.hear();
      if (answer['id'] === id) return answer;
    }
  }

  /** The result, or the text of the refusal. */
  async call(_cons: string, fields: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    return (await this.ask({ message: { _cons, ...fields } }))['message'] as Record<string, unknown>;
  }

  /** The next update. */
  async update(): Promise<Record<string, unknown>> {
    for (;;) {
      const answer = await this.hear();
      if (answer['id'] === 0 && answer['message'] !== undefined) return answer;
    }
  }

  close(): void {
    this.#nc.close();
  }
}

/** A gateway that says all it can, and everything that was heard of it. */
class Stage {
  readonly run: Run;
  readonly port: number;
  readonly httpPort: number;
  readonly said = new Said();
  readonly dc: TestDc;
  readonly planted: Planted;
  #clients = 0;

  constructor(run: Run, ports: readonly [number, number], dc: TestDc, planted: Planted) {
    this.run = run;
    [this.port, this.httpPort] = ports;
    this.dc = dc;
    this.planted = planted;
  }

  /** A client that has shown its token; 64-bit numbers are texts, so that they can be handed back. */
  async client(): Promise<Client> {
    const name = `lines of client ${++this.#clients}`;
    const client = new Client(await Nc.to(this.port), this.said, name);
    client.send(JSON.stringify({ auth: SECRET.token }));
    await client.ask({ options: { int64: 'string' } });
    return client;
  }

  /** A request over HTTP, everything of its answer heard. */
  async fetch(path: string, init: RequestInit = {}): Promise<void> {
    const headers = { authorization: `Bearer ${SECRET.token}`, 'content-type': 'application/json' };
    const answer = await fetch(`http://127.0.0.1:${this.httpPort}${path}`, { headers, ...init });
    this.said.add(`head of ${path}`, JSON.stringify([...answer.headers]));
    const text = await answer.text();
    if (!text.startsWith('{')) this.said.add(path, text);
    else this.said.answer(path, JSON.parse(text) as Record<string, unknown>, text);
  }

  /** Ends the gateway and looks through everything. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const pid = this.run.child.pid!;
    const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, 'latin1');
    if (process.platform === 'linux') this.said.add('argv and environment', read('cmdline') + read('environ'));
    this.run.child.kill(signal);
    await this.run.ended;
    this.said.add('stdout', this.run.out);
    this.said.add('stderr', this.run.err);
    const found = [...this.said.texts].flatMap(([where, text]) => this.planted.search(where, text));
    assert.deepEqual(sentences(found), []);
    assert.ok(this.said.exempt > 0, 'nothing was answered');
    for (const where of ['stdout', 'stderr']) assert.ok(this.said.texts.get(where)!.length > 500, `silent ${where}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** @param script the command line, or a gateway whose lanes can be killed: every option of that has a value */
async function raise(t: TestContext, script?: string): Promise<Stage> {
  const { dc, planted } = await plantedDc(t);
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-secrets-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [pem, tokens] = [join(folder, 'dc.pem'), join(folder, 'tokens')];
  writeFileSync(pem, dc.publicKeyPem);
  writeFileSync(tokens, `${SECRET.token}\n`, { mode: 0o600 });
  const httpPort = await freePort();
  const options = {
    port: 0,
    'http-port': httpPort,
    'dc-host': dc.host,
    'dc-port': dc.port(),
    'dc-key': pem,
    'token-file': tokens,
    'api-id': 1,
    workers: 2,
    'log-level': 'trace',
  };
  const loud = ['--verbose', '--print-tracebacks', '--send-tracebacks'];
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const all = script === undefined ? ['serve', ...args, ...loud] : [...args, ...loud.flatMap((flag) => [flag, 'true'])];
  const run = new Run(t, all, {}, script, undefined, script !== undefined);
  return new Stage(run, [await run.port(), httpPort], dc, planted);
}

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
    if (method === 'help.getNearestDc') throw new RpcError(420, 'FLOOD_WAIT_900');
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
  assert.match(run.err, /"event":"laneLost"/);
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
