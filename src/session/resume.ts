/**
 * Resume: a session goes on after its thread was lost, from what `snapshot.ts` saved of it.
 * In: a fresh state; what was saved last, and the requests that were taken. Out: the state as it was, its connection gone.
 * Never: sends anything; what the lost thread may have sent is asked about once there is a connection.
 */
import { readRecord, type SessionRecord, wipeRecord } from '../account/record.ts';
import { EntryFlag, readAgain, readCounters, readResume } from '../batch/save-records.ts';
import type { Reader } from '../bytes/reader.ts';
import { AuthKey } from '../crypto/auth-key.ts';
import { takeForeign } from './stored/record.ts';
import { StoredSession } from './state/stored-session.ts';
import { Stage } from './state/pending.ts';
import { askAgain } from './requests/keyed.ts';
import { takeLineAgain } from './requests/enqueue.ts';
import type { NamedBy } from '../batch/link-records.ts';
import { Has, Is } from './snapshot-flags.ts';
import type { ClientLine } from './state/attachment.ts';
import type { ConnectionState } from './state/state.ts';

/**
 * Brings a fresh state to where the saved one was; its connection is gone, and wanted again if it was wanted.
 * @param bytes of a RESUME record: `bytes[start..end)`
 */
export function restore(s: ConnectionState, bytes: Uint8Array, start: number, end: number, now: number): void {
  const { session, counters } = readResume(bytes, start, end);
  if (session !== undefined) restoreSession(s, session, now);
  // What the lost thread sent twice is not known any more.
  s.resentAt = now;
  if (counters !== undefined) restoreCounters(s, counters, now);
}

function restoreSession(s: ConnectionState, r: Reader, now: number): void {
  const flags = r.int32();
  const dc = r.int32();
  const port = r.int32();
  const host = text(r);
  const rsa = (flags & Has.RSA) === 0 ? undefined : text(r);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  s.server = { host, port, dc, test: has(Has.TEST), rsa, namedBy: namedBy(flags) };
  s.keys.restore({
    permanent: has(Has.KEY) ? AuthKey.from(r.raw(256)) : undefined,
    temporary: has(Has.TEMPORARY) ? AuthKey.from(r.raw(256)) : undefined,
    isBound: has(Has.BOUND),
    hasForwardSecrecy: has(Has.FORWARD_SECRECY),
    temporaryUntil: r.int32(),
    forwardSecrecyAt: r.double(),
    permanentSince: r.int32(),
  });
  s.sessionLow = r.int32();
  s.sessionHigh = r.int32();
  if (has(Has.INIT_TEXT)) s.session.initText = r.view().slice();
  if (has(Has.INIT)) s.session.initPrefix = r.view().slice();
  s.session.isClientInit = has(Has.CLIENT_INIT);
  for (let left = r.int32(); left > 0; left--) s.salts.future.push(r.int32());
  const { permanent } = s.keys;
  if (permanent !== undefined) s.env.claims.claim(permanent.idLow, permanent.idHigh, s.number);
  if (has(Has.NAME)) restoreNamed(s, text(r), readRecord(r.view()), has(Has.RECORD), now);
}

function restoreNamed(s: ConnectionState, name: string, record: SessionRecord, hasRecord: boolean, now: number): void {
  const stored = new StoredSession(name);
  stored.take(record);
  // The lost thread may have waited for the disk.
  stored.storedResident = undefined;
  stored.hasRecord = hasRecord;
  s.session.stored = stored;
  s.session.isOpening = false;
  takeForeign(s, record);
  s.session.floods.restore(record.floods, now);
  wipeRecord(record);
}

function namedBy(flags: number): NamedBy {
  if ((flags & Has.NAMED_BY_CLIENT) !== 0) return 'client';
  return (flags & Has.NAMED_BY_SERVER) !== 0 ? 'server' : 'operator';
}

function text(r: Reader): string {
  return Buffer.from(r.view()).toString();
}

function restoreCounters(s: ConnectionState, r: Reader, now: number): void {
  const saved = readCounters(r);
  const { flags } = saved;
  s.ids.low = saved.msgIdLow;
  s.ids.high = saved.msgIdHigh;
  s.ids.contentCount = saved.contentCount;
  s.lastSeqNo = saved.lastSeqNo;
  s.ids.offset = saved.clockOffset;
  s.salts.low = saved.saltLow;
  s.salts.high = saved.saltHigh;
  s.salts.until = saved.saltUntil;
  s.uniqueLow = saved.uniqueLow;
  s.uniqueHigh = saved.uniqueHigh;
  s.ids.isSynchronised = (flags & Is.SYNCHRONISED) !== 0;
  s.hasHistory = (flags & Is.HAS_HISTORY) !== 0;
  s.isLost = (flags & Is.LOST) !== 0;
  s.isKeyDoubted = (flags & Is.KEY_DOUBTED) !== 0;
  s.link.wasUp = (flags & Is.WAS_UP) !== 0;
  while (r.left > 0) s.received.note(r.int32(), r.int32());
  if ((flags & Is.WANTED) !== 0) s.link.redialAt = now;
}

/**
 * A request the lost thread had taken, where it stood: one that was on its way is asked about once there is a
 * connection. @param again an AGAIN record's bytes: its entry of SAVE without the ticket, then its line
 */
export function takeAgain(s: ConnectionState, again: ClientLine): void {
  const entry = readAgain(again.bytes, again.start, again.stop);
  const { flags } = entry;
  const pending = takeLineAgain(s, { ...again, start: entry.lineAt }, entry.deadline);
  if (pending === undefined) return;
  pending.msgIdLow = entry.msgIdLow;
  pending.msgIdHigh = entry.msgIdHigh;
  pending.seqNo = entry.seqNo;
  pending.wasSent = (flags & EntryFlag.SENT) !== 0;
  pending.isFromLostThread = true;
  if ((flags & EntryFlag.WRAPPED) !== 0) pending.prefix = s.session.initPrefix;
  pending.copies = (flags & EntryFlag.RESENT) !== 0 ? 2 : 1;
  const stage = flags & EntryFlag.STAGE;
  const { key } = s.env.request;
  if (stage === Stage.REPEAT && key !== undefined) return askAgain(s, pending, key);
  pending.hasKey = key !== undefined;
  if (stage === Stage.QUEUED) return s.pending.add(pending);
  if (stage === Stage.DELAYED) return s.pending.addDelayed(pending, entry.notBefore);
  pending.containerLow = entry.containerLow;
  pending.containerHigh = entry.containerHigh;
  s.pending.placeAgain(pending);
}
