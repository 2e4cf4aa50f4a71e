/**
 * Attach: a session that is stored under a name: it is opened, stored because a client hands it in, listed, forgotten.
 * In: the main thread's answers. Out: the session under its name, or why not; answers to the lines that waited for that.
 * Never: a line out of its turn; a name asked for (the main thread opens a session with its name).
 */
import { wipeRecord } from '../../account/record.ts';
import {
  NOT_GIVEN_UP,
  type NameAnswer,
  type NameEntry,
  type NameFault,
  readNameList,
} from '../../batch/name-records.ts';
import type { Refusal, SessionHandle, SessionFields } from '../../dialect/dialect.ts';
import { errorNamed } from '../../errors.ts';
import { beginLine, Wants } from '../answers/answers.ts';
import { refusal } from '../answers/refusals.ts';
import type { ClientLine } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';
import { StoredSession } from '../state/stored-session.ts';
import { openRecord, recordIn } from '../stored/record.ts';
import { store, tellStanding } from '../stored/store.ts';
import { endWaiting, waitingId } from './waiting.ts';

/** What is stored under the session's name is known now: it goes on there, or refuses all its lines. */
export function openNamed(s: ConnectionState, { fault, bytes, isClean }: NameAnswer, now: number): void {
  const { session } = s;
  if (!session.isOpening) return;
  session.isOpening = false;
  if (fault !== undefined) {
    session.refused = refusalOfOpen(fault);
    return;
  }
  const stored = new StoredSession(session.name!);
  const refused = bytes.length === 0 ? undefined : openRecord(s, stored, bytes, isClean, now);
  session.refused = refused;
  // Only that it is lost can be told of a session that was opened; its name is held, so that it can be forgotten.
  if (refused === undefined || stored.lostReason !== undefined) session.stored = stored;
  else s.sink.name('release', 0);
  if (session.stored === undefined) return;
  tellStanding(s, stored);
  // A resident is there for its updates: it connects with nobody asking.
  if (stored.isResident && refused === undefined) s.link.redialAt = now;
}

const ELSEWHERE = 'another process with the same vault has this session; "takeover":true takes it over';
const KEPT =
  'another process with the same vault has this session and has not given it up; it may be stopped or overloaded: look there';
const VAULT_SHUT = 'the vault of this gateway cannot be opened; its log says why';

const NOT_OPENED = 'the vault of this gateway cannot be written, so the session was not opened; its log says why';

/** Why a session cannot be opened: nothing of it was. */
function refusalOfOpen(fault: NameFault): Refusal {
  const refused = refusalOfName(fault);
  return refused.error === 'VaultWriteFailed' ? { ...refused, msg: NOT_OPENED } : refused;
}

/** Why a name cannot be had, or what is stored under it cannot be changed. */
export function refusalOfName({ error, reason }: NameFault): Refusal {
  return refusal(errorNamed(error), {
    path: 'session',
    ...(error === 'VaultUnavailable' && reason !== undefined && { msg: VAULT_SHUT }),
    ...(error === 'SessionInUse' && { msg: reason === NOT_GIVEN_UP ? KEPT : ELSEWHERE }),
    ...(reason !== undefined && reason !== NOT_GIVEN_UP && { reason }),
  });
}

/** Stores the session that was handed in under the session's name; the line `ticket` waits for that. */
export function storeHandedIn(s: ConnectionState, stored: StoredSession, fields: SessionFields, ticket: number): void {
  stored.hasRecord = true;
  stored.userId = fields.userId;
  stored.isBot = fields.isBot ?? false;
  stored.changes++;
  store(s, stored, 'explicit', ticket);
}

// --- what is told of stored sessions ---------------------------------------------------------------------------------

/** Answers a line that asked for the list, or says why there is none. */
export function answerListed(s: ConnectionState, line: ClientLine, { fault, bytes }: NameAnswer): void {
  if (fault !== undefined) return endWaiting(s, line, refusalOfName(fault));
  const { attachment: to } = line;
  const id = waitingId(s, line);
  const { hasOptions, hasServer } = s.env.request;
  const out = s.sink.reply(to.number, line.ticket, false, 'result');
  const wants = (hasOptions ? Wants.OPTIONS : 0) | (hasServer ? Wants.SERVER : 0);
  const mark = beginLine(s, to, out, id, wants);
  to.dialect.list(out, readNameList(bytes).map(listed), to.style);
  to.dialect.end(out, mark);
  s.sink.end();
}

function listed({ name, record: bytes, owner: inUse, open }: NameEntry): SessionHandle {
  const record = bytes === undefined ? undefined : recordIn(bytes);
  const none = { dc: undefined, test: undefined, userId: undefined, isBot: undefined };
  if (record === undefined) return { name, ...none, inUse, isBroken: true };
  wipeRecord(record);
  const { dc, test, userId, isBot: wasBot, lost, isResident } = record;
  const isBot = userId === undefined ? undefined : wasBot;
  const state = lost === undefined ? (open?.state ?? 'closed') : 'lost';
  return { name, dc, test, userId, isBot, lost, inUse, isResident, state, ...openFields(open) };
}

function openFields(open: NameEntry['open']): Partial<SessionHandle> {
  if (open === undefined) return { connections: 0 };
  const { connections, openedAt, retryIn } = open;
  return { connections, openedAt, ...(retryIn > 0 && { retryAfter: Math.ceil(retryIn / 1000) }) };
}

/** The session is gone from the data centre and from the vault: its client is told. */
export function answerForgotten(s: ConnectionState, line: ClientLine): void {
  const { attachment: to } = line;
  const id = waitingId(s, line);
  const out = s.sink.reply(to.number, line.ticket, false, 'result');
  const mark = to.dialect.begin(out, id);
  to.dialect.forgotten(out, s.session.name!);
  to.dialect.end(out, mark);
  s.sink.end();
}
