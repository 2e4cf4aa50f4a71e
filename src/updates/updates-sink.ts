/**
 * Updates sink: what the engine says.
 * In: nothing. Out: an interface. Never: behaviour.
 */
import type { Asked, DroppedReason } from './difference.ts';
import type { SingleUpdate } from './step.ts';

/** Whoever hears the engine; nothing of it waits. */
export interface UpdatesSink {
  /** The next update of a box, or one that no box counts (`box` is ''). @param isFetched it comes from a difference */
  deliver(box: string, update: SingleUpdate, isFetched: boolean): void;
  /** A question for the server; its answer, or why there is none, comes back with the same object. */
  ask(asked: Asked): void;
  /** What was missed of a box is fetched from here on, or was. */
  gap(box: string, edge: 'start' | 'end'): void;
  /** The server can tell no more of what was missed. */
  dropped(box: string, reason: DroppedReason): void;
}
