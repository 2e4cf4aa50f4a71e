/**
 * autocannon as a process of its own: `POST /v1/rpc` over keep-alive connections.
 * In: messages `{run}`. Out: `{began}`, `{ended}`, `{result}`, `{failed}`. Never: a figure of a run with an answer that
 * was not the right one; outlives its parent.
 */
import { createRequire } from 'node:module';

/** What is used of autocannon 9, which has no types of its own. */
interface Client {
  setBody(body: string): void;
  once(event: 'body', listener: () => void): void;
}

interface Outcome {
  readonly requests: { readonly total: number; readonly average: number };
  readonly latency: { readonly p50: number; readonly p99: number; readonly p99_9: number };
  readonly duration: number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly mismatches: number;
}

type Autocannon = (options: object) => Promise<Outcome>;

export interface HttpRun {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The body of every request. */
  readonly body: string;
  /** Bodies of the first request of each connection, which hands in its session; empty for fresh ones. */
  readonly first: readonly string[];
  /** What every answer holds. */
  readonly expected: string;
}

export interface HttpResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds; autocannon's are whole. */
  readonly p50: number;
  readonly p99: number;
}

const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;

async function measure(run: HttpRun): Promise<HttpResult> {
  let opened = 0;
  const outcome = await autocannon({
    url: `http://127.0.0.1:${run.port}/v1/rpc`,
    connections: run.connections,
    duration: run.seconds,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: run.body,
    verifyBody: (body: string) => body.includes(run.expected),
    setupClient: (client: Client) => {
      const first = run.first[opened++];
      if (first === undefined) return;
      client.setBody(first);
      client.once('body', () => client.setBody(run.body));
    },
  });
  const { requests, latency, duration, non2xx, errors, timeouts, mismatches } = outcome;
  if (non2xx + errors + timeouts + mismatches > 0) {
    throw new Error(`${non2xx} not 2xx, ${errors} errors, ${timeouts} time-outs, ${mismatches} wrong bodies`);
  }
  return { requests: requests.total, seconds: duration, p50: latency.p50, p99: latency.p99 };
}

function tell(message: object): void {
  process.send!(message);
}

async function obey({ run }: { run: HttpRun }): Promise<void> {
  tell({ began: true });
  const result = await measure(run);
  tell({ ended: true });
  tell({ result });
}

process.on('message', (order: { run: HttpRun }) => {
  obey(order).catch((error: unknown) => tell({ failed: String(error) }));
});
process.on('disconnect', () => process.exit());
console.log('ready');
