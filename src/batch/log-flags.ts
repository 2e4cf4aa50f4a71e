/**
 * Log flags: how the flags of LOG are written and read: which event an entry is of, or that it is a line of `--verbose`.
 * In: the place of an event. Out: flags, and the place again. Never: the name of an event: both sides have the list
 * (`EVENT_NAMES`).
 */

/** Of a line of `--verbose`. */
const VERBOSE = 0;

/** The flags of a LOG record. @param place of the event in `EVENT_NAMES`; undefined for a line of `--verbose` */
export function logFlags(place: number | undefined): number {
  return place === undefined ? VERBOSE : place + 1;
}

/** The place of an entry's event in `EVENT_NAMES`; undefined for a line of `--verbose`. */
export function eventPlace(flags: number): number | undefined {
  return flags === VERBOSE ? undefined : flags - 1;
}
