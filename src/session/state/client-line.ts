/**
 * Client line: one message of a client, as it came: a line of JSON or a frame of msgpack.
 * In: where its bytes stand. Out: the same; a copy that may wait. Never: what the message says.
 */

/** A message `bytes[start..stop)`. The lane writes one over for each that comes: whoever keeps a line keeps a copy. */
export interface ClientLine {
  readonly ticket: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly stop: number;
  /** Its client may be shown keys of stored sessions. */
  readonly mayExport: boolean;
}

/** A line with bytes of its own. */
export function copyOfLine({ ticket, bytes, start, stop, mayExport }: ClientLine): ClientLine {
  return { ticket, bytes: bytes.slice(start, stop), start: 0, stop: stop - start, mayExport };
}
