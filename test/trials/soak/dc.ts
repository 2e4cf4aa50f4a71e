/**
 * The DC of a soak: misbehaves by rule, signs everybody in, pushes numbered updates, keeps its book.
 * In: a file for its public key, faults, a seed, updates a second; orders `{users}`, `{quiet}`, `{book}`, `{report}`.
 * Out: a line `listening on HOST:PORT`; answers. Never: outlives its parent.
 */
import { writeFileSync } from 'node:fs';
import { systemEnv } from '../../../src/main/system-env.ts';
import { startTestDc } from '../../../src/testdc/dc-server.ts';
import { Faults } from '../../../src/testdc/faults/faults.ts';
import { report } from '../../../src/testdc/faults/control.ts';
import type { SignedIn } from '../../support/filled-vault.ts';
import { Homes } from '../shared/homes.ts';
import { Order } from '../shared/order.ts';
import { Waits } from '../shared/waits.ts';
import { placeOf } from '../shared/wishes.ts';
import { Lives } from './lives.ts';
import { Pauses } from './pauses.ts';

/** Entries of the book in one message. */
const CHUNK = 20_000;

const [keyOut, text = '', seed = '1', updates = '50'] = process.argv.slice(2);
const dc = await startTestDc();
writeFileSync(keyOut!, dc.publicKeyPem);
const users: bigint[] = [];
/** Tokens that were read, whether or not they were carried out. */
const seen = new Set<string>();
const numbers = new Map<bigint, number>();

dc.on('key', (key) => {
  if (key.isTemporary) return;
  const person = dc.world.addPerson({ firstName: `Soak ${users.length}` });
  users.push(person.id);
  dc.world.signIn(key, person.id);
  lives.signedIn(key, String(person.id));
});
dc.on('request', ({ args, method }) => {
  const token = args['message'] ?? args['about'];
  if (typeof token === 'string') seen.add(token);
  const place = placeOf(args);
  if (place !== undefined) order.read(place, method, systemEnv.now());
});
// For trials in which many clients share a session.
const order = new Order();
const waits = new Waits();
const homes = new Homes();
for (const name of ['connection', 'disconnection'] as const)
  dc.on(name, () => homes.changed(dc.counters.openConnections, systemEnv.now()));

const faults = new Faults(dc, text, Number(seed));
const lives = new Lives(dc, systemEnv.now);
faults.onPlay = (played) => {
  lives.played(played);
  waits.played(played, systemEnv.now());
};

const pauses = new Pauses();
setInterval(() => pauses.look(systemEnv.now()), 50);

const pushing = setInterval(push, 50);
let owed = 0;
let next = 0;

process.on('message', (order: { users?: number; quiet?: true; book?: true; report?: true }) => {
  if (order.users !== undefined) process.send!({ users: Array.from({ length: order.users }, signedIn) });
  else if (order.quiet) {
    faults.clear();
    clearInterval(pushing);
    process.send!({ quiet: true });
  } else if (order.book) sendBook();
  else process.send!(told());
});
process.on('disconnect', () => process.exit());
console.log(`listening on ${dc.host}:${dc.port()}`);

/** Somebody whose key no exchange has made. */
function signedIn(): SignedIn {
  const { key, authKey, salt } = dc.demoUser();
  dc.emit('key', key);
  homes.expected = users.length;
  return { authKey: authKey.toString('base64'), userId: String(key.userId), salt: String(salt) };
}

function told(): object {
  const { open, most } = homes;
  return {
    report: report(dc, faults),
    seen: lives.seen(),
    pauses: pauses.list,
    updates: pushed(),
    overtaken: order.overtaken,
    waits: waits.list,
    homes: { open, most, longestOver: homes.longestOver(systemEnv.now()) },
  };
}

/** Updates pushed, each counted once however many sessions of its user there are. */
function pushed(): number {
  let sum = 0;
  for (const n of numbers.values()) sum += n;
  return sum;
}

/** To each signed-in user in turn that somebody listens for. */
function push(): void {
  owed += Number(updates) / 20;
  for (let left = users.length; owed >= 1 && left > 0; left--) {
    const user = users[next++ % users.length]!;
    if (dc.world.sessionsOf(user).next().done === true) continue;
    const n = (numbers.get(user) ?? 0) + 1;
    numbers.set(user, n);
    dc.pushMessage(user, `push ${user} ${n}`);
    owed--;
  }
  owed = Math.min(owed, 50);
}

function sendBook(): void {
  let chunk: [string, number][] = [];
  const flush = (): void => {
    process.send!({ book: chunk });
    chunk = [];
  };
  for (const token of seen) {
    chunk.push([token, dc.ledger.get(token) ?? 0]);
    if (chunk.length >= CHUNK) flush();
  }
  if (chunk.length > 0) flush();
  process.send!({ bookEnds: true });
}
