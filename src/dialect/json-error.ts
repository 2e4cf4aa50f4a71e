/**
 * Error lines of the JSON dialect (wire: Requests and answers; Errors).
 * In: an id and a `Refusal`. Out: one line of at most 512 bytes.
 * Never: leaves out anything but the end of a long `msg` or `path`.
 */
import { writeString } from '../bytes/json-write.ts';
import { Writer } from '../bytes/writer.ts';
import { cutSentence, fittingLength } from './cut-text.ts';
import type { Refusal } from './dialect.ts';

/** Longest error line, newline included (threats: Bytes and lines). */
const MAX_LINE = 512;
/** Part of the room for `path` and `msg` that the path may take; the sentence gets the rest. */
const PATH_SHARE = 0.4;

/** Attributes beside `msg` and `path`, in the order they are written. */
const ATTRIBUTES: readonly (readonly [keyof Refusal, string])[] = [
  ['pos', 'pos'],
  ['limit', 'limit'],
  ['got', 'got'],
  ['didYouMean', 'did_you_mean'],
  ['key', 'key'],
  ['reason', 'reason'],
  ['crc', 'crc'],
  ['ref', 'ref'],
  ['retryable', 'retryable'],
  ['retryAfter', 'retry_after'],
  ['delivered', 'delivered'],
  ['closing', 'closing'],
  ['fatal', 'fatal'],
];

/** Writes `{"id":…,"error":…,"msg":…,…}` and a newline. */
export function writeErrorLine(out: Writer, id: Uint8Array, refusal: Refusal): void {
  const tail = `${attributes(refusal)}}\n`;
  const head = `,"error":${JSON.stringify(refusal.error)},"msg":`;
  const path = refusal.path === undefined ? undefined : Buffer.from(refusal.path, 'utf8');
  // `{"id":`, `""` of the message, `,"path":""`
  const fixed = 6 + id.length + head.length + Buffer.byteLength(tail) + 2 + (path === undefined ? 0 : 10);
  const room = Math.max(0, MAX_LINE - fixed);
  const pathStop = path === undefined ? 0 : fittingLength(path, Math.floor(room * PATH_SHARE), escapedSize);
  const messageRoom = room - (path === undefined ? 0 : escapedLength(path, pathStop));
  const message = cutSentence(refusal.msg, messageRoom, escapedSize, refusal.whole);
  out.ascii('{"id":');
  out.raw(id);
  out.ascii(head);
  writeString(out, message, 0, message.length);
  if (path !== undefined) {
    out.ascii(',"path":');
    writeString(out, path, 0, pathStop);
  }
  out.raw(Buffer.from(tail, 'utf8'));
}

function attributes(refusal: Refusal): string {
  return ATTRIBUTES.map(([name, shown]) => {
    const value = refusal[name];
    return value === undefined ? '' : `,"${shown}":${JSON.stringify(value)}`;
  }).join('');
}

function escapedLength(text: Uint8Array, stop: number): number {
  let used = 0;
  for (let i = 0; i < stop; i++) used += escapedSize(text[i]!);
  return used;
}

/** Bytes that one byte of UTF-8 takes in a JSON string, at most: some control characters have a shorter escape. */
function escapedSize(byte: number): number {
  if (byte < 0x20) return 6;
  return byte === 0x22 || byte === 0x5c ? 2 : 1;
}
