/**
 * Waits: how long clients were told to leave a method alone (protocol: RPC errors). The gateway sits such a wait out, and requests of
 * other methods go meanwhile.
 * In: faults as they are played. Out: the waits; whether a request was held back by one of them.
 * Never: a wait taken for the reason of a request that came before its end.
 */
import type { Played } from '../../../src/testdc/faults/faults.ts';
import { DcRpcError } from '../../../src/testdc/protocol/rpc-error.ts';

export interface MethodWait {
  readonly user: string;
  readonly method: string;
  /** Unix ms. */
  readonly from: number;
  readonly until: number;
}

/** A request that was asked and read. */
export interface Held {
  readonly user: string;
  readonly method: string;
  /** When it was asked, and when the DC read it; Unix ms. */
  readonly from: number;
  readonly at: number;
}

/** A request that waited is read so long after the wait at most, ms: the queue behind it leaves first. */
const QUEUE_MS = 1_000;

export class Waits {
  readonly list: MethodWait[] = [];

  /** @param now Unix ms */
  played({ call, effect }: Pick<Played, 'call' | 'effect'>, now: number): void {
    const seconds = effect instanceof DcRpcError ? /_WAIT_(\d+)$/.exec(effect.message)?.[1] : undefined;
    if (call === undefined || seconds === undefined) return;
    const user = String(call.session.key.userId);
    this.list.push({ user, method: call.method, from: now, until: now + Number(seconds) * 1000 });
  }
}

/** Whether a request may have sat a wait of its method out. */
export function satOut(waits: readonly MethodWait[], { user, method, from, at }: Held): boolean {
  return waits.some(
    (wait) =>
      wait.user === user &&
      wait.method === method &&
      from < wait.until &&
      at >= wait.until &&
      at <= wait.until + QUEUE_MS,
  );
}
