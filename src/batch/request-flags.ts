/**
 * Request flags: how the flags of OPEN and RESUME, REQUEST and AGAIN are written and read: how a client's messages look, and
 * how one of them is to be treated.
 * In: what is so. Out: flags, and the same again. Never: an object: there is one REQUEST a request.
 */

/**
 * How a client's messages look. `lines`: JSON, of which one text may have been printed over several lines. `bodies`: JSON, each
 * a whole text. `msgpack`: frames of msgpack.
 */
export type ClientForm = 'lines' | 'bodies' | 'msgpack';

const OPEN_FLAGS: Readonly<Record<ClientForm, number>> = { bodies: 0, msgpack: 1, lines: 2 };
const FORMS = new Map((Object.keys(OPEN_FLAGS) as ClientForm[]).map((form) => [OPEN_FLAGS[form], form]));

/** The flags of an OPEN or RESUME record. */
export function openFlags(form: ClientForm): number {
  return OPEN_FLAGS[form];
}

/** How the client's messages look, by the flags of OPEN or RESUME. @throws RangeError for flags that `openFlags` does not give */
export function clientForm(flags: number): ClientForm {
  const form = FORMS.get(flags);
  if (form === undefined) throw new RangeError(`an OPEN record with flags ${flags}`);
  return form;
}

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
