/**
 * Reply flags: how the flags of REPLY are written and read: numbers alone, for there is one a request.
 * In: whether the line was refused as unreadable, how the request ended. Out: flags, and the same again.
 * Never: the name of an outcome: both sides have the list (`OUTCOMES`).
 */

const BAD_LINE = 1;
/** Bits below the place of the outcome. */
const SHIFT = 8;

/**
 * The flags of a REPLY record.
 * @param isBad ids -2 and -3: the line was unreadable; the main thread counts those in a row
 * @param outcome place in `OUTCOMES`, below 256
 */
export function replyFlags(isBad: boolean, outcome: number): number {
  return (isBad ? BAD_LINE : 0) | (outcome << SHIFT);
}

/** Whether the line was refused as unreadable. */
export function isBadLine(flags: number): boolean {
  return (flags & BAD_LINE) !== 0;
}

/** How the request ended: place in `OUTCOMES`. */
export function outcomeOf(flags: number): number {
  return flags >>> SHIFT;
}
