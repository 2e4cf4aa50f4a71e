/**
 * The test DC as a process of its own.
 * In: `--key-out FILE`; messages `{counters}`, `{push}`. Out: a line `listening on HOST:PORT`; what was counted.
 * Never: outlives its parent.
 */
import { writeFileSync } from 'node:fs';
import { startTestDc } from '../src/testdc/dc-server.ts';

const keyOut = process.argv[2]!;
const dc = await startTestDc();
writeFileSync(keyOut, dc.publicKeyPem);

type Order = { counters: true };

process.on('message', (order: Order) => {
  if ('counters' in order) process.send!({ counters: counters() });
});
process.on('disconnect', () => process.exit());
console.log(`listening on ${dc.host}:${dc.port()}`);

function counters(): object {
  const { connections, openConnections, handshakes, sessions, packets, packetsSent, requestCount } = dc.counters;
  const violations = dc.violations.list.map(({ rule, detail }) => `${rule}: ${detail}`);
  return { connections, openConnections, handshakes, sessions, packets, packetsSent, requests: requestCount, violations };
}
