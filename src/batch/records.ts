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
  /** A client is there. flags: `openFlags`. No bytes. */
  OPEN: 1,
  /** One client message (a line without its end). flags: `requestFlags`. */
  REQUEST: 2,
  /** The TCP connection asked for by DIAL stands. Bytes: `writeLinkUp`. */
  LINK_UP: 3,
  /** Stream bytes from the DC, in any cut. */
  LINK_BYTES: 4,
  /** The connection is gone, or could not be made. flags and bytes: `writeLinkDown`. */
  LINK_DOWN: 5,
  /** The client is gone: drop the session. Answered by GONE. */
  CLOSE: 6,
  /** In place of OPEN after the lane's thread was lost. flags: `openFlags`; bytes: `writeResume`. Secret. */
  RESUME: 7,
  /** A request the lost thread had taken. flags: `requestFlags`; bytes: `writeAgain`. */
  AGAIN: 8,
  /** The address that could not be reached answers again: no need to wait any longer. No bytes. */
  NUDGE: 9,
  /** What came of a NAME, or of an explicit STORE: `ticket` is theirs. flags and bytes: `writeNamed`. May be secret. */
  NAMED: 10,
  /** Somebody else takes the session over: what is open may end, then the session is given up with a last STORE. */
  LEAVE: 11,
} as const;

/** Lane to main thread. */
export const Out = {
  /** The one terminal answer to a ticket, ready to be written; of no bytes for a further line of a request that was refused. flags: `replyFlags`. */
  REPLY: 65,
  /** Something for the client that answers no ticket, ready to be written. */
  UPDATE: 66,
  /** Bytes for a DC connection. */
  SEND: 67,
  /** Make a TCP connection. flags and bytes: `writeDial`. */
  DIAL: 68,
  /** End a DC connection; no LINK_DOWN follows. */
  HANG_UP: 69,
  /** The session is gone; its key may be used by another. */
  GONE: 70,
  /** A log entry. flags: `logFlags`; bytes: JSON text of the event's fields, without secrets, or a line of `--verbose`. */
  LOG: 71,
  /**
   * What of a session changes all the time, with as many entries, of requests, as `ticket` says (`save-records.ts`).
   * flags: `saveFlags`.
   */
  SAVE: 72,
  /** The rest of it, its key among them: secret. Opaque to the main thread. */
  SAVE_SESSION: 73,
  /** A request about a stored session. flags: `NameOp`; bytes: the name. Answered by NAMED with the same ticket, unless `NameOp` says otherwise. */
  NAME: 74,
  /** The named session's record as it should be stored (`account/record.ts`): secret. Opaque to the main thread. flags: `storeFlags`. */
  STORE: 75,
  /** News of a connection to a data centre, for the log and the counters. flags and bytes: `writeCentre`. */
  CENTRE: 76,
  /** A data centre has answered with an error. `ticket`: its code, signed; bytes: its text without numbers. */
  RPC_ERROR: 77,
  /** A key was made over this connection: another exchange may begin. No bytes. */
  KEY_MADE: 78,
} as const;

/** NAME and NAMED. */
export const NameOp = {
  /** The session of this name, or the name for one to come. */
  ATTACH: 1,
  /** The same, also if another has it: that one leaves. */
  TAKEOVER: 2,
  /** A name that nothing is stored under. */
  NEW: 3,
  /** All that are stored: `writeNameList`, of each record what is shown (`vault/summary.ts`). */
  LIST: 4,
  /** The session is logged out: what is stored is removed, and the name given up. */
  FORGET: 5,
  /** The client has logged out by itself: what is stored is removed, the name stays. Not answered: output is held back until it is done. */
  LOGGED_OUT: 6,
  /** What NAMED brought could not be used: the name is given up as it was. Not answered. */
  RELEASE: 7,
  /** An explicit STORE; the lane never sends it. */
  STORE: 8,
} as const;
/** NAMED, beside its `NameOp`. CLEAN: the record is exactly where its session stopped. */
export const NamedFlag = { OP: 255, REFUSED: 256, CLEAN: 512 } as const;

/** Rounds up to the records' alignment. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
