/**
 * Gateway: from the sources of the configuration to a process that serves.
 * In: flags, environment, file. Out: a listening gateway, and one log line that says where and what. Never: loaded for `--help`.
 */
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { type Config, ConfigError, loadConfig, type Sources } from '../config/config.ts';
import { sayOpenness } from '../config/openness.ts';
import { createGateway } from '../index.ts';
import type { Gateway } from '../main/gateway.ts';
import { type CodecSource, compileScheme, layerOf } from '../tl/cache.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { schemeFault, wrongNumbers } from '../tl/load.ts';
import { type VaultSettings, toVaultSettings } from '../config/vault-settings.ts';
import { type Vault, VaultError } from '../vault/vault.ts';
import { keepYoungSpaceSmall, spareCollections } from './collections.ts';
import { live } from './lifecycle.ts';
import { explainListening } from './listening.ts';
import { notifyOf } from './service-notify.ts';
import { startFields } from './start-line.ts';

/** A gateway that serves. */
export interface RunningGateway {
  readonly gateway: Gateway;
  /** Ends the process as after an internal error. */
  readonly fail: (error: unknown) => void;
}

/** What `demo` adds to a gateway: options of its own, and what ends with it. */
export interface Additions {
  readonly own?: (wanted: Config) => Promise<Partial<Config>>;
  /** Called once everything is drained. */
  readonly end?: () => Promise<void>;
}

/**
 * Starts a gateway that serves until a signal ends the process.
 * @throws ConfigError, errors of the scheme, errors of listening
 */
export async function startGateway(sources: Sources, { own, end }: Additions = {}): Promise<RunningGateway> {
  spareCollections();
  const warnings: string[] = [];
  const warn = (sentence: string): void => void warnings.push(sentence);
  const wanted = loadConfig({ ...sources, warn });
  const started = performance.now();
  // The longest step of the start; what the command adds is made meanwhile, on a thread of its own.
  const codec = compiled(wanted.scheme);
  const config = { ...wanted, ...(await own?.(wanted)) };
  const settings = toVaultSettings(config, sources.environment, warn);
  const log = await createLog({ level: config.logLevel, hasStacks: config.printTracebacks });
  for (const reason of warnings) log.write('secret open', { reason });
  const wrong = wanted.scheme === undefined ? undefined : wrongNumbers(wanted.scheme);
  if (wrong !== undefined) log.write('scheme numbers', { reason: wrong });
  const isThere = settings !== undefined && (isWanted(config, settings) || existsSync(settings.folder));
  const vault = settings && (await vaultOf(settings, isThere, log));
  let fail = (error: unknown): void => {
    throw error;
  };
  const gateway = await createGateway(config, {
    codec,
    log,
    vault,
    broken: (error) => fail(error),
  }).catch(async (error: unknown) => {
    throw await explainListening(error, config);
  });
  keepYoungSpaceSmall();
  const notify = notifyOf(sources.environment, log);
  ({ fail } = live(gateway, log, end, () => notify.stopping()));
  log.write('listening', {
    addresses: shown(gateway.addresses),
    ms: Math.round(performance.now() - started),
    pid: process.pid,
    ...startFields(config, layerOf(codec), settings),
  });
  sayOpenness(config, log);
  if (config.apiId === undefined) log.write('no api_id', { reason: NO_API_ID });
  const http = gateway.addressesOf('HTTP');
  if (http.length > 0) log.write('listening for HTTP', { addresses: shown(http) });
  notify.ready();
  // Whoever asks whether the gateway is ready does not wait for them.
  if (isThere) void gateway.router.residents.start();
  return { gateway, fail };
}

const NO_API_ID =
  'without --api-id (from https://my.telegram.org) each client must send initConnection itself, or give options.init; else Telegram answers CONNECTION_NOT_INITED';

/** The scheme. @throws ConfigError that names the option, if one was given */
function compiled(dir: string | undefined): CodecSource {
  try {
    return compileScheme(dir);
  } catch (error) {
    throw dir === undefined ? error : new ConfigError([schemeFault(dir, error)]);
  }
}

/** Whether the operator has said anything of a vault. */
function isWanted({ vault }: Config, settings: VaultSettings): boolean {
  return vault !== undefined || settings.source.kind !== 'modes';
}

/**
 * What opens the vault. One that was named, or given a key, or is there already, is opened at once, so that a wrong key or folder is said
 * before anybody needs it; else it is made with the first name, since most gateways never need it.
 * @throws ConfigError
 */
async function vaultOf(settings: VaultSettings, isThere: boolean, log: Log): Promise<() => Promise<Vault>> {
  if (!isThere) return async () => openOnce(settings, log);
  try {
    let opened: Vault | undefined = await openOnce(settings, log);
    return async () => {
      const first = opened;
      opened = undefined;
      return first ?? openOnce(settings, log);
    };
  } catch (error) {
    throw error instanceof VaultError ? new ConfigError([`--vault: ${error.message}`]) : error;
  }
}

/** Its code is loaded here, not with the gateway's. */
async function openOnce(settings: VaultSettings, log: Log): Promise<Vault> {
  const { openVault } = await import('../vault/open.ts');
  const vault = await openVault({
    ...settings,
    maySeal: true,
    warn: (reason) => log.write('vault warning', { reason }),
  });
  if (vault.protection === 'modes')
    log.write('vault unsealed', { reason: 'kept sessions are protected by file modes alone: give the vault a key' });
  return vault;
}

function shown(addresses: readonly AddressInfo[]): string {
  return addresses
    .map(({ address, port, family }) => (family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`))
    .join(' ');
}
