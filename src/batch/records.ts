/**
 * Records: what crosses between the main thread and a lane, and the fixed header they share.
 * In: numbers. Out: 16 header bytes. Never: any meaning of a record's bytes.
 *
 *   0 kind u8 | 1 link u8 | 2 flags u16 | 4 session u32 | 8 ticket u32 | 12 length u32 | bytes, padded to 4
 *
 * `session`: number the main thread gave an MTProto session, or an attachment: how one client speaks in a session. Both are
 * drawn from one counter and never reused in one process. REQUEST, AGAIN, ATTACH, DETACH, LISTED, FORM, REPLY, NOTICE, SPEAKS,
 * DETACHED and some NAME records carry an attachment's, all others a session's.
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
  /** A session begins. flags: `OpenFlag`; bytes: its name, if it is stored under one. */
  OPEN: 1,
  /** One client message (a line without its end). flags: `requestFlags`. */
  REQUEST: 2,
  /** The TCP connection asked for by DIAL stands. Bytes: `writeLinkUp`. */
  LINK_UP: 3,
  /** Stream bytes from the DC, in any cut. */
  LINK_BYTES: 4,
  /** The connection is gone, or could not be made. flags and bytes: `writeLinkDown`. */
  LINK_DOWN: 5,
  /** Nobody needs the session: drop it. Answered by GONE. */
  CLOSE: 6,
  /** Behind OPEN after the lane's thread was lost. Bytes: `writeResume`. Secret. */
  RESUME: 7,
  /** A request the lost thread had taken. flags: `requestFlags`; bytes: `writeAgain`. */
  AGAIN: 8,
  /** The address that could not be reached answers again: no need to wait any longer. No bytes. */
  NUDGE: 9,
  /** What a session was found under its name, or what came of a FORGET or of an explicit STORE: `ticket` is theirs. flags and bytes: `writeNamed`. May be secret. */
  NAMED: 10,
  /** Another process takes the session over: what is open may end, then the session is given up with a last STORE. */
  LEAVE: 11,
  /** A client speaks in a session from here on: `session` is the attachment's number, `ticket` the session's. flags and bytes: `writeAttach`. */
  ATTACH: 12,
  /** It does not any more: nobody is left to hear its answers. */
  DETACH: 13,
  /** What came of a LIST: `ticket` is its. flags and bytes: `writeNamed`. */
  LISTED: 14,
  /** The client wants its answers in this form: it has said so in another session. flags: `FormFlag`. Answered by SPEAKS. */
  FORM: 15,
  /** What is known of the key of the request `ticket`; of one that waits, once more when that is known. flags and bytes: `writeKeyed`. */
  KEYED: 16,
} as const;

/** Lane to main thread. */
export const Out = {
  /** The one terminal answer to a ticket, ready to be written; of no bytes for a further line of a request that was refused. flags: `replyFlags`. */
  REPLY: 65,
  /** Something for every client of the session that hears updates in this form, ready to be written. flags: `FormFlag`. */
  UPDATE: 66,
  /** Bytes for a DC connection. */
  SEND: 67,
  /** Make a TCP connection. flags and bytes: `writeDial`. */
  DIAL: 68,
  /** End a DC connection; no LINK_DOWN follows. */
  HANG_UP: 69,
  /** The session is gone; its key may be used by another. flags: `GoneFlag`. */
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
  /** A request about a stored session. flags: `NameOp`; bytes: `writeName`. `NameOp` says who asks, and what answers it. */
  NAME: 74,
  /** The named session's record as it should be stored (`account/record.ts`): secret. Opaque to the main thread. flags: `storeFlags`. */
  STORE: 75,
  /** News of a connection to a data centre, for the log and the counters. flags and bytes: `writeCentre`. */
  CENTRE: 76,
  /** A data centre has answered with an error. `ticket`: its code, signed; bytes: its text without numbers. */
  RPC_ERROR: 77,
  /** A key was made over this connection: another exchange may begin. No bytes. */
  KEY_MADE: 78,
  /** Something for one client that answers no ticket, ready to be written. */
  NOTICE: 79,
  /** An update came that nobody hears. */
  UNHEARD: 80,
  /** How the client speaks has changed. flags: `MannerFlag`. */
  SPEAKS: 81,
  /** The client is not in the session any more; what of it was not taken runs elsewhere. flags: `DetachedFlag`. */
  DETACHED: 82,
  /** The home data centre cannot be reached just now: `ticket` says in how many ms it is tried again. */
  WAITING: 83,
  /** What of a stored session decides whether it is kept open has changed. flags: `StandingFlag`. */
  STANDING: 84,
  /** The request `ticket`, of whichever client of the session, has an idempotency key: may it go? Answered by KEYED. Bytes: `writeKey`. */
  KEY: 85,
  /** How the request `ticket` ended, that KEYED let go; before its REPLY. flags: `outcomeFlags`; bytes: `writeOutcome`, if it is known. */
  OUTCOME: 86,
} as const;

/** OPEN: it is stored under a name, and waits for NAMED. BARE: it is there to refuse: the client has lost its session. */
export const OpenFlag = { NAMED: 1, BARE: 2 } as const;
/** STANDING: its account is lost; the gateway opens it at its own start, and keeps it open. */
export const StandingFlag = { LOST: 1, RESIDENT: 2 } as const;
/** GONE: it met a bug at its end, and may have left unsaid how requests ended. */
export const GoneFlag = { FAULT: 1 } as const;
/** DETACHED: the client has lost the session: what it sends is refused until it names another. */
export const DetachedFlag = { BARE: 1 } as const;

/** NAME, NAMED and LISTED. */
export const NameOp = {
  /** An attachment's: its client speaks in the session of this name from this line on: the line, and those behind it, run there. */
  SPEAK: 1,
  /** The same; another process that has the name is asked to give it up. */
  TAKEOVER: 2,
  /** An attachment's: this line alone is for the session of this name. */
  AS: 3,
  /** An attachment's: its client speaks in no named session from this line on. */
  DETACH: 9,
  /** An attachment's: all that are stored: answered by LISTED with `writeNameList`, of each record what is shown (`vault/summary.ts`). */
  LIST: 4,
  /** A session's: it is logged out: what is stored is removed, and the name given up. Answered by NAMED. */
  FORGET: 5,
  /** A session's: its client has logged out by itself: what is stored is removed, the name stays. Not answered: output is held back until it is done. */
  LOGGED_OUT: 6,
  /** A session's: what NAMED brought could not be used, or the session was given up: the name goes as it was. Not answered. */
  RELEASE: 7,
  /** NAMED alone: an explicit STORE. */
  STORE: 8,
  /** NAMED alone: the session's record, or that there is none yet. */
  OPEN: 10,
} as const;
/** NAMED, beside its `NameOp`. CLEAN: the record is exactly where its session stopped. */
export const NamedFlag = { OP: 255, REFUSED: 256, CLEAN: 512 } as const;

/** Rounds up to the records' alignment. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
