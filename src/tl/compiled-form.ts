/**
 * The generated functions of one form of messages, JSON or msgpack, behind the face of `codec.ts`.
 * In: tape nodes and readers. Out: TL bytes and messages in writers. Never: leaves half a value in a writer.
 */
import type { Reader } from '../bytes/reader.ts';
import type { Tape } from '../bytes/tape.ts';
import type { Writer } from '../bytes/writer.ts';
import {
  EncodeError,
  type EncodedCall,
  type JsonStyle,
  type MessageForm,
  type RandomSource,
  type ResultKind,
} from './codec.ts';
import type { Decode, Decoding } from './decoding.ts';
import type { Directory } from './directory.ts';
import type { Encode, Encoding } from './encoding.ts';

/** Longest message in bytes of TL (wire: Errors): Telegram closes the connection on more. */
const MAX_MESSAGE = 1_044_404;

/** The generated functions of one form; one value at a time. */
export class CompiledForm implements MessageForm {
  protected readonly directory: Directory;
  readonly #encoding: Encoding;
  readonly #decoding: Decoding;
  readonly #call: { result: number; depth: number; readonly crcs: Uint32Array; readonly offsets: Uint32Array };
  /** Bound once: no closure per call. */
  readonly #anyObject: Decode;
  readonly #anyCall: Decode;
  readonly #encodeCall: Encode;
  readonly #encodeObject: Encode;

  constructor(directory: Directory, encoding: Encoding, decoding: Decoding) {
    this.directory = directory;
    this.#encoding = encoding;
    this.#decoding = decoding;
    this.#call = { result: 0, depth: 0, crcs: encoding.crcs, offsets: encoding.offsets };
    this.#anyObject = () => decoding.object();
    this.#anyCall = () => decoding.call();
    this.#encodeCall = (node) => encoding.call(node);
    this.#encodeObject = (node) => encoding.object(node);
  }

  encodeCall(tape: Tape, node: number, out: Writer, root: string, random?: RandomSource): EncodedCall {
    this.#encode(this.#encodeCall, tape, node, out, root, random);
    const call = this.#call;
    call.depth = this.#encoding.depth;
    // A wrapper always has a call inside it, so the innermost function says what comes back.
    call.result = this.directory.results[this.#encoding.innermost]!;
    return call;
  }

  encodeObject(tape: Tape, node: number, out: Writer, root: string): void {
    this.#encode(this.#encodeObject, tape, node, out, root);
  }

  encodeResult(kind: ResultKind, tape: Tape, node: number, out: Writer, root: string): void {
    this.#encode(this.#encoding.results[kind]!, tape, node, out, root);
  }

  #encode(encode: Encode, tape: Tape, node: number, out: Writer, root: string, random?: RandomSource): void {
    const at = out.pos;
    this.#encoding.begin(tape, node, root, out, random);
    try {
      encode(node);
      if (out.pos - at > MAX_MESSAGE)
        throw new EncodeError('MessageTooLarge', root, `${root}: over ${MAX_MESSAGE} bytes`, {
          limit: MAX_MESSAGE,
          got: out.pos - at,
        });
    } catch (error) {
      out.pos = at;
      throw error;
    }
  }

  decodeResult(kind: ResultKind, from: Reader, out: Writer, style: JsonStyle): void {
    this.#decode(this.#decoding.results[kind]!, from, out, style);
  }

  decodeObject(from: Reader, out: Writer, style: JsonStyle): void {
    this.#decode(this.#anyObject, from, out, style);
  }

  decodeCall(from: Reader, out: Writer, style: JsonStyle): void {
    this.#decode(this.#anyCall, from, out, style);
  }

  #decode(decode: Decode, from: Reader, out: Writer, style: JsonStyle): void {
    this.#decoding.flagsAsBool = style.flagsAsBool;
    this.#decoding.int64AsString = style.int64AsString;
    this.#decoding.run(decode, from, out);
  }
}
