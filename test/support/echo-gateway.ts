/**
 * A gateway on the echo worker, for tests of the main thread.
 * In: limits to override. Out: a started gateway and what it logged. Never: leaves anything running: stopped after the test.
 */
import type { TestContext } from 'node:test';
import { allowList } from '../../src/address/allow-list.ts';
import { lineFronts } from '../../src/front/first-byte.ts';
import { tokensOf } from '../../src/main/clients/tokens.ts';
import { LIMITS, type Limits } from '../../src/main/limits/limits.ts';
import { systemEnv } from '../../src/main/system-env.ts';
import { Gateway, type GatewayOptions } from '../../src/main/gateway.ts';
import { createLog } from '../../src/telemetry/log.ts';

export const ECHO_WORKER = new URL('./echo-worker.js', import.meta.url);

export interface EchoGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly logged: Record<string, unknown>[];
}

type Overrides = Partial<Limits> & { allow?: string[]; settings?: unknown; options?: Partial<GatewayOptions> };

export async function echoGateway(t: TestContext, overrides: Overrides = {}): Promise<EchoGateway> {
  const { allow = [], settings = {}, options = {}, ...some } = overrides;
  const limits = { ...LIMITS, descriptors: 20_000, reapEvery: 20, ...some };
  const logged: Record<string, unknown>[] = [];
  const log = await createLog({
    level: 'debug',
    to: { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const { tokens = tokensOf(undefined) } = options;
  const gateway = new Gateway({
    env: systemEnv,
    host: '127.0.0.1',
    port: 0,
    lanes: 1,
    worker: ECHO_WORKER,
    settings,
    limits,
    allow: allowList(allow),
    front: lineFronts({ maxLine: limits.maxLine, needsToken: tokens.areNeeded }),
    tokens,
    log,
    lost: () => undefined,
    ended: () => undefined,
    broken: () => undefined,
    ...options,
  });
  await gateway.start();
  t.after(() => gateway.drain(0));
  return { gateway, port: gateway.port, logged };
}
