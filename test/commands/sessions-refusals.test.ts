/** What `mtproto2json sessions` refuses: in one sentence, with an exit code, without a part of a key. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { formatOf } from '../../src/formats/formats.ts';
import { SessionsCommand, tracesOf } from '../support/sessions-command.ts';
import { aKey, recordWith } from '../support/session-records.ts';
import { sessionFile } from '../vectors/session-files.ts';

const KEY = aKey(5);
const RECORD = recordWith({ dc: 4, userId: 4_242_424_242n, isBot: true, apiId: 17_349 }, KEY);
const textOf = (format: string): string => formatOf(format).write(RECORD);

test('what cannot be done is said in one sentence: 1, or 2 for what was asked wrongly', async (t) => {
  const command = new SessionsCommand(t, KEY);
  const none = await command.run(['list']);
  assert.deepEqual([none.code, none.out], [1, '']);
  assert.match(none.err, /there is no vault in .*vault: name its folder with --vault/);
  await command.ok(['import', 'a'], textOf('telethon'));
  const line = `{"auth_key":"${Buffer.from(KEY).toString('base64')}","session_id":1}`;
  const cases: [readonly string[], string, number, RegExp][] = [
    [
      ['import', 'a'],
      textOf('telethon'),
      1,
      /the vault has a session a already: choose another name, or give --replace/,
    ],
    [['import', 'b'], textOf('telethon').slice(0, -30), 1, /no session in any format known here, or it is cut off/],
    [['import', 'b'], '', 1, /nothing was given/],
    [['import', 'b'], line, 1, /give --dc/],
    [['import', 'b', '--dc', '5'], textOf('pyrogram'), 1, /--dc is 5, but the session says 4/],
    [['import', 'b', command.file('none')], '', 2, /none cannot be read \(ENOENT\)/],
    [['import', 'b', command.folder], '', 1, /is this the folder "tdata" of Telegram Desktop/],
    [['import', 'b', '--format', 'telethno'], line, 2, /no format "telethno"; there are json, string/],
    [['import', 'b', command.folder, '--format', 'json'], '', 2, /is a folder: --format tdata is the one for folders/],
    [['export', 'a', '--format', 'telethno'], '', 2, /no format "telethno"; there are json, string/],
    [['export', 'a', '--format', 'tdata'], '', 2, /no format "tdata"; there are json, string/],
    [['export', 'a', '--format', 'json', '--out', command.folder], '', 2, /exists already: choose another --out/],
    [['export', 'a b', '--format', 'json'], '', 2, /a name has 1 to 64 letters/],
    [['show', 'a b'], '', 2, /a name has 1 to 64 letters/],
    [['show', 'nobody'], '', 1, /the vault has no session nobody/],
    [['export', 'a', '--format', 'pyrogram'], '', 1, /needs an api_id.*give --api-id/],
    [['export', 'a', '--format', 'mtkruto', '--api-id', '1'], '', 1, /give --user-id/],
    [['export', 'a'], '', 2, /required option '--format <FORMAT>'/],
    [['import', 'a/b'], '', 2, /a name has 1 to 64 letters/],
    [['import', 'b', '--api-id', 'x'], '', 2, /expected a whole number from 1 to 2147483647/],
    [['rename', 'a', 'a'], '', 2, /the old name and the new one are the same/],
    [['rotate-key'], '', 2, /give one of --new-vault-key-file, --new-vault-passphrase-file and --unseal/],
    [['list', '--vault', 'off'], '', 2, /there is no vault to look into/],
    [['nonsense'], '', 2, /unknown command 'nonsense'/],
  ];
  for (let i = 0; i < cases.length; i += 2)
    await Promise.all(
      cases.slice(i, i + 2).map(async ([args, input, code, sentence]) => {
        const ended = await command.run(args, input);
        assert.equal(ended.code, code, `${args.join(' ')}: ${ended.err}`);
        assert.match(ended.err, sentence);
        assert.equal(ended.out, '');
      }),
    );
  await command.ok(['import', 'b', '--dc', '4'], line);
  await command.ok(['import', 'a', '--replace'], textOf('pyrogram'));
  assert.match(await command.ok(['list']), /^a +4 +4242424242 bot/m);
});

test('a session given as an argument is refused without being shown', async (t) => {
  const command = new SessionsCommand(t);
  for (const args of [
    ['import', 'a', textOf('telethon')],
    ['import', textOf('telethon')],
    ['show', textOf('pyrogram')],
    ['export', 'a', '--format', textOf('string')],
  ]) {
    const { code, out, err } = await command.run(args);
    assert.notEqual(code, 0);
    for (const trace of tracesOf(KEY)) assert.ok(!(out + err).includes(trace), args[0]);
  }
});

test('a file that is longer than any session, and a folder where a text was said to be', async (t) => {
  const command = new SessionsCommand(t);
  writeFileSync(command.file('long'), Buffer.alloc(65 << 20, 'A'));
  mkdirSync(command.file('folder'));
  for (const name of ['open.session', 'telethon.session']) writeFileSync(command.file(name), sessionFile('telethon'));
  writeFileSync(command.file('open.session-journal'), 'not empty');
  const cases: [string[], RegExp, number?][] = [
    [['import', 'a', command.file('long')], /larger than any session file/],
    [
      ['import', 'a', command.file('folder'), '--format', 'telethon'],
      /is a folder: --format tdata is the one for folders/,
      2,
    ],
    [
      ['import', 'a', command.file('open.session')],
      /is open in another program, or was not closed properly \(-journal is not empty\)/,
    ],
    [
      ['import', 'a', command.file('telethon.session'), '--format', 'pyrogram-file'],
      /the file is telethon-file, not pyrogram-file/,
    ],
    [
      ['import', 'a', command.file('long'), '--format', 'tdata'],
      /long is not a folder, and --format tdata needs one/,
      2,
    ],
  ];
  for (const [args, sentence, status = 1] of cases) {
    const { code, err } = await command.run(args);
    assert.equal(code, status, err);
    assert.match(err, sentence);
  }
});

test('who looks for the vault while only the demo has one is told where that is', async (t) => {
  const command = new SessionsCommand(t, KEY);
  const demo = command.file('demo/vault');
  await command.ok(['import', 'a', '--vault', demo], textOf('telethon'));
  const none = await command.run(['list', '--vault', command.file('vault')]);
  assert.deepEqual([none.code, none.err.includes(`name its folder with --vault; the demo's is ${demo}`)], [1, true]);
});
