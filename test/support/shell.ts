/**
 * Shell commands of the documents, run as a reader would.
 * In: a folder, a gateway's port, a block of commands. Out: what they said; fails if one of them does.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI } from './process.ts';

/** What `signin` asks a person at the demo. */
const ANSWERS = '9996622222\n22222\ncorrect horse\n';

/** Runs shell commands as a reader would, `npx mtproto2json` being the build. */
export async function shell(folder: string, port: number, block: string): Promise<string> {
  const npx = join(folder, 'npx');
  writeFileSync(npx, `#!/bin/sh\nshift\nexec '${process.execPath}' '${CLI}' "$@"\n`, { mode: 0o755 });
  const { XDG_DATA_HOME: _, ...rest } = process.env;
  const env = { ...rest, HOME: folder, PATH: `${folder}:${process.env['PATH']}`, MTPROTO2JSON_PORT: String(port) };
  const child = spawn('/bin/sh', ['-ec', block], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined).end(ANSWERS);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((done) => child.on('close', done));
  assert.equal(code, 0, `${block}\n${said}`);
  return said;
}
