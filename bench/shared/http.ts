/**
 * One named session over HTTP: autocannon on many connections that all name it, and the same with a session a connection.
 * In: how many connections. Out: rates and their ratio, latency, how often the session was refused as in use.
 * Never: a ratio of rates from different rounds.
 */
import { numberOption, type Context } from '../bench.ts';
import { NEAREST_DC } from '../calls.ts';
import type { HttpResult, HttpRun } from '../http-load.ts';
import { rowOf, type Report } from '../report.ts';
import type { Spent } from '../rig.ts';
import { nameOf, NamedRig } from './named-rig.ts';

type Figures = Record<string, number>;

interface Case {
  readonly name: string;
  bodies(named: NamedRig, connections: number): Promise<Partial<HttpRun>>;
}

const BODY = NEAREST_DC.request.replace('$ID', '1');
/** Connections take a while to open; what is measured should not be that. */
const LEAST_SECONDS = 4;

const CASES: readonly Case[] = [
  {
    name: 'a session a connection',
    async bodies({ rig }, connections) {
      const sessions = await rig.sessions(connections, true);
      return { first: sessions.map((session) => beside(`"session":${JSON.stringify(session)}`)) };
    },
  },
  {
    name: 'a name a connection',
    bodies: async (_named, connections) => ({
      each: Array.from({ length: connections }, (_, i) => beside(`"session":{"name":"${nameOf(i + 1)}"}`)),
    }),
  },
  { name: 'one name, by session', bodies: async () => ({ body: beside(`"session":{"name":"${nameOf(0)}"}`) }) },
  { name: 'one name, by as', bodies: async () => ({ body: beside(`"as":"${nameOf(0)}"`) }) },
];

/** The call with one more attribute. */
function beside(attribute: string): string {
  return BODY.replace('"message"', `${attribute},"message"`);
}

function figures(run: HttpResult & Spent, alone: Figures | undefined): Figures {
  const rate = run.requests / run.seconds;
  return {
    rate,
    ratio: rate / (alone?.['rate'] ?? rate),
    p50: run.p50,
    p99: run.p99,
    gateway: (run.gateway / run.requests) * 1e6,
    inUse: run.refusals['SessionInUse'] ?? 0,
    refused: Object.values(run.refusals).reduce((sum, count) => sum + count, 0),
  };
}

/** Runs by case, in rounds: a drift of the machine hits all alike. */
async function rounds(context: Context, named: NamedRig, connections: number): Promise<Figures[][]> {
  const runs = CASES.map((): Figures[] => []);
  const load = await named.rig.openOther('autocannon', './http-load.js');
  for (let i = 0; i <= context.runs; i++) {
    let alone: Figures | undefined;
    for (const [at, one] of CASES.entries()) {
      context.progress(`http: ${one.name}, ${i === 0 ? 'warm-up' : `run ${i}`}`);
      const order: HttpRun = {
        port: named.httpPort,
        connections,
        seconds: Math.max(LEAST_SECONDS, context.seconds),
        body: BODY,
        first: [],
        expected: NEAREST_DC.expected,
        countsRefusals: true,
        ...(await one.bodies(named, connections)),
      };
      const measured = figures(await named.rig.runOther<HttpResult>(load, order), alone);
      alone ??= measured;
      if (i > 0) runs[at]!.push(measured);
    }
  }
  return runs;
}

export async function sharedHttp(context: Context): Promise<Report> {
  const connections = numberOption(context, 'connections', 50);
  const named = await NamedRig.start({ sessions: connections + 1, isApart: true });
  try {
    const runs = await rounds(context, named, connections);
    return report(
      connections,
      CASES.map(({ name }, at) => rowOf(name, runs[at]!)),
    );
  } finally {
    await named.stop();
  }
}

function report(connections: number, rows: Report['rows']): Report {
  return {
    bench: 'shared: http',
    about: `POST /v1/rpc with help.getNearestDc by autocannon on ${connections} connections`,
    columns: [
      { key: 'rate', title: 'requests/s', better: 'more' },
      { key: 'ratio', title: 'of a session each', better: 'more' },
      { key: 'p50', title: 'p50 ms', better: 'less' },
      { key: 'p99', title: 'p99 ms', better: 'less' },
      { key: 'gateway', title: 'gateway us', better: 'less' },
      { key: 'inUse', title: 'SessionInUse', better: 'less' },
      { key: 'refused', title: 'refused in all', better: 'less' },
    ],
    rows,
    notes: [
      'The rate is of right answers; the ratio is to the first row of the same round.',
      'autocannon counts latency in whole milliseconds, and does not correct for coordinated omission.',
    ],
  };
}
