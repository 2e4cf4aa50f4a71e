/** `mtproto2json signin` as a process, against a gateway and a test DC: every way in, out, and what it says. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test, type TestContext } from 'node:test';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject } from '../../src/testdc/tl/tl-value.ts';
import { Password } from '../../src/testdc/world/password.ts';
import { SEED_ACCOUNTS } from '../../src/testdc/world/seed.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { Nc } from '../support/nc.ts';
import { CLI, Run } from '../support/process.ts';
import { RawClient } from '../support/raw-client.ts';

const GUARDED = SEED_ACCOUNTS.find(({ password }) => password !== undefined)!;
const BOT = SEED_ACCOUNTS.find(({ token }) => token !== undefined)!;
const API_HASH = 'planted-api-hash';
const DIALOGS =
  '{"id":2,"message":{"_cons":"messages.getDialogs","offset_date":0,"offset_id":0,"offset_peer":{"_cons":"inputPeerEmpty"},"limit":0}}';
const DEFAULT_KINDS = ['Sms', 'Call'] as const;

describe('signin', () => {
  let dc: TestDc;
  let gateway: TestGateway;
  let folder: string;

  before(async () => {
    dc = await startTestDc({ dcs: [{ id: 2 }, { id: 1 }] });
    gateway = await startGateway(dc, { flags: ['--workers', '1', '--allow-server', '127.0.0.1'] });
    folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  });

  afterEach(() => {
    dc.world.codeKinds = DEFAULT_KINDS;
    dc.world.loginTokenMs = 30_000;
    dc.world.floods.clear();
  });

  after(async () => {
    await gateway.stop();
    await dc.close();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(dc.bugs, []);
    assert.deepEqual(dc.violations.list, []);
    assert.ok(!gateway.log().includes(API_HASH));
  });

  /** @param input lines of answers; '' to write them later */
  function start(
    t: TestContext,
    flags: readonly string[],
    input: string,
    environment: Record<string, string> = {},
  ): Run {
    const api = ['--port', String(gateway.port), '--api-id', '1'];
    const env = { MTPROTO2JSON_API_HASH: API_HASH, ...environment };
    return new Run(t, ['signin', ...api, ...flags], env, CLI, input);
  }

  /** It ends well, with one line that is a session, and says none of the secrets. */
  async function signedIn(run: Run, secrets: readonly string[]): Promise<string> {
    assert.equal(await run.code(), 0, run.err);
    const [line, ...more] = run.out.split('\n');
    assert.deepEqual(more, ['']);
    const { id, session } = JSON.parse(line!) as { id: number; session: Record<string, unknown> };
    assert.equal(id, 1);
    assert.equal(Buffer.from(String(session['auth_key']), 'base64').length, 256);
    assert.equal(typeof session['session_id'], 'number');
    for (const secret of [API_HASH, ...secrets]) assert.ok(!run.err.includes(secret), run.err);
    return line!;
  }

  /** What somebody sees who hands the line back. */
  async function ask(line: string, ...requests: string[]): Promise<Record<string, unknown>[]> {
    const nc = await Nc.to(gateway.port);
    nc.send(`${line}\n`);
    assert.equal((await nc.json())['error'], undefined);
    nc.send(`{"id":1,"options":{"init":{"api_id":1}}}\n`);
    await nc.json();
    const answers: Record<string, unknown>[] = [];
    for (const request of requests) {
      nc.send(`${request}\n`);
      answers.push(((await nc.json()) as { message: Record<string, unknown> }).message);
    }
    nc.close();
    return answers;
  }

  test('by phone and code: the line it prints is a session', async (t) => {
    const run = start(t, ['--device-model', 'my own box', '--lang-code', 'de'], '+9996621111\n22222\n');
    const line = await signedIn(run, ['9996621111', '22222']);
    assert.match(
      run.err,
      /^Phone number, .*:\n.* 5 digits in a text message\.\nPress Enter alone .*\nThe code:\nSigned in as Demo User/,
    );
    const [dialogs, list] = await ask(line, DIALOGS, '{"id":3,"message":{"_cons":"account.getAuthorizations"}}');
    assert.equal(dialogs!['_cons'], 'messages.dialogs');
    const names = (list!['authorizations'] as Record<string, unknown>[]).map((one) => one['device_model']);
    assert.ok(names.includes('my own box'));
  });

  test('with a password: a wrong number, code and password are asked for again', async (t) => {
    const run = start(t, [], `123\n${GUARDED.phone}\n11111\n22222\nwrong horse\n${GUARDED.password}\n`);
    await signedIn(run, [GUARDED.phone!, '22222', 'wrong horse', GUARDED.password!]);
    assert.match(
      run.err,
      /does not accept this phone number[^]*not the code[^]*hint: what kind of horse\?[^]*not the password/,
    );
  });

  test('with a password from a file, the phone from the environment', async (t) => {
    const file = join(folder, 'password');
    writeFileSync(file, `${GUARDED.password}\n`);
    const env = { MTPROTO2JSON_PHONE: GUARDED.phone! };
    await signedIn(start(t, ['--password-file', file], '22222\n', env), [GUARDED.phone!, GUARDED.password!]);
    const flags = ['--phone', GUARDED.phone!, '--password', GUARDED.password!];
    await signedIn(start(t, flags, '22222\n'), [GUARDED.phone!, GUARDED.password!]);
  });

  test('with an e-mail set up, a code sent another way, and a word', async (t) => {
    dc.world.codeKinds = ['SetUpEmailRequired'];
    await signedIn(start(t, [], '9996621111\nme@example.org\n22222\n22222\n'), ['example.org/', 'me@']);
    dc.world.codeKinds = ['App', 'Call', 'SmsWord'];
    const run = start(t, [], '9996621111\n\n\nbanana\n');
    await signedIn(run, ['banana']);
    assert.match(run.err, /apps that are signed in[^]*calls the phone and says[^]*secret word/);
  });

  test('with a sign-up', async (t) => {
    const run = start(t, [], '9996629001\n22222\nyes\nNew\nComer\n');
    await signedIn(run, ['9996629001']);
    assert.match(run.err, /Be kind to tests\.[^]*Signed in as New Comer\./);
    const declined = start(t, [], '9996629002\n22222\nno\n');
    assert.equal(await declined.code(), 1);
    assert.equal(dc.world.byPhone('9996629002'), undefined);
  });

  test('for a phone whose home is another data centre', async (t) => {
    const line = await signedIn(start(t, [], '9996611234\n11111\n'), ['9996611234']);
    assert.match(line, /"dc":1/);
  });

  test('as a bot: token from the environment, a file, a line; a wrong one is the end', async (t) => {
    const file = join(folder, 'token');
    writeFileSync(file, `${BOT.token}\n`);
    const line = await signedIn(start(t, [], '', { MTPROTO2JSON_BOT_TOKEN: BOT.token! }), [BOT.token!]);
    const self = '{"id":2,"message":{"_cons":"users.getUsers","id":[{"_cons":"inputUserSelf"}]}}';
    const [users] = await ask(line, self);
    assert.equal((users as unknown as Record<string, unknown>[])[0]!['username'], 'demo_bot');
    await signedIn(start(t, ['--bot-token-file', file], ''), [BOT.token!]);
    await signedIn(start(t, ['--bot-token'], `nothing like one\n${BOT.token}\n`), [BOT.token!]);
    // As Docker and Kubernetes hand a secret on: with the line end of its file.
    await signedIn(start(t, [], '', { MTPROTO2JSON_BOT_TOKEN: ` ${BOT.token}\r\n` }), [BOT.token!]);
    const wrong = start(t, ['--bot-token', '7000000001:planted'], '');
    assert.equal(await wrong.code(), 1);
    assert.equal(wrong.err, 'mtproto2json signin: Telegram does not know this bot token.\n');
  });

  test('secrets in the environment lose their line end: phone, api_hash, api_id, password', async (t) => {
    const environment = {
      MTPROTO2JSON_API_ID: '1\n',
      MTPROTO2JSON_API_HASH: `${API_HASH}\n`,
      MTPROTO2JSON_PHONE: `+${GUARDED.phone}\r\n`,
      MTPROTO2JSON_PASSWORD: `${GUARDED.password}\r\n`,
      MTPROTO2JSON_PORT: `${gateway.port}\n`,
    };
    const run = new Run(t, ['signin'], environment, CLI, '22222\n');
    await signedIn(run, [GUARDED.phone!, GUARDED.password!]);
  });

  test('--out writes a file that nobody else may read, and replaces none unless --force says so', async (t) => {
    const file = join(folder, 'session.json');
    const bot = { MTPROTO2JSON_BOT_TOKEN: BOT.token! };
    const first = start(t, ['--out', file], '', bot);
    assert.deepEqual([await first.code(), first.out], [0, ''], first.err);
    assert.match(first.err, /The session is in .*session\.json: whoever has this file has the account\.\n$/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const kept = readFileSync(file, 'utf8');
    const [dialogs] = await ask(kept.trim(), DIALOGS);
    assert.equal(dialogs!['error_message'] ?? dialogs!['_cons'], 'BOT_METHOD_INVALID');

    const logins = dc.counters.requests.get('auth.importBotAuthorization');
    const wrong: [string[], RegExp][] = [
      [['--out', file], /--out: .* exists already: choose another name, or give --force to replace it/],
      [['--out', folder, '--force'], /--out: .* is not a file/],
      [['--out', join(folder, 'none/x')], /--out: .* cannot be written \(ENOENT\)/],
      [['--out', join(folder, 'y'), '--save', 'y'], /--out or --save/],
      [['--force'], /--force needs --out/],
    ];
    for (const [flags, sentence] of wrong) {
      const run = start(t, flags, '', bot);
      assert.equal(await run.code(), 2);
      assert.match(run.err, sentence);
    }
    assert.equal(dc.counters.requests.get('auth.importBotAuthorization'), logins, 'nobody was signed in for nothing');
    assert.equal(readFileSync(file, 'utf8'), kept);
    chmodSync(file, 0o644);
    const again = start(t, ['--out', file, '--force'], '', bot);
    assert.equal(await again.code(), 0, again.err);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.notEqual(readFileSync(file, 'utf8'), kept);
  });

  test('a name that is signed in: how to use it, how to forget it', async (t) => {
    const bot = { MTPROTO2JSON_BOT_TOKEN: BOT.token! };
    assert.equal(await start(t, ['--save', 'taken'], '', bot).code(), 0);
    const again = start(t, ['--save', 'taken'], '', bot);
    assert.equal(await again.code(), 1);
    assert.match(
      again.err,
      /named taken, .*\{"session":\{"name":"taken"\}\} uses it; \{"session":\{"forget":"taken"\}\} logs out/,
    );
  });

  /** The token of the last QR code it has shown. */
  async function shown(run: Run, count = 1): Promise<string> {
    const link = 'tg://login\\?token=([\\w-]+)\\n';
    const found = await run.until(new RegExp(`(?:[^]*?${link}){${count}}`));
    return Buffer.from(found.at(-1)!, 'base64url').toString('base64');
  }

  test('by a QR code that another session accepts, after the first one was out of date', async (t) => {
    dc.world.loginTokenMs = 2000;
    const run = start(t, ['--qr'], '');
    const first = await shown(run);
    dc.world.loginTokenMs = 30_000;
    const token = await shown(run, 2);
    assert.notEqual(first, token);
    const { authKey, sessionId } = dc.demoUser();
    const session = `{"session":{"auth_key":"${authKey.toString('base64')}","session_id":${sessionId}}}`;
    const [accepted] = await ask(session, `{"id":2,"message":{"_cons":"auth.acceptLoginToken","token":"${token}"}}`);
    assert.equal(accepted!['_cons'], 'authorization');
    const line = await signedIn(run, []);
    assert.equal((await ask(line, DIALOGS))[0]!['_cons'], 'messages.dialogs');
  });

  test('by a QR code accepted at another data centre, with a password after it', async (t) => {
    const phone = '9996615555';
    const other = await RawClient.connect(dc.port(1));
    await other.makeKey({ pem: dc.publicKeyPem, dcId: 1 });
    await other.init({ _: 'help.getNearestDc' });
    const settings: TlObject = { _: 'codeSettings' };
    const sent = (await other.call({
      _: 'auth.sendCode',
      phone_number: phone,
      api_id: 1,
      api_hash: 'x',
      settings,
    })) as TlObject;
    const names = { phone_number: phone, phone_code_hash: sent['phone_code_hash']!, phone_code: '11111' };
    await other.call({ _: 'auth.signIn', ...names });
    dc.world.byPhone(phone)!.password = Password.of(dc.world.env, 'planted password');

    const run = start(t, ['--qr'], '', { MTPROTO2JSON_PASSWORD: 'planted password' });
    const token = Buffer.from(await shown(run), 'base64');
    await other.call({ _: 'auth.acceptLoginToken', token });
    const line = await signedIn(run, ['planted password']);
    assert.match(line, /"dc":1/);
    assert.equal(dc.counters.requests.get('auth.importLoginToken'), 1);
    other.close();
  });

  test('--save: kept by name before the end of the sign-in, also when the gateway dies at once', async (t) => {
    const kept = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
    t.after(() => rmSync(kept, { recursive: true, force: true }));
    const flags = { flags: ['--workers', '1', '--vault', join(kept, 'vault')] };
    const first = await startGateway(dc, flags);
    const [port, name] = [
      ['--port', String(first.port)],
      ['--save', 'bot.1'],
    ];
    const run = start(t, [...port, ...name], '', { MTPROTO2JSON_BOT_TOKEN: BOT.token! });
    assert.equal(await run.code(), 0, run.err);
    first.child.kill('SIGKILL');
    assert.match(
      run.out,
      /^The gateway keeps the session as bot\.1: \{"session":\{"name":"bot\.1"\}\} brings it back\.\n$/,
    );
    await once(first.child, 'exit');

    const handshakes = dc.counters.handshakes;
    const second = await startGateway(dc, flags);
    t.after(() => second.stop());
    const nc = await Nc.to(second.port);
    nc.send('{"session":{"name":"bot.1"},"message":{"_cons":"users.getUsers","id":[{"_cons":"inputUserSelf"}]}}\n');
    const answers = [await nc.json()];
    while (answers.at(-1)!['id'] === 0) answers.push(await nc.json());
    const { message } = answers.at(-1) as unknown as { message: { username: string }[] };
    assert.equal(message[0]!.username, 'demo_bot');
    assert.equal(dc.counters.handshakes, handshakes, 'no new key');
    nc.close();

    const again = start(t, ['--port', String(second.port), ...name, '--json'], '', {
      MTPROTO2JSON_BOT_TOKEN: BOT.token!,
    });
    assert.equal(await again.code(), 1);
    assert.match(again.err, /"error":"(ALREADY_SIGNED_IN|SessionInUse)"/);
    const other = start(t, ['--port', String(second.port), '--save', 'user', '--json'], '9996621111\n22222\n');
    assert.equal(await other.code(), 0, other.err);
    assert.match(other.out, /^\{"id":1,"session":\{"name":"user",.*"user_id":5000000001,.*\}\}\n$/);
    assert.ok(!other.out.includes('auth_key'));
  });

  test('a flood wait is said in words with its seconds, and as JSON to programs', async (t) => {
    dc.world.floods.limit('auth.sendCode', { calls: 0, seconds: 65 });
    const run = start(t, [], '9996621111\n');
    assert.equal(await run.code(), 1);
    assert.match(run.err, /signin: Telegram asks to wait 1 minute 5 seconds\.\n$/);
    assert.equal(run.out, '');
    const json = start(t, ['--json'], '9996621111\n');
    assert.equal(await json.code(), 1);
    const lines = json.err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(lines[0], { ask: 'phone', text: 'Phone number, with the country code', secret: false });
    const { error, retry_after: seconds } = lines[1]!;
    assert.match(String(error), /^FLOOD_WAIT_6\d$/);
    assert.ok(Number(seconds) > 60 && Number(seconds) <= 65);
  });

  test('answers that run out, and Ctrl-C, take the code back', async (t) => {
    const cancelled = (): number => dc.counters.requests.get('auth.cancelCode') ?? 0;
    const earlier = cancelled();
    const short = start(t, [], '9996621111\n');
    assert.equal(await short.code(), 1);
    assert.match(short.err, /The input ended where an answer was wanted: code\.\n$/);
    assert.equal(cancelled(), earlier + 1);

    const run = start(t, ['--phone', '9996621111'], '');
    await run.until(/The code:/);
    run.child.kill('SIGINT');
    assert.equal(await run.code(), 130);
    assert.equal(cancelled(), earlier + 2);
    assert.deepEqual([run.out, run.err.split('\n').at(-1)], ['', '']);
  });

  test('a gateway that wants a token', async (t) => {
    const file = join(folder, 'tokens');
    writeFileSync(file, '# ours\n\nplanted-token  export\n', { mode: 0o600 });
    const closed = await startGateway(dc, { flags: ['--workers', '1', '--token-file', file] });
    t.after(() => closed.stop());
    const port = ['--port', String(closed.port)];
    const without = start(t, port, '9996621111\n');
    assert.equal(await without.code(), 1);
    assert.match(without.err, /The gateway wants a token: give it with --token-file\.\n$/);
    await signedIn(start(t, [...port, '--token-file', file], '9996621111\n22222\n'), ['planted-token']);
  });

  test('a gateway that stops, is not there, or is none', async (t) => {
    const other = await startGateway(dc, { flags: ['--workers', '1'] });
    const run = start(t, ['--port', String(other.port), '--phone', '9996621111'], '');
    await run.until(/The code:/);
    const stopped = other.stop();
    run.child.stdin!.write('22222\n');
    assert.equal(await run.code(), 1);
    assert.match(run.err, /signin: The gateway is stopping; .*\n$/);
    await stopped;

    const gone = start(t, ['--port', String(other.port)], '9996621111\n');
    assert.equal(await gone.code(), 1);
    assert.match(gone.err, /^mtproto2json signin: No gateway answers at localhost:\d+; start one .*\n$/);

    const server = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const port = String((server.address() as AddressInfo).port);
    const foreign = start(t, ['--host', '127.0.0.1', '--port', port], '');
    assert.equal(await foreign.code(), 1);
    assert.match(foreign.err, /What answers at 127\.0\.0\.1:\d+ is no gateway\.\n$/);
  });

  test('what is asked wrongly exits 2 with its sentences', async (t) => {
    const cases: [string[], RegExp][] = [
      [['--port', 'x', '--api-id', '0'], /--port: expected .* 65535\n.*--api-id: expected/],
      [['--qr', '--phone', '1'], /--phone and --qr: give only one of them/],
      [['--save', 'a/b'], /--save: a name has/],
      [['--password-file', join(folder, 'nothing')], /--password-file: .*nothing cannot be read \(ENOENT\)/],
      [['--bot-token', 'planted', '--bot-token-file', 'x'], /give --bot-token or --bot-token-file, not both/],
      [['--password', 'planted', '--password-file', 'x'], /give --password or --password-file, not both/],
      [['--nope'], /unknown option '--nope'/],
    ];
    for (const [flags, sentence] of cases) {
      const run = start(t, flags, '');
      assert.equal(await run.code(), 2, flags.join(' '));
      assert.match(run.err, sentence);
      assert.ok(!`${run.out}${run.err}`.includes('planted'));
    }
  });

  test('signin-cli is the same', async (t) => {
    const script = CLI.replace('mtproto2json.js', 'signin-cli.js');
    const flags = ['--port', String(gateway.port), '--api-id', '1', '--api-hash', API_HASH];
    await signedIn(new Run(t, flags, {}, script, '9996621111\n22222\n'), ['22222']);
  });
});
