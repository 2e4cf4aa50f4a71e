/**
 * Over: a session ends, because nobody needs it any more, or, if it is stored, for all who speak in it: another process takes it over,
 * it was forgotten, or it could not be stored.
 * In: the connections of a session, the time. Out: all its clients are told and leave; its last record. Never: ends one whose
 * requests may still end in their time.
 */
import { flushReady } from '../delivery/packets.ts';
import { close } from '../link/connect.ts';
import type { ClientLine } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';
import { lastRecord, storeLast } from '../stored/store.ts';
import { endRequests, loseSession } from './alone.ts';
import { answerForgotten } from './attach.ts';
import { detach } from './move.ts';
import { areHeld, isAwaited } from './waiting.ts';

/** Bytes that the last `flush` of a session may send: acknowledgements, which come before all else. */
const LAST_BYTES = 64 * 1024;

/** All clients lose the session, and it is over. @param all its connections, the home one first */
export function endForAll(all: readonly ConnectionState[], msg: string, reason: string): void {
  const home = all[0]!;
  const { session } = home;
  for (const one of [...session.attachments.all()]) {
    // Who has gone on to another session speaks there, but what it asked here is still open.
    if (one.isMoving) endRequests(all, one);
    else loseSession(all, one, msg, reason);
  }
  session.leaveBy = Infinity;
  session.isOver = true;
  // What is stored under its name is not its any more.
  session.stored = undefined;
  close(home);
}

/** Nobody needs it any more: connections are hung up, keys zeroed, a stored session is stored for the last time. */
export function endSession(all: readonly ConnectionState[], now: number): void {
  const home = all[0]!;
  const { stored, isOver } = home.session;
  if (isOver) return;
  let record: Buffer | undefined;
  try {
    try {
      if (stored?.hasRecord === true) acknowledgeAll(all, now);
      if (stored !== undefined) record = lastRecord(home, stored);
    } finally {
      // Whatever becomes of the record: no key stays claimed.
      close(home);
    }
    if (record !== undefined) storeLast(home, record);
  } finally {
    record?.fill(0);
  }
}

/** On takeover by another process: gives the name over once no request is open, or `leaveBy` has passed. */
export function leaveIfDue(all: readonly ConnectionState[], now: number): void {
  const home = all[0]!;
  const { leaveBy, stored, attachments } = home.session;
  if (leaveBy === Infinity || stored === undefined) return;
  const isBusy = all.some((s) => s.pending.size > 0) || [...attachments.waiting].some(areHeld);
  if (now < leaveBy && isBusy) return;
  acknowledgeAll(all, now);
  const record = lastRecord(home, stored);
  try {
    endForAll(all, 'another process has taken this session over', 'takeover');
    storeLast(home, record);
  } finally {
    record.fill(0);
  }
}

/** It is gone from the vault. @param waiting the line that asked for that; undefined if its client has gone */
export function endForgotten(all: readonly ConnectionState[], waiting: ClientLine | undefined): void {
  const home = all[0]!;
  // A thread that was lost had asked: the line is on its way through this one once more.
  if (waiting === undefined && isAwaited(home.session, 'logOut')) return;
  if (waiting !== undefined) {
    endRequests(all, waiting.attachment);
    answerForgotten(home, waiting);
    detach(home, waiting.attachment, true);
  }
  endForAll(all, 'the session was forgotten', 'forgotten');
}

/** Sends all acknowledgements: what these clients were told, the server does not send again to the next owner of the session. */
function acknowledgeAll(all: readonly ConnectionState[], now: number): void {
  for (const s of all) {
    s.outbox.hurry(now);
    flushReady(s, now, LAST_BYTES, false);
  }
}
