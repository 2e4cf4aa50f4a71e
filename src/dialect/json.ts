/**
 * The JSON-lines dialect (wire.md 1-5): one JSON object a line, both ways.
 * In: a line without its newline. Out: a `ClientRequest`; reply lines, each ending in a newline.
 * Never: builds an object of a line, echoes a client's value other than the id, or writes an error line over 512 bytes.
 */
import { writeInt64 } from '../bytes/int64.ts';
import {
  END,
  HASH,
  hashName,
  INTEGER,
  JsonTape,
  KIND,
  NEXT,
  NODE,
  NULL,
  NUMBER,
  OBJECT,
  START,
  STRING,
  STRING_ESCAPED,
} from '../bytes/json-tape.ts';
import { writeBytes, writeString, writeText } from '../bytes/json-write.ts';
import type { Reader } from '../bytes/reader.ts';
import { Piece, type Writer } from '../bytes/writer.ts';
import type { Codec, EncodedCall, JsonStyle, ResultKind } from '../tl/codec.ts';
import {
  ID_BROKEN,
  ID_UNUSABLE,
  type ClientRequest,
  type Dialect,
  type Fate,
  type OptionsInForce,
  type OptionsWish,
  type Refusal,
  type ServerInForce,
  type ServerWish,
  type SessionInForce,
  type SessionWish,
} from './dialect.ts';
import { writeErrorLine } from './json-error.ts';
import { JsonFields } from './json-fields.ts';

/** Of a string id, in bytes of UTF-8 (wire.md 2). */
const MAX_ID = 128;
const DEFAULT_ID: Uint8Array = Buffer.from('1');
const DEFAULT_TIMEOUT = 10_000;
const MIN_TIMEOUT = 100;
const MAX_TIMEOUT = 600_000;

const SEQNO = Buffer.from('_seqno');
const SEQNO_HASH = hashName(SEQNO);

/** A fault of the line itself, as one sentence. */
const FAULT_TEXTS = {
  JSONDecodeError: 'the line is not JSON',
  InvalidUTF8: 'the line is not UTF-8',
  DepthExceeded: 'objects and arrays inside each other deeper than 64',
  TooManyElements: 'more than 200000 values in one line',
  NumberTooLong: 'a number of more than 40 digits',
  DuplicateKey: 'an object has one key twice',
} as const;

/** Attributes of a request: where their nodes are kept. */
const ATTRIBUTES = ['id', 'options', 'server', 'session', 'message', 'timeout'] as const;
type Attribute = (typeof ATTRIBUTES)[number];
const ATTRIBUTE_KEYS = ATTRIBUTES.map((name) => ({
  name,
  bytes: Buffer.from(name),
  hash: hashName(Buffer.from(name)),
}));

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

export class JsonDialect implements Dialect {
  readonly #tape = new JsonTape();
  readonly #fields = new JsonFields(this.#tape);
  /** Nodes of the request's attributes, 0 where there is none. */
  readonly #nodes: Record<Attribute, number> = { id: 0, options: 0, server: 0, session: 0, message: 0, timeout: 0 };

  makeRequest(): ClientRequest {
    return {
      id: DEFAULT_ID,
      hasOptions: false,
      hasServer: false,
      hasSession: false,
      hasMessage: false,
      timeout: DEFAULT_TIMEOUT,
      seqNo: -1,
    };
  }

  makeServerWish(): ServerWish {
    return { host: undefined, port: undefined, rsa: undefined, dc: undefined, test: undefined };
  }

  makeSessionWish(): SessionWish {
    return {
      authKey: undefined,
      hasSessionId: false,
      sessionLow: 0,
      sessionHigh: 0,
      lastSeqNo: undefined,
      hasSalt: false,
      saltLow: 0,
      saltHigh: 0,
      timeOffset: undefined,
      dc: undefined,
    };
  }

  makeOptionsWish(): OptionsWish {
    return { int64: undefined, flags: undefined, init: undefined };
  }

  read(bytes: Uint8Array, start: number, end: number, into: ClientRequest): Refusal | undefined {
    const fault = this.#tape.read(bytes, start, end);
    this.#reset(into);
    if (fault !== undefined) {
      const { code, pos, limit } = fault;
      const isBroken = code === 'JSONDecodeError' || code === 'InvalidUTF8';
      into.id = isBroken ? ID_BROKEN : this.#idBeforeFault();
      const where = isBroken ? { pos } : {};
      return { error: code, msg: FAULT_TEXTS[code], ...where, ...(limit !== 0 && { limit }) };
    }
    return this.#readAttributes(into);
  }

  #reset(into: ClientRequest): void {
    for (const name of ATTRIBUTES) this.#nodes[name] = 0;
    into.id = DEFAULT_ID;
    into.timeout = DEFAULT_TIMEOUT;
    into.seqNo = -1;
    into.hasOptions = false;
    into.hasServer = false;
    into.hasSession = false;
    into.hasMessage = false;
  }

  #readAttributes(into: ClientRequest): Refusal | undefined {
    const t = this.#tape.cells;
    if (t[KIND] !== OBJECT) return unusable(into, `a request is an object, got ${this.#tape.kindName(0)}`);
    const stranger = this.#findAttributes();
    const nodes = this.#nodes;
    if (nodes.id !== 0) {
      const id = this.#idText(nodes.id);
      if (id === undefined) {
        into.id = ID_UNUSABLE;
        return {
          error: 'InvalidId',
          msg: `id is an integer from 1 on or a string of at most ${MAX_ID} bytes`,
          path: 'id',
        };
      }
      into.id = id;
    }
    if (stranger !== 0) return unusable(into, 'unknown attribute', this.#tape.keyText(stranger));
    into.hasOptions = nodes.options !== 0;
    into.hasServer = nodes.server !== 0;
    into.hasSession = nodes.session !== 0;
    into.hasMessage = nodes.message !== 0;
    if (!into.hasOptions && !into.hasServer && !into.hasSession && !into.hasMessage) {
      return unusable(into, 'nothing asked: a request has options, server, session or message');
    }
    return this.#readTimeout(into) ?? this.#readMessage(into);
  }

  /** Fills `#nodes`; `null` counts as not there. @returns a member that is no attribute, or 0 */
  #findAttributes(): number {
    const t = this.#tape.cells;
    let stranger = 0;
    for (let m = NODE, end = t[NEXT]!; m < end; m = t[m + NEXT]!) {
      const name = this.#attributeOf(m);
      if (name === undefined) stranger = m;
      else if (t[m + KIND] !== NULL || name === 'id') this.#nodes[name] = m;
    }
    return stranger;
  }

  #attributeOf(member: number): Attribute | undefined {
    const hash = this.#tape.cells[member + HASH];
    for (const key of ATTRIBUTE_KEYS) if (key.hash === hash && this.#tape.keyIs(member, key.bytes)) return key.name;
    return undefined;
  }

  /** After a limit was passed: the id if it stood before that, else -3. */
  #idBeforeFault(): Uint8Array {
    const t = this.#tape.cells;
    if (this.#tape.used === 0 || t[KIND] !== OBJECT) return ID_UNUSABLE;
    for (let m = NODE; m < this.#tape.used && t[m + NEXT] !== 0; m = t[m + NEXT]!) {
      if (this.#attributeOf(m) === 'id') return this.#idText(m) ?? ID_UNUSABLE;
    }
    return ID_UNUSABLE;
  }

  /** The text to echo: digits as they are, a string with its quotes. */
  #idText(node: number): Uint8Array | undefined {
    const t = this.#tape.cells;
    const kind = t[node + KIND];
    const first = this.#tape.bytes[t[node + START]!];
    const isNumber = kind === INTEGER && first !== 0x2d && first !== 0x30;
    const isString = kind === STRING || kind === STRING_ESCAPED;
    if (!isNumber && !(isString && this.#isShort(node))) return undefined;
    return this.#tape.bytes.subarray(t[node + START], t[node + END]);
  }

  #isShort(node: number): boolean {
    const length = this.#tape.text(node);
    return length >= 0 && length <= MAX_ID;
  }

  #readTimeout(into: ClientRequest): Refusal | undefined {
    const node = this.#nodes.timeout;
    if (node === 0) return undefined;
    const kind = this.#tape.cells[node + KIND];
    const milliseconds =
      kind === INTEGER || kind === NUMBER ? Math.round(this.#fields.number(node) * 1000) : Number.NaN;
    if (!(milliseconds >= MIN_TIMEOUT && milliseconds <= MAX_TIMEOUT)) {
      return unusable(into, 'timeout is a number of seconds from 0.1 to 600', 'timeout');
    }
    into.timeout = milliseconds;
    return undefined;
  }

  /** Checks that the message is an object, and takes its `_seqno`. */
  #readMessage(into: ClientRequest): Refusal | undefined {
    const node = this.#nodes.message;
    const t = this.#tape.cells;
    if (node === 0) return undefined;
    if (t[node + KIND] !== OBJECT) {
      const got = this.#tape.kindName(node);
      return { error: 'InvalidMessage', msg: `message: expected object, got ${got}`, path: 'message', got };
    }
    for (let m = node + NODE, end = t[node + NEXT]!; m < end; m = t[m + NEXT]!) {
      if (t[m + HASH] !== SEQNO_HASH || !this.#tape.keyIs(m, SEQNO) || t[m + KIND] === NULL) continue;
      const value = this.#fields.integer(m, 0, 0x7fff_ffff);
      if (value === undefined) {
        return { error: 'InvalidField', msg: 'message._seqno: expected an integer of 31 bits', path: 'message._seqno' };
      }
      into.seqNo = value;
    }
    return undefined;
  }

  readServer(into: ServerWish): Refusal | undefined {
    return this.#fields.server(this.#nodes.server, into);
  }

  readSession(into: SessionWish): Refusal | undefined {
    return this.#fields.session(this.#nodes.session, into);
  }

  readOptions(into: OptionsWish): Refusal | undefined {
    return this.#fields.options(this.#nodes.options, into);
  }

  encodeMessage(codec: Codec, out: Writer): EncodedCall {
    return codec.encodeCall(this.#tape, this.#nodes.message, out, 'message');
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
    out.ascii(',"session":{"auth_key":');
    writeBytes(out, now.authKey, 0, now.authKey.length);
    out.ascii(',"session_id":');
    putLong(out, now.sessionLow, now.sessionHigh, style);
    out.ascii(`,"last_seqno":${now.lastSeqNo},"server_salt":`);
    putLong(out, now.saltLow, now.saltHigh, style);
    out.ascii(`,"time_offset":${now.timeOffset},"dc":${now.dc}}`);
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

/** Refuses a line that is JSON but no usable request. */
function unusable(into: ClientRequest, msg: string, path?: string): Refusal {
  into.id = ID_UNUSABLE;
  return path === undefined ? { error: 'InvalidRequest', msg } : { error: 'InvalidRequest', msg, path };
}

/** From behind `"retryable":` to where the line's `end` goes. */
function putFate(out: Writer, fate: Fate): void {
  out.ascii(String(fate.retryable));
  if (fate.retryAfter !== undefined) out.ascii(`,"retry_after":${fate.retryAfter}`);
  out.ascii(`,"delivered":"${fate.delivered}"`);
}

function putLong(out: Writer, low: number, high: number, style: JsonStyle): void {
  if (style.int64AsString) out.byte(0x22);
  writeInt64(out, low, high);
  if (style.int64AsString) out.byte(0x22);
}
