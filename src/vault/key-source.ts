/**
 * Key source: what the operator protects the vault with: a key of 32 bytes, a passphrase, or file modes alone.
 * In: file names, environment. Out: the secret. Never: a secret in an error, or from a file that others may write.
 */
import { readSecretFile, SecretFileError, withoutLineEnd } from '../secret-file.ts';
import { VaultError } from './vault.ts';

/** What protects a vault. */
export type KeySource =
  | { readonly kind: 'key'; readonly key: Buffer }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'modes' };

/** Environment variables with the key (64 hex digits or base64) and the passphrase. */
export const KEY_VARIABLE = 'MTPROTO2JSON_VAULT_KEY';
export const PASSPHRASE_VARIABLE = 'MTPROTO2JSON_VAULT_PASSPHRASE';
const KEY_LENGTH = 32;

/** Where the operator may have put the secret. */
export interface KeyOptions {
  readonly keyFile?: string | undefined;
  readonly passphraseFile?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What was found there. */
export interface FoundSource {
  readonly source: KeySource;
  /** A sentence if others may read the file that the secret is from. */
  readonly warning?: string | undefined;
}

/**
 * Reads the secret. Files go before the environment, and in the environment the key goes before the passphrase.
 * @throws VaultError `VaultClosed`, with one sentence
 */
export function keySource({ keyFile, passphraseFile, environment = {} }: KeyOptions): FoundSource {
  if (keyFile !== undefined && passphraseFile !== undefined)
    throw new VaultError('VaultClosed', 'the vault has a key or a passphrase, not both: leave one of the files out');
  if (keyFile !== undefined) {
    const { content, warning } = secretFile(keyFile, 'key file');
    return { source: { kind: 'key', key: keyOf(content, keyFile) }, warning };
  }
  if (passphraseFile !== undefined) {
    const { content, warning } = secretFile(passphraseFile, 'passphrase file');
    return { source: passphraseOf(content.toString(), passphraseFile), warning };
  }
  return { source: fromEnvironment(environment) };
}

function fromEnvironment(environment: NonNullable<KeyOptions['environment']>): KeySource {
  const key = environment[KEY_VARIABLE];
  if (key !== undefined && key !== '') return { kind: 'key', key: keyOf(Buffer.from(key), KEY_VARIABLE) };
  const passphrase = environment[PASSPHRASE_VARIABLE];
  if (passphrase !== undefined && passphrase !== '') return passphraseOf(passphrase, PASSPHRASE_VARIABLE);
  return { kind: 'modes' };
}

function secretFile(path: string, what: string): { content: Buffer; warning: string | undefined } {
  try {
    const { content, warning } = readSecretFile(path);
    return { content, warning: warning && `the vault's ${what} ${warning}` };
  } catch (error) {
    if (!(error instanceof SecretFileError)) throw error;
    throw new VaultError('VaultClosed', `the vault's ${what} ${error.message}`);
  }
}

/** The 32 bytes of a key, given raw or as hex or base64 text. */
function keyOf(content: Buffer, from: string): Buffer {
  if (content.length === KEY_LENGTH) return content;
  const text = content.toString('latin1').trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[\w+/-]{43}=?$/.test(text)) return Buffer.from(text, 'base64');
  throw new VaultError('VaultClosed', `${from} holds no vault key: 32 bytes, or the same in hex or base64`);
}

/** A passphrase is the text without a line end at its end. */
function passphraseOf(text: string, from: string): KeySource {
  const passphrase = withoutLineEnd(text);
  if (passphrase === '') throw new VaultError('VaultClosed', `${from} holds no passphrase`);
  return { kind: 'passphrase', passphrase };
}
