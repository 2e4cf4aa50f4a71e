/**
 * CutText: the beginning of a text that is too long for an error line (wire: Errors).
 * In: a text, room in bytes. Out: UTF-8 that fits. Never: cuts a character in half, or a word where one ended shortly before.
 */

/** How far back a blank is looked for, bytes: names of the scheme are shorter. */
const LONGEST_WORD = 96;
const BLANK = 0x20;
const ELLIPSIS = '…';

/** Bytes that one byte of UTF-8 takes where it is written. */
export type SizeOf = (byte: number) => number;

/** Where texts are written as they are. */
export const ONE_EACH: SizeOf = () => 1;

/** How many bytes of UTF-8 fit into `room` bytes as written, up to the end of a character. */
export function fittingLength(bytes: Uint8Array, room: number, sizeOf: SizeOf): number {
  let used = 0;
  let stop = 0;
  for (let i = 0; i < bytes.length; i++) {
    if ((bytes[i]! & 0xc0) !== 0x80) stop = i;
    used += sizeOf(bytes[i]!);
    if (used > room) return stop;
  }
  return bytes.length;
}

/**
 * A sentence in `room` bytes as written: whole, or up to the end of a word and `…`.
 * @param whole where all of it stands; follows the `…` if there is room for it
 */
export function cutSentence(text: string, room: number, sizeOf: SizeOf, whole = ''): Buffer {
  const bytes = Buffer.from(text);
  if (fittingLength(bytes, room, sizeOf) === bytes.length) return bytes;
  const endings = [`${ELLIPSIS}${whole}`, ELLIPSIS].map((ending) => Buffer.from(ending));
  const ending = endings.find((one) => fittingLength(one, room, sizeOf) === one.length) ?? Buffer.alloc(0);
  const left = room - ending.reduce((sum, byte) => sum + sizeOf(byte), 0);
  const stop = wordEnd(bytes, fittingLength(bytes, left, sizeOf));
  return Buffer.concat([bytes.subarray(0, stop), ending]);
}

/** The end of the last word before `stop`; `stop` itself where one ends there, or none near it. */
function wordEnd(bytes: Buffer, stop: number): number {
  const blank = bytes.lastIndexOf(BLANK, stop);
  return blank > 0 && stop - blank < LONGEST_WORD ? blank : stop;
}
