/**
 * The test DC as a process of its own.
 * In: a file for its public key, folders with schemes of older layers; messages `{counters}`, `{sessions}`, `{users}`, `{push}`. Out: a line `listening on HOST:PORT`; answers.
 * Never: outlives its parent.
 *
 * Users that make their own key are signed in as the demo user at once, so that every method can be called.
 */
import { writeFileSync } from 'node:fs';
import { DEMO_ID } from '../src/testdc/world/seed.ts';
import { loadScheme } from '../src/tl/load.ts';
import type { SignedIn } from '../test/support/filled-vault.ts';
import { startDcForMtcute } from '../test/support/mtcute.ts';

type Order =
  | { counters: true }
  | { sessions: { count: number; apart: boolean } }
  | { users: { count: number; apart: boolean } }
  | { push: Push };

/** Messages to the demo user, each stamped with its time. */
interface Push {
  readonly rate: number;
  readonly seconds: number;
}

// mtcute finds only keys whose fingerprint has no leading zero (see test/support/mtcute.ts).
const [keyOut, ...rest] = process.argv.slice(2);
const layers = rest.filter((arg) => !arg.startsWith('--')).map((folder) => loadScheme(folder));
const dc = await startDcForMtcute({ otherSchemas: layers });
// Each answer in a turn of its own, and so in a packet of its own: as from a DC that works on them side by side.
if (rest.includes('--apart')) dc.onRequest = () => new Promise((resolve) => setImmediate(resolve, undefined));
// As far away as a data centre on another continent is.
const away = Number(rest.find((arg) => arg.startsWith('--away='))?.slice('--away='.length) ?? 0);
if (away > 0) dc.onRequest = () => new Promise((resolve) => setTimeout(resolve, away, undefined));
writeFileSync(keyOut!, dc.publicKeyPem);
writeMore();
dc.on('key', (key) => dc.world.signIn(key, DEMO_ID));
process.on('message', (order: Order) => {
  if ('push' in order) push(order.push);
  else tell(obey(order));
});
process.on('disconnect', () => process.exit());
console.log(`listening on ${dc.host}:${dc.port()}`);

function tell(message: object): void {
  process.send?.(message);
}

function obey(order: Exclude<Order, { push: Push }>): object {
  if ('counters' in order) return { counters: counters() };
  if ('users' in order) return { users: users(order.users.count, order.users.apart) };
  return { sessions: sessions(order.sessions.count, order.sessions.apart) };
}

function counters(): object {
  const { connections, openConnections, handshakes, sessions: count, packets, packetsSent, requests } = dc.counters;
  const violations = dc.violations.list.map(({ rule, detail }) => `${rule}: ${detail}`);
  return {
    connections,
    openConnections,
    handshakes,
    sessions: count,
    packets,
    packetsSent,
    calls: Object.fromEntries(requests),
    violations,
  };
}

function sessions(count: number, apart: boolean): object[] {
  return Array.from({ length: count }, (_, i) => {
    const user = dc.demoUser(apart ? { firstName: `User ${i}` } : {});
    return { auth_key: user.authKey.toString('base64'), session_id: String(user.sessionId) };
  });
}

/** Signed-in users as a vault keeps them. */
function users(count: number, apart: boolean): SignedIn[] {
  return Array.from({ length: count }, (_, i) => {
    const user = dc.demoUser(apart ? { firstName: `User ${i}` } : {});
    return { authKey: user.authKey.toString('base64'), userId: String(user.userId), salt: String(user.salt) };
  });
}

/** By the clock: a late timer catches up. */
function push({ rate, seconds }: Push): void {
  const from = performance.now();
  let pushed = 0;
  const timer = setInterval(() => {
    const passed = (performance.now() - from) / 1000;
    for (const due = Math.min(passed, seconds) * rate; pushed < due; pushed++) {
      dc.pushMessage(DEMO_ID, `@${performance.timeOrigin + performance.now()}@`);
    }
    if (passed < seconds) return;
    clearInterval(timer);
    tell({ pushed });
  }, 1);
}

/** More people who have written, so that the demo user's dialogs are some 40 KB of TL. */
function writeMore(): void {
  const text = 'Some words of a usual length, a few of them ещё не латиницей, to fill the dialog with. ';
  for (let i = 0; i < 24; i++) {
    const person = dc.world.addPerson({ firstName: `Person ${i}`, lastName: 'Example', username: `person_${i}` });
    dc.pushMessage(DEMO_ID, text.repeat(1 + (i % 9)), person.id);
  }
}
