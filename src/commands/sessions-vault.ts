/**
 * The vault as the `sessions` command uses it: opened by the options, closed again, names checked.
 * In: flags and the environment. Out: an open vault for the time of one task. Never: makes a vault just to look into it;
 * takes a name from a process that has it.
 */
import { join } from 'node:path';
import { readRecord, recordRoom, RecordError, type SessionRecord, writeRecord } from '../account/record.ts';
import { Writer } from '../bytes/writer.ts';
import { ConfigError, loadConfig } from '../config/config.ts';
import { VAULT_OPTIONS } from '../config/options.ts';
import { openVault } from '../vault/open.ts';
import { isVaultIn } from '../vault/permissions.ts';
import { NAME, NAME_FORM } from '../account/name.ts';
import type { Claim, Vault } from '../vault/vault.ts';
import { toVaultSettings, type VaultSettings } from '../config/vault-settings.ts';

/** The flags of a `sessions` command as commander gives them. */
export type Flags = Readonly<Record<string, unknown>>;

/** A task of `sessions` that cannot be done, in a sentence; exit code 1. */
export class SessionsError extends Error {
  override readonly name = 'SessionsError';
}

/** Which vault the flags, the environment and the file name, and its key. @throws ConfigError */
export function vaultSettings(flags: Flags): VaultSettings {
  const given = Object.fromEntries(VAULT_OPTIONS.map(({ name }) => [name, flags[name]]));
  const config = loadConfig({
    flags: given,
    environment: process.env,
    file: flags['config'] as string | undefined,
    warn: say,
  });
  const settings = toVaultSettings(config, process.env, say);
  if (settings === undefined) throw new ConfigError(['--vault off: there is no vault to look into']);
  return settings;
}

/** Opens the vault, runs the task, closes it. @param mayMake for the one task that may begin a vault */
export async function withVault<T>(flags: Flags, task: (vault: Vault) => Promise<T> | T, mayMake = false): Promise<T> {
  const settings = vaultSettings(flags);
  if (!mayMake) mustExist(settings.folder);
  const vault = await openVault({ ...settings, warn: say });
  try {
    return await task(vault);
  } finally {
    await vault.close();
  }
}

/** Refuses to go on without a vault. @throws SessionsError */
export function mustExist(folder: string): void {
  if (isVaultIn(folder)) return;
  const ofDemo = join(folder, '../demo/vault');
  const elsewhere = isVaultIn(ofDemo) ? `; the demo's is ${ofDemo}` : '';
  throw new SessionsError(`there is no vault in ${folder}: name its folder with --vault${elsewhere}`);
}

/** The name, if one can be called so. @throws ConfigError: exit code 2 */
export function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw new ConfigError([`a name has ${NAME_FORM}`]);
}

/** Prints a warning on stderr. */
export function say(sentence: string): void {
  process.stderr.write(`mtproto2json sessions: ${sentence}\n`);
}

/** The record of a kept session; the caller wipes it. @throws SessionsError if it is not kept or cannot be read */
export function readKept(vault: Vault, name: string): SessionRecord {
  const bytes = vault.read(name);
  if (bytes === undefined) throw new SessionsError(`the vault has no session ${name}`);
  return recordOf(bytes, name);
}

/** Reads a record's bytes and wipes them. @throws SessionsError for bytes that are no record */
export function recordOf(bytes: Uint8Array, name: string): SessionRecord {
  try {
    return readRecord(bytes);
  } catch (error) {
    if (error instanceof RecordError) throw new SessionsError(`${name} cannot be read: ${error.message}`);
    throw error;
  } finally {
    bytes.fill(0);
  }
}

/** A record as the vault keeps it; the caller wipes the bytes. */
export function bytesOf(record: SessionRecord): Buffer {
  const out = new Writer(recordRoom(record));
  writeRecord(out, record);
  return out.written();
}

/** Claims a name for this process. @param what is to be done with it, for the error @throws SessionsError if a running gateway has it */
export async function claimOrSay(vault: Vault, name: string, what: string): Promise<Claim> {
  const claim = await vault.claim(name);
  if (claim === undefined) throw inUse(name, what);
  return claim;
}

/** The error that a running gateway has the session open. @param what cannot be done with it, a participle */
export function inUse(name: string, what: string): SessionsError {
  return new SessionsError(
    `SessionInUse: a running gateway has ${name} open, so it cannot be ${what}; stop it, or wait until nobody has used ${name} for the --linger of it`,
  );
}
