/** How a worker may be told to die, and where. In: nothing. Out: names. Never: in the product. */

/** Key in the lanes' settings: a cell of a shared block for each lane. */
export const KILL_CELLS = 'killCells';

export const Death = {
  NONE: 0,
  /** With the batch unread. */
  BEFORE: 1,
  /** With the batch done and its block not handed over. */
  AFTER: 2,
  /** Never comes back. */
  HANG: 3,
} as const;
