/** Completion, asked as a shell asks: bash itself where there is one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLI } from '../support/process.ts';

function cli(...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

const complete = (line: string): string[] => cli('complete', '--', line).split('\n').filter(Boolean);

test('commands, options, their values, methods and fields', () => {
  const commands = complete('mtproto2json ');
  for (const name of ['serve', 'demo', 'call', 'repl', 'signin', 'sessions', 'completion'])
    assert.ok(commands.includes(name), name);
  assert.ok(!commands.includes('complete'));
  assert.deepEqual(complete('mtproto2json serve --http-p'), ['--http-port']);
  assert.deepEqual(complete('mtproto2json serve --transport '), ['intermediate', 'abridged', 'padded', 'full']);
  assert.deepEqual(complete('mtproto2json scheme ch'), ['check']);
  assert.deepEqual(complete('mtproto2json completion '), ['bash', 'zsh', 'fish']);
  assert.deepEqual(complete('mtproto2json call --session me messages.getDialogs li'), ['limit=']);
});

test('bash completes behind = too, and leaves no blank behind a field', (t) => {
  if (spawnSync('bash', ['-c', 'true']).status !== 0) return t.diagnostic('no bash: its script was not run');
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-completion-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'mtproto2json');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
  chmodSync(program, 0o755);
  const asked = (line: string): string => {
    const script = `source <(mtproto2json completion bash); compopt() { echo "$@"; }
      COMP_LINE=$1 COMP_POINT=\${#1}; _mtproto2json; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
    return spawnSync('bash', ['-c', script, 'bash', line], { env, encoding: 'utf8' }).stdout;
  };
  assert.equal(asked('mtproto2json call messages.getDialogs li'), '-o nospace\nlimit=\n');
  assert.equal(asked('mtproto2json call messages.getDialogs offset_peer=inputPeerS'), 'inputPeerSelf\n');
});

test('a script for each shell', () => {
  assert.match(cli('completion', 'zsh'), /^#compdef mtproto2json\n/);
  assert.match(cli('completion', 'fish'), /^complete -c mtproto2json /);
});
