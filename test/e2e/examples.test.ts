/**
 * The programs of docs/examples.md, each in its own language, against the demo: all print the number with every digit.
 * A language that is not on this machine is named in the closing lines as not run.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { Nc } from '../support/nc.ts';
import { noteNotRun } from '../support/not-run.ts';
import { Run } from '../support/process.ts';

const DOC = readFileSync(fileURLToPath(new URL('../../../docs/examples.md', import.meta.url)), 'utf8');
const NUMBER = '1311768467463790321';

/** By the name of their block: the file's name, what shows that the language is there, and how it is run. */
const LANGUAGES: Readonly<Record<string, readonly [file: string, probe: string, ...run: string[]]>> = {
  js: ['ping.mjs', 'node --version', 'node', 'ping.mjs'],
  python: ['ping.py', 'python3 --version', 'python3', 'ping.py'],
  go: ['ping.go', 'go version', 'go', 'run', 'ping.go'],
  php: ['ping.php', 'php --version', 'php', 'ping.php'],
  sh: ['ping.sh', 'curl --version && jq --version', 'sh', 'ping.sh'],
};

const run = promisify(execFile);
const isThere = (probe: string): Promise<boolean> =>
  run('sh', ['-c', probe]).then(
    () => true,
    () => false,
  );

test('each program prints what it was told, to the last digit', async (t) => {
  const httpPort = await freePort();
  const demo = new Run(t, ['demo', '--port', '0', '--workers', '1', '--http-port', String(httpPort)]);
  await demo.until(/Ctrl-C/);
  const port = await demo.port();
  const folder = mkdtempSync(join(tmpdir(), 'examples-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const blocks = [...DOC.matchAll(/^```(\w+)\n([^]*?)^```/gm)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));
  assert.deepEqual(
    blocks.map(({ language }) => language),
    ['json', 'js', 'python', 'go', 'php', 'sh'],
  );
  for (const { language, text } of blocks.slice(1)) {
    const [file, probe, command, ...args] = LANGUAGES[language]!;
    if (!(await isThere(probe))) {
      noteNotRun(t, `docs/examples.md: ${language} (${probe})`);
      continue;
    }
    assert.match(text, /\b(?:1543|8080)\b/);
    writeFileSync(join(folder, file), text.replace('1543', String(port)).replace('8080', String(httpPort)));
    const { stdout } = await run(command!, args, { cwd: folder, env: { ...process.env, GOCACHE: join(folder, 'go') } });
    assert.equal(stdout, `${NUMBER}\n`, language);
  }
  const nc = await Nc.to(port);
  nc.send(`${blocks[0]!.text}{"message":{"_cons":"ping","ping_id":9.2233720368548e+18}}\n`);
  assert.match(await nc.line(), /^\{"id":1,"options":\{"int64":"string"/);
  assert.match(await nc.line(), /digits were lost: send it as text/);
  nc.close();
});
