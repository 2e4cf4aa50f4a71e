/**
 * Gateway: from the sources of the configuration to a process that serves.
 * In: flags, environment, file. Out: a listening gateway, and one log line that says where. Never: loaded for `--help`.
 */
import { loadConfig, type Sources } from '../config.ts';
import { createProxy } from '../index.ts';
import type { Proxy } from '../main/proxy.ts';
import { createLog } from '../telemetry/log.ts';
import { live } from './lifecycle.ts';

export interface Gateway {
  readonly proxy: Proxy;
  /** Ends the process as after an internal error. */
  fail(error: unknown): void;
}

/**
 * Runs until a signal.
 * @param atEnd called once everything is drained
 * @throws ConfigError, errors of the scheme, errors of listening
 */
export async function startGateway(sources: Sources, atEnd?: () => Promise<void> | void): Promise<Gateway> {
  const config = loadConfig(sources);
  const log = await createLog({ level: config.logLevel });
  let fail = (error: unknown): void => {
    throw error;
  };
  const started = performance.now();
  const proxy = await createProxy(config, { log, broken: (error) => fail(error) });
  ({ fail } = live(proxy, log, atEnd));
  const addresses = proxy.addresses.map(({ address, port, family }) => (family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`));
  log.info('listening', { addresses: addresses.join(' '), ms: Math.round(performance.now() - started), pid: process.pid });
  return { proxy, fail };
}
