/**
 * Stage: where a request stands on its way (protocol: Delivery).
 * In: nothing. Out: names for numbers, as they are saved. Never: code.
 */

/** Where a request stands on its way. */
export const Stage = {
  /** In the queue: no server has seen this message id. */
  QUEUED: 0,
  /** Waits for `notBefore`: the server asked for patience. */
  DELAYED: 1,
  /** On its way or at the server. */
  SENT: 2,
  /** The server is being asked what became of it. */
  ASKED: 3,
  /** A repeat: the first request with its key is open, and its outcome will be this one's (`repeats.ts`). */
  REPEAT: 4,
} as const;
export type Stage = (typeof Stage)[keyof typeof Stage];
