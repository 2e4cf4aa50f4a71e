/**
 * Snapshot: what of a session survives the thread it lives on: written as it changes. `resume.ts` reads it.
 * In: a state; what was saved before. Out: records through the sink. Never: the key again each time
 * a number changes: what changes with every packet is kept apart (`SavedCounters`) from what rarely does.
 *
 * A batch is a transaction: what a lost batch did was never applied by anyone, so that what was saved last is exactly
 * what the server and the client have seen. The records' forms are in `batch/save-records.ts`.
 */
import { type SavedCounters, EntryFlag, writeCounters, writeEntry } from '../batch/save-records.ts';
import type { Writer } from '../bytes/writer.ts';
import type { AuthKey } from '../crypto/auth-key.ts';
import { recordBytes } from './stored/record.ts';
import type { StoredSession } from './state/stored-session.ts';
import { Stage, type Pending } from './state/pending.ts';
import { Has, Is } from './snapshot-flags.ts';
import type { Server } from './state/servers.ts';
import type { ConnectionState } from './state/state.ts';

/** What was saved last of one session: it is only compared with what is now. */
export class Saved {
  #permanent: AuthKey | undefined;
  #keyInForce: AuthKey | undefined;
  #isBound = false;
  #server: Server;
  #initText: Uint8Array | undefined;
  #initPrefix: Uint8Array;
  #sessionLow = 0;
  #sessionHigh = 0;
  #salts = 0;
  /** As the last SAVE said them. */
  readonly #counters: SavedCounters = {
    msgIdLow: 0,
    msgIdHigh: 0,
    contentCount: 0,
    lastSeqNo: 0,
    clockOffset: 0,
    saltLow: 0,
    saltHigh: 0,
    saltUntil: 0,
    uniqueLow: 0,
    uniqueHigh: 0,
    flags: 0,
  };
  #stored: StoredSession | undefined;
  #changes = 0;

  constructor(s: ConnectionState) {
    this.#server = s.server;
    this.#initPrefix = s.session.initPrefix;
  }

  /** Writes what has changed, if anything has. Called once a batch for a session that had a part in it. */
  save(s: ConnectionState): void {
    if (this.#sessionChanged(s)) saveSession(s);
    const flags = flagsOf(s);
    if (this.#countersChanged(s, flags) || s.pending.moved.length > 0) {
      takeCounters(this.#counters, s, flags);
      saveCounters(s, this.#counters);
    }
  }

  #sessionChanged(s: ConnectionState): boolean {
    const changes = s.session.stored?.version ?? 0;
    if (
      this.#stored === s.session.stored &&
      this.#changes === changes &&
      this.#permanent === s.keys.permanent &&
      this.#keyInForce === s.keys.inForce &&
      this.#isBound === s.keys.isBound &&
      this.#server === s.server &&
      this.#initText === s.session.initText &&
      this.#initPrefix === s.session.initPrefix &&
      this.#sessionLow === s.sessionLow &&
      this.#sessionHigh === s.sessionHigh &&
      this.#salts === s.salts.changes
    )
      return false;
    this.#stored = s.session.stored;
    this.#changes = changes;
    this.#permanent = s.keys.permanent;
    this.#keyInForce = s.keys.inForce;
    this.#isBound = s.keys.isBound;
    this.#server = s.server;
    this.#initText = s.session.initText;
    this.#initPrefix = s.session.initPrefix;
    this.#sessionLow = s.sessionLow;
    this.#sessionHigh = s.sessionHigh;
    this.#salts = s.salts.changes;
    return true;
  }

  /** An answer that came changes nothing that could not be told again: no record for it alone. */
  #countersChanged({ ids, salts, uniqueLow, uniqueHigh, received }: ConnectionState, flags: number): boolean {
    const saved = this.#counters;
    return (
      saved.msgIdLow !== ids.low ||
      saved.msgIdHigh !== ids.high ||
      saved.contentCount !== ids.contentCount ||
      saved.saltLow !== salts.low ||
      saved.saltHigh !== salts.high ||
      saved.uniqueLow !== uniqueLow ||
      saved.uniqueHigh !== uniqueHigh ||
      saved.flags !== flags ||
      received.fresh.length > 0 ||
      received.wasCleared
    );
  }
}

function takeCounters(into: SavedCounters, s: ConnectionState, flags: number): void {
  const { ids, salts } = s;
  into.msgIdLow = ids.low;
  into.msgIdHigh = ids.high;
  into.contentCount = ids.contentCount;
  into.lastSeqNo = s.lastSeqNo;
  into.clockOffset = ids.offset;
  into.saltLow = salts.low;
  into.saltHigh = salts.high;
  into.saltUntil = salts.until | 0;
  into.uniqueLow = s.uniqueLow;
  into.uniqueHigh = s.uniqueHigh;
  into.flags = flags;
}

function flagsOf(s: ConnectionState): number {
  const { link } = s;
  return (
    (s.ids.isSynchronised ? Is.SYNCHRONISED : 0) |
    (s.hasHistory ? Is.HAS_HISTORY : 0) |
    (s.isLost ? Is.LOST : 0) |
    (s.isKeyDoubted ? Is.KEY_DOUBTED : 0) |
    (link.wasUp ? Is.WAS_UP : 0) |
    (link.stage !== 'down' || link.redialAt !== Infinity ? Is.WANTED : 0)
  );
}

/** What another connection carries is told as waiting in the queue: it does no harm twice, and runs again from there. */
function saveEntry(out: Writer, s: ConnectionState, pending: Pending): void {
  pending.hasMoved = false;
  const stage = stageAt(s, pending);
  const flags =
    stage |
    (pending.wasSent ? EntryFlag.SENT : 0) |
    (pending.prefix === undefined ? 0 : EntryFlag.WRAPPED) |
    (pending.copies > 1 ? EntryFlag.RESENT : 0) |
    (stage === Stage.DELAYED ? EntryFlag.TIMED : 0);
  writeEntry(out, pending.ticket, pending.attachment?.number ?? 0, flags, pending);
}

function stageAt(s: ConnectionState, pending: Pending): Stage {
  if (pending.stage === Stage.QUEUED || pending.stage === Stage.REPEAT) return pending.stage;
  if (pending.stage === Stage.DELAYED) return pending.notBefore === Infinity ? Stage.QUEUED : Stage.DELAYED;
  return s.pending.find(pending.msgIdLow, pending.msgIdHigh) === pending ? pending.stage : Stage.QUEUED;
}

/** Requests that a connection beside the home one carries are saved with the home one's. */
export function gatherMoves(home: ConnectionState, other: ConnectionState): void {
  home.pending.moved.push(...other.pending.moved);
  other.pending.moved.length = 0;
  other.received.fresh.length = 0;
}

/** SAVE: the counters, the requests that have moved, and the updates received since. */
function saveCounters(s: ConnectionState, counters: SavedCounters): void {
  const { received } = s;
  const { moved } = s.pending;
  const out = s.sink.save(moved.length, received.wasCleared);
  writeCounters(out, counters);
  for (let i = 0; i < moved.length; i++) saveEntry(out, s, moved[i]!);
  for (let i = 0; i < received.fresh.length; i++) out.int32(received.fresh[i]!);
  s.sink.end();
  moved.length = 0;
  received.fresh.length = 0;
  received.wasCleared = false;
}

/** SAVE_SESSION: all the rest. */
function saveSession(s: ConnectionState): void {
  const { server, keys } = s;
  const { permanent, inForce } = keys;
  const { initText, stored } = s.session;
  const isTemporary = inForce !== undefined && inForce !== permanent;
  const hasInit = s.session.initPrefix !== s.env.initPrefix;
  const out = s.sink.saveSession();
  out.int32(
    (permanent === undefined ? 0 : Has.KEY) |
      (isTemporary ? Has.TEMPORARY : 0) |
      (s.keys.isBound ? Has.BOUND : 0) |
      (s.keys.hasForwardSecrecy ? Has.FORWARD_SECRECY : 0) |
      (server.rsa === undefined ? 0 : Has.RSA) |
      (server.namedBy === 'client' ? Has.NAMED_BY_CLIENT : 0) |
      (server.namedBy === 'server' ? Has.NAMED_BY_SERVER : 0) |
      (server.test ? Has.TEST : 0) |
      (initText === undefined ? 0 : Has.INIT_TEXT) |
      (hasInit ? Has.INIT : 0) |
      (s.session.isClientInit ? Has.CLIENT_INIT : 0) |
      (stored === undefined ? 0 : Has.NAME) |
      (stored?.hasRecord === true ? Has.RECORD : 0),
  );
  out.int32(server.dc);
  out.int32(server.port);
  out.string(Buffer.from(server.host));
  if (server.rsa !== undefined) out.string(Buffer.from(server.rsa));
  if (permanent !== undefined) out.raw(permanent.bytes);
  if (isTemporary) out.raw(inForce.bytes);
  out.int32(s.keys.temporaryUntil);
  out.double(s.keys.forwardSecrecyAt);
  out.int32(s.keys.permanentSince);
  out.long(s.sessionLow, s.sessionHigh);
  if (initText !== undefined) out.string(initText);
  if (hasInit) out.string(s.session.initPrefix);
  out.int32(s.salts.future.length);
  for (const half of s.salts.future) out.int32(half);
  if (stored !== undefined) saveNamed(out, s, stored);
  s.sink.end();
}

/** Its name, and its record for what stands nowhere else: whose it is, keys of other data centres, floods. */
function saveNamed(out: Writer, s: ConnectionState, stored: StoredSession): void {
  out.string(Buffer.from(stored.name));
  const record = recordBytes(s, stored);
  try {
    out.string(record);
  } finally {
    record.fill(0);
  }
}
