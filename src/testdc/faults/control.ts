/**
 * Control: carries out orders to the faults of a running DC, one JSON object a line.
 * In: `{"add":"rpc.500 p=0.1"}`, `{"clear":true}`, `{"report":true}`. Out: one JSON object a line.
 * Never: a socket; `dc-server.ts` has it.
 */
import type { Faults } from './faults.ts';
import type { TestDc } from '../test-dc.ts';

/** Carries out one order; returns a report, or `{"error":…}`, as JSON. */
export function obey(dc: TestDc, faults: Faults, line: string): string {
  try {
    const order = JSON.parse(line) as { add?: unknown; clear?: unknown; report?: unknown };
    if (order.clear === true) faults.clear();
    if (typeof order.add === 'string') faults.add(order.add);
    if (order.add === undefined && order.clear === undefined && order.report === undefined)
      throw new Error('expected add, clear or report');
    return JSON.stringify(report(dc, faults));
  } catch (error) {
    return JSON.stringify({ error: (error as Error).message });
  }
}

/** How often each fault was played, and what clients did since. */
export function report(dc: TestDc, faults: Faults): object {
  const { violations } = dc;
  return {
    seed: faults.seed,
    faults: faults.total,
    kinds: Object.fromEntries([...faults.counts].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    violations: violations.list.map(({ rule, detail, connection }) => `${rule}: ${detail} (connection ${connection})`),
    violationCount: violations.total,
    caused: violations.caused,
    tolerated: violations.tolerated.length,
    requests: dc.counters.requestCount,
    connections: dc.counters.connections,
    handshakes: dc.counters.handshakes,
    homeConnectionsOfOneKey: dc.counters.homeConnectionsOfOneKey,
    bugs: dc.bugs.map(String),
  };
}
