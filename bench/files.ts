/**
 * Files: parts of 512 KiB down and up, as base64 in JSON and as bytes in msgpack.
 * In: nothing. Out: CPU a megabyte, megabytes a second. Never: the file's content judged; its parts are counted.
 */
import { randomBytes } from 'node:crypto';
import type { Bench, Context } from './bench.ts';
import { FILE, FIRST, type Ask } from './calls.ts';
import { rowOf, type Report } from './report.ts';
import type { PackedResult } from './packed-load.ts';
import { Rig, type Measured, type Spent } from './rig.ts';

/** Megabytes of one part. */
const PART = 0.524288;
const IN_FLIGHT = 4;

const SAVE: Ask = {
  request: `{"id":$ID,"message":{"_cons":"upload.saveFilePart","file_id":7,"file_part":0,"bytes":"${randomBytes(PART * 1e6).toString('base64')}"}}`,
  expected: ',"message":true',
};

const CASES: readonly { readonly name: string; readonly ask: Ask }[] = [
  { name: 'download', ask: FILE },
  { name: 'upload', ask: SAVE },
];

const PACKED = ['download', 'upload'] as const;

function figures(run: Measured): Record<string, number> {
  return { ...costs(run), p50: run.latency.p50, p99: run.latency.p99 };
}

function costs(run: PackedResult & Spent): Record<string, number> {
  const megabytes = run.requests * PART;
  const millis = (seconds: number): number => (seconds / megabytes) * 1000;
  return {
    rate: megabytes / run.seconds,
    gateway: millis(run.gateway),
    main: millis(run.main),
    dc: millis(run.dc),
  };
}

async function run(context: Context): Promise<Report> {
  const rig = await Rig.start();
  try {
    const { load } = await rig.open({ clients: 1, setUp: [FIRST], opening: 1 });
    const packed = await rig.openOther('msgpack load', './packed-load.js');
    await rig.openIn(packed, { port: rig.port });
    const runs = CASES.map((): Record<string, number>[] => []);
    const packedRuns = PACKED.map((): Record<string, number>[] => []);
    for (let i = 0; i <= context.runs; i++) {
      for (const [at, { name, ask }] of CASES.entries()) {
        context.progress(`${name}, ${i === 0 ? 'warm-up' : `run ${i}`}`);
        const measured = await rig.run(load, { ...ask, inFlight: IN_FLIGHT, seconds: context.seconds });
        if (i > 0) runs[at]!.push(figures(measured));
      }
      for (const [at, what] of PACKED.entries()) {
        context.progress(`${what} by msgpack, ${i === 0 ? 'warm-up' : `run ${i}`}`);
        const order = { what, inFlight: IN_FLIGHT, seconds: context.seconds };
        const measured = await rig.runOther<PackedResult>(packed, order);
        if (i > 0) packedRuns[at]!.push(costs(measured));
      }
    }
    return report(
      [
        ...CASES.map(({ name }, at) => rowOf(name, runs[at]!)),
        ...PACKED.map((what, at) => rowOf(`${what}, msgpack`, packedRuns[at]!)),
      ],
      rig.memory.resident / 2 ** 20,
    );
  } finally {
    await rig.stop();
  }
}

function report(rows: Report['rows'], resident: number): Report {
  return {
    bench: 'files',
    about: `parts of 512 KiB, ${IN_FLIGHT} in flight on one session; base64 in JSON, bytes in msgpack`,
    columns: [
      { key: 'rate', title: 'MB/s', better: 'more' },
      { key: 'gateway', title: 'gateway ms/MB', better: 'less' },
      { key: 'main', title: 'its main ms', better: 'less' },
      { key: 'dc', title: 'dc ms/MB', better: 'none' },
      { key: 'p50', title: 'p50 ms', better: 'less' },
      { key: 'p99', title: 'p99 ms', better: 'less' },
    ],
    rows,
    notes: [`The gateway's resident memory after all runs: ${Math.round(resident)} MiB.`],
  };
}

export const files: Bench = { name: 'files', about: 'parts of files down and up: CPU a megabyte', run };
