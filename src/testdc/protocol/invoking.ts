/**
 * Invoking: an API request from its bytes to its answer's bytes (protocol: Invoking; RPC errors).
 * In: a session and a reader at the request. Out: `session.answer`, at once or later.
 * Never: what an answer says; `answers/` does.
 *
 * The order is Telegram's: wrappers off, layer, init, method known, login, then the method itself.
 */
import type { Reader } from '../../bytes/reader.ts';
import type { Definition } from '../../tl/ir.ts';
import type { AnswerTable, Call } from '../answers/call.ts';
import { stayHome } from '../answers/migrate.ts';
import { Canned } from '../tl/canned.ts';
import type { DcSession } from './dc-session.ts';
import type { Layers } from './layers.ts';
import type { Received } from './message-book.ts';
import { GZIP_PACKED, pack, unpack } from './packed.ts';
import { DcRpcError } from './rpc-error.ts';
import type { ObjectCodec } from '../tl/tl-objects.ts';
import type { TlObject, TlValue } from '../tl/tl-value.ts';

/** Answers a request in place of its method, or refuses it; `undefined` leaves it to the method. */
export type RequestHook = (call: Call) => TlValue | DcRpcError | Promise<TlValue | DcRpcError | undefined> | undefined;

/** What `Invoking` is given by the test DC. */
export interface InvokingSettings {
  readonly layers: Layers;
  readonly answers: AnswerTable;
  /** Results of at least this many bytes are sent as gzip_packed; Infinity: none is. */
  readonly gzipFrom: number;
  /** Adds to a request what its method needs beside it: the world, the time, the DC. */
  call(request: Request): Call;
  /** Told of each call of a method that Telegram has and this DC does not answer. */
  lacks(method: string): void;
  /** Told of each request before it is answered. */
  seen(call: Call): void;
  hook: RequestHook;
  /** Told of each request that is neither about files nor inside of `invokeWithoutUpdates`, by its session. */
  speaks(session: DcSession): void;
  /** Told of a key used from two places in parallel. True: the key is refused from then on, as on Telegram. */
  refusesDuplicate(session: DcSession): boolean;
}

/** A request without its wrappers. */
export interface Request {
  readonly session: DcSession;
  readonly received: Received;
  readonly method: string;
  readonly args: TlObject;
  readonly definition: Definition;
  /** The codec of the layer the client named. */
  readonly codec: ObjectCodec;
}

/** A request while its wrappers are taken off: what they have said so far. */
interface Unwrapped {
  /** At the first byte still to be read. */
  body: Reader;
  codec: ObjectCodec;
  layer: number | undefined;
  /** `initConnection`, without the call inside. */
  client: TlObject | undefined;
  isWithoutUpdates: boolean;
  /** Msg_ids of requests that must have succeeded before (`invokeAfterMsg`). */
  after: bigint[];
}

/** Methods that a key may call before `initConnection`. */
const WITHOUT_INIT: ReadonlySet<string> = new Set(['auth.bindTempAuthKey', 'auth.dropTempAuthKeys']);

/** Methods that a temporary key may call before it is bound. */
const WHILE_UNBOUND: ReadonlySet<string> = new Set(['auth.bindTempAuthKey', 'help.getConfig', 'help.getNearestDc']);

/** Methods and families that a key may call without a login; WITH_LOGIN has the exceptions. */
const WITHOUT_LOGIN =
  /^(help\.|langpack\.|auth\.|account\.(getPassword|confirmPasswordEmail|sendVerifyEmailCode|verifyEmail)$|upload\.getWebFile$)/;
/** Methods of `auth.` that need a login. */
const WITH_LOGIN: ReadonlySet<string> = new Set([
  'auth.logOut',
  'auth.exportAuthorization',
  'auth.resetAuthorizations',
  'auth.acceptLoginToken',
]);

/** Answers API requests of all sessions of a test DC. */
export class Invoking {
  readonly #settings: InvokingSettings;

  constructor(settings: InvokingSettings) {
    this.#settings = settings;
  }

  /** Answers a request, at once or later; an exception becomes its `rpc_error`. */
  take(session: DcSession, received: Received, body: Reader): void {
    try {
      const request = this.#read(session, received, body);
      const result = this.#run(request);
      if (result instanceof Promise) void result.then((value) => this.#answer(request, value), fail(session, received));
      else this.#answer(request, result);
    } catch (error) {
      fail(session, received)(error);
    }
  }

  /** Takes the wrappers off and reads the arguments. @throws DcRpcError */
  #read(session: DcSession, received: Received, body: Reader): Request {
    try {
      const said = this.#unwrap(session, body);
      this.#init(session, said);
      return this.#decode(session, received, said);
    } catch (error) {
      throw asRpcError(session, error);
    }
  }

  /**
   * invokeAfterMsg(s), invokeWithLayer, initConnection, invokeWithoutUpdates and the rest, in any order. What they hold may be
   * gzip_packed: TDLib packs the call alone and leaves the wrappers before it as they are.
   */
  #unwrap(session: DcSession, body: Reader): Unwrapped {
    const { layers } = this.#settings;
    const codec = layers.codec(session.key.init?.layer);
    const said: Unwrapped = { body, codec, layer: undefined, client: undefined, isWithoutUpdates: false, after: [] };
    for (let depth = 0; depth < 16; depth++) {
      if (said.body.peekUint32() === GZIP_PACKED) said.body = unpacked(session, said.body);
      const definition = said.codec.schema.byCrc.get(said.body.peekUint32());
      if (definition === undefined || !isWrapper(definition)) return said;
      said.body.skip(4);
      this.#note(said, said.codec.decodeWrapper(definition, said.body));
    }
    throw new DcRpcError(400, 'INPUT_FETCH_ERROR');
  }

  /** Notes what one wrapper says. @throws DcRpcError */
  #note(said: Unwrapped, wrapper: TlObject): void {
    switch (wrapper._) {
      case 'invokeWithLayer': {
        said.layer = wrapper['layer'] as number;
        if (!this.#settings.layers.accepts(said.layer)) throw new DcRpcError(400, 'CONNECTION_LAYER_INVALID');
        said.codec = this.#settings.layers.codec(said.layer);
        return;
      }
      case 'initConnection':
        said.client = wrapper;
        return;
      case 'invokeWithoutUpdates':
        said.isWithoutUpdates = true;
        return;
      case 'invokeAfterMsg':
        said.after.push(wrapper['msg_id'] as bigint);
        return;
      case 'invokeAfterMsgs':
        said.after.push(...(wrapper['msg_ids'] as bigint[]));
        return;
      default: // takeout, message ranges, business connections: taken off and passed through
    }
  }

  /** Does what the wrappers ask of key and session. @throws DcRpcError */
  #init(session: DcSession, said: Unwrapped): void {
    const { key } = session;
    const { client } = said;
    if (client !== undefined) {
      const apiId = client['api_id'] as number;
      if (apiId <= 0) throw new DcRpcError(400, 'CONNECTION_API_ID_INVALID');
      key.init = { layer: said.layer ?? key.init?.layer ?? this.#settings.layers.newest, apiId, client };
    } else if (said.layer !== undefined && key.init !== undefined) key.init = { ...key.init, layer: said.layer };
    if (!said.isWithoutUpdates) session.wantsUpdates = true;
    for (const msgId of said.after) this.#after(session, msgId);
  }

  /** Refuses the request unless the message that it names was received and has not failed. @throws DcRpcError */
  #after(session: DcSession, msgId: bigint): void {
    const found = session.book.find(Number(BigInt.asIntN(32, msgId)), Number(BigInt.asIntN(32, msgId >> 32n)));
    if (found === undefined) throw new DcRpcError(500, 'MSG_WAIT_TIMEOUT');
    if (found.hasFailed) throw new DcRpcError(400, 'MSG_WAIT_FAILED');
  }

  /** Reads the call itself, if the key may make it. @throws DcRpcError */
  #decode(session: DcSession, received: Received, said: Unwrapped): Request {
    const { body } = said;
    const crc = body.peekUint32();
    const definition = said.codec.schema.byCrc.get(crc);
    if (definition === undefined || !definition.isFunction) {
      session.violation('unknown-method', `0x${crc.toString(16)}`);
      throw new DcRpcError(400, `INPUT_METHOD_INVALID_${crc}`);
    }
    if (session.key.isUnbound && !WHILE_UNBOUND.has(definition.name)) throw new DcRpcError(401, 'AUTH_KEY_PERM_EMPTY');
    if (session.key.init === undefined && !WITHOUT_INIT.has(definition.name))
      throw new DcRpcError(400, 'CONNECTION_NOT_INITED');
    this.#place(session, definition.name, said);
    if (session.key.userId === undefined && needsLogin(definition.name))
      throw new DcRpcError(401, session.key.identity.isRevoked ? 'SESSION_REVOKED' : 'AUTH_KEY_UNREGISTERED');
    received.method = definition.name;
    const args = said.codec.decode(body);
    if (body.left > 0) throw new DcRpcError(400, 'INPUT_REQUEST_TOO_LONG');
    return { session, received, method: definition.name, args, definition, codec: said.codec };
  }

  /**
   * Tells of a connection that has more than files, and refuses a key that does its main work from two places in parallel: that of
   * requests with a login.
   */
  #place(session: DcSession, method: string, { isWithoutUpdates }: Unwrapped): void {
    const key = session.key.identity;
    const isForFiles = isWithoutUpdates || method.startsWith('upload.');
    if (!isForFiles) this.#settings.speaks(session);
    const isMain = key.userId !== undefined && !isForFiles && needsLogin(method);
    if (isMain && !key.use.isAlone(session)) key.isDuplicated = this.#settings.refusesDuplicate(session);
    if (key.isDuplicated) throw new DcRpcError(406, 'AUTH_KEY_DUPLICATED');
  }

  /** The value of a request: the hook's, else the method's. */
  #run(request: Request): TlValue | Canned | Promise<TlValue | Canned> {
    const { answers } = this.#settings;
    const call = this.#settings.call(request);
    this.#settings.seen(call);
    const given = this.#settings.hook(call);
    if (given instanceof Promise)
      return given.then((value) => (value === undefined ? this.#own(answers, call) : orThrow(value)));
    return given === undefined ? this.#own(answers, call) : orThrow(given);
  }

  /** The method's own value. @throws DcRpcError */
  #own(answers: AnswerTable, call: Call): TlValue | Canned | Promise<TlValue> {
    const answer = answers[call.method];
    if (answer === undefined) {
      this.#settings.lacks(call.method);
      throw new DcRpcError(400, 'METHOD_INVALID');
    }
    // The hook may have taken a while, and the key been signed out meanwhile.
    if (call.session.key.userId === undefined && needsLogin(call.method))
      throw new DcRpcError(401, 'AUTH_KEY_UNREGISTERED');
    call.world.floods.check(call);
    stayHome(call);
    return answer(call);
  }

  #answer(request: Request, value: TlValue | Canned): void {
    const bytes = value instanceof Canned ? this.#canned(request, value) : this.#written(request, value);
    request.session.answer(request.received, bytes);
  }

  #canned(request: Request, value: Canned): Uint8Array {
    return value.bytes(request.codec, (made) => this.#written(request, made));
  }

  #written({ codec, definition }: Request, value: TlValue): Uint8Array {
    const { layers, gzipFrom } = this.#settings;
    const bytes = layers.encode(codec, definition, value);
    return bytes.length >= gzipFrom ? pack(bytes) : bytes;
  }
}

function orThrow(value: TlValue | DcRpcError): TlValue {
  if (value instanceof DcRpcError) throw value;
  return value;
}

/** A reader over what was gzip_packed. @throws DcRpcError */
function unpacked(session: DcSession, body: Reader): Reader {
  const inside = unpack(body);
  if (typeof inside !== 'string') return inside;
  session.violation('gzip', inside);
  throw new DcRpcError(400, 'INPUT_FETCH_ERROR');
}

/** Whether a function has another call as its argument. */
function isWrapper(definition: Definition): boolean {
  return definition.isFunction && definition.fields.some((field) => field.type.kind === 'call');
}

function needsLogin(method: string): boolean {
  return WITH_LOGIN.has(method) || !WITHOUT_LOGIN.test(method);
}

/** Turns a reading error into an `rpc_error`, and notes it as the client's; leaves other errors as they are. */
function asRpcError(session: DcSession, error: unknown): unknown {
  if (error instanceof DcRpcError || !(error instanceof Error)) return error;
  if (error.name !== 'TlObjectError' && error.name !== 'TlReadError') return error;
  session.violation('request', error.message);
  return new DcRpcError(
    400,
    error.message.startsWith('no constructor') ? 'INPUT_CONSTRUCTOR_INVALID' : 'INPUT_FETCH_ERROR',
  );
}

/** Answers a request with an error; notes one that is a bug of the test DC. */
function fail(session: DcSession, received: Received): (error: unknown) => void {
  return (error) => {
    received.hasFailed = true;
    if (error instanceof DcRpcError) return session.answer(received, error.bytes());
    session.answer(received, new DcRpcError(500, 'INTERNAL').bytes());
    session.host.bug(error);
  };
}
