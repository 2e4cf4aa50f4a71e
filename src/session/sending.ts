/**
 * Sending: the connections of one session dial and send, in turn.
 * In: the connections, the time, bytes that they may send together. Out: dials and packets through the sink.
 * Never: more than that, but for a first message that is longer alone; the same connection first each time.
 */
import { flushReady } from './delivery/packets.ts';
import { connectIfNeeded } from './link/connect.ts';
import type { ConnectionState } from './state/state.ts';

/** Which connection of a session sends first. */
export class Sending {
  #first = 0;

  /**
   * Each connection dials if something waits in it, and sends what it may.
   * @param home the session's; those beside it are found by it @param now Unix ms @param most bytes for all of them together
   * @param mayExceed the first message goes however long it is
   * @returns bytes sent
   */
  flush(home: ConnectionState, now: number, most: number, mayExceed: boolean): number {
    const { others } = home.session;
    if (others.length === 0) return flushConnection(home, now, most, mayExceed);
    const all = [home, ...others];
    this.#first = (this.#first + 1) % all.length;
    let sent = 0;
    for (let i = 0; i < all.length; i++) {
      const connection = all[(this.#first + i) % all.length]!;
      sent += flushConnection(connection, now, Math.max(0, most - sent), mayExceed && sent === 0);
    }
    return sent;
  }
}

function flushConnection(s: ConnectionState, now: number, most: number, mayExceed: boolean): number {
  connectIfNeeded(s, now);
  return flushReady(s, now, most, mayExceed);
}
