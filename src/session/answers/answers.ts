/**
 * Answers: how a request ends for its client. Each request ends here exactly once.
 * In: an open request and its end. Out: one line through the sink. Never: leaves a request in the table.
 */
import { TlReadError, type Reader } from '../../bytes/reader.ts';
import type { Writer } from '../../bytes/writer.ts';
import type { AuthKey } from '../../crypto/auth-key.ts';
import type { Fate, Refusal, SessionHandle, SessionInForce } from '../../dialect/dialect.ts';
import type { Delivered } from '../../errors.ts';
import { DecodeFailure } from '../../tl/codec.ts';
import { tellKeyEnd, tellKeyError, tellKeyResult } from './key-outcomes.ts';
import { readOwnResult } from './own-results.ts';
import type { AttachmentState } from '../state/attachment.ts';
import type { StoredSession } from '../state/stored-session.ts';
import { type OwnCall, type Pending, Stage } from '../state/pending.ts';
import type { RpcError } from '../state/rpc-error.ts';
import type { Ended } from '../sink.ts';
import { crcText, refusal, withConsequences } from './refusals.ts';
import type { ConnectionState } from '../state/state.ts';

/** Attributes a request asked for beside its message. */
export const Wants = { OPTIONS: 1, SERVER: 2, SESSION: 4, EXPORT: 8, DETACHED: 16 } as const;

/** Begins the line of a request, with the attributes it asked for. @param to whom it is written for @returns the dialect's mark */
export function beginLine(s: ConnectionState, to: AttachmentState, out: Writer, id: Uint8Array, wants: number): number {
  const mark = to.dialect.begin(out, id);
  if ((wants & Wants.OPTIONS) !== 0) writeOptions(s, to, out);
  if ((wants & Wants.SERVER) !== 0) writeServer(s, to, out);
  if ((wants & Wants.SESSION) !== 0) writeSession(s, to, out, wants);
  return mark;
}

function writeOptions(s: ConnectionState, { dialect, style }: AttachmentState, out: Writer): void {
  dialect.options(out, {
    int64: style.int64AsString ? 'string' : 'number',
    flags: style.flagsAsBool ? 'bool' : 'cons',
    init: s.session.initText,
  });
}

function writeServer(s: ConnectionState, { dialect }: AttachmentState, out: Writer): void {
  const { host, port, dc, test } = s.server;
  const rsa = s.server.rsa ?? s.env.keyText(test);
  dialect.server(out, { host, port, dc, test, rsa });
}

/** A stored session is shown without its key, unless a client that may see it asked for the key (threats: Secrets). */
function writeSession(s: ConnectionState, { dialect, style }: AttachmentState, out: Writer, wants: number): void {
  const { stored } = s.session;
  if ((wants & Wants.DETACHED) !== 0) return dialect.detached(out);
  const secret = s.keys.permanent === undefined ? undefined : secretOf(s, s.keys.permanent);
  const isExport = (wants & Wants.EXPORT) !== 0;
  if (stored !== undefined) dialect.handle(out, handleOf(s, stored), isExport ? secret : undefined, style);
  else if (secret !== undefined) dialect.session(out, secret, style);
}

/** The stored session, without its key. */
function handleOf(s: ConnectionState, stored: StoredSession): SessionHandle {
  const { name, hasRecord, userId, isBot, lostReason, isResident } = stored;
  const isKnown = s.keys.permanent !== undefined;
  return {
    name,
    dc: isKnown ? s.server.dc : undefined,
    test: isKnown ? s.server.test : undefined,
    userId,
    isBot: hasRecord && userId !== undefined ? isBot : undefined,
    lost: lostReason,
    isNew: hasRecord ? undefined : true,
    ...(isResident && { isResident }),
  };
}

function secretOf(s: ConnectionState, permanent: AuthKey): SessionInForce {
  return {
    authKey: permanent.bytes,
    // Sequence numbers count within a temporary key's session: under the permanent key nothing was sent yet.
    sessionLow: s.sessionLow,
    sessionHigh: s.sessionHigh,
    lastSeqNo: s.keys.isPermanentInForce ? s.lastSeqNo : 0,
    saltLow: s.salts.low,
    saltHigh: s.salts.high,
    timeOffset: Math.round(s.ids.offset) / 1000,
    dc: s.server.dc,
  };
}

/** What a body is decoded as: the result of a call, or one boxed object. */
export type BodyKind = 'result' | 'object';

/** The result came: decodes it straight into the line. A body that cannot be read is the request's own `DecodeError`. */
export function answer(s: ConnectionState, pending: Pending, kind: BodyKind, r: Reader, now: number): void {
  s.pending.remove(pending);
  if (pending.ownCall !== undefined) return answerOwn(s, pending, pending.ownCall, r, now);
  tellKeyResult(s, pending, r);
  s.hasHistory = true;
  const to = pending.asker;
  if (to.isGone) return;
  const { dialect, style } = to;
  const { codec } = s.env;
  const out = s.sink.reply(to.number, pending.ticket, false, 'result');
  const mark = beginLine(s, to, out, pending.id, pending.wants);
  try {
    if (kind === 'result') dialect.result(out, codec, pending.result, r, style);
    else dialect.object(out, codec, r, style);
    dialect.end(out, mark);
    s.sink.end();
    noteEnd(s, to, pending.ticket, 'result', pending);
  } catch (error) {
    if (!(error instanceof DecodeFailure) && !(error instanceof TlReadError)) throw error;
    s.sink.drop();
    s.sink.log('unreadable answer', { reason: error.message });
    refuse(s, pending, refusal('DecodeError', error instanceof DecodeFailure ? { crc: crcText(error.crc) } : {}));
  }
}

/** Ends an own call with its result; one that cannot be read counts as no answer. */
function answerOwn(s: ConnectionState, pending: Pending, ownCall: OwnCall, r: Reader, now: number): void {
  let result: Readonly<Record<string, unknown>>;
  try {
    result = readOwnResult(s, pending, r);
  } catch (error) {
    if (!(error instanceof DecodeFailure) && !(error instanceof TlReadError)) throw error;
    return ownCall.failed(undefined);
  }
  ownCall.done(result, now);
}

/** What is said of an error to the client, and in the log. */
type AnsweredError = Pick<RpcError, 'code' | 'text' | 'label'>;

/** Ends a request with an `rpc_error`: the server's, or the gateway's own in the server's words. */
export function answerError(s: ConnectionState, pending: Pending, error: AnsweredError, known: Fate): void {
  s.pending.remove(pending);
  const fate = tellKeyError(s, pending, error, known);
  const to = pending.asker;
  if (to.isGone) return;
  const { dialect } = to;
  const out = s.sink.reply(to.number, pending.ticket, false, 'rpc_error');
  const mark = beginLine(s, to, out, pending.id, pending.wants);
  dialect.rpcError(out, error.code, error.text, fate);
  dialect.end(out, mark);
  s.sink.end();
  noteEnd(s, to, pending.ticket, 'rpc_error', pending, { code: error.code, error: error.label });
}

/** Ends a request that got no answer in time with `rpc_timeout`. */
export function answerTimeout(s: ConnectionState, pending: Pending): void {
  if (pending.ownCall !== undefined) return pending.ownCall.failed(undefined);
  tellKeyEnd(s, pending, delivered(pending));
  const to = pending.asker;
  if (to.isGone) return;
  const { dialect } = to;
  const out = s.sink.reply(to.number, pending.ticket, false, 'rpc_timeout');
  const mark = beginLine(s, to, out, pending.id, pending.wants);
  dialect.rpcTimeout(out, { delivered: delivered(pending), retryable: isRepeat(pending) });
  dialect.end(out, mark);
  s.sink.end();
  noteEnd(s, to, pending.ticket, 'rpc_timeout', pending);
}

/** Ends a request with an error of the gateway's. The caller has taken it out of the table. */
export function refuse(s: ConnectionState, pending: Pending, refused: Refusal): void {
  if (pending.ownCall !== undefined) return pending.ownCall.failed(undefined, refused);
  tellKeyEnd(s, pending, withConsequences(refused).delivered);
  refuseTicket(s, pending.asker, pending.ticket, pending.id, refused, false, pending);
}

/** One error line for a ticket. @param to whose it is @param of the request, if it had come that far */
export function refuseTicket(
  s: ConnectionState,
  to: AttachmentState,
  ticket: number,
  id: Uint8Array,
  refused: Refusal,
  isBadLine: boolean,
  of?: Pending,
): void {
  if (to.isGone) return;
  to.dialect.error(s.sink.reply(to.number, ticket, isBadLine, refused.error), id, withConsequences(refused));
  s.sink.end();
  noteEnd(s, to, ticket, refused.error, of);
}

/** One entry in the log for each request, where they are wanted. */
export function noteEnd(
  s: ConnectionState,
  to: AttachmentState,
  ticket: number,
  outcome: string,
  of?: Pending,
  error: Partial<Ended> = {},
): void {
  if (!s.env.settings.logsRequests) return;
  const method = of && s.env.codec.nameOf(of.method);
  s.sink.ended(to.number, ticket, { ...(method !== undefined && { method }), outcome, ...error, dc: s.server.dc });
}

/** A notice: a line with id 0 that answers nobody, for all who hear updates. */
export function notify(s: ConnectionState, notice: Refusal): void {
  const line = withConsequences(notice);
  for (const { form, dialect } of s.session.attachments.listeners) {
    dialect.error(s.sink.update(form), dialect.noticeId, line);
    s.sink.end();
  }
}

/** A notice to one client, if it has a place for one. */
export function notifyOne(s: ConnectionState, { number, dialect, isMute }: AttachmentState, notice: Refusal): void {
  if (isMute) return;
  dialect.error(s.sink.notice(number), dialect.noticeId, withConsequences(notice));
  s.sink.end();
}

/** Whether Telegram may have carried a request out that is given up now. */
export function delivered(pending: Pending): Delivered {
  return pending.wasSent || isRepeat(pending) ? 'unknown' : 'no';
}

/** Whether the request waited for the outcome of another with its key: that may be asked for again. */
function isRepeat({ stage }: Pending): boolean {
  return stage === Stage.REPEAT;
}
