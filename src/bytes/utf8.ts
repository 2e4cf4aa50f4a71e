/**
 * UTF-8, judged by Unicode table 3-7: no overlong forms, no surrogates, nothing past U+10FFFF.
 * In: a range of bytes. Out: where it stops being UTF-8. Never: decodes.
 */

/** The first byte of the first sequence that is broken or cut off; `stop` if there is none. */
export function utf8End(from: Uint8Array, start: number, stop: number): number {
  let i = start;
  while (i < stop) {
    const at = i;
    const lead = from[i++]!;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return at;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (i + more > stop) return at;
    const second = from[i++]!;
    if (second < (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80)) return at;
    if (second > (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf)) return at;
    for (let k = 1; k < more; k++) if ((from[i++]! & 0xc0) !== 0x80) return at;
  }
  return stop;
}
