/**
 * A peer: a client library in a process of its own, speaking to the same test DC without a gateway.
 * In: which calls, how many at once. Out: the same figures as a run of the load generator. Never: JSON lines.
 */
import { createHistogram, performance } from 'node:perf_hooks';

export type PeerCall = 'small' | 'dialogs' | 'file';

/** What a library has to offer. */
export interface Peer {
  /** Makes a call; rejects on any answer that is not the right one. */
  call(what: PeerCall): Promise<void>;
  close(): Promise<void> | void;
}

/** Where a client goes: the DC's port and RSA key; a signed-in key of its own, base64, for those that make none. */
export interface PeerTarget {
  readonly port: number;
  readonly pem: string;
  readonly authKey: string;
}

/** Opens a client of the library. */
export type OpenPeer = (at: PeerTarget) => Promise<Peer>;

export interface PeerRun {
  readonly what: PeerCall;
  readonly inFlight: number;
  readonly seconds: number;
}

export interface PeerResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** As many loops as calls at once, for a time. */
async function measure(peer: Peer, { what, inFlight, seconds }: PeerRun, ended: () => void): Promise<PeerResult> {
  const histogram = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
  const from = performance.now();
  const state = { requests: 0, took: 0 };
  const loop = async (): Promise<void> => {
    while (state.took === 0) {
      const since = performance.now();
      await peer.call(what);
      histogram.record(Math.max(1, Math.round((performance.now() - since) * 1000)));
      state.requests++;
    }
  };
  const timer = setTimeout(() => {
    state.took = (performance.now() - from) / 1000;
    ended();
  }, seconds * 1000);
  try {
    await Promise.all(Array.from({ length: inFlight }, loop));
  } finally {
    clearTimeout(timer);
  }
  return {
    requests: state.requests,
    seconds: state.took,
    p50: histogram.percentile(50) / 1000,
    p99: histogram.percentile(99) / 1000,
  };
}

type Order = { open: PeerTarget } | { run: PeerRun };

/** Makes a library's process: the same orders as the load generator's, `{open}` and `{run}`. */
export function servePeer(openPeer: OpenPeer): void {
  let peer: Peer | undefined;
  const tell = (message: object): void => void process.send?.(message);
  const obey = async (order: Order): Promise<object> => {
    if ('open' in order) {
      const from = performance.now();
      peer = await openPeer(order.open);
      return { opened: (performance.now() - from) / 1000 };
    }
    tell({ began: true });
    return { result: await measure(peer!, order.run, () => tell({ ended: true })) };
  };
  process.on('message', (order: Order) => {
    obey(order).then(tell, (error: unknown) => tell({ failed: String(error) }));
  });
  process.on('disconnect', () => process.exit());
  console.log('ready');
}
