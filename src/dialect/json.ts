/**
 * The JSON-lines dialect (wire: Connections; Requests and answers; TL and JSON; Errors): one JSON object a line, both ways.
 * In: a line without its newline. Out: a `ClientRequest`; reply lines, each ending in a newline.
 * Never: builds an object of a line, echoes a client's value other than the id, or writes an error line over 512 bytes.
 */
import { writeInt64 } from '../bytes/int64.ts';
import { jsonComplaint } from '../bytes/json-complaint.ts';
import { END, INTEGER, JsonTape, KIND, START, STRING, STRING_ESCAPED } from '../bytes/json-tape.ts';
import { writeBytes, writeString, writeText } from '../bytes/json-write.ts';
import type { Reader } from '../bytes/reader.ts';
import { givenId } from '../bytes/request-id.ts';
import { Piece, type Writer } from '../bytes/writer.ts';
import type { Codec, EncodedCall, JsonStyle, RandomSource, ResultKind } from '../tl/codec.ts';
import type {
  Dialect,
  Fate,
  OptionsInForce,
  Refusal,
  ServerInForce,
  SessionHandle,
  SessionInForce,
} from './dialect.ts';
import { writeErrorLine } from './json-error.ts';
import { JsonFields } from './json-fields.ts';
import { type FaultTexts, idsAs, RequestReader } from './request-reader.ts';

const OPEN = new Piece('{"id":');
const CLOSE = new Piece('}\n');
const MESSAGE = new Piece(',"message":');
const UPDATE = new Piece('{"id":0,"message":');
const RPC_ERROR = new Piece(',"message":{"_cons":"rpc_error","error_code":');
const RPC_ERROR_TEXT = new Piece(',"error_message":');
const RPC_TIMEOUT = new Piece(
  ',"message":{"_cons":"rpc_timeout","error_message":"no response from telegram"},"retryable":',
);
const RETRYABLE = new Piece('},"retryable":');

const IDS = idsAs((id) => Buffer.from(String(id)));

/** Sentences about a line as a whole. */
const FAULT_TEXTS: FaultTexts = {
  JSONDecodeError: 'the line is not JSON',
  InvalidUTF8: 'the line is not UTF-8',
  DepthExceeded: 'objects and arrays inside each other deeper than 64',
  TooManyElements: 'more than 200000 values in one line',
  NumberTooLong: 'a number of more than 40 digits',
  DuplicateKey: 'an object has one key twice',
};

/** The dialect of JSON lines; one a thread, for one request at a time. */
export class JsonDialect extends RequestReader implements Dialect {
  constructor() {
    const tape = new JsonTape();
    super(tape, new JsonFields(tape), IDS, FAULT_TEXTS);
  }

  protected override idFarOff(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const id = givenId(bytes, start, end);
    return id === undefined ? undefined : Buffer.from(id);
  }

  protected override complaint(bytes: Uint8Array, start: number, end: number, pos: number): string {
    return jsonComplaint(bytes, start, end, pos);
  }

  /** The text to echo: digits as they are, a string with its quotes. */
  protected override idText(node: number): Uint8Array | undefined {
    const t = this.tape.cells;
    const kind = t[node + KIND];
    const first = this.tape.bytes[t[node + START]!];
    const isNumber = kind === INTEGER && first !== 0x2d && first !== 0x30;
    const isString = kind === STRING || kind === STRING_ESCAPED;
    if (!isNumber && !(isString && this.isShort(node))) return undefined;
    return this.tape.bytes.subarray(t[node + START], t[node + END]);
  }

  encodeMessage(codec: Codec, out: Writer, random?: RandomSource): EncodedCall {
    return codec.encodeCall(this.tape, this.messageNode, out, 'message', random);
  }

  // --- writing -----------------------------------------------------------------------------------------------------

  begin(out: Writer, id: Uint8Array): number {
    const mark = out.pos;
    out.piece(OPEN);
    out.raw(id);
    return mark;
  }

  options(out: Writer, now: OptionsInForce): void {
    out.ascii(`,"options":{"int64":"${now.int64}","flags":"${now.flags}"`);
    if (now.init !== undefined) {
      out.ascii(',"init":');
      out.raw(now.init);
    }
    out.byte(0x7d);
  }

  server(out: Writer, now: ServerInForce): void {
    out.ascii(',"server":{"host":');
    writeText(out, now.host);
    out.ascii(`,"port":${now.port},"rsa":`);
    writeText(out, now.rsa);
    out.ascii(`,"dc":${now.dc},"test":${now.test}}`);
  }

  session(out: Writer, now: SessionInForce, style: JsonStyle): void {
    out.ascii(',"session":{');
    putSession(out, now, style);
    out.ascii(`,"dc":${now.dc}}`);
  }

  handle(out: Writer, handle: SessionHandle, secret: SessionInForce | undefined, style: JsonStyle): void {
    out.ascii(',"session":');
    putHandle(out, handle, secret, style);
  }

  list(out: Writer, handles: readonly SessionHandle[], style: JsonStyle): void {
    out.ascii(',"session":{"list":[');
    for (const [i, handle] of handles.entries()) {
      if (i > 0) out.byte(0x2c);
      putHandle(out, handle, undefined, style);
    }
    out.ascii(']}');
  }

  forgotten(out: Writer, name: string): void {
    out.ascii(',"session":{"forgotten":');
    writeText(out, name);
    out.byte(0x7d);
  }

  detached(out: Writer): void {
    out.ascii(',"session":{"detached":true}');
  }

  result(out: Writer, codec: Codec, kind: ResultKind, from: Reader, style: JsonStyle): void {
    const at = out.pos;
    out.piece(MESSAGE);
    try {
      codec.decodeResult(kind, from, out, style);
    } catch (error) {
      out.pos = at;
      throw error;
    }
  }

  object(out: Writer, codec: Codec, from: Reader, style: JsonStyle): void {
    const at = out.pos;
    out.piece(MESSAGE);
    try {
      codec.decodeObject(from, out, style);
    } catch (error) {
      out.pos = at;
      throw error;
    }
  }

  end(out: Writer, _mark: number): void {
    out.piece(CLOSE);
  }

  update(out: Writer, codec: Codec, from: Reader, style: JsonStyle): void {
    const at = out.pos;
    out.piece(UPDATE);
    try {
      codec.decodeObject(from, out, style);
    } catch (error) {
      out.pos = at;
      throw error;
    }
    out.piece(CLOSE);
  }

  rpcError(out: Writer, code: number, text: Uint8Array, fate: Fate): void {
    out.piece(RPC_ERROR);
    out.ascii(String(code));
    out.piece(RPC_ERROR_TEXT);
    writeString(out, text, 0, text.length);
    out.piece(RETRYABLE);
    putFate(out, fate);
  }

  rpcTimeout(out: Writer, fate: Fate): void {
    out.piece(RPC_TIMEOUT);
    putFate(out, fate);
  }

  named(out: Writer, name: string): void {
    out.piece(MESSAGE);
    out.ascii(`{"_cons":"${name}"}`);
  }

  error(out: Writer, id: Uint8Array, refusal: Refusal): void {
    writeErrorLine(out, id, refusal);
  }
}

/** From behind `"retryable":` to where the line's `end` goes. */
function putFate(out: Writer, fate: Fate): void {
  out.ascii(String(fate.retryable));
  if (fate.retryAfter !== undefined) out.ascii(`,"retry_after":${fate.retryAfter}`);
  out.ascii(`,"delivered":"${fate.delivered}"`);
  if (fate.isLocal === true) out.ascii(',"local":true');
  if (fate.msg !== undefined) out.ascii(`,"msg":${JSON.stringify(fate.msg)}`);
}

/** All of a session's secrets but for where it lives. */
function putSession(out: Writer, now: SessionInForce, style: JsonStyle): void {
  out.ascii('"auth_key":');
  writeBytes(out, now.authKey, 0, now.authKey.length);
  out.ascii(',"session_id":');
  putLong(out, now.sessionLow, now.sessionHigh, style);
  out.ascii(`,"last_seqno":${now.lastSeqNo},"server_salt":`);
  putLong(out, now.saltLow, now.saltHigh, style);
  out.ascii(`,"time_offset":${now.timeOffset}`);
}

function putHandle(
  out: Writer,
  handle: SessionHandle,
  secret: SessionInForce | undefined,
  { int64AsString, flagsAsBool }: JsonStyle,
): void {
  const { name, dc, test, userId, isBot, lost, inUse, isBroken, isNew, isResident } = handle;
  out.ascii('{"name":');
  writeText(out, name);
  if (secret !== undefined) {
    out.byte(0x2c);
    putSession(out, secret, { int64AsString, flagsAsBool });
  }
  if (dc !== undefined) out.ascii(`,"dc":${dc}`);
  if (test !== undefined) out.ascii(`,"test":${test}`);
  if (userId !== undefined) out.ascii(int64AsString ? `,"user_id":"${userId}"` : `,"user_id":${userId}`);
  if (isBot !== undefined) out.ascii(`,"is_bot":${isBot}`);
  if (lost !== undefined) {
    out.ascii(',"lost":');
    writeText(out, lost);
  }
  if (inUse !== undefined) out.ascii(`,"in_use":"${inUse}"`);
  putState(out, handle);
  if (isBroken === true) out.ascii(',"broken":true');
  if (isNew === true) out.ascii(',"new":true');
  if (isResident !== undefined) out.ascii(`,"resident":${isResident}`);
  out.byte(0x7d);
}

/** What a list tells of a session that is open, or is not. */
function putState(out: Writer, { state, lost, connections, openedAt, retryAfter }: SessionHandle): void {
  if (state === undefined) return;
  out.ascii(`,"state":"${state}"`);
  if (lost !== undefined) {
    out.ascii(',"reason":');
    writeText(out, lost);
  }
  if (retryAfter !== undefined) out.ascii(`,"retry_after":${retryAfter}`);
  if (connections !== undefined) out.ascii(`,"connections":${connections}`);
  if (openedAt !== undefined) out.ascii(`,"opened_at":${Math.floor(openedAt / 1000)}`);
}

function putLong(out: Writer, low: number, high: number, style: JsonStyle): void {
  if (style.int64AsString) out.byte(0x22);
  writeInt64(out, low, high);
  if (style.int64AsString) out.byte(0x22);
}
