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
  /** Bodies of all requests of each connection, where they differ. */
  readonly each?: readonly string[];
  /** Refusals are counted by name and do not fail the run. */
  readonly countsRefusals?: boolean;
}

export interface HttpResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds; autocannon's are whole. */
  readonly p50: number;
  readonly p99: number;
  /** Names of errors and how often they came, if the run counts them. */
  readonly refusals: Readonly<Record<string, number>>;
}

const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;

async function measure(run: HttpRun): Promise<HttpResult> {
  let opened = 0;
  const refusals = new Map<string, number>();
  const outcome = await autocannon({
    url: `http://127.0.0.1:${run.port}/v1/rpc`,
    connections: run.connections,
    duration: run.seconds,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: run.body,
    verifyBody: (body: string) => {
      if (body.includes(run.expected)) return true;
      const name = nameOf(body);
      refusals.set(name, (refusals.get(name) ?? 0) + 1);
      return false;
    },
    setupClient: (client: Client) => setUp(run, client, opened++),
  });
  const refused = [...refusals.values()].reduce((sum, count) => sum + count, 0);
  complain(outcome, run.countsRefusals === true ? refused : 0);
  const { requests, latency, duration } = outcome;
  return {
    requests: requests.total - refused,
    seconds: duration,
    p50: latency.p50,
    p99: latency.p99,
    refusals: Object.fromEntries(refusals),
  };
}

function setUp({ body, first, each }: HttpRun, client: Client, number: number): void {
  const own = each?.[number];
  if (own !== undefined) client.setBody(own);
  const once = first[number];
  if (once === undefined) return;
  client.setBody(once);
  client.once('body', () => client.setBody(own ?? body));
}

function nameOf(body: string): string {
  return /"(?:error|error_message)":"([^"]+)"/.exec(body)?.[1] ?? body.slice(0, 60);
}

/** @param counted wrong bodies that are a figure of the run */
function complain({ non2xx, errors, timeouts, mismatches }: Outcome, counted: number): void {
  const isWrong = errors + timeouts > 0 || mismatches > counted || (counted === 0 && non2xx > 0);
  if (!isWrong) return;
  throw new Error(`${non2xx} not 2xx, ${errors} errors, ${timeouts} time-outs, ${mismatches} wrong bodies`);
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
