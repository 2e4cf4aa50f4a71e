/** Tokens. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstToken, tokensOf } from '../../../src/main/clients/tokens.ts';

test('one token a line, comments and blanks aside', () => {
  const tokens = tokensOf('# ours\n\n  first \nsecond\r\n');
  assert.deepEqual(
    ['first', 'second', '# ours', '', ' first', 'third'].map((token) => tokens.judge(token) !== undefined),
    [true, true, false, false, false, false],
  );
  assert.equal(tokensOf('\n# none\n').judge(''), undefined, 'a file that knows none admits none');
});

test('the file that docs/options.md shows, and the one that its command makes', (t) => {
  const doc = readFileSync(new URL('../../../../docs/options.md', import.meta.url), 'utf8');
  const section = doc.slice(doc.indexOf('## Tokens'), doc.indexOf('## Where new sessions go'));
  const [, command] = /^```sh\n(.*)\n/m.exec(section)!;
  const [, file] = /^```text\n([^]*?)^```/m.exec(section)!;
  const [, one] = /\{"auth":"(\S+)"\}/.exec(section)!;
  const [, other] = /^(\S+) export$/m.exec(file!)!;
  const tokens = tokensOf(file);
  assert.deepEqual(
    [one!, other!].map((token) => tokens.judge(token)?.mayExport),
    [false, true],
  );
  assert.equal(tokens.judge(`${other} export`), undefined);
  // A client shows the first one, without what the line says behind it.
  assert.equal(firstToken(file!), one);
  assert.equal(firstToken(`\n# of the gateway\n ${other}\texport\r\n${one}\n`), other);
  assert.equal(firstToken('# none\n\n'), undefined);

  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-tokens-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  assert.equal(spawnSync('sh', ['-c', command!], { cwd: folder }).status, 0);
  const made = readFileSync(join(folder, 'tokens.txt'), 'utf8');
  assert.equal(statSync(join(folder, 'tokens.txt')).mode & 0o777, 0o600);
  assert.equal(made, `${firstToken(made)}\n`);
  assert.ok(firstToken(made)!.length > 40);
});
