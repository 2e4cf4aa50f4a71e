/**
 * The msgpack dialect (http-and-msgpack: msgpack): the envelope of JSON lines as one map a frame, both ways. Messages go straight
 * between TL and msgpack (`Codec.msgpack`); what is small and rare goes through msgpackr.
 * In: a frame without its length. Out: a `ClientRequest`; frames: four bytes of length, big-endian, and a map.
 * Never: builds an object of a message, base64, a number rounded, or a client's value echoed other than the id.
 */
import { createRequire } from 'node:module';
import type { Packr } from 'msgpackr';
import { MsgpackTape } from '../bytes/msgpack-tape.ts';
import { packBinary, packInt64 } from '../bytes/msgpack-write.ts';
import { givenPackedId } from '../bytes/packed-request-id.ts';
import type { Reader } from '../bytes/reader.ts';
import { KEY_END, KIND, PACKED_INTEGER, STRING, END } from '../bytes/tape.ts';
import { utf8End } from '../bytes/utf8.ts';
import type { Writer } from '../bytes/writer.ts';
import type { Codec, EncodedCall, JsonStyle, RandomSource, ResultKind } from '../tl/codec.ts';
import { cutSentence, fittingLength, ONE_EACH } from './cut-text.ts';
import type {
  Dialect,
  Fate,
  OptionsInForce,
  Refusal,
  ServerInForce,
  SessionHandle,
  SessionInForce,
} from './dialect.ts';
import { MsgpackFields } from './msgpack-fields.ts';
import { type FaultTexts, idsAs, RequestReader } from './request-reader.ts';

/** Whole numbers from -32 to 127 are one byte, the negative ones in two's complement. */
const IDS = idsAs((id) => Uint8Array.of(id & 0xff));

const FAULT_TEXTS: FaultTexts = {
  JSONDecodeError: 'the frame is not one msgpack map with strings as keys',
  InvalidUTF8: 'a string is not UTF-8; bytes go as bin',
  DepthExceeded: 'maps and arrays inside each other deeper than 64',
  TooManyElements: 'more than 200000 values in one frame',
  NumberTooLong: 'a number of more than 40 digits',
  DuplicateKey: 'a map has one key twice',
};
/** Longest error frame, bytes (threats: Bytes and lines); what of it is neither id nor text, at most; the path's part of the rest. */
const MAX_ERROR = 512;
const FIXED = 190;
const PATH_SHARE = 0.4;

/** Bytes of a frame's length; its map begins behind them. */
export const FRAME_HEAD = 4;
const MAP = 0x80;
/** How many members of `session` are secret. */
const SECRETS = 5;
const ID = Buffer.from('\xa2id', 'latin1');
const MESSAGE = Buffer.from('\xa7message', 'latin1');

/** Loaded with the first client that speaks msgpack: it takes 30 ms. */
function loadPackr(): Packr {
  const { Packr: Constructor } = createRequire(import.meta.url)('msgpackr') as typeof import('msgpackr');
  // `auto`: a number where that is exact, else a bigint. The package's types do not know it yet.
  const options = { useRecords: false, variableMapSize: true, int64AsType: 'auto' };
  return new Constructor(options as ConstructorParameters<typeof Constructor>[0]);
}

/** The dialect of msgpack frames; one a thread, for one request and one open answer at a time. */
export class MsgpackDialect extends RequestReader implements Dialect {
  readonly #packr: Packr;
  /** Where the open frame begins. */
  #mark = 0;

  constructor() {
    const tape = new MsgpackTape();
    const packr = loadPackr();
    const toJson = (packed: Uint8Array): Uint8Array => Buffer.from(JSON.stringify(packr.unpack(packed)));
    super(tape, new MsgpackFields(tape, toJson), IDS, FAULT_TEXTS);
    this.#packr = packr;
  }

  /** The packed id itself. A member's value begins where its key ends. */
  protected override idText(node: number): Uint8Array | undefined {
    const { bytes, cells: t } = this.tape;
    const kind = t[node + KIND];
    const start = t[node + KEY_END]!;
    if (kind === STRING) return this.isShort(node) ? bytes.subarray(start, t[node + END]! - 1) : undefined;
    return kind === PACKED_INTEGER && isAboveZero(bytes, start) ? bytes.subarray(start, t[node + END]) : undefined;
  }

  protected override idFarOff(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const id = givenPackedId(bytes, start, end);
    return id === undefined ? undefined : Buffer.from(id, 'latin1');
  }

  encodeMessage(codec: Codec, out: Writer, random?: RandomSource): EncodedCall {
    return codec.msgpack.encodeCall(this.tape, this.messageNode, out, 'message', random);
  }

  /** A frame as an object, for `--verbose` alone. */
  plain(frame: Uint8Array): unknown {
    return this.#packr.unpack(Uint8Array.from(frame));
  }

  // --- writing -----------------------------------------------------------------------------------------------------

  begin(out: Writer, id: Uint8Array): number {
    this.#mark = out.pos;
    out.zeros(FRAME_HEAD);
    out.byte(MAP);
    this.#member(out, ID);
    out.raw(id);
    return this.#mark;
  }

  /** A key, which the map's head then counts. No frame has more than 15. */
  #member(out: Writer, key: Uint8Array): void {
    out.bytes[this.#mark + FRAME_HEAD]!++;
    out.raw(key);
  }

  /** A member of a few small values, through msgpackr. */
  #small(out: Writer, name: string, value: unknown): void {
    this.#member(out, this.#packr.pack(name));
    out.raw(this.#packr.pack(value));
  }

  options(out: Writer, now: OptionsInForce): void {
    const init = now.init === undefined ? {} : { init: JSON.parse(Buffer.from(now.init).toString()) as unknown };
    this.#small(out, 'options', { int64: now.int64, flags: now.flags, ...init });
  }

  server(out: Writer, { host, port, rsa, dc, test }: ServerInForce): void {
    this.#small(out, 'server', { host, port, rsa, dc, test });
  }

  session(out: Writer, now: SessionInForce): void {
    this.#member(out, this.#packr.pack('session'));
    out.byte(MAP | (SECRETS + 1));
    this.#secrets(out, now);
    this.#pair(out, 'dc', now.dc);
  }

  /** One member of a map whose head is written already. */
  #pair(out: Writer, name: string, value: unknown): void {
    out.raw(this.#packr.pack(name));
    out.raw(this.#packr.pack(value));
  }

  /** Writes `SECRETS` members. */
  #secrets(out: Writer, now: SessionInForce): void {
    const text = (name: string): void => out.raw(this.#packr.pack(name));
    text('auth_key');
    packBinary(out, now.authKey.length);
    out.raw(now.authKey);
    text('session_id');
    packInt64(out, now.sessionLow, now.sessionHigh);
    this.#pair(out, 'last_seqno', now.lastSeqNo);
    text('server_salt');
    packInt64(out, now.saltLow, now.saltHigh);
    this.#pair(out, 'time_offset', now.timeOffset);
  }

  handle(out: Writer, handle: SessionHandle, secret: SessionInForce | undefined): void {
    this.#member(out, this.#packr.pack('session'));
    this.#handle(out, handle, secret);
  }

  #handle(out: Writer, handle: SessionHandle, secret: SessionInForce | undefined): void {
    const { name, dc, test, userId, isBot, lost, inUse, isBroken, isNew, isResident } = handle;
    const all = {
      ...{ name, dc, test, user_id: userId, is_bot: isBot, lost, in_use: inUse, broken: isBroken, new: isNew },
      resident: isResident,
      ...stateOf(handle),
    };
    const known = Object.entries(all).filter(([, value]) => value !== undefined);
    out.byte(MAP | (known.length + (secret === undefined ? 0 : SECRETS)));
    for (const [key, value] of known) {
      if (typeof value === 'bigint') {
        out.raw(this.#packr.pack(key));
        packInt64(out, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
      } else this.#pair(out, key, value);
    }
    if (secret !== undefined) this.#secrets(out, secret);
  }

  list(out: Writer, handles: readonly SessionHandle[]): void {
    this.#member(out, this.#packr.pack('session'));
    out.byte(MAP | 1);
    out.raw(this.#packr.pack('list'));
    // An array of 32 bits of length, big-endian.
    out.byte(0xdd);
    for (const shift of [24, 16, 8, 0]) out.byte((handles.length >>> shift) & 255);
    for (const handle of handles) this.#handle(out, handle, undefined);
  }

  forgotten(out: Writer, name: string): void {
    this.#small(out, 'session', { forgotten: name });
  }

  detached(out: Writer): void {
    this.#small(out, 'session', { detached: true });
  }

  result(out: Writer, codec: Codec, kind: ResultKind, from: Reader, style: JsonStyle): void {
    const at = this.#message(out);
    try {
      codec.msgpack.decodeResult(kind, from, out, style);
    } catch (error) {
      this.#takeBack(out, at);
      throw error;
    }
  }

  object(out: Writer, codec: Codec, from: Reader, style: JsonStyle): void {
    const at = this.#message(out);
    try {
      codec.msgpack.decodeObject(from, out, style);
    } catch (error) {
      this.#takeBack(out, at);
      throw error;
    }
  }

  #message(out: Writer): number {
    const at = out.pos;
    this.#member(out, MESSAGE);
    return at;
  }

  #takeBack(out: Writer, at: number): void {
    out.bytes[this.#mark + FRAME_HEAD]!--;
    out.pos = at;
  }

  end(out: Writer, mark: number): void {
    out.view.setUint32(mark, out.pos - mark - FRAME_HEAD);
  }

  update(out: Writer, codec: Codec, from: Reader, style: JsonStyle): void {
    const mark = this.begin(out, IDS.notice);
    try {
      this.object(out, codec, from, style);
    } catch (error) {
      out.pos = mark;
      throw error;
    }
    this.end(out, mark);
  }

  rpcError(out: Writer, code: number, text: Uint8Array, fate: Fate): void {
    this.#message(out);
    out.raw(this.#packr.pack({ _cons: 'rpc_error', error_code: code, error_message: textOrBytes(text) }));
    this.#fate(out, fate);
  }

  rpcTimeout(out: Writer, fate: Fate): void {
    this.#message(out);
    out.raw(this.#packr.pack({ _cons: 'rpc_timeout', error_message: 'no response from telegram' }));
    this.#fate(out, fate);
  }

  #fate(out: Writer, { retryable, retryAfter, delivered, isLocal, msg }: Fate): void {
    this.#small(out, 'retryable', retryable);
    if (retryAfter !== undefined) this.#small(out, 'retry_after', retryAfter);
    this.#small(out, 'delivered', delivered);
    if (isLocal === true) this.#small(out, 'local', true);
    if (msg !== undefined) this.#given(out, 'msg', msg);
  }

  named(out: Writer, name: string): void {
    this.#message(out);
    out.raw(this.#packr.pack({ _cons: name }));
  }

  error(out: Writer, id: Uint8Array, refusal: Refusal): void {
    const { msg, whole, path, retryAfter, didYouMean, ...rest } = refusal;
    const mark = this.begin(out, id);
    this.#small(out, 'error', rest.error);
    const names = [rest.got, didYouMean, rest.key].map((one) => (typeof one === 'string' ? Buffer.byteLength(one) : 0));
    const room = MAX_ERROR - FIXED - id.length - names.reduce((sum, length) => sum + length, 0);
    const pathRoom = Math.min(Buffer.byteLength(path ?? ''), Math.floor(room * PATH_SHARE));
    this.#small(out, 'msg', cutSentence(msg, room - pathRoom, ONE_EACH, whole).toString());
    if (path !== undefined) this.#small(out, 'path', cut(path, pathRoom));
    for (const name of ['pos', 'limit', 'got'] as const) this.#given(out, name, rest[name]);
    this.#given(out, 'did_you_mean', didYouMean);
    for (const name of ['key', 'reason', 'crc', 'ref', 'retryable'] as const) this.#given(out, name, rest[name]);
    this.#given(out, 'retry_after', retryAfter);
    for (const name of ['delivered', 'closing', 'fatal'] as const) this.#given(out, name, rest[name]);
    this.end(out, mark);
  }

  #given(out: Writer, name: string, value: unknown): void {
    if (value !== undefined) this.#small(out, name, value);
  }
}

/** Whether a packed integer is 1 or more. */
function isAboveZero(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at]!;
  if (first < 0x80) return first > 0;
  if (first >= 0xe0) return false;
  const size = 1 << ((first - 0xcc) & 3);
  if (first >= 0xd0 && bytes[at + 1]! >= 0x80) return false;
  for (let i = at + 1; i <= at + size; i++) if (bytes[i] !== 0) return true;
  return false;
}

/** Telegram's own text: bytes if it is no UTF-8. */
function textOrBytes(text: Uint8Array): string | Buffer {
  const copy = Buffer.from(text);
  return utf8End(copy, 0, copy.length) === copy.length ? copy.toString() : copy;
}

/** At most `most` bytes of a text, cut between characters. */
function cut(text: string, most: number): string {
  const bytes = Buffer.from(text);
  return bytes.toString('utf8', 0, fittingLength(bytes, most, ONE_EACH));
}

/** What a list tells of a session that is open, or is not. */
function stateOf({ state, lost, connections, openedAt, retryAfter }: SessionHandle): Record<string, unknown> {
  if (state === undefined) return {};
  const openedSince = openedAt === undefined ? undefined : Math.floor(openedAt / 1000);
  return { state, reason: lost, retry_after: retryAfter, connections, opened_at: openedSince };
}
