/**
 * The codec's face: what the compiled scheme can do. `compile.ts` makes it; the session uses it.
 * Between JSON text and TL bytes no object is built; 64-bit numbers stay exact.
 */
import type { Reader } from '../bytes/reader.ts';
import type { Writer } from '../bytes/writer.ts';
import type { Tape } from '../bytes/tape.ts';
import type { OpenedObject } from './opened-object.ts';

/** How JSON is written for one connection (`options`, wire: TL and JSON). */
export interface JsonStyle {
  /** `long` as a decimal string instead of exact digits. */
  int64AsString: boolean;
  /** `flags.N?true` as `true` instead of `{"_cons":"true"}`. */
  flagsAsBool: boolean;
}

/** Where random bytes come from: for a `random_id` that a client left out. */
export interface RandomSource {
  /** Writes over all of `bytes`. */
  fill(bytes: Uint8Array): void;
}

/** Which decoder reads the result of a call: an index the codec gave, meaningless outside of it. */
export type ResultKind = number;

/** What `encodeCall` found out; one object, overwritten by each call. */
export interface EncodedCall {
  /** Decoder of the result of the innermost call. */
  result: ResultKind;
  /** How many functions stand inside each other: 1 for a plain call, 3 for invokeWithLayer(initConnection(x)). */
  depth: number;
  /** Constructor numbers from the outermost to the innermost; the first `depth` count. */
  readonly crcs: Uint32Array;
  /** Where each of them begins in the writer's block, absolute positions. */
  readonly offsets: Uint32Array;
}

/** Errors of `encodeCall`: the names are those of wire: Errors. */
export type EncodeErrorName =
  | 'InvalidMessage'
  | 'UnknownConstructor'
  | 'NotAMethod'
  | 'MissingField'
  | 'UnknownField'
  | 'InvalidField'
  | 'MessageTooLarge';

/** Thrown by `encodeCall` before anything of the message has left. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
  readonly code: EncodeErrorName;
  /** `message.peer.id[3]`: built only once the error is there. */
  readonly path: string;
  readonly more: EncodeErrorMore;
  constructor(code: EncodeErrorName, path: string, text: string, more: EncodeErrorMore = {}) {
    super(text);
    this.code = code;
    this.path = path;
    this.more = more;
  }
}

/** What else is known of the value that was refused. */
export interface EncodeErrorMore {
  /** The kind of value or the name that stands there; a number of bytes. */
  readonly got?: string | number;
  /** Names of the scheme that are near, with `, ` between. */
  readonly didYouMean?: string;
  readonly limit?: number;
  /** Where all of the text stands, for who has room for its beginning alone. */
  readonly whole?: string;
}

/** Thrown by the decoders; what was written is to be dropped by the caller. */
export class DecodeFailure extends Error {
  override readonly name = 'DecodeFailure';
  /** Constructor number at fault, unsigned. */
  readonly crc: number;
  constructor(crc: number, text: string) {
    super(text);
    this.crc = crc;
  }
}

/** The scheme between TL and one form of messages: JSON text, or msgpack. The tape must be of the same form. */
export interface MessageForm {
  /**
   * Writes the TL bytes of the function call that stands at `node` of the tape.
   * @param root path prefix for errors, normally `message`
   * @param random for each `random_id` that is left out; without it, none may be
   * @throws EncodeError; the writer's `pos` is then back where it was
   */
  encodeCall(tape: Tape, node: number, out: Writer, root: string, random?: RandomSource): EncodedCall;

  /**
   * Writes the message of a result. `rpc_error` and `gzip_packed` are the session's business, not the codec's.
   * A constructor the scheme lacks becomes `_unknown` with the rest of the bytes, and the reader stands at its end.
   * @throws DecodeFailure, TlReadError; `out.pos` is then back where it was
   */
  decodeResult(kind: ResultKind, from: Reader, out: Writer, style: JsonStyle): void;

  /** Writes the message of one boxed object: an update, a service message. Throws as `decodeResult`. */
  decodeObject(from: Reader, out: Writer, style: JsonStyle): void;

  /** Writes the message of one function call, as `encodeCall` reads it: for whoever receives requests. Throws as `decodeResult`. */
  decodeCall(from: Reader, out: Writer, style: JsonStyle): void;

  /** Writes the TL bytes of a constructor, whichever it is: for whoever answers calls. Throws as `encodeCall`. */
  encodeObject(tape: Tape, node: number, out: Writer, root: string): void;
  /** Writes the TL bytes of a result of a call: `kind` as `resultOf` and `encodeCall` give it. Throws as `encodeCall`. */
  encodeResult(kind: ResultKind, tape: Tape, node: number, out: Writer, root: string): void;
}

/** Told each `long` that is passed. */
export type LongSink = (low: number, high: number) => void;

/** What a reader of fields can tell apart: whichever constructor of a boxed type, an `int`, a `long`. */
export type FieldKind = 'object' | 'int' | 'long' | 'other';

/** Finds the fields of TL objects by name, with no message made of them. */
export interface FieldReader {
  /** The number of a field's name, for `placeOf`; -1 if no field of the scheme has it. */
  field(name: string): number;
  /** The name of a definition. */
  nameOf(definition: number): string;
  /** What stands in a field of a definition; 'other' too if it has none of this name. @param name of `field` */
  kindOf(definition: number, name: number): FieldKind;
  /** The names of a definition's fields, in their order; none if the scheme has no such definition. */
  fieldsOf(name: string): readonly string[];

  /**
   * Reads one object with its constructor number, and stands behind it.
   * @param longs told each `long` inside @returns `into`
   * @throws DecodeFailure for a constructor that the scheme does not have, or that cannot stand there; TlReadError
   */
  open(from: Reader, into: OpenedObject, longs?: LongSink): OpenedObject;
  /** Where a field of an opened object begins; -1 if it is not there. @param name of `field` */
  placeOf(object: OpenedObject, name: number): number;
  /** Steps over the head of a vector with its constructor number. @param smallest bytes of an item @returns how many items follow */
  vector(from: Reader, smallest?: number): number;
}

/** The scheme, and JSON as the form of messages. */
export interface Codec extends MessageForm {
  /** From the scheme's `// LAYER N` line. */
  readonly layer: number;
  /** SHA-256 of the scheme's text, hex: names V8's cached code. */
  readonly hash: string;

  /** The scheme with msgpack as the form of messages; made when first asked for. */
  readonly msgpack: MessageForm;

  /** Reads TL bytes by field name; made when first asked for. */
  readonly walk: FieldReader;

  /** Name of a constructor or function, or undefined. */
  nameOf(crc: number): string | undefined;
  /** Number of a constructor or function, or 0. */
  crcOf(name: string): number;
  /** Result of a function; -1 if it is that of the call inside it, -2 if it is no function. */
  resultOf(crc: number): ResultKind;
  /** Whether a constructor is of the boxed type `Updates`: then it is an update when nobody asked for it. */
  isUpdate(crc: number): boolean;
  /** Whether a function has a `random_id` field of its own, so that Telegram drops the second of two. */
  hasRandomId(crc: number): boolean;
  /** The bit of a call's `cdn_supported` in its flags, which are its first field; -1 if it has none. */
  cdnBit(crc: number): number;
}
