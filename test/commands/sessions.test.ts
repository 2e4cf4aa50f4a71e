/** `mtproto2json sessions` as people run it: a process, a vault of its own, sessions on standard input and in files. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { AuthKey } from '../../src/crypto/auth-key.ts';
import { bytesOf } from '../../src/commands/sessions-vault.ts';
import { FORMATS, formatOf, importText } from '../../src/formats/formats.ts';
import { openVault } from '../../src/vault/open.ts';
import { SessionsCommand } from '../support/sessions-command.ts';
import { aKey, recordWith } from '../support/session-records.ts';

const KEY = aKey(5);
const RECORD = recordWith({ dc: 4, userId: 4_242_424_242n, isBot: true, apiId: 17_349 }, KEY);
/** Ids of 32 bits, for the format that has no room for more. */
const SMALL = { ...RECORD, userId: 42_424_242n };
const textOf = (format: string): string => formatOf(format).write(format === 'pyrogram-oldest' ? SMALL : RECORD);

test('a session of every format is imported from standard input, found out by itself', async (t) => {
  const command = new SessionsCommand(t, KEY);
  // The first makes the vault.
  for (const format of FORMATS.slice(0, 1)) await command.ok(['import', format.name], textOf(format.name));
  const rest = FORMATS.slice(1);
  for (let i = 0; i < rest.length; i += 2)
    await Promise.all(rest.slice(i, i + 2).map(({ name }) => command.ok(['import', name], `${textOf(name)}\n`)));
  const id = AuthKey.from(KEY);
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(id.idLow, 0);
  bytes.writeInt32LE(id.idHigh, 4);
  const lines = (await command.ok(['list', '--json'])).trim().split('\n');
  const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(all.map((one) => one['name']).sort(), FORMATS.map(({ name }) => name).sort());
  assert.deepEqual([...new Set(all.map((one) => one['key']))], [bytes.toString('hex')]);
  assert.deepEqual([...new Set(all.map((one) => one['dc']))], [4]);
  const users = Object.fromEntries(all.map((one) => [one['name'], one['user_id']]));
  for (const name of ['json', 'string', 'pyrogram', 'pyrogram-old', 'mtcute', 'mtkruto'])
    assert.equal(users[name], 4_242_424_242, name);
  for (const name of ['original', 'telethon', 'gramjs', 'mtkruto-old']) assert.equal(users[name], undefined, name);
});

test('list, show, export, rename and remove', async (t) => {
  const command = new SessionsCommand(t, KEY);
  assert.match(
    await command.ok(['import', 'bot1'], textOf('json')),
    /^bot1: json, data centre 4, user 4242424242 \(bot\)/,
  );
  assert.match(
    await command.ok(['list']),
    /^name +dc +user +key +state +written\nbot1 +4 +4242424242 bot +\w{16} +free +20/,
  );
  const shown = JSON.parse(await command.ok(['show', 'bot1', '--json'])) as Record<string, unknown>;
  assert.deepEqual([shown['dc'], shown['is_bot'], shown['api_id'], shown['salts']], [4, true, 17_349, 0]);
  assert.deepEqual(Object.keys(shown['keys'] as object), ['4']);
  assert.match(await command.ok(['show', 'bot1']), /^user_id +4242424242$/m);

  const file = command.file('bot1.session');
  assert.equal(await command.ok(['export', 'bot1', '--format', 'pyrogram', '--out', file]), '');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readFileSync(file, 'utf8'), `${textOf('pyrogram')}\n`);
  const again = await command.run(['export', 'bot1', '--format', 'string', '--out', file]);
  assert.deepEqual([again.code, again.out], [2, '']);
  assert.match(again.err, /exists already: choose another --out/);

  assert.equal(await command.ok(['rename', 'bot1', 'bot2']), 'bot1 is bot2 now\n');
  assert.match(await command.ok(['list']), /^bot2 /m);
  assert.match(await command.ok(['remove', 'bot2']), /bot2 is removed from the vault; the account stays signed in/);
  assert.doesNotMatch(await command.ok(['list']), /^bot/m);
  for (const args of [
    ['show', 'bot2'],
    ['export', 'bot2', '--format', 'json'],
    ['rename', 'bot2', 'x'],
    ['remove', 'bot2'],
  ]) {
    const { code, out, err } = await command.run(args);
    assert.deepEqual([code, out, err], [1, '', 'mtproto2json: the vault has no session bot2\n'], args[0]);
  }
});

test('an export is what other programs read, and goes back in from a file', async (t) => {
  const command = new SessionsCommand(t);
  await command.ok(['import', 'a'], textOf('telethon'));
  const text = await command.ok(['export', 'a', '--format', 'pyrogram', '--api-id', '7', '--user-id', '99']);
  const { record } = importText(text);
  assert.deepEqual(record, recordWith({ dc: 4, apiId: 7, userId: 99n }, KEY));
  const file = command.file('session.txt');
  writeFileSync(file, text);
  assert.match(await command.ok(['import', 'b', file]), /^b: pyrogram, data centre 4, user 99, key/);
  const { err } = await command.run(['import', 'c', '-', '--format', 'pyrogram'], text);
  assert.match(err, /the same key is kept as a, b: use one of them, or Telegram ends the session/);
});

test('what a gateway opens at its start is shown; an import makes none', async (t) => {
  const command = new SessionsCommand(t);
  const initText = '{"api_id":17349}';
  const record = { ...RECORD, isResident: true, initText };
  await command.ok(['import', 'a'], formatOf('json').write(record));
  const shown = async (): Promise<unknown[]> => {
    const one = JSON.parse(await command.ok(['show', 'a', '--json'])) as Record<string, unknown>;
    const listed = JSON.parse(await command.ok(['list', '--json'])) as Record<string, unknown>;
    return [one['resident'], listed['resident'], one['init_connection']];
  };
  assert.deepEqual(await shown(), [undefined, undefined, initText]);
  const vault = await openVault({ folder: command.vault });
  await vault.claim('a');
  await vault.release('a', bytesOf(record));
  await vault.close();
  assert.deepEqual(await shown(), [true, true, initText]);
});

test('a session that a running process has: seen and exported, not renamed, replaced or removed', async (t) => {
  const command = new SessionsCommand(t);
  await command.ok(['import', 'a'], textOf('json'));
  const vault = await openVault({ folder: command.vault });
  t.after(() => vault.close());
  assert.ok(await vault.claim('a'));
  assert.match(await command.ok(['list']), /^a .* in use /m);
  assert.match(await command.ok(['show', 'a']), /^in_use +yes$/m);
  const exported = await command.run(['export', 'a', '--format', 'json']);
  assert.equal(exported.out, `${textOf('json')}\n`);
  assert.match(exported.err, /a running gateway has a open: Telegram ends a session that is used in two places/);
  for (const args of [
    ['rename', 'a', 'b'],
    ['remove', 'a'],
    ['import', 'a', '--replace'],
  ]) {
    const { code, err } = await command.run(args, textOf('json'));
    assert.equal(code, 1);
    assert.match(
      err,
      /SessionInUse: a running gateway has a open, so it cannot be \w+; stop it, or wait until nobody has used a /,
    );
  }
  await vault.release('a');
  await command.ok(['rename', 'a', 'b']);
});

test('rotate-key: another key or passphrase opens the vault from then on, and the old one does not', async (t) => {
  const command = new SessionsCommand(t);
  const [first, second, words] = [command.file('key1'), command.file('key2'), command.file('words')];
  writeFileSync(first, Buffer.from(aKey(1).subarray(0, 32)).toString('hex'));
  writeFileSync(second, Buffer.from(aKey(2).subarray(0, 32)).toString('base64'));
  writeFileSync(words, 'correct horse battery staple\n');
  for (const file of [first, second, words]) chmodSync(file, 0o600);
  const unsealed = await command.run(['import', 'a'], textOf('json'));
  assert.match(unsealed.err, /protected by file modes alone; `sessions rotate-key` seals it/);
  const rotate = async (args: string[]): Promise<string> => command.ok(['rotate-key', ...args]);
  assert.match(await rotate(['--new-vault-key-file', first]), /sealed with the new key; a running gateway needs it/);
  assert.match(await rotate(['--vault-key-file', first, '--new-vault-key-file', second]), /new key/);
  assert.match(await rotate(['--vault-key-file', second, '--new-vault-passphrase-file', words]), /new passphrase/);
  for (const [args, sentence] of [
    [[], /sealed with a passphrase: give --vault-passphrase-file/],
    [['--vault-key-file', second], /sealed with a passphrase/],
  ] as const) {
    const { code, err } = await command.run(['list', ...args]);
    assert.equal(code, 1);
    assert.match(err, sentence);
  }
  assert.match(await command.ok(['list', '--vault-passphrase-file', words]), /^a /m);
  assert.match(await rotate(['--vault-passphrase-file', words, '--unseal']), /no longer sealed/);
  assert.match(await command.ok(['list']), /^a /m);
});

test('what Telegram has many addresses of is kept without one; a server of one’s own keeps its address', async (t) => {
  const command = new SessionsCommand(t);
  const addresses: [string, object, RegExp | undefined][] = [
    ['a', { host: '91.108.56.170', port: 443, dc: 5 }, undefined],
    ['b', { host: '2001:67c:4e8:f002::b', port: 80, dc: 2 }, undefined],
    ['c', { host: 'venus.web.telegram.org', port: 443, dc: 2 }, undefined],
    ['d', { host: '192.0.2.7', port: 4430, dc: 2 }, /^address +192\.0\.2\.7:4430$/m],
  ];
  for (const [name, part, address] of addresses) {
    await command.ok(['import', name], formatOf('gramjs').write(recordWith(part)));
    const shown = await command.ok(['show', name]);
    if (address === undefined) assert.doesNotMatch(shown, /^address/m);
    else assert.match(shown, address);
  }
});
