/**
 * The composition root: builds a gateway from a configuration.
 * In: a checked configuration. Out: a started `Gateway`. Never: a signal, a process exit, a flag; the commands have those.
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { allowList } from './address/allow-list.ts';
import { ClaimTable, makeClaims } from './batch/claims.ts';
import { FormFlag } from './batch/attach-records.ts';
import { ConfigError, type Config } from './config/config.ts';
import { SECRET_LENGTH } from './crypto/derived-bytes.ts';
import { lineFronts } from './front/first-byte.ts';
import { HttpListener } from './front/http.ts';
import { tokensOf } from './main/clients/tokens.ts';
import { descriptorLimit } from './main/limits/descriptors.ts';
import { LIMITS, type Limits } from './main/limits/limits.ts';
import { memoryLimit } from './main/limits/memory.ts';
import type { Listener } from './main/clients/admission.ts';
import { Gateway } from './main/gateway.ts';
import { systemEnv } from './main/system-env.ts';
import { parseSocks, type Socks } from './main/links/socks.ts';
import { toSessionSettings } from './config/session-settings.ts';
import type { Exposition } from './telemetry/exposition.ts';
import type { Log } from './telemetry/log.ts';
import type { CodecSource } from './tl/cache.ts';
import type { Vault } from './vault/vault.ts';
import type { LaneSettings } from '../workers/lane-env.ts';

/** The lanes' worker beside this file, in the build. */
const WORKER = new URL('../workers/session-worker.js', import.meta.url);

/** What a gateway stands on beside its configuration. */
export interface Around {
  readonly codec: CodecSource;
  readonly log: Log;
  /** Opens the vault of kept sessions, when the first is asked for; there is none if this is not given. */
  readonly vault?: (() => Promise<Vault>) | undefined;
  /** Another worker for the lanes, with more to tell it: for trials in which they die. */
  readonly lane?: {
    readonly worker: URL;
    readonly settings: Readonly<Record<string, unknown>>;
    readonly limits?: Partial<Limits>;
  };
  /** Called when the gateway cannot go on: a lane no longer starts. */
  readonly broken: (error: unknown) => void;
}

/**
 * Starts a gateway; it listens when the promise resolves.
 * @throws ConfigError for what only shows here (keys, data centres), and errors of the scheme and of listening
 */
export async function createGateway(config: Config, { codec, log, broken, lane, vault }: Around): Promise<Gateway> {
  const limits = { ...toLimits(config), ...lane?.limits };
  const secret = randomBytes(SECRET_LENGTH);
  const settings: LaneSettings = { session: toSessionSettings(config), codec, claims: makeClaims(), secret };
  const claims = new ClaimTable(settings.claims);
  const tokens = tokensOf(config.tokenText, config.allowExport);
  const front = { maxLine: config.maxLine, needsToken: tokens.areNeeded };
  const gateway = new Gateway({
    env: systemEnv,
    host: config.host,
    port: config.port,
    lanes: config.workers ?? lanesFor(availableParallelism()),
    worker: lane?.worker ?? WORKER,
    settings: { ...settings, ...lane?.settings },
    limits,
    allow: allowList(config.allowServer),
    socks: socksOf(config),
    front: lineFronts(front),
    form: (config.int64 === 'string' ? FormFlag.INT64_TEXT : 0) | (config.flags === 'bool' ? FormFlag.BOOLS : 0),
    listeners: config.httpPort === 0 ? [] : [httpListener(config)],
    tokens,
    vault,
    lost: (sessions) => giveBack(claims, sessions),
    ended: (number) => claims.free(number),
    log,
    broken,
  });
  await gateway.start();
  return gateway;
}

/** @throws ConfigError, without the proxy's credentials */
function socksOf({ proxy }: Config): Socks | undefined {
  if (proxy === undefined) return undefined;
  try {
    return parseSocks(proxy);
  } catch (error) {
    throw new ConfigError([`--proxy: ${(error as Error).message}`]);
  }
}

/** How long to wait for lanes that use the table, ms. */
const RETRY = 5;

/** Gives the keys of lost sessions back; at once if no lane is using the table. */
function giveBack(claims: ClaimTable, sessions: ReadonlySet<number>): void {
  if (!claims.releaseAll(sessions)) setTimeout(() => giveBack(claims, sessions), RETRY).unref();
}

/** HTTP; what `/metrics` takes is loaded with the first look at it. */
function httpListener({ host, httpHost, httpPort }: Config): Listener {
  let exposition: Exposition | undefined;
  const listener = new HttpListener(httpPort, {
    hosts: [host.includes(':') ? `[${host}]` : host, ...httpHost],
    async metrics(admission) {
      exposition ??= new (await import('./telemetry/exposition.ts')).Exposition(admission.metrics, () =>
        admission.gauges(),
      );
      return { type: exposition.contentType, text: await exposition.text() };
    },
  });
  return {
    name: listener.name,
    port: listener.port,
    server: (options, admission) => listener.server(options, admission),
    close() {
      exposition?.close();
      listener.close();
    },
  };
}

function toLimits({ maxConnections, maxLine, dialRate, linger }: Config): Limits {
  return {
    ...LIMITS,
    descriptors: descriptorLimit(),
    memory: memoryLimit(),
    maxLine,
    dialsPerSecond: dialRate,
    linger: linger * 1000,
    ...(maxConnections === undefined ? {} : { maxConnections }),
  };
}

/** The main thread needs a core for its sockets once there are more than two (decisions: lanes). */
function lanesFor(cores: number): number {
  return cores <= 2 ? cores : cores - 1;
}
