/**
 * One client: what most tests of sessions begin with, client 1 of a pair; what they read in its lines, and what must hold
 * at their end.
 * In: a pair's options. Out: the pair; parts of lines. Never: a clock or a server of its own.
 */
import assert from 'node:assert/strict';
import { makeFaults } from '../../src/testdc/faults/faults.ts';
import { Pair, type PairOptions } from './pair.ts';

/** A line to a client, parsed. */
export type Line = Record<string, unknown>;

/** Calls that need nobody to be signed in. */
export const NEAREST = { _cons: 'help.getNearestDc' };
export const CONFIG = { _cons: 'help.getConfig' };
/** Calls of somebody who is signed in; the second is carried out twice if it goes twice. */
export const STATUS = { _cons: 'account.updateStatus', offline: true };
export const UPDATE_PROFILE = { _cons: 'account.updateProfile', about: 'a' };
/** A login as the test data centre's bot. */
export const LOGIN = {
  _cons: 'auth.importBotAuthorization',
  flags: 0,
  api_id: 1,
  api_hash: 'x',
  bot_auth_token: '777000111:made-here',
};
/** updatesTooLong#e317af7e, as the server pushes it. */
export const UPDATES_TOO_LONG = Buffer.from('7eaf17e3', 'hex');

/** A pair with client 1. */
export function pairOf(options: PairOptions = {}): Pair {
  const pair = new Pair(options);
  pair.open(1);
  return pair;
}

/** A pair whose client 1 is signed in and has been answered, before a data centre with these faults from then on. */
export async function signedInPair(faults = '', options: PairOptions = {}): Promise<Pair> {
  const pair = new Pair(options);
  const { dc } = pair;
  dc.on('key', (key) => {
    if (!key.isTemporary) dc.world.signIn(key, dc.world.addPerson({ firstName: 'Trial' }).id);
  });
  pair.open(1);
  await pair.ask(1, { message: STATUS });
  makeFaults(dc, faults);
  return pair;
}

/** The demo user's session as a client hands it in; session_id as text, which JSON.parse would round. */
export function demoSession(pair: Pair): Line {
  const { authKey, sessionId } = pair.dc.demoUser();
  return { auth_key: authKey.toString('base64'), session_id: String(sessionId) };
}

/** Client 1 goes on with the demo user's session, and is connected. */
export async function signInDemo(pair: Pair): Promise<void> {
  await pair.ask(1, { session: demoSession(pair), message: NEAREST });
}

/** The `message` of a line. */
export function messageOf(line: Line | undefined): Line {
  return line?.['message'] as Line;
}

/** The constructor of a line's message; undefined if it has none. */
export function consOf(line: Line | undefined): unknown {
  return messageOf(line)?.['_cons'];
}

/** The `session` of a line. */
export function sessionOf(line: Line | undefined): Line {
  return line?.['session'] as Line;
}

/** After a test: the data centre met no violation and no bug of its own, the lane no internal error. */
export function assertClean(pair: Pair): void {
  assert.deepEqual(pair.dc.violations.list, []);
  assertNoBugs(pair);
}

/** After a test whose faults make the client break a rule: no bug of the data centre, no internal error of the lane. */
export function assertNoBugs(pair: Pair): void {
  assert.deepEqual(pair.dc.bugs, []);
  assert.deepEqual(
    pair.log.filter((entry) => entry['event'] === 'internal error'),
    [],
  );
}
