/**
 * The DC of the trial of idempotency keys: says when it has read a request and when it answers, and counts.
 * In: a file for its public key; orders `{user}`, `{hold}`, `{book}`. Out: a line `listening on HOST:PORT`; `{read}` and
 * `{answered}` with the token; answers. Never: outlives its parent.
 */
import { writeFileSync } from 'node:fs';
import type { TlObject } from '../../../src/testdc/tl/tl-value.ts';
import { startTestDc } from '../../../src/testdc/dc-server.ts';
import type { SignedIn } from '../../support/filled-vault.ts';

type Order = { user: true } | { hold: number } | { book: true };

const dc = await startTestDc();
writeFileSync(process.argv[2]!, dc.publicKeyPem);
/** How often each token was read. */
const reads = new Map<string, number>();
/** Which request an answer belongs to. */
const tokens = new WeakMap<object, string>();
/** A request is carried out so long after it was read, ms. */
let hold = 0;

dc.onRequest = ({ args, received }) => {
  const token = tokenOf(args);
  if (token === undefined) return undefined;
  reads.set(token, (reads.get(token) ?? 0) + 1);
  tokens.set(received, token);
  process.send!({ read: token });
  return hold === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, hold, undefined));
};
dc.taps.answer = (_session, received, result) => {
  const token = tokens.get(received);
  if (token !== undefined) process.send!({ answered: token });
  return result;
};

process.on('message', (order: Order) => process.send!(obey(order)));
process.on('disconnect', () => process.exit());
console.log(`listening on ${dc.host}:${dc.port()}`);

function tokenOf(args: TlObject): string | undefined {
  const text = args['message'] ?? args['about'];
  return typeof text === 'string' && text.startsWith('k') ? text : undefined;
}

function obey(order: Order): object {
  if ('hold' in order) {
    hold = order.hold;
    return { held: hold };
  }
  if ('user' in order) {
    const { authKey, userId, salt } = dc.demoUser({ firstName: 'Keys' });
    const user: SignedIn = { authKey: authKey.toString('base64'), userId: String(userId), salt: String(salt) };
    return { user };
  }
  const violations = dc.violations.list.map(({ rule, detail }) => `${rule}: ${detail}`);
  return { executed: [...dc.ledger], reads: [...reads], violations };
}
