/**
 * Text looked at four bytes at a time, as 32-bit words.
 * In: a range of bytes. Out: how far it is of one kind. Never: a byte behind the range.
 *
 * What the words hold is told by arithmetic on all four bytes at once: with the top bits out of the way, a subtraction
 * sets the top bit of a byte that is below what is subtracted, and else only of one above such a byte; so the sum of
 * it says truly whether there is one, though not where.
 */

/** The view made last, and of what: strings come by the hundred out of one block. */
let viewed: Uint8Array = new Uint8Array(0);
let view: DataView = new DataView(viewed.buffer);

/** A view of the same bytes, for words at any place. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== viewed) {
    viewed = bytes;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  return view;
}

/** Where ASCII ends, or up to three bytes before. */
export function asciiEnd(words: DataView, start: number, stop: number): number {
  let i = start;
  while (i + 4 <= stop && (words.getInt32(i, true) & 0x80808080) === 0) i += 4;
  return i;
}

/** What `plainEnd` has passed: all bytes or-ed, the top bit of each kept. */
export const passed = { bits: 0 };

/** Where what can stand in a JSON string as it is ends (a quote, a backslash, a control character), or up to three bytes before. */
export function plainEnd(words: DataView, start: number, stop: number): number {
  let bits = 0;
  let i = start;
  for (; i + 4 <= stop; i += 4) {
    const w = words.getInt32(i, true);
    const control = w - 0x20202020;
    const quote = (w ^ 0x22222222) - 0x01010101;
    const backslash = (w ^ 0x5c5c5c5c) - 0x01010101;
    if (((control | quote | backslash) & ~w & 0x80808080) !== 0) break;
    bits |= w;
  }
  passed.bits = bits & 0x80808080;
  return i;
}

/**
 * Copies ASCII that can stand in a JSON string as it is, while it comes in fours.
 * @returns the first byte that was not copied
 */
export function copyPlain(to: DataView, at: number, from: DataView, start: number, stop: number): number {
  let i = start;
  for (let p = at; i + 4 <= stop; i += 4, p += 4) {
    const w = from.getInt32(i, true);
    const quote = (w ^ 0x22222222) - 0x01010101;
    const backslash = (w ^ 0x5c5c5c5c) - 0x01010101;
    if (((w | (w - 0x20202020) | quote | backslash) & 0x80808080) !== 0) break;
    to.setInt32(p, w, true);
  }
  return i;
}

const TWO_PAIRS = 0x80c080c0 | 0;

/**
 * Copies UTF-8 sequences of two bytes, one at least; `start` is at a byte from 0xc2 to 0xdf.
 * @returns the first byte that was not copied, or -1 if the first sequence is none
 */
export function copyPairs(to: DataView, at: number, from: DataView, start: number, stop: number): number {
  let i = start;
  for (let p = at; i + 4 <= stop; i += 4, p += 4) {
    const w = from.getInt32(i, true);
    // 110xxxxx 10xxxxxx twice, and no lead of 0xc0 or 0xc1.
    if ((w & 0xc0e0c0e0) !== TWO_PAIRS || (w & 0x1e) === 0 || (w & 0x1e0000) === 0) break;
    to.setInt32(p, w, true);
  }
  if (i > start) return i;
  if (i + 2 > stop || (from.getUint8(i + 1) & 0xc0) !== 0x80) return -1;
  to.setInt16(at, from.getInt16(i));
  return i + 2;
}
