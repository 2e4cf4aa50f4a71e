/**
 * What the seven commands of `sessions` do.
 * In: names, flags, standard input. Out: text, a file; changes of the vault. Never: a secret in what `list` and `show`
 * say, or in an error; a session taken from a running gateway.
 */
import { writeFileSync } from 'node:fs';
import { type SessionRecord, wipeRecord } from '../account/record.ts';
import { ConfigError } from '../config/config.ts';
import { homeKey } from '../formats/parts.ts';
import { keySource } from '../vault/key-source.ts';
import { rewrapVault } from '../vault/open.ts';
import type { Vault } from '../vault/vault.ts';
import { completed, formatNamed, readSession } from './sessions-import.ts';
import { fingerprint, lines, listEntry, membersShown, table } from './sessions-show.ts';
import {
  bytesOf,
  checkName,
  claimOrSay,
  type Flags,
  inUse,
  mustExist,
  readKept,
  say,
  SessionsError,
  vaultSettings,
  withVault,
} from './sessions-vault.ts';

/** `sessions list`: prints a line for each kept session. */
export async function list({ json, ...flags }: Flags): Promise<void> {
  const all = await withVault(flags, async (vault) => (await vault.list()).map(listEntry));
  process.stdout.write(json === true ? all.map((one) => `${JSON.stringify(one)}\n`).join('') : table(all));
}

/** `sessions show`: prints one session without its secrets. @throws SessionsError if it is not kept */
export async function show(name: string, { json, ...flags }: Flags): Promise<void> {
  checkName(name);
  const kept = await withVault(flags, async (vault) => {
    const all = await vault.list();
    for (const { name: other, record } of all) if (other !== name) record?.fill(0);
    return all.find((one) => one.name === name);
  });
  if (kept === undefined) throw new SessionsError(`the vault has no session ${name}`);
  const members = membersShown(kept);
  process.stdout.write(json === true ? `${JSON.stringify(members)}\n` : lines(members));
}

/** `sessions import`: keeps a session of another program. @param file `-` is standard input @throws ConfigError, SessionsError, FormatError */
export async function importOne(name: string, file: string, flags: Flags): Promise<void> {
  checkName(name);
  const { record: read, format } = await readSession(file, flags);
  // The vault that it is from may open it at each start too: Telegram ends a session that is used in two places.
  const record = { ...read, isResident: false };
  try {
    const key = fingerprint(homeKey(record));
    await withVault(flags, (vault) => keep(vault, name, record, flags['replace'] === true), true);
    const { dc, test, userId: user } = record;
    const whose = user === undefined ? '' : `, user ${user}${record.isBot ? ' (bot)' : ''}`;
    process.stdout.write(`${name}: ${format}, data centre ${dc}${test ? ' (test)' : ''}${whose}, key ${key}\n`);
  } finally {
    wipeRecord(record);
  }
}

async function keep(vault: Vault, name: string, record: SessionRecord, mayReplace: boolean): Promise<void> {
  if (vault.protection === 'modes')
    say('the vault is protected by file modes alone; `sessions rotate-key` seals it with a key or a passphrase');
  const claim = await claimOrSay(vault, name, 'replaced');
  const isThere = claim.record !== undefined;
  claim.record?.fill(0);
  if (isThere && !mayReplace) {
    await vault.release(name);
    throw new SessionsError(`the vault has a session ${name} already: choose another name, or give --replace`);
  }
  const same = await sameKey(vault, name, record);
  if (same.length > 0) say(`the same key is kept as ${same.join(', ')}: use one of them, or Telegram ends the session`);
  const bytes = bytesOf(record);
  try {
    // Not marked clean: the other program may have gone on with the session after it was exported.
    await vault.write(name, bytes);
    await vault.release(name);
  } finally {
    bytes.fill(0);
  }
}

async function sameKey(vault: Vault, name: string, record: SessionRecord): Promise<string[]> {
  const key = fingerprint(homeKey(record));
  const all = (await vault.list()).map(listEntry);
  return all.filter((one) => one.key === key && one.name !== name).map((one) => one.name);
}

/** `sessions export`: writes a session with its key, to stdout or a new file. @throws ConfigError, SessionsError, FormatError */
export async function exportOne(name: string, flags: Flags): Promise<void> {
  const format = formatNamed(flags['format'] as string);
  checkName(name);
  const text = await withVault(flags, async (vault) => {
    const record = readKept(vault, name);
    try {
      if (await isInUse(vault, name))
        say(`a running gateway has ${name} open: Telegram ends a session that is used in two places`);
      return `${format.write(completed(record, flags))}\n`;
    } finally {
      wipeRecord(record);
    }
  });
  const out = flags['out'] as string | undefined;
  if (out === undefined) process.stdout.write(text);
  else writeNew(out, text);
}

async function isInUse(vault: Vault, name: string): Promise<boolean> {
  const kept = await vault.list();
  for (const { record } of kept) record?.fill(0);
  return kept.some((one) => one.name === name && one.owner === 'elsewhere');
}

/** A file that nobody else may read, and that was not there before. @throws ConfigError */
function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      code === 'EEXIST'
        ? `${path} exists already: choose another --out`
        : `${path} cannot be written (${code ?? 'unknown'})`,
    ]);
  }
}

/** `sessions rename`. Writes the new name before it removes the old one: a crash in between leaves both. @throws SessionsError */
export async function rename(from: string, to: string, flags: Flags): Promise<void> {
  checkName(from);
  checkName(to);
  if (from === to) throw new ConfigError(['the old name and the new one are the same']);
  await withVault(flags, async (vault) => {
    wipeRecord(readKept(vault, from));
    const { record, isClean } = await claimOrSay(vault, from, 'renamed');
    const target = await vault.claim(to);
    const isFree = target !== undefined && target.record === undefined;
    target?.record?.fill(0);
    if (!isFree || record === undefined) {
      if (target !== undefined) await vault.release(to);
      throw new SessionsError(`the vault has a session ${to} already`);
    }
    await vault.write(to, record);
    await vault.release(to, isClean ? record : undefined);
    record.fill(0);
    if (!(await vault.remove(from))) throw inUse(from, 'renamed');
  });
  process.stdout.write(`${from} is ${to} now\n`);
}

/** `sessions remove`: removes the record; the account stays signed in at Telegram. @throws SessionsError */
export async function remove(name: string, flags: Flags): Promise<void> {
  checkName(name);
  await withVault(flags, async (vault) => {
    const kept = await vault.list();
    for (const { record } of kept) record?.fill(0);
    if (!kept.some((one) => one.name === name)) throw new SessionsError(`the vault has no session ${name}`);
    if (!(await vault.remove(name))) throw inUse(name, 'removed');
  });
  process.stdout.write(
    `${name} is removed from the vault; the account stays signed in until the session is ended at Telegram\n`,
  );
}

/** `sessions rotate-key`: seals the vault's own key anew; records stay as they are. @throws ConfigError, VaultError */
export async function rotateKey(flags: Flags): Promise<void> {
  const keyFile = flags['newVaultKeyFile'] as string | undefined;
  const passphraseFile = flags['newVaultPassphraseFile'] as string | undefined;
  const isUnsealed = flags['unseal'] === true;
  if ([keyFile !== undefined, passphraseFile !== undefined, isUnsealed].filter(Boolean).length !== 1)
    throw new ConfigError(['give one of --new-vault-key-file, --new-vault-passphrase-file and --unseal']);
  const settings = vaultSettings(flags);
  mustExist(settings.folder);
  await rewrapVault(settings.folder, settings.source, keySource({ keyFile, passphraseFile }).source);
  if (isUnsealed)
    return void process.stdout.write(
      'the vault is no longer sealed; a running gateway needs no key at its next start\n',
    );
  const what = keyFile === undefined ? 'passphrase' : 'key';
  process.stdout.write(`the vault is sealed with the new ${what}; a running gateway needs it at its next start\n`);
}
