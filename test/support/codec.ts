/** The project's own scheme and codec, made once a test file; and short ways to use them. */
import { JsonTape } from '../../src/bytes/json-tape.ts';
import { Reader } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { compileCodec } from '../../src/tl/compile.ts';
import type { Codec, JsonStyle } from '../../src/tl/codec.ts';
import { loadScheme } from '../../src/tl/load.ts';

export const schema = loadScheme();
export const { codec, source, cachedData } = compileCodec(schema);

export const PLAIN: JsonStyle = { int64AsString: false, flagsAsBool: false };
export const STRINGS: JsonStyle = { int64AsString: true, flagsAsBool: true };

const tape = new JsonTape();

function readLine(json: string): JsonTape {
  const line = Buffer.from(json);
  const fault = tape.read(line, 0, line.length);
  if (fault !== undefined) throw new Error(`${fault.code} at ${fault.pos}`);
  return tape;
}

/** TL bytes of a call given as JSON. */
export function encodeCall(json: string, by: Codec = codec): Buffer {
  const out = new Writer();
  by.encodeCall(readLine(json), 0, out, 'message');
  return Buffer.from(out.written());
}

/** TL bytes of a constructor given as JSON. */
export function encodeObject(json: string, by: Codec = codec): Buffer {
  const out = new Writer();
  by.encodeObject(readLine(json), 0, out, 'message');
  return Buffer.from(out.written());
}

export function encodeResult(kind: number, json: string): Buffer {
  const out = new Writer();
  codec.encodeResult(kind, readLine(json), 0, out, 'message');
  return Buffer.from(out.written());
}

type Way = (from: Reader, out: Writer) => void;

/** What a decoder writes for `bytes`; checks that it read them all. */
function decodeWhole(bytes: Uint8Array, decode: Way): string {
  const from = new Reader(bytes);
  const out = new Writer(16);
  decode(from, out);
  if (from.left !== 0) throw new Error(`${from.left} bytes left`);
  return out.written().toString('utf8');
}

export function decodeObject(bytes: Uint8Array, style: JsonStyle = PLAIN, by: Codec = codec): string {
  return decodeWhole(bytes, (from, out) => by.decodeObject(from, out, style));
}

export function decodeCall(bytes: Uint8Array, style: JsonStyle = PLAIN): string {
  return decodeWhole(bytes, (from, out) => codec.decodeCall(from, out, style));
}

export function decodeResult(method: string, bytes: Uint8Array, style: JsonStyle = PLAIN): string {
  return decodeWhole(bytes, (from, out) => codec.decodeResult(codec.resultOf(codec.crcOf(method)), from, out, style));
}
