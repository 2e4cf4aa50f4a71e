/**
 * The attributes `server`, `session` and `options` of a JSON request (wire: Requests and answers; TL and JSON).
 * In: their nodes on the tape. Out: what was asked for, or a refusal with the path.
 * Never: judges whether a server may be reached or a session exists; echoes a value.
 */
import { base64Length, readBase64 } from '../bytes/base64.ts';
import { Int64, parseInt64, parseInteger } from '../bytes/int64.ts';
import {
  END,
  FALSE,
  INTEGER,
  KIND,
  NEXT,
  NODE,
  NULL,
  NUMBER,
  OBJECT,
  START,
  STRING,
  STRING_ESCAPED,
  TRUE,
} from '../bytes/json-tape.ts';
import type { Tape } from '../bytes/tape.ts';
import { DIGITS_LOST, wholeDigits } from '../bytes/whole-number.ts';
import { Writer } from '../bytes/writer.ts';
import { NAME, NAME_FORM } from '../account/name.ts';
import type { ErrorName } from '../errors.ts';
import { hintOf, nearestNames } from '../nearest-name.ts';
import type { OptionFields, Refusal, ServerFields, SessionFields } from './dialect.ts';

/** Bytes of an authorization key. */
export const AUTH_KEY = 256;
/** Longest `host`, bytes. */
const MAX_HOST = 255;
/** Longest name of a session, bytes: 64 letters of four. */
const MAX_NAME = 256;
/** Longest `rsa`, bytes; the PEM of a 4096-bit key takes 800. */
const MAX_RSA = 8192;
const MAX_DC = 0xffff;
/** Largest `time_offset`, seconds: a clock that is more than three years off is none. */
const MAX_TIME_OFFSET = 1e8;
/** Longest text of a number that may have a fraction, bytes. */
const MAX_NUMBER = 40;
const NUMBER_TEXT = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Reads one field into the fields; gives what was expected if it is not that. */
type Read<W> = (fields: JsonFields, node: number, into: W) => string | undefined;

const SERVER_FIELDS: Record<string, Read<ServerFields>> = {
  host: (f, node, into) => ((into.host = f.text(node, MAX_HOST)) === undefined ? 'a host name or address' : undefined),
  port: (f, node, into) =>
    (into.port = f.integer(node, 1, 65_535)) === undefined ? 'a port from 1 to 65535' : undefined,
  rsa: (f, node, into) => ((into.rsa = f.text(node, MAX_RSA)) === undefined ? 'a public key as PEM text' : undefined),
  dc: (f, node, into) =>
    (into.dc = f.integer(node, 1, MAX_DC)) === undefined ? 'the number of a data centre' : undefined,
  test: (f, node, into) => ((into.test = f.boolean(node)) === undefined ? 'true or false' : undefined),
};

const SESSION_FIELDS: Record<string, Read<SessionFields>> = {
  auth_key: (f, node, into) => ((into.authKey = f.authKey(node)) === undefined ? f.keyForm : undefined),
  session_id: (f, node, into) => {
    into.hasSessionId = f.int64(node);
    into.sessionLow = f.long.low;
    into.sessionHigh = f.long.high;
    return into.hasSessionId ? undefined : 'an integer from -2^63 to 2^64-1';
  },
  last_seqno: (f, node, into) =>
    (into.lastSeqNo = f.integer(node, 0, 0x7fff_ffff)) === undefined ? 'an integer of 31 bits' : undefined,
  server_salt: (f, node, into) => {
    into.hasSalt = f.int64(node);
    into.saltLow = f.long.low;
    into.saltHigh = f.long.high;
    return into.hasSalt ? undefined : 'an integer from -2^63 to 2^64-1';
  },
  time_offset: (f, node, into) =>
    (into.timeOffset = f.seconds(node)) === undefined ? 'a number of seconds' : undefined,
  dc: (f, node, into) =>
    (into.dc = f.integer(node, 1, MAX_DC)) === undefined ? 'the number of a data centre' : undefined,
  test: (f, node, into) => ((into.test = f.boolean(node)) === undefined ? 'true or false' : undefined),
  is_bot: (f, node, into) => ((into.isBot = f.boolean(node)) === undefined ? 'true or false' : undefined),
  user_id: (f, node, into) => {
    if (!f.int64(node)) return 'an integer of 64 bits';
    into.userId = (BigInt(f.long.high) << 32n) | BigInt(f.long.low >>> 0);
    return undefined;
  },
  name: (f, node, into) => ((into.name = f.name(node)) === undefined ? NAME_FORM : undefined),
  forget: (f, node, into) => ((into.forget = f.name(node)) === undefined ? NAME_FORM : undefined),
  takeover: (f, node, into) => f.flag(node, (isSet) => (into.takeover = isSet)),
  exclusive: (f, node, into) => f.flag(node, (isSet) => (into.exclusive = isSet)),
  resident: (f, node, into) => ((into.resident = f.boolean(node)) === undefined ? 'true or false' : undefined),
  detach: (f, node, into) => f.flag(node, (isSet) => (into.detach = isSet)),
  existing: (f, node, into) => f.flag(node, (isSet) => (into.existing = isSet)),
  // A handle that is handed back whole may have it: checked, and of no effect.
  new: (f, node) => f.flag(node, () => undefined),
  export: (f, node, into) => f.flag(node, (isSet) => (into.export = isSet)),
  list: (f, node, into) => f.flag(node, (isSet) => (into.list = isSet)),
};

const OPTION_FIELDS: Record<string, Read<OptionFields>> = {
  int64: (f, node, into) =>
    (into.int64 = f.word(node, ['number', 'string'])) === undefined ? '"number" or "string"' : undefined,
  flags: (f, node, into) =>
    (into.flags = f.word(node, ['cons', 'bool'])) === undefined ? '"cons" or "bool"' : undefined,
  init: (f, node, into) => ((into.init = f.object(node)) === undefined ? 'an object' : undefined),
};

const SERVER_KEYS = new Map(Object.entries(SERVER_FIELDS));
const SESSION_KEYS = new Map(Object.entries(SESSION_FIELDS));
const OPTION_KEYS = new Map(Object.entries(OPTION_FIELDS));

/** Reads fields of one tape. A method gives undefined, NaN or false for a value of another kind or out of its range. */
export class JsonFields {
  protected readonly tape: Tape;
  /** What a key looks like, for the refusal of one. */
  readonly keyForm: string = `base64 of ${AUTH_KEY} bytes, not all the same`;
  /** What `int64` read last. */
  readonly long = new Int64();
  /** The number read last is larger than its writer's numbers are exact. */
  protected isLost = false;

  constructor(tape: Tape) {
    this.tape = tape;
  }

  server(node: number, into: ServerFields): Refusal | undefined {
    into.host = into.port = into.rsa = into.dc = into.test = undefined;
    return this.#read(node, 'server', 'InvalidServer', SERVER_KEYS, into);
  }

  session(node: number, into: SessionFields): Refusal | undefined {
    into.authKey = into.lastSeqNo = into.timeOffset = into.dc = undefined;
    into.hasSessionId = into.hasSalt = false;
    into.sessionLow = into.sessionHigh = into.saltLow = into.saltHigh = 0;
    into.resident = undefined;
    into.name = into.forget = into.test = into.userId = into.isBot = undefined;
    into.takeover = into.existing = into.export = into.list = into.exclusive = into.detach = false;
    const refusal = this.#read(node, 'session', 'InvalidSession', SESSION_KEYS, into) ?? togetherness(into);
    if (refusal !== undefined) wipeKey(into);
    return refusal;
  }

  options(node: number, into: OptionFields): Refusal | undefined {
    into.int64 = into.flags = into.init = undefined;
    return this.#read(node, 'options', 'InvalidRequest', OPTION_KEYS, into);
  }

  /** Reads each member by the table. `null` is absent, but for `init`, where it takes away. */
  #read<W>(
    node: number,
    name: string,
    error: ErrorName,
    keys: ReadonlyMap<string, Read<W>>,
    into: W,
  ): Refusal | undefined {
    const tape = this.tape;
    const t = tape.cells;
    if (t[node + KIND] !== OBJECT) {
      const got = tape.kindName(node);
      return { error, msg: `${name}: expected object, got ${got}`, path: name, got };
    }
    for (let m = node + NODE, end = t[node + NEXT]!; m < end; m = t[m + NEXT]!) {
      const key = tape.keyText(m);
      const path = `${name}.${key}`;
      const read = keys.get(key);
      if (read === undefined) return unknownField(error, path, key, [...keys.keys()]);
      if (t[m + KIND] === NULL && key !== 'init') continue;
      this.isLost = false;
      const wanted = read(this, m, into);
      if (wanted === undefined) continue;
      return {
        error,
        msg: `${path}: ${this.isLost ? DIGITS_LOST : `expected ${wanted}`}`,
        path,
        got: tape.kindName(m),
      };
    }
    return undefined;
  }

  /** A number as a double; NaN if it is none. */
  number(node: number): number {
    const kind = this.tape.cells[node + KIND];
    return kind === INTEGER || kind === NUMBER ? Number(this.#source(node).toString('latin1')) : Number.NaN;
  }

  /** A number as a double, also one in text; NaN if it is none. */
  numberOrText(node: number): number {
    if (!this.#isString(node)) return this.number(node);
    const text = this.text(node, MAX_NUMBER) ?? '';
    return NUMBER_TEXT.test(text) ? Number(text) : Number.NaN;
  }

  /** The bytes of a value as they stand in the line. */
  #source(node: number): Buffer {
    const { bytes, cells: t } = this.tape;
    return Buffer.from(bytes.buffer, bytes.byteOffset + t[node + START]!, t[node + END]! - t[node + START]!);
  }

  seconds(node: number): number | undefined {
    const value = this.number(node);
    return Math.abs(value) <= MAX_TIME_OFFSET ? value : undefined;
  }

  /** An integer, also as a decimal string. */
  integer(node: number, least: number, most: number): number | undefined {
    if (!this.#digits(node)) return undefined;
    const { textBytes, textStart, textEnd } = this.tape;
    const value = parseInteger(textBytes, textStart, textEnd);
    return value >= least && value <= most ? value : undefined;
  }

  /** Reads into `long`. */
  int64(node: number): boolean {
    if (!this.#digits(node)) return false;
    const { textBytes, textStart, textEnd } = this.tape;
    return parseInt64(textBytes, textStart, textEnd, this.long);
  }

  #digits(node: number): boolean {
    const tape = this.tape;
    const t = tape.cells;
    if (this.#isString(node)) return tape.text(node) >= 0;
    if (t[node + KIND] === NUMBER) return this.#wholeDigits(this.#source(node).toString('latin1'));
    tape.textBytes = tape.bytes;
    tape.textStart = t[node + START]!;
    tape.textEnd = t[node + END]!;
    return t[node + KIND] === INTEGER;
  }

  /** Digits of a whole number that was written with a fraction or an exponent. */
  #wholeDigits(text: string): boolean {
    const digits = wholeDigits(text);
    this.isLost = digits === 'lost';
    if (digits === 'lost' || digits === 'fraction') return false;
    const { tape } = this;
    tape.textBytes = Buffer.from(digits);
    tape.textStart = 0;
    tape.textEnd = digits.length;
    return true;
  }

  #isString(node: number): boolean {
    const kind = this.tape.cells[node + KIND];
    return kind === STRING || kind === STRING_ESCAPED;
  }

  boolean(node: number): boolean | undefined {
    const kind = this.tape.cells[node + KIND];
    return kind === TRUE ? true : kind === FALSE ? false : undefined;
  }

  /** A string that is not empty, of at most `most` bytes. */
  text(node: number, most: number): string | undefined {
    if (!this.#isString(node)) return undefined;
    const length = this.tape.text(node);
    if (length < 1 || length > most) return undefined;
    const { textBytes, textStart } = this.tape;
    return Buffer.from(textBytes.buffer, textBytes.byteOffset + textStart, length).toString('utf8');
  }

  name(node: number): string | undefined {
    const text = this.text(node, MAX_NAME);
    return text !== undefined && NAME.test(text) ? text : undefined;
  }

  /** A switch; `take` gets it. @returns what was expected if it is none */
  flag(node: number, take: (isSet: boolean) => void): string | undefined {
    const value = this.boolean(node);
    if (value !== undefined) take(value);
    return value === undefined ? 'true or false' : undefined;
  }

  word<T extends string>(node: number, words: readonly T[]): T | undefined {
    const text = this.text(node, 16);
    return words.find((word) => word === text);
  }

  /** The JSON text of an object, a copy; `null` as itself. */
  object(node: number): Uint8Array | null | undefined {
    const kind = this.tape.cells[node + KIND];
    if (kind === NULL) return null;
    return kind === OBJECT ? Uint8Array.from(this.#source(node)) : undefined;
  }

  /** An authorization key in a block of its own. */
  authKey(node: number): Uint8Array | undefined {
    const bytes = this.keyBytes(node);
    return bytes === undefined || bytes.every((byte) => byte === bytes[0]) ? undefined : bytes;
  }

  /** A copy of the key's bytes, if there are as many as there should be. */
  protected keyBytes(node: number): Uint8Array | undefined {
    if (!this.#isString(node) || this.tape.text(node) < 0) return undefined;
    const { textBytes, textStart, textEnd } = this.tape;
    if (base64Length(textBytes, textStart, textEnd) !== AUTH_KEY) return undefined;
    const key = new Writer(AUTH_KEY);
    if (!readBase64(key, textBytes, textStart, textEnd)) return undefined;
    return key.bytes.subarray(0, AUTH_KEY);
  }
}

function unknownField(error: ErrorName, path: string, got: string, among: readonly string[]): Refusal {
  const near = nearestNames(got, among);
  const meant = near.length === 0 ? {} : { didYouMean: near.join(', ') };
  return { error, msg: `${path}: no such field${hintOf(near)}`, path, got, ...meant };
}

function wipeKey({ authKey }: SessionFields): void {
  authKey?.fill(0);
}

/** Which fields of `session` go together. @returns the refusal if these do not */
function togetherness(fields: SessionFields): Refusal | undefined {
  const isHandedIn = fields.authKey !== undefined;
  const hasParts =
    fields.hasSessionId || fields.hasSalt || fields.lastSeqNo !== undefined || fields.timeOffset !== undefined;
  // A handle may be handed back whole: what it says beside the name is known.
  const tells = [fields.dc, fields.test, fields.userId, fields.isBot].some((value) => value !== undefined);
  if (!isHandedIn && (hasParts || (tells && fields.name === undefined))) return misfit('auth_key', 'missing');
  const hasOthers =
    isHandedIn || tells || fields.name !== undefined || fields.takeover || fields.exclusive || fields.existing;
  const isMore = hasOthers || fields.export;
  const isForgotten = fields.forget !== undefined;
  if (fields.list && (isMore || isForgotten || fields.detach)) return misfit('list', 'stands alone');
  if (isForgotten && (isMore || fields.detach)) return misfit('forget', 'stands alone');
  if (fields.detach && isMore) return misfit('detach', 'stands alone');
  if (fields.takeover && fields.name === undefined) return misfit('takeover', 'goes with name');
  if (fields.exclusive && fields.name === undefined) return misfit('exclusive', 'goes with name');
  if (fields.resident !== undefined && fields.name === undefined) return misfit('resident', 'goes with name');
  if (fields.existing && isHandedIn) return misfit('existing', 'what is handed in gets a new name');
  if (fields.takeover && isHandedIn) return misfit('takeover', 'what is handed in gets a new name');
  return undefined;
}

function misfit(field: string, why: string): Refusal {
  return { error: 'InvalidSession', msg: `session.${field}: ${why}`, path: `session.${field}` };
}
