/**
 * Vault settings: which folder, sealed with what, from the configuration.
 * In: a checked configuration, the environment (for the secrets that only stand there). Out: what `openVault` takes.
 * Never: opens a vault, or makes a folder: the first use of a name does.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, type Config } from './config.ts';
import { type KeySource, keySource } from '../vault/key-source.ts';
import { VaultError } from '../vault/vault.ts';

/** Which vault, and its key. */
export interface VaultSettings {
  readonly folder: string;
  /** Read once, at the start: the vault may be opened much later. */
  readonly source: KeySource;
}

type Wanted = Pick<Config, 'vault' | 'vaultKeyFile' | 'vaultPassphraseFile'>;
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder and the key, read now.
 * @param warn told what an operator should know of the key's file
 * @returns undefined if there is to be no vault
 * @throws ConfigError for a key that cannot be had: said at the start, not at the first login
 */
export function toVaultSettings(
  config: Wanted,
  environment: Environment,
  warn: (sentence: string) => void = () => {},
): VaultSettings | undefined {
  const folder = vaultFolder(config, environment);
  if (folder === undefined) return undefined;
  const { vaultKeyFile: keyFile, vaultPassphraseFile: passphraseFile } = config;
  try {
    const { source, warning } = keySource({ keyFile, passphraseFile, environment });
    if (warning !== undefined) warn(warning);
    return { folder, source };
  } catch (error) {
    if (error instanceof VaultError) throw new ConfigError([error.message]);
    throw error;
  }
}

/** The folder that is or will be the vault; undefined if there is to be none. */
export function vaultFolder({ vault }: Pick<Config, 'vault'>, environment: Environment): string | undefined {
  if (vault === 'off') return undefined;
  return vault ?? join(dataHome(environment), 'mtproto2json/vault');
}

function dataHome(environment: Environment): string {
  const named = environment['XDG_DATA_HOME'];
  return named === undefined || named === '' ? join(homedir(), '.local/share') : named;
}
