/**
 * UTF-8, judged by Unicode table 3-7: no overlong forms, no surrogates, nothing past U+10FFFF.
 * In: a range of bytes. Out: where it stops being UTF-8. Never: decodes.
 */

import { asciiEnd, viewOf } from './words.ts';

/** Ranges of fewer bytes are looked at byte by byte. */
const WORDS_FROM = 16;

/** The first byte of the first sequence that is broken or cut off; `stop` if there is none. */
export function utf8End(from: Uint8Array, start: number, stop: number): number {
  let i = stop - start < WORDS_FROM ? start : asciiEnd(viewOf(from), start, stop);
  while (i < stop) {
    if (from[i]! < 0x80) {
      i++;
      continue;
    }
    const end = sequenceEnd(from, i, stop);
    if (end < 0) return i;
    i = end;
  }
  return stop;
}

/** The end of the sequence of two to four bytes that begins at `at`, or -1 if there is none. */
export function sequenceEnd(from: Uint8Array, at: number, stop: number): number {
  let i = at;
  const lead = from[i++]!;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const end = i + (lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3);
  if (end > stop) return -1;
  const second = from[i++]!;
  if (second < (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80)) return -1;
  if (second > (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf)) return -1;
  while (i < end) if ((from[i++]! & 0xc0) !== 0x80) return -1;
  return end;
}
