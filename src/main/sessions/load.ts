/**
 * Load: sums over all sessions, for whoever shows them.
 * In: sessions, and who speaks in them. Out: connections to data centres, what sessions are doing, open requests by lane. Never: kept.
 */
import type { Gauges } from '../../telemetry/metrics.ts';
import type { Attachment } from './attachment.ts';
import type { OpenSession } from './open-session.ts';

/** What all sessions have and do together. */
export interface Load {
  /** Connections to data centres, those being made included. */
  readonly links: number;
  /** By the number of the lane. */
  readonly openRequests: readonly number[];
  readonly states: Gauges['states'];
}

/** Sums up. @param lanes how many there are */
export function loadOf(sessions: Iterable<OpenSession>, attachments: Iterable<Attachment>, lanes: number): Load {
  const openRequests = Array.from({ length: lanes }, () => 0);
  const states = { opening: 0, open: 0, waiting: 0 };
  let links = 0;
  for (const session of sessions) {
    links += session.links.size;
    states[session.state.state]++;
  }
  for (const { session, ledger } of attachments) openRequests[session.lane.number]! += ledger.size;
  return { links, openRequests, states };
}
