/** How a worker may be made to die, and where. In: nothing. Out: names. Never: in the product. */

/** Key in the lanes' settings: a cell of a shared block for each lane. */
export const KILL_CELLS = 'killCells';
/** A request that holds this text is fatal to whoever reads it, if the gateway was started with `DEADLY`. */
export const DEADLY_TEXT = 'take all the memory there is';
export const DEADLY = 'deadlyText';
/** Environment of the killable gateway: MiB of heap a lane may have; then deadly requests are deadly. */
export const LANE_HEAP = 'KILLABLE_LANE_HEAP';

export const Death = {
  NONE: 0,
  /** With the batch unread. */
  BEFORE: 1,
  /** With the batch done and its block not handed over. */
  AFTER: 2,
  /** Never comes back. */
  HANG: 3,
  /** Takes memory until there is none left. */
  HOARD: 4,
} as const;
