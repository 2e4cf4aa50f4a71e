/**
 * The test DC as a process of its own.
 * In: a file for its public key, folders with schemes of older layers; messages `{counters}`, `{sessions}`. Out: a line `listening on HOST:PORT`; answers.
 * Never: outlives its parent.
 *
 * Users that make their own key are signed in as the demo user at once, so that every method can be called.
 */
import { writeFileSync } from 'node:fs';
import { DEMO_ID } from '../src/testdc/world/seed.ts';
import { loadScheme } from '../src/tl/load.ts';
import { startDcForMtcute } from '../test/support/mtcute.ts';

type Order = { counters: true } | { sessions: { count: number; apart: boolean } };

// mtcute finds only keys whose fingerprint has no leading zero (see test/support/mtcute.ts).
const [keyOut, ...rest] = process.argv.slice(2);
const layers = rest.filter((arg) => !arg.startsWith('--')).map((folder) => loadScheme(folder));
const dc = await startDcForMtcute({ otherSchemas: layers });
// Each answer in a turn of its own, and so in a packet of its own: as from a DC that works on them side by side.
if (rest.includes('--apart')) dc.onRequest = () => new Promise((resolve) => setImmediate(resolve, undefined));
writeFileSync(keyOut!, dc.publicKeyPem);
dc.on('key', (key) => dc.world.signIn(key, DEMO_ID));
process.on('message', (order: Order) => process.send!(obey(order)));
process.on('disconnect', () => process.exit());
console.log(`listening on ${dc.host}:${dc.port()}`);

function obey(order: Order): object {
  if ('counters' in order) return { counters: counters() };
  return { sessions: sessions(order.sessions.count, order.sessions.apart) };
}

function counters(): object {
  const { connections, openConnections, handshakes, sessions: count, packets, packetsSent, requestCount } = dc.counters;
  const violations = dc.violations.list.map(({ rule, detail }) => `${rule}: ${detail}`);
  return {
    connections,
    openConnections,
    handshakes,
    sessions: count,
    packets,
    packetsSent,
    requests: requestCount,
    violations,
  };
}

function sessions(count: number, apart: boolean): object[] {
  return Array.from({ length: count }, (_, i) => {
    const user = dc.demoUser(apart ? { firstName: `User ${i}` } : {});
    return { auth_key: user.authKey.toString('base64'), session_id: String(user.sessionId) };
  });
}
