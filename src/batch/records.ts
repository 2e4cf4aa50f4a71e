/**
 * Records: what crosses between the main thread and a lane, and the fixed header they share.
 * In: numbers. Out: 16 header bytes. Never: any meaning of a record's bytes.
 *
 *   0 kind u8 | 1 link u8 | 2 flags u16 | 4 session u32 | 8 ticket u32 | 12 length u32 | bytes, padded to 4
 *
 * `session`: number the main thread gave a client's MTProto session, never reused in one process.
 * `ticket`: number the main thread gave a client message; each REQUEST ends with exactly one REPLY.
 * `link`: which of a session's DC connections; 0 is the home DC.
 *
 * DIAL gives its attempt a number in `ticket`, chosen by the lane and different from the last one of that link;
 * LINK_UP, LINK_BYTES and LINK_DOWN carry it back. Records cross while others are under way the other way, so this
 * number alone tells the lane that a LINK_DOWN belongs to the connection it has already replaced.
 */
export const HEADER_LENGTH = 16;

/** Main thread to lane. */
export const In = {
  /** A client is there. flags: `OpenFlag`. No bytes. */
  OPEN: 1,
  /** One client message (a line without its end). */
  REQUEST: 2,
  /** The TCP connection asked for by DIAL stands. */
  LINK_UP: 3,
  /** Stream bytes from the DC, in any cut. */
  LINK_BYTES: 4,
  /** The connection is gone, or could not be made. flags: `DownFlag`; bytes: the system's code (`ECONNRESET`), ASCII. */
  LINK_DOWN: 5,
  /** The client is gone: drop the session. Answered by GONE. */
  CLOSE: 6,
} as const;

/** Lane to main thread. */
export const Out = {
  /** The one terminal answer to a ticket, ready to be written. flags: `ReplyFlag`. */
  REPLY: 65,
  /** Something for the client that answers no ticket, ready to be written. */
  UPDATE: 66,
  /** Bytes for a DC connection. */
  SEND: 67,
  /** Make a TCP connection. flags: `DialFlag`; bytes: port u16 LE, then the host as an IP literal (or name, configured ones only), ASCII. */
  DIAL: 68,
  /** End a DC connection; no LINK_DOWN follows. */
  HANG_UP: 69,
  /** The session is gone; its key may be used by another. */
  GONE: 70,
  /** A log entry. flags: pino's level number, or 0 for a line of `--verbose`; bytes: JSON text of an object with `event`, without secrets. */
  LOG: 71,
} as const;

/** DOWN: why there is no connection. */
export const DownFlag = { NEVER_UP: 1, TIMED_OUT: 2, NOT_ALLOWED: 4 } as const;
/**
 * REPLY: the line was refused as unreadable (ids -2 and -3): the main thread counts these in a row.
 * From OUTCOME on, eight bits: the place of the outcome in `OUTCOMES`.
 */
export const ReplyFlag = { BAD_LINE: 1, OUTCOME: 8 } as const;
/** DIAL: the address came from a client, or a DC handed it out, and not from the operator: it is judged at each dial. */
export const DialFlag = { UNTRUSTED: 1, FROM_DC: 2 } as const;
/** OPEN: which dialect the client speaks. */
export const OpenFlag = { MSGPACK: 1 } as const;

/** Rounds up to the records' alignment. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
