/**
 * Request flags: how the flags of REQUEST and AGAIN are written and read: how a client's message is to be treated.
 * In: what is so. Out: flags, and the same again. Never: an object: there is one REQUEST a request.
 */

const MAY_EXPORT = 1;
const ISOLATED = 2;

/** The flags of a REQUEST or AGAIN record. @param mayExport it may be shown keys of stored sessions */
export function requestFlags(mayExport: boolean): number {
  return mayExport ? MAY_EXPORT : 0;
}

/**
 * The same flags for a REQUEST that crosses in a batch of its own, for it may be what killed the last thread; the lane's thread
 * does not look at that.
 */
export function isolatedFlags(flags: number): number {
  return flags | ISOLATED;
}

/** Whether the request may be shown keys of stored sessions. */
export function mayExportKeys(flags: number): boolean {
  return (flags & MAY_EXPORT) !== 0;
}

/** Whether the flags of a REQUEST say that it crosses in a batch of its own. */
export function hasIsolated(flags: number): boolean {
  return (flags & ISOLATED) !== 0;
}
