/**
 * Metrics: what the main thread counts while it works: plain numbers in typed arrays.
 * In: one addition where something happens. Out: numbers, for whoever shows them (`exposition.ts`).
 * Never: a client's value; what is a state and no event is asked for when it is shown (`Gauges`).
 */
import { OUTCOMES, type ErrorName } from '../errors.ts';
import { LabelledCounts } from './labelled-counts.ts';

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
  /** Lines of Telegram's and the gateway's own that answer no request, each client's counted. */
  UPDATES: 4,
  /** Updates that came while nobody heard them: the session's clients speak HTTP, or name it by single lines. */
  UPDATES_UNHEARD: 5,
  CLIENT_BYTES_IN: 6,
  CLIENT_BYTES_OUT: 7,
  DC_BYTES_IN: 8,
  DC_BYTES_OUT: 9,
  DC_DIALS: 10,
  SESSIONS: 11,
  /** Updates and notices as they were encoded: once for all clients whose answers look alike. */
  UPDATES_ENCODED: 12,
} as const;

const PLACES = new Map(OUTCOMES.map((name, place) => [name, place]));

/** Upper ends of the histogram's buckets, ms; one more is behind them. */
export const BUCKETS: readonly number[] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];
/** Outcomes that took a data centre's time: `result`, `rpc_error`, `rpc_timeout`. */
const ASKED = 3;
/** Data centres that have counters of their own; there are five, and as many for tests. */
const MOST_CENTRES = 32;
/** Errors of data centres that are told apart; Telegram has some 700, an account meets a few dozen. */
const MOST_ERRORS = 200;

/** What one gateway has counted since it began. */
export class Metrics {
  readonly counts = new Float64Array(Object.keys(Count).length);
  /** Answers by how they ended: places as in `OUTCOMES`. */
  readonly outcomes = new Float64Array(OUTCOMES.length);

  /** Answers by the time they took; places as in `BUCKETS`. */
  readonly took = new Float64Array(BUCKETS.length + 1);
  /** Sum of those times, ms. */
  tookMs = 0;
  /** Errors of data centres by code and name, those among them that the gateway dealt with by itself. */
  readonly rpcErrors = new LabelledCounts(['code', 'error'], MOST_ERRORS);

  /** Connections to data centres, by `dc` and `test`: found to be one, lost, not made. */
  readonly dcConnects = new LabelledCounts(['dc', 'test'], MOST_CENTRES);
  readonly dcLosses = new LabelledCounts(['dc', 'test'], MOST_CENTRES);
  readonly dcFailures = new LabelledCounts(['dc', 'test'], MOST_CENTRES);

  /** One answer of a lane. @param outcome place in `OUTCOMES` @param ms since the request came */
  answered(outcome: number, ms: number): void {
    this.outcomes[outcome]!++;
    if (outcome >= ASKED) return;
    let bucket = 0;
    while (bucket < BUCKETS.length && ms > BUCKETS[bucket]!) bucket++;
    this.took[bucket]!++;
    this.tookMs += ms;
  }

  /** One error of a data centre. @param name without its numbers; empty for what is no name */
  rpcError(code: number, name: string): void {
    this.rpcErrors.add([String(code), name === '' ? 'other' : name]);
  }

  /** One answer that the main thread gave without a lane. */
  ended(outcome: ErrorName): void {
    this.outcomes[PLACES.get(outcome)!]!++;
  }
}

/** The gateway at the moment it is asked for. */
export interface Gauges {
  readonly isReady: boolean;
  readonly clients: number;
  /** Clients that speak in sessions, each counted once a session. */
  readonly attachments: number;
  /** Open sessions by what they are doing; those of a client's own are `open`. */
  readonly states: Readonly<Record<'opening' | 'open' | 'waiting', number>>;
  /** Sessions that are kept open with nobody there, and are still to be opened. */
  readonly residentsWaiting: number;
  readonly sessions: number;
  readonly links: number;
  readonly lanes: readonly LaneGauges[];
}

/** One lane at the moment it is asked for. */
export interface LaneGauges {
  readonly isUp: boolean;
  readonly sessions: number;
  readonly openRequests: number;
  /** Batches sent to it since the start. */
  readonly batches: number;
  /** Times the thread was lost since the start. */
  readonly restarts: number;
}
