/**
 * Log fields: what an entry of the log has beside its event.
 * In: nothing. Out: the shape. Never: code; which names may be shown, `log.ts` says.
 */

/** Fields of one entry, by name. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;
