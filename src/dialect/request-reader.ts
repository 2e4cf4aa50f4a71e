/**
 * Reading requests, whatever they are written in: the attributes of wire: Requests and answers, found on a tape.
 * In: the bytes of one message, a tape that can read them. Out: a `ClientRequest`, the fields of `server`, `session` and `options`, refusals.
 * Never: the TL of the message (the codec's), or a client's value echoed but for the id.
 */
import {
  HASH,
  hashName,
  KIND,
  NEXT,
  NODE,
  NULL,
  OBJECT,
  type JsonFault,
  type JsonFaultCode,
  type Tape,
} from '../bytes/tape.ts';
import type { ClientRequest, OptionFields, Refusal, ServerFields, SessionFields } from './dialect.ts';
import { NoRequestId } from '../errors.ts';
import { NAME_FORM } from '../account/name.ts';
import { nearestNames } from '../nearest-name.ts';
import type { JsonFields } from './json-fields.ts';

/** A tape of one of the two forms. */
export type ReadableTape = Tape & { read(bytes: Uint8Array, start: number, end: number): JsonFault | undefined };

/** Ids that no request gave, as a dialect writes them: of a request without one, of notices, of what is broken or unusable. */
export interface Ids {
  readonly usual: Uint8Array;
  readonly notice: Uint8Array;
  readonly broken: Uint8Array;
  readonly unusable: Uint8Array;
}

/** @param written how the dialect writes a small whole number */
export function idsAs(written: (id: number) => Uint8Array): Ids {
  return {
    usual: written(1),
    notice: written(NoRequestId.NOTICE),
    broken: written(NoRequestId.LINE),
    unusable: written(NoRequestId.UNUSABLE),
  };
}

/** A sentence for each fault of a message as a whole. */
export type FaultTexts = Readonly<Record<JsonFaultCode, string>>;

/** Longest string id, bytes of UTF-8 (wire: Requests and answers). */
const MAX_ID = 128;
/** Longest idempotency key, bytes of UTF-8. */
const MAX_KEY = 128;
/** How long a message may wait for its answer, ms: if it does not say, and what it may say. */
const DEFAULT_TIMEOUT = 10_000;
const MIN_TIMEOUT = 100;
const MAX_TIMEOUT = 600_000;

const SEQNO = Buffer.from('_seqno');
const SEQNO_HASH = hashName(SEQNO);

/** Attributes of a request. */
const ATTRIBUTES = ['id', 'options', 'server', 'session', 'message', 'timeout', 'as', 'key'] as const;
type Attribute = (typeof ATTRIBUTES)[number];
/** What other protocols call the attribute that holds the call, or put in its place. */
const ALIASES: ReadonlyMap<string, Attribute> = new Map(
  ['_cons', '_', '@type', 'method', 'params', 'request', 'call'].map((name) => [name, 'message']),
);
const ATTRIBUTE_KEYS = ATTRIBUTES.map((name) => ({
  name,
  bytes: Buffer.from(name),
  hash: hashName(Buffer.from(name)),
}));

/** The reading half of a dialect; what differs between JSON and msgpack is abstract. */
export abstract class RequestReader {
  protected readonly tape: ReadableTape;
  readonly #fields: JsonFields;
  readonly #ids: Ids;
  readonly #faultTexts: FaultTexts;
  /** Nodes of the request's attributes, 0 where there is none. */
  readonly #nodes: Record<Attribute, number> = {
    id: 0,
    options: 0,
    server: 0,
    session: 0,
    message: 0,
    timeout: 0,
    as: 0,
    key: 0,
  };

  constructor(tape: ReadableTape, fields: JsonFields, ids: Ids, faultTexts: FaultTexts) {
    this.tape = tape;
    this.#fields = fields;
    this.#ids = ids;
    this.#faultTexts = faultTexts;
  }

  /** What is echoed as the id at `node`, or undefined if it is none. */
  protected abstract idText(node: number): Uint8Array | undefined;

  /** The id of a message that was not read to its end, to be echoed; undefined if it gives none. */
  protected abstract idFarOff(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined;

  /** What is wrong with a message that is broken, in a sentence; undefined: the usual one. */
  protected complaint(_bytes: Uint8Array, _start: number, _end: number, _pos: number): string | undefined {
    return undefined;
  }

  get noticeId(): Uint8Array {
    return this.#ids.notice;
  }

  get unusableId(): Uint8Array {
    return this.#ids.unusable;
  }

  protected get messageNode(): number {
    return this.#nodes.message;
  }

  makeRequest(): ClientRequest {
    return {
      id: this.#ids.usual,
      isUnreadable: false,
      hasOptions: false,
      hasServer: false,
      hasSession: false,
      hasMessage: false,
      as: undefined,
      key: undefined,
      timeout: DEFAULT_TIMEOUT,
      seqNo: -1,
    };
  }

  makeServerFields(): ServerFields {
    return { host: undefined, port: undefined, rsa: undefined, dc: undefined, test: undefined };
  }

  makeSessionFields(): SessionFields {
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
      test: undefined,
      userId: undefined,
      isBot: undefined,
      name: undefined,
      takeover: false,
      exclusive: false,
      detach: false,
      resident: undefined,
      existing: false,
      export: false,
      list: false,
      forget: undefined,
    };
  }

  makeOptionFields(): OptionFields {
    return { int64: undefined, flags: undefined, init: undefined };
  }

  read(bytes: Uint8Array, start: number, end: number, into: ClientRequest): Refusal | undefined {
    const fault = this.tape.read(bytes, start, end);
    this.#reset(into);
    return fault === undefined ? this.#readAttributes(into) : this.#refuseFault(fault, bytes, start, end, into);
  }

  #refuseFault(fault: JsonFault, bytes: Uint8Array, start: number, end: number, into: ClientRequest): Refusal {
    const { code, pos, limit, key, path } = fault;
    const isBroken = code === 'JSONDecodeError' || code === 'InvalidUTF8';
    const id = isBroken ? this.#ids.broken : (this.#idBeforeFault() ?? this.idFarOff(bytes, start, end));
    into.id = id ?? this.#ids.unusable;
    into.isUnreadable = isBroken || id === undefined;
    const msg = code === 'JSONDecodeError' ? this.complaint(bytes, start, end, pos) : undefined;
    return {
      error: code,
      msg: `${path === undefined ? '' : `${path}: `}${msg ?? this.#faultTexts[code]}`,
      pos,
      ...(limit !== 0 && { limit }),
      ...(key !== undefined && { key, path }),
    };
  }

  #reset(into: ClientRequest): void {
    for (const name of ATTRIBUTES) this.#nodes[name] = 0;
    into.id = this.#ids.usual;
    into.isUnreadable = false;
    into.timeout = DEFAULT_TIMEOUT;
    into.seqNo = -1;
    into.hasOptions = false;
    into.hasServer = false;
    into.hasSession = false;
    into.hasMessage = false;
    into.as = undefined;
    into.key = undefined;
  }

  #readAttributes(into: ClientRequest): Refusal | undefined {
    const t = this.tape.cells;
    if (t[KIND] !== OBJECT) return this.#noRequest(into);
    const stranger = this.#findAttributes();
    const nodes = this.#nodes;
    if (nodes.id !== 0) {
      const id = this.idText(nodes.id);
      into.id = id ?? this.#ids.unusable;
      if (id === undefined) {
        into.isUnreadable = true;
        const msg = `id is an integer from 1 on or a string of at most ${MAX_ID} bytes`;
        return { error: 'InvalidId', msg, path: 'id', got: this.tape.kindName(nodes.id) };
      }
    }
    if (stranger !== 0) return this.#unknownAttribute(into, this.tape.keyText(stranger));
    into.hasOptions = nodes.options !== 0;
    into.hasServer = nodes.server !== 0;
    into.hasSession = nodes.session !== 0;
    into.hasMessage = nodes.message !== 0;
    if (!into.hasOptions && !into.hasServer && !into.hasSession && !into.hasMessage) {
      return this.#unusable(into, 'nothing asked: a request has message, session, server or options');
    }
    return this.#readAs(into) ?? this.#readKey(into) ?? this.#readTimeout(into) ?? this.#readMessage(into);
  }

  /** Fills `#nodes`; `null` counts as not there. @returns a member that is no attribute, or 0 */
  #findAttributes(): number {
    const t = this.tape.cells;
    let stranger = 0;
    for (let m = NODE, end = t[NEXT]!; m < end; m = t[m + NEXT]!) {
      const name = this.#attributeOf(m);
      if (name === undefined) stranger = m;
      else if (t[m + KIND] !== NULL || name === 'id') this.#nodes[name] = m;
    }
    return stranger;
  }

  #attributeOf(member: number): Attribute | undefined {
    const hash = this.tape.cells[member + HASH];
    for (const key of ATTRIBUTE_KEYS) if (key.hash === hash && this.tape.hasKey(member, key.bytes)) return key.name;
    return undefined;
  }

  /** After a limit was passed: the id if it stood before that. */
  #idBeforeFault(): Uint8Array | undefined {
    const t = this.tape.cells;
    if (this.tape.used === 0 || t[KIND] !== OBJECT) return undefined;
    for (let m = NODE; m < this.tape.used && t[m + NEXT] !== 0; m = t[m + NEXT]!) {
      if (this.#attributeOf(m) === 'id') return this.idText(m);
    }
    return undefined;
  }

  /** Whether a string is short enough for an id. */
  protected isShort(node: number): boolean {
    const length = this.tape.text(node);
    return length >= 0 && length <= MAX_ID;
  }

  #readAs(into: ClientRequest): Refusal | undefined {
    const node = this.#nodes.as;
    if (node === 0) return undefined;
    into.as = this.#fields.name(node);
    if (into.as !== undefined) return undefined;
    return this.#unusable(into, `as: expected ${NAME_FORM}`, { path: 'as', got: this.tape.kindName(node) });
  }

  #readKey(into: ClientRequest): Refusal | undefined {
    const node = this.#nodes.key;
    if (node === 0) return undefined;
    into.key = this.#fields.text(node, MAX_KEY);
    const got = this.tape.kindName(node);
    if (into.key === undefined)
      return this.#unusable(into, `key is a string of 1 to ${MAX_KEY} bytes`, { path: 'key', got });
    return into.hasMessage ? undefined : this.#unusable(into, 'key goes beside a message', { path: 'key', got });
  }

  #readTimeout(into: ClientRequest): Refusal | undefined {
    const node = this.#nodes.timeout;
    if (node === 0) return undefined;
    const milliseconds = Math.round(this.#fields.numberOrText(node) * 1000);
    if (!(milliseconds >= MIN_TIMEOUT && milliseconds <= MAX_TIMEOUT)) {
      const got = this.tape.kindName(node);
      return this.#unusable(into, 'timeout is a number of seconds from 0.1 to 600', { path: 'timeout', got });
    }
    into.timeout = milliseconds;
    return undefined;
  }

  /** Checks that the message is an object, and takes its `_seqno`. */
  #readMessage(into: ClientRequest): Refusal | undefined {
    const node = this.#nodes.message;
    const t = this.tape.cells;
    if (node === 0) return undefined;
    if (t[node + KIND] !== OBJECT) {
      const got = this.tape.kindName(node);
      return { error: 'InvalidMessage', msg: `message: expected object, got ${got}`, path: 'message', got };
    }
    for (let m = node + NODE, end = t[node + NEXT]!; m < end; m = t[m + NEXT]!) {
      if (t[m + HASH] !== SEQNO_HASH || !this.tape.hasKey(m, SEQNO) || t[m + KIND] === NULL) continue;
      const value = this.#fields.integer(m, 0, 0x7fff_ffff);
      if (value === undefined) {
        const msg = 'message._seqno: expected an integer of 31 bits';
        return { error: 'InvalidField', msg, path: 'message._seqno', got: this.tape.kindName(m) };
      }
      into.seqNo = value;
    }
    return undefined;
  }

  readServer(into: ServerFields): Refusal | undefined {
    return this.#fields.server(this.#nodes.server, into);
  }

  readSession(into: SessionFields): Refusal | undefined {
    return this.#fields.session(this.#nodes.session, into);
  }

  readOptions(into: OptionFields): Refusal | undefined {
    return this.#fields.options(this.#nodes.options, into);
  }

  /** Refuses a message that is whole, and no object. */
  #noRequest(into: ClientRequest): Refusal {
    const got = this.tape.kindName(0);
    const msg =
      got === 'array' ? 'one request a line, no batch: each is an object' : `a request is an object, not ${got}`;
    return this.#unusable(into, msg, { got });
  }

  #unknownAttribute(into: ClientRequest, got: string): Refusal {
    const near = ALIASES.get(got) ?? nearestNames(got, ATTRIBUTES)[0];
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    const meant = near === undefined ? {} : { didYouMean: near };
    return this.#unusable(into, `${got}: no such attribute of a request${hint}`, { path: got, got, ...meant });
  }

  /** Refuses what can be read but is no usable request; its id stays what it is, if it gave one. */
  #unusable(into: ClientRequest, msg: string, more: Partial<Refusal> = {}): Refusal {
    into.isUnreadable = true;
    if (this.#nodes.id === 0) into.id = this.#ids.unusable;
    return { error: 'InvalidRequest', msg, ...more };
  }
}
