/**
 * Snapshot flags: the bits in what is saved of a session, for who writes them (`snapshot.ts`) and who reads them (`resume.ts`).
 * Those of an entry of SAVE are `EntryFlag` of `batch/save-records.ts`: the main thread reads one of them.
 * In: nothing. Out: numbers. Never: kept longer than the process: they may change with each version.
 */

/** Of what rarely changes. */
export const Has = {
  KEY: 1,
  RSA: 2,
  NAMED_BY_CLIENT: 4,
  TEST: 8,
  INIT_TEXT: 16,
  INIT: 32,
  CLIENT_INIT: 64,
  NAMED_BY_SERVER: 512,
  /** A temporary key, and whether it is bound. */
  TEMPORARY: 1024,
  BOUND: 2048,
  FORWARD_SECRECY: 4096,
  /** The session was opened under its name; a record is stored there. */
  NAME: 8192,
  RECORD: 16_384,
};
/** Of what changes all the time. */
export const Is = { SYNCHRONISED: 1, HAS_HISTORY: 2, LOST: 4, KEY_DOUBTED: 8, WAS_UP: 16, WANTED: 32 };
