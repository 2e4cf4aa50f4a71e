/** Single checks of `doctor`: the bounds of each, and what it says to do. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, after, test } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { centreFinding } from '../../src/doctor/centre-finding.ts';
import { judgeApiId, judgeClock, judgeDescriptors } from '../../src/doctor/judge.ts';
import { checkScheme, checkVault } from '../../src/doctor/local.ts';
import { checkRights } from '../../src/doctor/rights.ts';
import { examine } from '../../src/doctor/doctor.ts';
import { ownSchemeDir } from '../../src/tl/load.ts';

let folder: string;

before(() => void (folder = mkdtempSync(join(tmpdir(), 'doctor-'))));
after(() => rmSync(folder, { recursive: true }));

test('clock: 30 s either way are well, a day is too much to be corrected', () => {
  const levels = (offsets: readonly number[]): string[] => offsets.map((off) => judgeClock(1e9, 1e9 + off).level);
  assert.deepEqual(levels([0, 30, -30]), ['ok', 'ok', 'ok']);
  assert.deepEqual(levels([31, -31, 86_400, -86_400]), ['warning', 'warning', 'warning', 'warning']);
  assert.deepEqual(levels([86_401, -86_401]), ['error', 'error']);
  assert.match(judgeClock(1e9, 1e9 - 40).text, / 40 s behind /);
  assert.match(judgeClock(1e9, 1e9 + 40).text, / 40 s ahead of /);
});

test('descriptors: two for each client', () => {
  assert.equal(judgeDescriptors(1000, undefined).level, 'ok');
  assert.equal(judgeDescriptors(1000, 500).level, 'ok');
  const few = judgeDescriptors(1000, 501);
  assert.equal(few.level, 'warning');
  assert.match(few.text, /--max-connections 501 needs 1002 open files, .* may have 1000/);
  assert.match(few.todo!, /LimitNOFILE/);
});

test('api_id: whether there is one', () => {
  assert.equal(judgeApiId(1).level, 'ok');
  assert.equal(judgeApiId(undefined).level, 'warning');
});

test('scheme: its layer, numbers that are no CRC-32s, a folder without one', () => {
  assert.match(checkScheme().text, /^layer \d+, \d+ definitions/);
  const own = readFileSync(join(ownSchemeDir(), 'api.tl'), 'utf8');
  writeFileSync(join(folder, 'api.tl'), own.replace(/^inputPeerSelf#\w+/m, 'inputPeerSelf#1'));
  const one = checkScheme(folder);
  assert.equal(one.level, 'warning');
  assert.match(one.text, /^1 definitions .*: inputPeerSelf$/);
  assert.equal(checkScheme(join(folder, 'nosuch')).level, 'error');
});

test('vault: none, none yet (and none is made), a key that is none', async () => {
  const checked = async (flags: Record<string, string>) =>
    checkVault(loadConfig({ flags, environment: {}, file: undefined }), {});
  assert.match((await checked({ vault: 'off' })).text, /there is none/);
  const vault = join(folder, 'vault');
  assert.match((await checked({ vault })).text, /is made with the first session/);
  assert.match((await checked({ vault })).text, /is made with the first session/);
  const wrong = await checked({ vault, vaultKeyFile: join(folder, 'api.tl') });
  assert.equal(wrong.level, 'error');
  assert.match(wrong.todo!, /--vault-key-file/);
});

test('rights: where the vault is to be must be writable, what others may read is said', () => {
  const asked: string[] = [];
  const no = (path: string): boolean => (asked.push(path), false);
  const [closed] = checkRights(join(folder, 'a/b/vault'), [], no);
  assert.equal(closed!.level, 'error');
  assert.match(closed!.todo!, /chown .* --vault/);
  assert.deepEqual([...new Set(asked)], [folder]);
  assert.deepEqual(
    checkRights(undefined, [], no).map(({ level }) => level),
    ['ok'],
  );
  assert.deepEqual(
    checkRights(join(folder, 'vault'), []).map(({ level }) => level),
    ['ok'],
  );
  const both = checkRights(join(folder, 'vault'), ['x can be read by others'], no);
  assert.deepEqual(
    both.map(({ level }) => level),
    ['warning', 'error'],
  );
});

test('what reading the options warns of is found too', async () => {
  const file = join(folder, 'tokens');
  writeFileSync(file, 'a-token\n');
  const rightsOf = async (): Promise<string[]> => {
    const flags = { tokenFile: file, vault: 'off', port: '0' };
    const found = await examine({ flags, environment: {}, file: undefined }, true);
    return found.filter(({ check }) => check === 'rights').map(({ level, text }) => `${level}: ${text}`);
  };
  chmodSync(file, 0o644);
  assert.deepEqual(await rightsOf(), ['ok: files can be read']);
  chmodSync(folder, 0o755);
  const [open] = await rightsOf();
  assert.match(open!, /^warning: --token-file: .*tokens can be read by others \(0644\)/);
});

test('a data centre is one finding, whatever was tried of it, with each reason once', () => {
  const silent = { why: 'does not answer', todo: 'look at the network' };
  const shut = { why: 'cannot be reached: ENETUNREACH', todo: 'look at the network' };
  const here = { serverTime: 1 };
  const at = (answers: readonly (typeof silent | typeof here)[]): Parameters<typeof centreFinding>[1] =>
    answers.map((answer, i) => ({ host: i < 3 ? '192.0.2.1' : '2001:db8::1', port: [443, 80, 5222][i % 3]!, answer }));
  const none = centreFinding(4, at([silent, silent, silent, shut, shut, shut]), true);
  assert.deepEqual(
    [none.check, none.level, none.text, none.todo, none.attempts?.length],
    [
      'dc',
      'error',
      'data centre 4 is not reached at any of 6 places (2 addresses, ports 443, 80, 5222): does not answer (3); cannot be reached: ENETUNREACH (3)',
      'look at the network',
      6,
    ],
  );
  assert.deepEqual(none.attempts?.[3], { host: '2001:db8::1', port: 443, ok: false, why: shut.why });
  assert.equal(centreFinding(4, at([silent, silent, silent]), false).level, 'warning');
  assert.match(centreFinding(4, at([silent, silent, silent]), false).text, /: does not answer$/);
  const some = centreFinding(4, at([here, silent, silent]), true);
  assert.deepEqual(
    [some.level, some.text],
    ['warning', 'data centre 4 answers at 1 of 3 places (192.0.2.1, ports 443, 80, 5222); elsewhere: does not answer'],
  );
  const all = centreFinding(4, at([here, here, here]), true);
  assert.deepEqual([all.level, all.todo], ['ok', undefined]);
  assert.deepEqual(all.attempts?.[0], { host: '192.0.2.1', port: 443, ok: true });
});
