/**
 * Local: what is looked at without a network: the scheme's numbers, who may come in, the vault and its key.
 * In: the configuration. Out: findings. Never: a vault that is not there yet is made.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type Config } from '../config/config.ts';
import { opennessOf } from '../config/openness.ts';
import { mismatches } from '../tl/crc.ts';
import { loadScheme, ownSchemeDir, readScheme } from '../tl/load.ts';
import { toVaultSettings } from '../config/vault-settings.ts';
import { openVault } from '../vault/open.ts';
import { isVaultIn } from '../vault/permissions.ts';
import { type Finding, ok, warning, wrong } from './finding.ts';

/** Layer, and every definition whose number is not the CRC-32 of its line. */
export function checkScheme(dir: string = ownSchemeDir()): Finding {
  try {
    const { layer, definitions } = loadScheme(dir);
    const files = ['api.tl', 'mtproto.tl'].map((name) => join(dir, name)).filter((file) => existsSync(file));
    const names = files.flatMap((file) => mismatches(readScheme(file)).map(({ name }) => name));
    if (names.length === 0)
      return ok(
        'scheme',
        `layer ${layer}, ${definitions.length} definitions, numbers equal to the CRC-32 of their lines`,
      );
    const text = `${names.length} definitions of ${dir} have a number that is not the CRC-32 of their line: ${names.slice(0, 5).join(' ')}`;
    return warning('scheme', text, 'mtproto2json scheme check FILE lists them; scheme update makes the files anew');
  } catch (error) {
    return wrong('scheme', (error as Error).message, 'give a folder with api.tl and mtproto.tl as --scheme');
  }
}

/** Whether a token is asked for, and of whom. */
export function checkTokens(config: Config): Finding {
  const openness = opennessOf(config);
  if (openness === undefined) return ok('tokens', 'clients must show a token of --token-file');
  const { reason, isBeyond } = openness;
  return isBeyond ? warning('tokens', reason, 'see docs/options.md, Tokens') : ok('tokens', reason);
}

/** Opens the vault that is there, as `serve` would. */
export async function checkVault(config: Config, environment: NodeJS.ProcessEnv): Promise<Finding> {
  const todo = 'check --vault, --vault-key-file and --vault-passphrase-file';
  try {
    const warnings: string[] = [];
    const warn = (sentence: string): void => void warnings.push(sentence);
    const settings = toVaultSettings(config, environment, warn);
    if (settings === undefined) return ok('vault', 'there is none (--vault off)');
    if (!isVaultIn(settings.folder))
      return ok('vault', `${settings.folder} is made with the first session that is kept`);
    const vault = await openVault({ ...settings, warn });
    const { protection } = vault;
    await vault.close();
    if (warnings.length > 0) return warning('vault', warnings.join('; '), 'see docs/sessions.md');
    if (protection !== 'modes') return ok('vault', `${settings.folder} opens with its key`);
    const text = `${settings.folder} is protected by file modes alone`;
    return warning('vault', text, 'mtproto2json sessions rotate-key --new-vault-key-file FILE seals it');
  } catch (error) {
    const text = error instanceof ConfigError ? error.sentences.join('; ') : (error as Error).message;
    return wrong('vault', text, todo);
  }
}
