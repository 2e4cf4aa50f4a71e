/**
 * HTTP: `POST /v1/rpc` by autocannon, each connection a session of its own.
 * In: `--connections N`. Out: requests a second, CPU a request of every process, latency.
 * Never: a bench of the HTTP server alone: every request goes through MTProto to the test DC and back.
 */
import { numberOption, type Bench, type Context } from './bench.ts';
import { NEAREST_DC } from './calls.ts';
import type { HttpResult, HttpRun } from './http-load.ts';
import { rowOf, type Report } from './report.ts';
import { Rig, type SessionLine, type Spent } from './rig.ts';
import { freePort } from '../test/support/free-port.ts';

interface Case {
  readonly name: string;
  /** Sessions are made by the first request of each connection, within the run. */
  readonly isFresh: boolean;
}

const CASES: readonly Case[] = [
  { name: 'sessions handed in', isFresh: false },
  { name: 'fresh keys', isFresh: true },
];
const BODY = NEAREST_DC.request.replace('$ID', '1');
/** Connections take a while to open; what is measured should not be that. */
const LEAST_SECONDS = 4;

function figures(run: HttpResult & Spent): Record<string, number> {
  const micros = (seconds: number): number => (seconds / run.requests) * 1e6;
  return {
    rate: run.requests / run.seconds,
    p50: run.p50,
    p99: run.p99,
    gateway: micros(run.gateway),
    main: micros(run.main),
    dc: micros(run.dc),
    load: micros(run.load),
  };
}

/** Hands a session in with the first request. A key serves one connection at a time, so each run has keys of its own. */
function firstBody({ auth_key, session_id }: SessionLine): string {
  return BODY.replace('"message"', `"session":{"auth_key":"${auth_key}","session_id":${session_id}},"message"`);
}

async function orderOf(rig: Rig, port: number, one: Case, context: Context): Promise<HttpRun> {
  const connections = numberOption(context, 'connections', 50);
  const sessions = one.isFresh ? [] : await rig.sessions(connections, true);
  return {
    port,
    connections,
    seconds: Math.max(LEAST_SECONDS, context.seconds),
    body: BODY,
    first: sessions.map(firstBody),
    expected: NEAREST_DC.expected,
  };
}

async function run(context: Context): Promise<Report> {
  const port = await freePort();
  const rig = await Rig.start({ gateway: ['--http-port', String(port)] });
  try {
    const load = await rig.openOther('autocannon', './http-load.js');
    const runs = CASES.map((): Record<string, number>[] => []);
    for (let i = 0; i <= context.runs; i++) {
      for (const [at, one] of CASES.entries()) {
        context.progress(`${one.name}, ${i === 0 ? 'warm-up' : `run ${i}`}`);
        const measured = await rig.runOther<HttpResult>(load, await orderOf(rig, port, one, context));
        if (i > 0) runs[at]!.push(figures(measured));
      }
    }
    return report(CASES.map(({ name }, at) => rowOf(name, runs[at]!)));
  } finally {
    await rig.stop();
  }
}

function report(rows: Report['rows']): Report {
  return {
    bench: 'http',
    about: 'POST /v1/rpc with help.getNearestDc by autocannon, a session a connection, through MTProto to the test DC',
    columns: [
      { key: 'rate', title: 'requests/s', better: 'more' },
      { key: 'p50', title: 'p50 ms', better: 'less' },
      { key: 'p99', title: 'p99 ms', better: 'less' },
      { key: 'gateway', title: 'gateway us', better: 'less' },
      { key: 'main', title: 'its main us', better: 'less' },
      { key: 'dc', title: 'dc us', better: 'none' },
      { key: 'load', title: 'autocannon us', better: 'none' },
    ],
    rows,
    notes: [
      'Sessions are handed in with the first request of each connection; of `fresh keys` they are made then, by key exchange.',
      'autocannon counts latency in whole milliseconds, and does not correct for coordinated omission.',
    ],
  };
}

export const http: Bench = {
  name: 'http',
  about: 'POST /v1/rpc by autocannon',
  options: { connections: 'keep-alive connections, a session each (50)' },
  run,
};
