/**
 * `call` against a gateway that is played: its token, one that goes away or says nothing, following without a method, refusals
 * of its own, what a terminal is shown.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { parseJson } from '../../src/client/json.ts';
import { patience } from '../../src/commands/call-message.ts';
import { CLI, Run } from '../support/process.ts';

const PONG = '{"id":1,"message":{"_cons":"pong","msg_id":1,"ping_id":1}}\n';

interface Played {
  readonly port: number;
  /** Lines that it heard, as JSON. */
  readonly heard: Record<string, unknown>[];
}

/** @param answer called with each request, but for a token */
async function played(t: TestContext, answer: (socket: Socket) => void): Promise<Played> {
  const heard: Record<string, unknown>[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    createInterface({ input: socket }).on('line', (line) => {
      const said = JSON.parse(line) as Record<string, unknown>;
      heard.push(said);
      if (said['auth'] === undefined) answer(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, heard };
}

function call(t: TestContext, { port }: Played, args: readonly string[], environment = {}): Run {
  return new Run(t, ['call', ...args, '--host', '127.0.0.1', '--port', String(port)], environment);
}

test('the token is the first line: from --token-file, from the environment’s file, from the environment', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'call-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [file, other] = ['tokens', 'other'].map((name) => join(folder, name)) as [string, string];
  writeFileSync(file, '# of the bots\n\n from-file export\nsecond\n');
  writeFileSync(other, 'from-other\n');
  const gateway = await played(t, (socket) => socket.end(PONG));
  const ways: [string, string[], Record<string, string>][] = [
    ['from-file', ['--token-file', file], { MTPROTO2JSON_TOKEN_FILE: other, MTPROTO2JSON_TOKEN: 'third' }],
    ['from-other', [], { MTPROTO2JSON_TOKEN_FILE: other, MTPROTO2JSON_TOKEN: 'third' }],
    ['third', [], { MTPROTO2JSON_TOKEN: 'third\n' }],
  ];
  for (const [token, args, environment] of ways) {
    gateway.heard.splice(0);
    const run = call(t, gateway, ['ping', 'ping_id=1', ...args], environment);
    assert.equal(await run.code(), 0, run.err);
    assert.deepEqual(gateway.heard, [{ auth: token }, { id: 1, message: { _cons: 'ping', ping_id: 1 } }]);
    assert.doesNotMatch(run.out + run.err, new RegExp(token));
  }
});

test('a gateway that goes away in the middle of a call, or is none, is exit 3', async (t) => {
  const gone = await played(t, (socket) => void socket.destroy());
  const run = call(t, gone, ['ping', 'ping_id=1']);
  assert.equal(await run.code(), 3);
  assert.deepEqual([run.out, run.err], ['', `mtproto2json call: the gateway at 127.0.0.1:${gone.port} went away\n`]);
  const none = await played(t, (socket) => socket.write('SSH-2.0-x\nsecond\nthird\n'));
  const strange = call(t, none, ['ping', 'ping_id=1']);
  assert.equal(await strange.code(), 3);
  assert.match(
    strange.err,
    /^mtproto2json call: 127\.0\.0\.1:\d+ answers, but is not a gateway: check --host and --port\n$/,
  );
});

test('--follow without a METHOD asks for the state, and prints updates alone until the gateway is gone', async (t) => {
  const state = '{"id":1,"message":{"_cons":"updates.state","pts":1}}\n';
  const update = '{"_cons":"updateShort","date":1}';
  const gateway = await played(t, (socket) => socket.end(`${state}{"id":0,"message":${update}}\n`));
  const run = call(t, gateway, ['--follow', '--session', 'me']);
  assert.equal(await run.code(), 3);
  assert.equal(run.out, `${update}\n`);
  assert.deepEqual(gateway.heard, [
    { id: 1, session: { name: 'me', existing: true }, message: { _cons: 'updates.getState' } },
  ]);
  const refused = await played(t, (socket) => socket.write('{"id":1,"error":"SessionInUse","msg":"taken"}\n'));
  const second = call(t, refused, ['--follow', '--session', 'me']);
  assert.equal(await second.code(), 2);
  assert.match(second.out, /"SessionInUse"/);
});

test('refusals that name attributes of the wire name options instead, but for --raw', async (t) => {
  const cases: [string, string, RegExp][] = [
    [
      '{"id":-1,"error":"AuthRequired","msg":"the first line is {\\"auth\\":…}","closing":true}',
      '',
      /--token-file FILE/,
    ],
    [
      '{"id":-1,"error":"AuthFailed","msg":"the gateway does not know this token","closing":true}',
      '',
      /--token-file FILE/,
    ],
    [
      '{"id":1,"error":"SessionInUse","msg":"…\\"takeover\\":true…","path":"session"}',
      'path',
      /; --takeover takes it over$/,
    ],
    [
      '{"id":1,"error":"SessionNotFound","msg":"leave out existing","path":"session.name"}',
      'path',
      /signin --save NAME/,
    ],
  ];
  for (const [line, kept, said] of cases) {
    const gateway = await played(t, (socket) => socket.write(`${line}\n`));
    const args = ['ping', 'ping_id=1', '--session', 'me'];
    const run = call(t, gateway, args);
    assert.equal(await run.code(), 2);
    const [given, shown] = [line, run.out].map((one) => JSON.parse(one) as Record<string, string>) as [
      Record<string, string>,
      Record<string, string>,
    ];
    assert.match(shown['msg']!, said);
    assert.doesNotMatch(shown['msg']!, /[{}"]|existing/);
    assert.deepEqual({ ...shown, msg: given['msg'] }, given, kept);
    const raw = call(t, gateway, [...args, '--raw']);
    await raw.code();
    assert.equal(raw.out, `${line}\n`);
    const script = new Run(
      t,
      ['repl', '--host', '127.0.0.1', '--port', String(gateway.port), '--session', 'me'],
      {},
      CLI,
      '.exit\n',
    );
    if (line.includes('"id":1')) assert.deepEqual([await script.code(), script.out], [2, run.out]);
    else script.child.kill();
  }
  const unnamed = '{"id":1,"error":"SessionNotFound","msg":"there is no session yet"}\n';
  const other = call(t, await played(t, (socket) => socket.write(unnamed)), ['ping', 'ping_id=1']);
  assert.deepEqual([await other.code(), other.out], [2, unnamed]);
});

test('--takeover takes a session over, of call and of repl, and needs --session', async (t) => {
  const gateway = await played(t, (socket) => socket.write(PONG));
  const session = { name: 'me', existing: true, takeover: true };
  assert.equal(await call(t, gateway, ['ping', 'ping_id=1', '--session', 'me', '--takeover']).code(), 0);
  const where = ['--host', '127.0.0.1', '--port', String(gateway.port)];
  const lines = '.session me --takeover\n.session me --tkover\n.exit\n';
  const script = new Run(t, ['repl', ...where, '--session', 'me', '--takeover'], {}, CLI, lines);
  assert.equal(await script.code(), 2);
  assert.match(script.err, /only --takeover may follow/);
  assert.deepEqual(
    gateway.heard.map((one) => one['session']),
    [session, session, session],
  );
  for (const alone of [
    call(t, gateway, ['ping', 'ping_id=1', '--takeover']),
    new Run(t, ['repl', ...where, '--takeover']),
  ]) {
    assert.equal(await alone.code(), 2);
    assert.match(alone.err, /--takeover needs --session/);
  }
});

test('what is wrong with the fields is said with what the method takes, and nothing is sent', async (t) => {
  const gateway = await played(t, (socket) => socket.end(PONG));
  for (const field of ['limt=20', 'limit=many', 'limit', 'limit:=[']) {
    const run = call(t, gateway, ['messages.getDialogs', field]);
    assert.equal(await run.code(), 2);
    assert.match(
      run.err,
      /^mtproto2json call: [^\n]*(?:limt|limit)[^]*messages\.getDialogs takes:\n\{\n {2}"_cons": "messages\.getDialogs",/,
    );
    assert.match(run.err, /\n {2}"limit": 1, +\/\/ required, [^]*\n\/\/ result: /);
    // What `call` writes itself is no more required of who types than what the gateway does.
    assert.match(run.err, /"offset_id": 1, +\/\/ required, 0 if left out, int/);
    assert.match(run.err, /"limit": 1, +\/\/ required, int/);
  }
  const none = call(t, gateway, ['messages.getDialog', 'limit=1']);
  assert.equal(await none.code(), 2);
  assert.match(none.err, /did you mean/);
  assert.doesNotMatch(none.err, /takes:/);
  assert.deepEqual(gateway.heard, []);
});

test('what takes the request and says nothing is exit 3 once Telegram and the gateway have had their time; repl too', async (t) => {
  const mute = await played(t, () => undefined);
  const run = call(t, mute, ['ping', 'ping_id=1', '--timeout', '0.1']);
  const place = ['--host', '127.0.0.1', '--port', String(mute.port)];
  const repl = new Run(t, ['repl', ...place], {}, CLI, 'ping ping_id=1\nping ping_id=2\n');
  assert.equal(await run.code(), 3);
  assert.equal(
    run.err,
    `mtproto2json call: 127.0.0.1:${mute.port} takes the connection but does not answer: is it a gateway?\n`,
  );
  assert.equal(await repl.code(), 3);
  assert.equal(repl.err, `the gateway at 127.0.0.1:${mute.port} does not answer\n`);
  assert.equal(mute.heard.length, 2, 'nothing more is asked');
});

test('how long an answer is waited for: the time of the request, in any form, and of a session that others have', () => {
  const of = (request: string): number => patience(parseJson(request));
  assert.equal(of('{}'), 20_000);
  assert.equal(of('{"timeout":600}'), 610_000);
  assert.equal(of('{"timeout":"30"}'), 40_000);
  assert.equal(of('{"timeout":[]}'), 20_000);
  assert.ok(of('{"session":{"name":"me","takeover":true}}') > 30_000);
});

test('--follow ends when its session is lost: nothing more would come', async (t) => {
  const lost = '{"id":0,"error":"SessionLost","reason":"takeover","fatal":true}';
  const gateway = await played(t, (socket) => socket.write(`{"id":1,"message":{"_cons":"updates.state"}}\n${lost}\n`));
  const run = call(t, gateway, ['--follow', '--session', 'me']);
  assert.equal(await run.code(), 1);
  assert.equal(run.out, `${lost}\n`);
});

test('variables that are set to nothing are not set', async (t) => {
  const gateway = await played(t, (socket) => socket.end(PONG));
  const environment = { MTPROTO2JSON_TOKEN_FILE: '', MTPROTO2JSON_TOKEN: '', MTPROTO2JSON_PORT: '' };
  assert.equal(await call(t, gateway, ['ping', 'ping_id=1'], environment).code(), 0);
  assert.deepEqual(gateway.heard, [{ id: 1, message: { _cons: 'ping', ping_id: 1 } }]);
});

test('a terminal gets nothing that it obeys from what strangers have written, a pipe all of it', async (t) => {
  const text = 'a\u009B31mb\u202Ec\u007F\u0085é';
  const gateway = await played(t, (socket) => socket.end(`{"id":1,"message":{"_cons":"pong","text":"${text}"}}\n`));
  const piped = call(t, gateway, ['ping', 'ping_id=1']);
  await piped.code();
  assert.equal(piped.out, `{"_cons":"pong","text":"${text}"}\n`);
  if (spawnSync('python3', ['-c', 'import pty']).status !== 0) return t.diagnostic('no python3: no terminal was tried');
  const spawned = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';
  const words = [CLI, 'call', 'ping', 'ping_id=1', '--host', '127.0.0.1', '--port', String(gateway.port)];
  for (const flags of [[], ['--raw']]) {
    const terminal = spawn('python3', ['-c', spawned, process.execPath, ...words, ...flags], {
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const shown = await textOf(terminal.stdout);
    assert.match(shown, /"text": ?"a\\u009b31mb\\u202ec\\u007f\\u0085é"/);
  }
});
