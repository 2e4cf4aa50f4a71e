/**
 * The interface of a client dialect: how a client's message is read, and how answers are written.
 * `json.ts` is the dialect of JSON lines (wire: Connections; Requests and answers; TL and JSON; Errors), `msgpack.ts` that of
 * msgpack frames (http-and-msgpack: msgpack).
 * In: the bytes of one client message; TL bytes of results. Out: a `ClientRequest`, and whole reply lines.
 * Never: a socket, a session's state, or a client's value echoed in an error.
 *
 * How the session core uses it (everything is synchronous; one dialect object and one request per thread):
 *
 *   const refusal = dialect.read(bytes, start, end, request);
 *   // `request.id` is now what has to be echoed in any case: the client's own text, `1`, `-2` or `-3`
 *   if (refusal) return dialect.error(out, request.id, refusal);
 *   if (request.hasOptions) dialect.readOptions(fields)      // each of these gives a Refusal or undefined
 *   if (request.hasServer)  dialect.readServer(fields)
 *   if (request.hasSession) dialect.readSession(fields)
 *   if (request.hasMessage) dialect.encodeMessage(codec, out)  // throws EncodeError: code and path make the refusal
 *
 * An answer is one line: `begin`, then the attributes, then `end`. `begin` gives a mark; setting `out.pos` back
 * to it takes everything back (a result that could not be decoded).
 *
 *   const mark = dialect.begin(out, id);
 *   dialect.options(out, …); dialect.server(out, …); dialect.session(out, …);      // those that were asked for
 *   dialect.result(out, codec, kind, reader, style);                             // "message"
 *   dialect.end(out, mark);
 *
 * `error` and `update` write a whole line each.
 */
import type { Reader } from '../bytes/reader.ts';
import type { Writer } from '../bytes/writer.ts';
import type { Delivered, ErrorName } from '../errors.ts';
import type { Codec, EncodedCall, JsonStyle, RandomSource, ResultKind } from '../tl/codec.ts';

/** What a client is told when the gateway refuses or gives a notice; names and meanings as in wire: Requests and answers; Errors. */
export interface Refusal {
  readonly error: ErrorName;
  /** One sentence in English, without secrets and without the client's own values but for names that are none. */
  readonly msg: string;
  /** Ends a `msg` that had to be cut: where all of it stands. */
  readonly whole?: string;
  readonly path?: string;
  readonly pos?: number;
  readonly limit?: number;
  /** What stands there: a kind of value, a name; a number of bytes. */
  readonly got?: string | number;
  /** A known name, or several that are as near, with `, ` between. */
  readonly didYouMean?: string;
  /** The key that stands twice in one object. */
  readonly key?: string;
  readonly reason?: string;
  /** Constructor number as `0x1cb5c415`. */
  readonly crc?: string;
  readonly ref?: string;
  readonly retryable?: boolean;
  /** Seconds after which the same request may succeed. */
  readonly retryAfter?: number;
  readonly delivered?: Delivered;
  readonly closing?: boolean;
  readonly fatal?: boolean;
}

/** What goes beside an `rpc_error` or `rpc_timeout` (wire: Requests and answers). */
export interface Fate {
  readonly retryable: boolean;
  readonly delivered: Delivered;
  /** Seconds after which the same request may succeed; left out when undefined. */
  readonly retryAfter?: number | undefined;
  /** The gateway refuses by what the server said before: the request was not sent. */
  readonly isLocal?: boolean;
  /** A sentence about what to do. */
  readonly msg?: string;
}

/**
 * One client message, overwritten by each `read`. The node numbers point into the dialect's own reading of the
 * line and are good until the next `read`; the line's bytes must stay in place until then.
 */
export interface ClientRequest {
  /** Text to echo, as it stood in the line (a string with its quotes). A view: copy it to keep it. */
  id: Uint8Array;
  /** The message could not be read as a request: ids -2 and -3. */
  isUnreadable: boolean;
  hasOptions: boolean;
  hasServer: boolean;
  hasSession: boolean;
  hasMessage: boolean;
  /** Name of the stored session that this message alone is for; undefined if it is for the connection's. */
  as: string | undefined;
  /** Idempotency key of the message. */
  key: string | undefined;
  /** How long the message may wait for its answer, ms; 10 000 by default. */
  timeout: number;
  /** `_seqno` of the message, or -1: overrides the next odd number. */
  seqNo: number;
}

/** `server` as asked for; what is undefined was not named. All undefined: it is only read. */
export interface ServerFields {
  host: string | undefined;
  port: number | undefined;
  /** PEM text. */
  rsa: string | undefined;
  dc: number | undefined;
  test: boolean | undefined;
}

/** `session` as asked for; what is undefined was not named. All undefined: it is only read. */
export interface SessionFields {
  /** 256 bytes, a copy of its own: wipe it when done. */
  authKey: Uint8Array | undefined;
  hasSessionId: boolean;
  sessionLow: number;
  sessionHigh: number;
  lastSeqNo: number | undefined;
  hasSalt: boolean;
  saltLow: number;
  saltHigh: number;
  /** Seconds, server minus local; may have a fraction. */
  timeOffset: number | undefined;
  dc: number | undefined;
  /** `test`, `user_id` and `is_bot` are told of a kept session, and may be handed back with it. */
  test: boolean | undefined;
  userId: bigint | undefined;
  isBot: boolean | undefined;
  /** The name under which the session is kept, or is to be. */
  name: string | undefined;
  takeover: boolean;
  /** The client wants the session to itself. */
  exclusive: boolean;
  /** The gateway is to open the session at its own start, and to keep it open; or is not to any more. */
  resident: boolean | undefined;
  /** The client wants to speak in no named session any more. */
  detach: boolean;
  /** The session is wanted only if something is kept under its name. */
  existing: boolean;
  export: boolean;
  list: boolean;
  forget: string | undefined;
}

/** `options` as asked for; what is undefined was not named. */
export interface OptionFields {
  int64: 'number' | 'string' | undefined;
  flags: 'cons' | 'bool' | undefined;
  /** JSON text of the `init` object, a copy; `null` takes it away. */
  init: Uint8Array | null | undefined;
}

/** `server` as now in force. */
export interface ServerInForce {
  readonly host: string;
  readonly port: number;
  readonly rsa: string;
  readonly dc: number;
  readonly test: boolean;
}

/** `session` as now in force: what can be handed back whole later. */
export interface SessionInForce {
  readonly authKey: Uint8Array;
  readonly sessionLow: number;
  readonly sessionHigh: number;
  readonly lastSeqNo: number;
  readonly saltLow: number;
  readonly saltHigh: number;
  readonly timeOffset: number;
  readonly dc: number;
}

/** A session that is kept, as anybody may see it: nothing of it is secret. What is undefined is not known. */
export interface SessionHandle {
  readonly name: string;
  readonly dc: number | undefined;
  readonly test: boolean | undefined;
  readonly userId: bigint | undefined;
  readonly isBot: boolean | undefined;
  /** Why the session cannot be used any more. */
  readonly lost?: string | undefined;
  readonly inUse?: 'here' | 'elsewhere' | undefined;
  /** What the session is doing; of a list alone. */
  readonly state?: 'closed' | 'opening' | 'open' | 'waiting' | 'lost';
  /** Seconds until its data centre is tried again. */
  readonly retryAfter?: number;
  /** Client connections that speak in it. */
  readonly connections?: number;
  /** Since when it is open, Unix ms. */
  readonly openedAt?: number;
  /** The gateway opens it at its own start. */
  readonly isResident?: boolean | undefined;
  /** The session's record cannot be read. */
  readonly isBroken?: boolean;
  /** Nothing is kept under the name yet. */
  readonly isNew?: boolean | undefined;
}

/** `options` as now in force. */
export interface OptionsInForce {
  readonly int64: 'number' | 'string';
  readonly flags: 'cons' | 'bool';
  /** JSON text of the object given, or undefined. */
  readonly init?: Uint8Array | undefined;
}

/** One form of the messages of clients, as the head of this file says: read into requests, written as answers. */
export interface Dialect {
  /** The id of what answers no request. */
  readonly noticeId: Uint8Array;
  /** The id of the answer to what gives none. */
  readonly unusableId: Uint8Array;
  /** A fresh request object for `read`. */
  makeRequest(): ClientRequest;
  makeServerFields(): ServerFields;
  makeSessionFields(): SessionFields;
  makeOptionFields(): OptionFields;

  /**
   * Reads one message `bytes[start..end)` (a line without its newline), sets every field of `into`.
   * @returns the refusal, or undefined; `into.id` is to be echoed in both cases
   */
  read(bytes: Uint8Array, start: number, end: number, into: ClientRequest): Refusal | undefined;

  /** Reads `server` of the request read last (InvalidServer). Addresses are judged elsewhere. */
  readServer(into: ServerFields): Refusal | undefined;
  /** Reads `session` (InvalidSession). */
  readSession(into: SessionFields): Refusal | undefined;
  /** Reads `options` (InvalidRequest). */
  readOptions(into: OptionFields): Refusal | undefined;
  /**
   * Writes the TL bytes of `message` of the request read last.
   * @param random for each `random_id` that is left out; without it, none may be
   * @throws EncodeError, with `out.pos` back where it was
   */
  encodeMessage(codec: Codec, out: Writer, random?: RandomSource): EncodedCall;

  /** Begins a reply with its id. @returns the mark for `end`, and for taking it back */
  begin(out: Writer, id: Uint8Array): number;
  options(out: Writer, now: OptionsInForce): void;
  server(out: Writer, now: ServerInForce): void;
  /** `session_id` and `server_salt` follow `style.int64AsString`. */
  session(out: Writer, now: SessionInForce, style: JsonStyle): void;
  /** `session` of one that is kept; its key and the rest only if they are to be shown. */
  handle(out: Writer, handle: SessionHandle, secret: SessionInForce | undefined, style: JsonStyle): void;
  /** `"session":{"list":[…]}`. */
  list(out: Writer, handles: readonly SessionHandle[], style: JsonStyle): void;
  /** `"session":{"forgotten":…}`. */
  forgotten(out: Writer, name: string): void;
  /** `"session":{"detached":true}`. */
  detached(out: Writer): void;
  /**
   * `message`: the decoded result of a call.
   * @throws DecodeFailure, TlReadError; `out.pos` is then back where it was
   */
  result(out: Writer, codec: Codec, kind: ResultKind, from: Reader, style: JsonStyle): void;
  /** `message`: one boxed object (pong, future_salts, …). Throws as `result`. */
  object(out: Writer, codec: Codec, from: Reader, style: JsonStyle): void;
  end(out: Writer, mark: number): void;

  /** A whole line `{"id":0,"message":…}`. Throws as `result`. */
  update(out: Writer, codec: Codec, from: Reader, style: JsonStyle): void;
  /** `message`: an `rpc_error`, and its fate beside it; `text` is bytes of Telegram's own. */
  rpcError(out: Writer, code: number, text: Uint8Array, fate: Fate): void;
  /** `message`: an `rpc_timeout`, and its fate beside it. */
  rpcTimeout(out: Writer, fate: Fate): void;
  /** `message`: a constructor without fields, by name (`updatesTooLong`). */
  named(out: Writer, name: string): void;
  /** A whole line `{"id":…,"error":…,"msg":…}` of at most 512 bytes. `noticeId` where no request is meant. */
  error(out: Writer, id: Uint8Array, refusal: Refusal): void;
}
