/**
 * Metrics: what the main thread counts while it works: plain numbers in typed arrays.
 * In: one addition where something happens. Out: numbers, for whoever shows them (`exposition.ts`).
 * Never: a label, a name, a client's value; what is a state and no event is asked for when it is shown (`Gauges`).
 */
import { OUTCOMES, type ErrorName } from '../errors.ts';

/** Places in `Metrics.counts`. */
export const Count = {
  /** Client connections taken in, of lines and frames. */
  CLIENTS: 0,
  /** Client connections taken in, of HTTP. */
  HTTP_CLIENTS: 1,
  /** Connections refused: all were taken. */
  REFUSED: 2,
  /** Requests passed on to a lane. */
  REQUESTS: 3,
  /** Lines of Telegram's and the gateway's own that answer no request. */
  UPDATES: 4,
  /** Those of them that had nowhere to go: the client speaks HTTP. */
  UPDATES_UNHEARD: 5,
  CLIENT_BYTES_IN: 6,
  CLIENT_BYTES_OUT: 7,
  DC_BYTES_IN: 8,
  DC_BYTES_OUT: 9,
  DC_DIALS: 10,
  SESSIONS: 11,
} as const;

const PLACES = new Map(OUTCOMES.map((name, place) => [name, place]));

export class Metrics {
  readonly counts = new Float64Array(Object.keys(Count).length);
  /** Answers by how they ended: places as in `OUTCOMES`. */
  readonly outcomes = new Float64Array(OUTCOMES.length);

  /** One answer that the main thread gave by itself. */
  ended(outcome: ErrorName): void {
    this.outcomes[PLACES.get(outcome)!]!++;
  }
}

/** What is so at the moment it is asked for. */
export interface Gauges {
  readonly isReady: boolean;
  readonly clients: number;
  readonly sessions: number;
  readonly links: number;
  readonly lanes: readonly LaneGauges[];
}

export interface LaneGauges {
  readonly isUp: boolean;
  readonly sessions: number;
  readonly openRequests: number;
  /** Since the start. */
  readonly batches: number;
  readonly restarts: number;
}
