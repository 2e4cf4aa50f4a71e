/**
 * Key source: what the operator protects the vault with: 32 bytes, a passphrase, or nothing.
 * In: file names and environment. Out: the secret. Never: a secret in an error, or from a file that others may read.
 */
import { readFileSync } from 'node:fs';
import { asVaultError, refuseOpenFile } from './folder.ts';
import { VaultError } from './vault.ts';

export type KeySource =
  | { readonly kind: 'key'; readonly key: Buffer }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'modes' };

export const KEY_VARIABLE = 'MTPROTO2JSON_VAULT_KEY';
export const PASSPHRASE_VARIABLE = 'MTPROTO2JSON_VAULT_PASSPHRASE';
const KEY_LENGTH = 32;

export interface KeyOptions {
  readonly keyFile?: string | undefined;
  readonly passphraseFile?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * A file beats the environment, a key beats a passphrase within each.
 * @throws VaultError `VaultClosed`, in one sentence
 */
export function keySource({ keyFile, passphraseFile, environment = {} }: KeyOptions): KeySource {
  if (keyFile !== undefined && passphraseFile !== undefined)
    throw new VaultError('VaultClosed', 'the vault has a key or a passphrase, not both: leave one of the files out');
  if (keyFile !== undefined) return { kind: 'key', key: keyOf(secretFile(keyFile, 'key file'), keyFile) };
  if (passphraseFile !== undefined)
    return passphraseOf(secretFile(passphraseFile, 'passphrase file').toString(), passphraseFile);
  const key = environment[KEY_VARIABLE];
  if (key !== undefined && key !== '') return { kind: 'key', key: keyOf(Buffer.from(key), KEY_VARIABLE) };
  const passphrase = environment[PASSPHRASE_VARIABLE];
  if (passphrase !== undefined && passphrase !== '') return passphraseOf(passphrase, PASSPHRASE_VARIABLE);
  return { kind: 'modes' };
}

function secretFile(path: string, what: string): Buffer {
  try {
    refuseOpenFile(path);
    return readFileSync(path);
  } catch (error) {
    throw asVaultError(error, 'VaultClosed', `the vault's ${what} ${path} cannot be read`);
  }
}

/** 32 raw bytes, or the same as hex or base64 text. */
function keyOf(content: Buffer, from: string): Buffer {
  if (content.length === KEY_LENGTH) return content;
  const text = content.toString('latin1').trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[\w+/-]{43}=?$/.test(text)) return Buffer.from(text, 'base64');
  throw new VaultError('VaultClosed', `${from} holds no vault key: 32 bytes, or the same in hex or base64`);
}

/** One line; its end is no part of it. */
function passphraseOf(text: string, from: string): KeySource {
  const passphrase = text.replace(/\r?\n$/, '');
  if (passphrase === '') throw new VaultError('VaultClosed', `${from} holds no passphrase`);
  return { kind: 'passphrase', passphrase };
}
