/**
 * Login: what results tell of the account of a stored session: that somebody has signed in or out, where its
 * updates stand.
 * In: results of a session with a name, before its client is told. Out: its `StoredSession`, and the record to be stored first.
 * Never: on the way of sessions without a name; a field by its place: the scheme has them.
 */
import type { Reader } from '../../bytes/reader.ts';
import { Reader as Bytes, TlReadError } from '../../bytes/reader.ts';
import { Writer } from '../../bytes/writer.ts';
import { DecodeFailure } from '../../tl/codec.ts';
import type { Env } from '../env.ts';
import { store, tellStanding } from './store.ts';
import type { StoredSession } from '../state/stored-session.ts';
import type { Pending } from '../state/pending.ts';
import type { ConnectionState } from '../state/state.ts';

type Fields = Readonly<Record<string, unknown>>;

const STYLE = { int64AsString: true, flagsAsBool: true };

/** Notes what a result tells of the account. The reader stands at the result, and is put back there. */
export function noteResult(s: ConnectionState, stored: StoredSession, pending: Pending, r: Reader): void {
  if (s.role !== 'home' || r.left < 4) return;
  const { calls } = s.env;
  if (pending.method === calls.logOut) return signedOut(s, stored);
  const crc = r.peekUint32();
  if (crc === calls.authorization) signedIn(s, stored, decode(s, r));
  else if (crc === calls.loginTokenSuccess) signedIn(s, stored, decode(s, r)?.['authorization']);
  else if (crc === calls.updatesState) noteUpdates(stored, decode(s, r));
  else if (crc === calls.differenceEmpty) noteDate(stored, decode(s, r));
}

/** The object at the reader; undefined if nobody can read it: then the client's answer says so. */
function decode(s: ConnectionState, r: Reader): Fields | undefined {
  const at = r.pos;
  const out = new Writer(1024);
  try {
    s.env.codec.decodeObject(r, out, STYLE);
    return JSON.parse(out.written().toString()) as Fields;
  } catch (error) {
    if (!(error instanceof DecodeFailure) && !(error instanceof TlReadError)) throw error;
    return undefined;
  } finally {
    r.pos = at;
  }
}

/** Somebody has signed in: the session is stored before its client hears of it. */
function signedIn(s: ConnectionState, stored: StoredSession, authorization: unknown): void {
  const user = isFields(authorization) ? authorization['user'] : undefined;
  if (!isFields(user) || typeof user['id'] !== 'string') return;
  stored.userId = BigInt(user['id']);
  stored.isBot = user['bot'] === true;
  stored.apiId = apiIdOf(s) ?? stored.apiId;
  const wasLost = stored.lostReason !== undefined;
  stored.lostReason = undefined;
  if (wasLost) tellStanding(s, stored);
  stored.hasRecord = true;
  stored.changes++;
  store(s, stored, 'urgent');
}

/** The account is gone from this key; the name stays with the connection, for the next one. */
function signedOut(s: ConnectionState, stored: StoredSession): void {
  stored.userId = undefined;
  stored.isBot = false;
  stored.updates = undefined;
  stored.hasRecord = false;
  stored.changes++;
  s.sink.name('loggedOut', 0);
}

function noteUpdates(stored: StoredSession, state: Fields | undefined): void {
  if (state === undefined) return;
  const { pts, qts, date, seq } = state;
  stored.updates = { pts: Number(pts), qts: Number(qts), date: Number(date), seq: Number(seq) };
  stored.moves++;
}

function noteDate(stored: StoredSession, difference: Fields | undefined): void {
  if (difference === undefined || stored.updates === undefined) return;
  stored.updates = { ...stored.updates, date: Number(difference['date']), seq: Number(difference['seq']) };
  stored.moves++;
}

/** The api_id of `options.init`, of the operator's, or of the client's own `initConnection`, in this order. */
function apiIdOf({ env, session }: ConnectionState): number | undefined {
  const text = session.initText ?? (session.isClientInit ? undefined : env.settings.init);
  const given: unknown =
    text === undefined ? clientInit(env, session.initPrefix) : JSON.parse(Buffer.from(text).toString());
  const id = isFields(given) ? Number(given['api_id']) : Number.NaN;
  return Number.isInteger(id) && id > 0 && id <= 0x7fff_ffff ? id : undefined;
}

/** The fields of the client's own `initConnection`, read by the scheme: its bytes, and any call behind them. */
function clientInit({ codec }: Pick<Env, 'codec'>, prefix: Uint8Array): unknown {
  if (prefix.length === 0) return undefined;
  const call = new Writer(prefix.length + 4);
  call.raw(prefix);
  call.int32(codec.crcOf('help.getNearestDc') | 0);
  const out = new Writer(1024);
  try {
    codec.decodeCall(new Bytes(call.written()), out, STYLE);
    let fields: unknown = JSON.parse(out.written().toString());
    while (isFields(fields) && fields['_cons'] !== 'initConnection') fields = fields['query'] ?? fields['_wrapped'];
    return fields;
  } catch (error) {
    if (!(error instanceof DecodeFailure) && !(error instanceof TlReadError)) throw error;
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
