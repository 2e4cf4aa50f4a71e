/**
 * Record: makes the record of a stored session from its state, and a state from a record.
 * In: a state; a record. Out: the other; whether the stored record is behind. Never: a record that is sealed, stored or
 * shown: these are secrets on their way to the vault (`account/record.ts`).
 */
import {
  type StoredKey,
  type StoredSalt,
  type StoredTemporary,
  readRecord,
  RecordError,
  type SessionRecord,
  wipeRecord,
  recordRoom,
  writeRecord,
} from '../../account/record.ts';
import { Writer } from '../../bytes/writer.ts';
import { AuthKey } from '../../crypto/auth-key.ts';
import type { Refusal } from '../../dialect/dialect.ts';
import { EncodeError } from '../../tl/codec.ts';
import { compileInit } from '../delivery/init.ts';
import { destroyLater } from '../delivery/stale-sessions.ts';
import { refusal, refusalOfClaim } from '../answers/refusals.ts';
import type { Marks, StoredSession } from '../state/stored-session.ts';
import { recordedServer } from '../state/servers.ts';
import type { ConnectionState } from '../state/state.ts';

/** A clock offset that differs by less from the stored one is not stored again, ms. */
const CLOCK_STEP_MS = 1_000;
/** A temporary key that ends within this is not worth going on with, seconds. */
const LEAST_LIFE = 60;
/** A new session's msg_ids begin so far ahead of now, ms: above those of the last owner. */
const HANDOVER_MS = 2;

/** How urgently a record is to be stored: `urgent` before any further line to the client. */
export type Urgency = 'later' | 'urgent';

/** Notes that the stored record is the session as it is now. */
export function noteStored(s: ConnectionState, stored: StoredSession): void {
  stored.storedAs(marksOf(s, stored));
}

/** How urgently the record must be stored; undefined while the stored one is not behind. Allocates nothing. */
export function behind(s: ConnectionState, stored: StoredSession): Urgency | undefined {
  const { storedMarks } = stored;
  if (storedMarks === undefined) return 'urgent';
  if (storedMarks.keys !== keysMark(s) || storedMarks.dc !== s.server.dc || storedMarks.changes !== stored.changes)
    return 'urgent';
  const isSame =
    storedMarks.session === s.sessionLow &&
    storedMarks.salt === s.salts.low &&
    storedMarks.salts === s.salts.changes &&
    storedMarks.floods === s.session.floods.changes &&
    storedMarks.temporary === s.keys.inForce &&
    storedMarks.isBound === s.keys.isBound &&
    stored.storedMoves === stored.moves &&
    Math.abs(storedMarks.offset - s.ids.offset) < CLOCK_STEP_MS;
  return isSame ? undefined : 'later';
}

function marksOf(s: ConnectionState, stored: StoredSession): Marks {
  return {
    keys: keysMark(s),
    dc: s.server.dc,
    changes: stored.changes,
    session: s.sessionLow,
    salt: s.salts.low,
    salts: s.salts.changes,
    floods: s.session.floods.changes,
    temporary: s.keys.inForce,
    isBound: s.keys.isBound,
    offset: s.ids.offset,
  };
}

/**
 * A hash of the permanent keys that `keysOf` would store, without making their list: the home one, those of other data
 * centres, and those a foreign connection has that are not among these. It changes when a key comes, goes or is replaced.
 */
function keysMark(s: ConnectionState): number {
  const { otherKeys, others } = s.session;
  let mark = withKey(0, s.keys.permanent);
  // An iterator only if there is something to go through: this runs once a batch.
  if (otherKeys.size > 0) for (const key of otherKeys.values()) mark = withKey(mark, key);
  for (let i = 0; i < others.length; i++) {
    const { role, server, keys } = others[i]!;
    const isCounted = otherKeys.get(server.dc) === keys.permanent;
    if (role === 'foreign' && !isCounted) mark = withKey(mark, keys.permanent);
  }
  return mark;
}

/** The hash with one key more; in another order of keys it is another. */
function withKey(mark: number, key: AuthKey | undefined): number {
  return (Math.imul(mark, 31) + (key?.idLow ?? 0)) | 0;
}

/** The session's record as it is now, as bytes. Secret: the caller wipes them. */
export function recordBytes(s: ConnectionState, stored: StoredSession): Buffer {
  const record = recordOf(s, stored);
  const out = new Writer(recordRoom(record));
  try {
    writeRecord(out, record);
    return Buffer.from(out.written());
  } finally {
    out.bytes.fill(0, 0, out.pos);
  }
}

function recordOf(s: ConnectionState, stored: StoredSession): SessionRecord {
  const { server, session, ids } = s;
  // The operator's own data centres are found by their number, wherever they are next time.
  const isListed = server.namedBy === 'operator';
  return {
    test: server.test,
    dc: server.dc,
    host: isListed ? undefined : server.host,
    port: isListed ? 0 : server.port,
    rsa: server.rsa,
    keys: keysOf(s),
    temporary: temporaryOf(s),
    sessionLow: s.sessionLow,
    sessionHigh: s.sessionHigh,
    lastSeqNo: Math.max(0, ids.contentCount * 2 - 1),
    salts: saltsOf(s),
    timeOffset: ids.offset,
    userId: stored.userId,
    isBot: stored.isBot,
    apiId: stored.apiId,
    floods: session.floods.toStored(),
    updates: stored.updates,
    lost: stored.lostReason,
    isResident: stored.isResident,
    initText: session.initText === undefined ? undefined : Buffer.from(session.initText).toString(),
  };
}

/** The home one first; each data centre once. */
function keysOf(s: ConnectionState): StoredKey[] {
  const keys = new Map<number, Uint8Array>();
  const add = (dc: number, key: AuthKey | undefined): void => {
    if (key !== undefined && !keys.has(dc)) keys.set(dc, key.bytes);
  };
  add(s.server.dc, s.keys.permanent);
  for (const other of s.session.others) if (other.role === 'foreign') add(other.server.dc, other.keys.permanent);
  for (const [dc, key] of s.session.otherKeys) add(dc, key);
  return [...keys].map(([dc, key]) => ({ dc, key }));
}

/**
 * A temporary key is stored so that a restart needs no key exchange; with `--pfs always` it is not:
 * there nothing stored may open what was said. One that is not there says that the next one is to be made, at once or at a time.
 */
function temporaryOf({ env, keys }: ConnectionState): StoredTemporary | undefined {
  if (env.settings.forwardSecrecy === 'always') return undefined;
  const { forwardSecrecyAt, inForce, isBound, temporaryUntil } = keys;
  if (forwardSecrecyAt !== Infinity) return { key: undefined, notBefore: Math.ceil(forwardSecrecyAt / 1000) };
  if (!keys.hasForwardSecrecy) return undefined;
  if (inForce === undefined || keys.isPermanentInForce || !isBound) return { key: undefined, notBefore: 0 };
  return { key: inForce.bytes, until: temporaryUntil };
}

function saltsOf({ salts }: ConnectionState): StoredSalt[] {
  const stored = [{ since: 0, until: salts.until, low: salts.low, high: salts.high }];
  const { future } = salts;
  for (let i = 0; i < future.length; i += 4)
    stored.push({ since: future[i]!, until: future[i + 1]!, low: future[i + 2]!, high: future[i + 3]! });
  return stored;
}

/**
 * A fresh state goes on as the record in `bytes` tells; what was read is wiped.
 * @param isClean the record is exactly where its session stopped
 * @returns why it cannot; nothing is taken then, unless the account is lost: such a session can be forgotten, and no more
 */
export function openRecord(
  s: ConnectionState,
  stored: StoredSession,
  bytes: Uint8Array,
  isClean: boolean,
  now: number,
): Refusal | undefined {
  const record = recordIn(bytes);
  if (record === undefined) return refusal('VaultRecordBroken', { path: 'session' });
  const refused = takeRecord(s, record, isClean, now);
  if (refused === undefined) {
    stored.take(record);
    noteStored(s, stored);
  }
  wipeRecord(record);
  return refused ?? (record.lost === undefined ? undefined : refusal('AuthKeyInvalid', { reason: record.lost }));
}

/** The record in some bytes; undefined if nobody can read it. Secret: the caller wipes it. */
export function recordIn(bytes: Uint8Array): SessionRecord | undefined {
  try {
    return readRecord(bytes);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return undefined;
  }
}

/**
 * A fresh state goes on as what a record tells. Exactly there if its last owner gave it up (`isClean`); else its keys,
 * salts and clock hold, and the session_id is left behind: nobody knows what was sent under it.
 * @returns why it cannot; nothing is taken then
 */
function takeRecord(s: ConnectionState, record: SessionRecord, isClean: boolean, now: number): Refusal | undefined {
  const { settings, reach } = s.env;
  const server = recordedServer(settings.dataCentres, record, (host, port) => reach.permits(host, port));
  if (server === undefined)
    return refusal('InvalidSession', { msg: 'no data centre of this number is configured', path: 'session.name' });
  const entry = record.keys.find(({ dc }) => dc === record.dc);
  if (entry === undefined) return refusal('VaultRecordBroken', { path: 'session.name' });
  const key = AuthKey.from(entry.key);
  const fault = s.env.claims.claim(key.idLow, key.idHigh, s.number);
  if (fault !== undefined) {
    key.wipe();
    return refusalOfClaim(fault, 'session.name');
  }
  s.server = server;
  s.takeKey(key);
  s.ids.offset = record.timeOffset;
  takeTemporary(s, record.temporary, now);
  if (isClean && (record.sessionLow !== 0 || record.sessionHigh !== 0)) goOn(s, record, now);
  else leaveBehind(s, record, now);
  takeSalts(s, record.salts);
  takeForeign(s, record);
  s.session.floods.restore(record.floods, now);
  takeInit(s, record.initText);
  // Whatever the server has no memory of is a gap.
  s.hasHistory = record.userId !== undefined;
  return undefined;
}

/** The `initConnection` that the session is bound to, unless the scheme of today cannot say it any more. */
function takeInit({ env, session }: ConnectionState, text: string | undefined): void {
  if (text === undefined) return;
  try {
    session.initPrefix = compileInit(env, text);
    session.initText = Buffer.from(text);
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
  }
}

function takeTemporary(s: ConnectionState, temporary: StoredTemporary | undefined, now: number): void {
  if (temporary === undefined || s.env.settings.forwardSecrecy !== 'made') return;
  if (temporary.key === undefined && temporary.notBefore * 1000 > now) s.keys.usePermanent(temporary.notBefore * 1000);
  else if (temporary.key !== undefined && temporary.until - s.serverSeconds(now) > LEAST_LIFE)
    s.keys.goOnWith(AuthKey.from(temporary.key), temporary.until);
  else s.keys.wantTemporary();
}

function goOn(s: ConnectionState, { sessionLow, sessionHigh, lastSeqNo }: SessionRecord, now: number): void {
  s.sessionLow = sessionLow;
  s.sessionHigh = sessionHigh;
  s.lastSeqNo = lastSeqNo;
  s.ids.continueAfter(lastSeqNo);
  // Above whatever the last owner has sent, were it in this very millisecond: ids are blurred by one.
  s.ids.next(now + HANDOVER_MS, 0);
}

/** `takeKey` has made another session_id; the server need not keep what waits under the old one. */
function leaveBehind(s: ConnectionState, { sessionLow, sessionHigh }: SessionRecord, now: number): void {
  if (sessionLow !== 0 || sessionHigh !== 0) destroyLater(s, sessionLow, sessionHigh, now);
}

function takeSalts({ salts }: ConnectionState, stored: readonly StoredSalt[]): void {
  const [first, ...later] = stored;
  if (first === undefined) return;
  salts.set(first.low, first.high, 0);
  salts.until = first.until;
  for (const { since, until, low, high } of later) salts.add(since, until, low, high);
}

/** Keys of other data centres, unless somebody else has one of them. */
export function takeForeign(s: ConnectionState, { dc: home, keys }: SessionRecord): void {
  for (const { dc, key: bytes } of keys) {
    if (dc === home) continue;
    const key = AuthKey.from(bytes);
    if (s.env.claims.claim(key.idLow, key.idHigh, s.number) === undefined) s.session.otherKeys.set(dc, key);
    else key.wipe();
  }
}
