/**
 * Start line: what a gateway is, for the first line of its log.
 * In: its configuration, its scheme's layer, its vault's settings. Out: fields of a log entry.
 * Never: a secret: of an api_id whether there is one, of a proxy that there is one, of a vault what kind of key it has.
 */
import { HOME_DC } from '../address/data-centres.ts';
import type { Config } from '../config/config.ts';
import type { FieldsOf } from '../telemetry/events.ts';
import type { VaultSettings } from '../config/vault-settings.ts';

/** AES and SHA of most messages: the one build there is, which does not load without SIMD. */
const KERNEL = 'wasm-simd';
const PROTECTION = { key: 'sealed by a key', passphrase: 'sealed by a passphrase', modes: 'file modes alone' } as const;

/**
 * The configuration in the fields of `listening`, without secrets.
 * @param layer of the scheme
 * @param vault undefined if there is none
 */
export function startFields(
  config: Config,
  layer: number,
  vault: VaultSettings | undefined,
): Omit<FieldsOf<'listening'>, 'addresses' | 'ms' | 'pid'> {
  return {
    layer,
    dc: dataCentre(config),
    vault: vault === undefined ? 'off' : `${vault.folder} (${PROTECTION[vault.source.kind]})`,
    apiId: config.apiId === undefined ? 'not set' : 'set',
    transport: wayThere(config),
    kernel: KERNEL,
  };
}

function dataCentre({ dc, dcHost, dcPort, dcId, test }: Config): string {
  if (dcHost !== undefined) return `${dcId ?? HOME_DC} at ${dcHost}:${dcPort}`;
  return `${dc ?? HOME_DC} of Telegram${test ? ', for tests' : ''}`;
}

function wayThere({ transport, obfuscated, mtproxy, proxy }: Config): string {
  const parts: string[] = [transport];
  if (obfuscated) parts.push('obfuscated');
  if (mtproxy !== undefined) parts.push('by MTProxy');
  if (proxy !== undefined) parts.push('by SOCKS5');
  return parts.join(', ');
}
