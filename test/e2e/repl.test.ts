/** `repl` as a process: a script of lines on a pipe, and a person at a terminal. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLI, Run } from '../support/process.ts';

const ECHO = 'peer.user_id=6000000001 peer.access_hash=1577390868426562543';

/** A program that gives a command a terminal, writes what its argument says, and passes on what it prints. */
const TERMINAL = `
import os, pty, select, sys
steps = sys.argv[1].split("|")
pid, fd = pty.fork()
if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
seen = ""
while True:
    try: data = os.read(fd, 65536)
    except OSError: break
    if not data: break
    seen += data.decode("utf-8", "replace")
    sys.stdout.buffer.write(data); sys.stdout.flush()
    if steps and steps[0] in seen:
        seen = ""
        os.write(fd, steps[1].encode().decode("unicode_escape").encode())
        steps = steps[2:]
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

test('a script of lines, and the same at a terminal with Tab, an update and a history', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-repl-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const demo = new Run(t, ['demo', '--port', '0', '--workers', '1']);
  await demo.until(/Ctrl-C/);
  const port = String(await demo.port());
  const environment = { MTPROTO2JSON_PORT: port, XDG_STATE_HOME: folder };
  const signin = ['signin', '--port', port, '--api-id', '1', '--api-hash', 'x', '--save', 'me'];
  await new Run(t, signin, {}, CLI, '9996622222\n22222\ncorrect horse\n').code();

  const lines = [
    '# a note',
    'ping ping_id=-1111111111111111111',
    'pin',
    '? ping',
    '.sesion me',
    '.session mee',
    '.session me',
    'users.getUsers id=inputUserSelf',
  ];
  const script = new Run(t, ['repl'], environment, CLI, `${lines.join('\n')}\n.exit\nping ping_id=2\n`);
  assert.equal(await script.code(), 2);
  assert.match(
    script.err,
    /^there is no method pin; did you mean ping[^]*\n\.sesion is not a command of the repl; there are \.session, \.help, \.exit\n/,
  );
  assert.match(
    script.out,
    /^\{"_cons":"pong",.*"ping_id":-1111111111111111111\}\nping#7abe77ec [^]*"ping_id": .*required, long[^]*result: Pong[^]*"error":"SessionNotFound"[^]*"session":\{"name":"me".*\n\[\{"_cons":"user",.*"guarded_user".*\n$/,
  );

  const none = new Run(t, ['repl', '--port', '1'], environment, CLI, 'ping ping_id=1\n');
  assert.equal(await none.code(), 3);
  assert.match(none.err, /No gateway answers at localhost:1; start one with/);
  const wrong = new Run(t, ['repl', '--scheme', '/none'], environment, CLI, 'ping ping_id=1\n');
  assert.equal(await wrong.code(), 2);
  assert.match(wrong.err, /^mtproto2json repl: --scheme \/none: there is no api\.tl/);

  if (spawnSync('python3', ['-c', 'import pty']).status !== 0) return t.diagnostic('no python3: no terminal was tried');
  // Readline takes a Tab for completion only if it comes by itself: behind other characters it was pasted.
  const steps = ['mtproto> ', 'ping ping_i', 'ping_i', '\\t', 'd=', '7\\n', '"ping_id"'];
  steps.push(
    `messages.sendMessage ${ECHO} message=hello\\n`,
    'updateShortMessage',
    'auth.logOut\\n',
    'mtproto> ',
    '.exit\\n',
  );
  const args = ['-c', TERMINAL, steps.join('|'), process.execPath, CLI, 'repl', '--session', 'me'];
  const env = { ...process.env, ...environment, NO_COLOR: '1', TERM: 'xterm' };
  const terminal = spawnSync('python3', args, { env, encoding: 'utf8', timeout: 30_000 });
  assert.equal(terminal.status, 0, `${terminal.stdout}${terminal.stderr}`);
  assert.match(terminal.stdout, /"_cons": "pong"[^]*"ping_id": 7[^]*"updateShortMessage"[^]*"message": "hello"/);
  const history = join(folder, 'mtproto2json/history');
  assert.match(readFileSync(history, 'utf8'), /^ping ping_id=7\nmessages\.sendMessage .*\n(?:\.exit\n)?$/);
  assert.equal(statSync(history).mode & 0o777, 0o600);
});
