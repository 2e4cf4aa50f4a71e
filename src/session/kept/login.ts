/**
 * Login: what results tell of the account a named session belongs to: that somebody has signed in or out, where its
 * updates stand.
 * In: results of a named session, before the client is told. Out: the session's `Named`, and what must be kept first.
 * Never: on the way of sessions without a name; a field by its place: the scheme has them.
 */
import type { Reader } from '../../bytes/reader.ts';
import { Reader as Bytes, TlReadError } from '../../bytes/reader.ts';
import { Writer } from '../../bytes/writer.ts';
import { DecodeFailure } from '../../tl/codec.ts';
import type { Env } from '../env.ts';
import { keep } from './keeping.ts';
import type { Named } from '../state/named.ts';
import type { Pending } from '../state/pending.ts';
import type { State } from '../state/state.ts';

type Fields = Readonly<Record<string, unknown>>;

const STYLE = { int64AsString: true, flagsAsBool: true };

/** A result for a named session; the reader stands at it, and stays there. */
export function noteResult(s: State, named: Named, pending: Pending, r: Reader): void {
  if (s.role !== 'home' || r.left < 4) return;
  const { calls } = s.env;
  if (pending.method === calls.logOut) return signedOut(s, named);
  const crc = r.peekUint32();
  if (crc === calls.authorization) signedIn(s, named, decode(s, r));
  else if (crc === calls.loginTokenSuccess) signedIn(s, named, decode(s, r)?.['authorization']);
  else if (crc === calls.updatesState) noteUpdates(named, decode(s, r));
  else if (crc === calls.differenceEmpty) noteDate(named, decode(s, r));
}

/** The object at the reader; undefined if nobody can read it: then the client's answer says so. */
function decode(s: State, r: Reader): Fields | undefined {
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

/** From now on there is something to keep, and it is kept before the client hears of it. */
function signedIn(s: State, named: Named, authorization: unknown): void {
  const user = isFields(authorization) ? authorization['user'] : undefined;
  if (!isFields(user) || typeof user['id'] !== 'string') return;
  named.userId = BigInt(user['id']);
  named.isBot = user['bot'] === true;
  named.apiId = apiIdOf(s) ?? named.apiId;
  named.lost = undefined;
  named.isKept = true;
  named.changes++;
  keep(s, named, 'urgent');
}

/** The account is gone from this key; the name stays with the connection, for the next one. */
function signedOut(s: State, named: Named): void {
  named.userId = undefined;
  named.isBot = false;
  named.updates = undefined;
  named.isKept = false;
  named.changes++;
  s.sink.name('loggedOut', 0, named.name);
}

function noteUpdates(named: Named, state: Fields | undefined): void {
  if (state === undefined) return;
  const { pts, qts, date, seq } = state;
  named.updates = { pts: Number(pts), qts: Number(qts), date: Number(date), seq: Number(seq) };
  named.moves++;
}

function noteDate(named: Named, difference: Fields | undefined): void {
  if (difference === undefined || named.updates === undefined) return;
  named.updates = { ...named.updates, date: Number(difference['date']), seq: Number(difference['seq']) };
  named.moves++;
}

/** The api_id of `options.init`, of the operator's, or of the client's own `initConnection`, in this order. */
function apiIdOf({ env, shared }: State): number | undefined {
  const text = shared.initText ?? (shared.initIsOwn ? undefined : env.settings.init);
  const given: unknown =
    text === undefined ? ownInit(env, shared.initPrefix) : JSON.parse(Buffer.from(text).toString());
  const id = isFields(given) ? Number(given['api_id']) : Number.NaN;
  return Number.isInteger(id) && id > 0 && id <= 0x7fff_ffff ? id : undefined;
}

/** The fields of the client's own `initConnection`, read by the scheme: its bytes, and any call behind them. */
function ownInit({ codec }: Pick<Env, 'codec'>, prefix: Uint8Array): unknown {
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
