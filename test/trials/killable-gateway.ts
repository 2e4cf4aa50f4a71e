/**
 * A gateway whose lanes can be killed: `serve` with another worker.
 * In: the command line of `serve`; messages `{kill: lane, how}`. Out: as `serve`; `{killed: lane}`. Never: outlives its parent.
 */
import { loadConfig } from '../../src/config/config.ts';
import { guard } from '../../src/commands/guard.ts';
import { live } from '../../src/commands/lifecycle.ts';
import { createGateway } from '../../src/index.ts';
import { flagName, OPTIONS } from '../../src/config/options.ts';
import { compileScheme } from '../../src/tl/cache.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { DEADLY, KILL_CELLS, LANE_HEAP } from './deaths.ts';

guard();
const config = loadConfig({ flags: flagsOf(process.argv.slice(2)), environment: process.env, file: undefined });
const laneHeap = Number(process.env[LANE_HEAP] ?? 0);
const killCells = new SharedArrayBuffer(1024);
const log = await createLog({ level: config.logLevel, hasStacks: config.printTracebacks });
const worker = new URL('./killable-worker.js', import.meta.url);
const gateway = await createGateway(config, {
  codec: compileScheme(undefined),
  log,
  broken: (error) => {
    throw error;
  },
  lane: { worker, settings: { [KILL_CELLS]: killCells, [DEADLY]: laneHeap > 0 }, limits: { laneHeap } },
});
live(gateway, log);
console.log(JSON.stringify({ addresses: `127.0.0.1:${gateway.port} ` }));
process.on('message', (order: { kill: number; how: number }) => {
  Atomics.store(new Int32Array(killCells), order.kill, order.how);
  process.send!({ killed: order.kill });
});
process.on('disconnect', () => process.exit());

/** `--dc-host X` as `dcHost: X`; every one with a value. */
function flagsOf(argv: readonly string[]): Record<string, string> {
  const names = new Map(OPTIONS.map(({ name }) => [`--${flagName(name)}`, name]));
  return Object.fromEntries(
    Array.from({ length: argv.length / 2 }, (_, i) => [names.get(argv[i * 2]!) ?? argv[i * 2]!, argv[i * 2 + 1]!]),
  );
}
