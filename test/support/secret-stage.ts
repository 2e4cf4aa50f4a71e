/**
 * SecretStage: a gateway that says all it can, clients that hand over everything they hear, and secrets that are theirs.
 * In: a test. Out: the gateway, its clients; at its end where which secret was found. Never: a secret in a finding.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { Password } from '../../src/testdc/world/password.ts';
import { freePort } from './free-port.ts';
import { Nc } from './nc.ts';
import { Planted, sentences } from './planted.ts';
import { Run } from './process.ts';

/** What its owner types, says or keeps; every one made for this run. */
const own = (what: string): string => `${what}-${randomBytes(9).toString('hex')} "é+/`;
export const SECRET = {
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
export class Client {
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
export class Stage {
  readonly run: Run;
  readonly port: number;
  readonly httpPort: number;
  readonly said = new Said();
  readonly dc: TestDc;
  readonly planted: Planted;
  /** For files of this test. */
  readonly folder: string;
  #clients = 0;

  constructor(run: Run, ports: readonly [number, number], dc: TestDc, planted: Planted, folder: string) {
    this.run = run;
    [this.port, this.httpPort] = ports;
    this.dc = dc;
    this.planted = planted;
    this.folder = folder;
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
    assert.ok(this.said.exempt > 0, 'nothing was answered');
    for (const out of [this.run.out, this.run.err]) assert.ok(out.length > 500, 'it said nothing');
    this.search();
  }

  /** Looks through everything that was heard so far. */
  search(): void {
    this.said.add('stdout', this.run.out);
    this.said.add('stderr', this.run.err);
    const found = [...this.said.texts].flatMap(([where, text]) => this.planted.search(where, text));
    assert.deepEqual(sentences(found), []);
  }
}

/**
 * @param script the command line, or a gateway whose lanes can be killed: every option of that has a value
 * @param more options beside its own
 */
export async function raise(t: TestContext, script?: string, more: Record<string, string> = {}): Promise<Stage> {
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
    ...more,
  };
  const loud = ['--verbose', '--print-tracebacks', '--send-tracebacks'];
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const all = script === undefined ? ['serve', ...args, ...loud] : [...args, ...loud.flatMap((flag) => [flag, 'true'])];
  const run = new Run(t, all, {}, script, undefined, script !== undefined);
  return new Stage(run, [await run.port(), httpPort], dc, planted, folder);
}
