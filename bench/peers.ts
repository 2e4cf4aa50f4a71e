/**
 * The same calls through the gateway and through libraries linked into a process, against the same test DC.
 * In: nothing. Out: CPU a call of whoever turns a call into its answer. Never: what the asking program itself costs.
 *
 * For a library that is the process it is linked into. For the gateway it is the gateway: a client's program then
 * has one line of JSON to write and one to read, which the load generator does not parse; its cost is shown.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, Context } from './bench.ts';
import { DIALOGS, FILE, FIRST, NEAREST_DC, type Ask } from './calls.ts';
import type { PeerCall } from './peer.ts';
import type { Child } from './process.ts';
import { rowOf, type Report, type Row } from './report.ts';
import { Rig } from './rig.ts';

/** gramjs is installed here, from a package.json of its own. */
const FOLDER = fileURLToPath(new URL('../../bench/peers', import.meta.url));

interface Case {
  readonly what: PeerCall;
  readonly name: string;
  readonly ask: Ask;
  readonly inFlight: number;
}

const CASES: readonly Case[] = [
  { what: 'small', name: 'small x 64', ask: NEAREST_DC, inFlight: 64 },
  { what: 'dialogs', name: 'dialogs x 8', ask: DIALOGS, inFlight: 8 },
  { what: 'file', name: '512 KiB part x 4', ask: FILE, inFlight: 4 },
];

interface Contestant {
  readonly name: string;
  run(of: Case, seconds: number): Promise<{ requests: number; seconds: number; cpu: number; p50: number; p99: number }>;
}

function library(rig: Rig, name: string, peer: Child): Contestant {
  return {
    name,
    async run({ what, inFlight }, seconds) {
      const measured = await rig.runPeer(peer, { what, inFlight, seconds });
      return { ...measured, cpu: measured.load };
    },
  };
}

async function gateway(rig: Rig): Promise<Contestant> {
  const { load } = await rig.open({ clients: 1, setUp: [FIRST], opening: 1 });
  return {
    name: 'gateway',
    async run({ ask, inFlight }, seconds) {
      const measured = await rig.run(load, { ...ask, inFlight, seconds });
      return { ...measured, cpu: measured.gateway, p50: measured.latency.p50, p99: measured.latency.p99 };
    },
  };
}

/** gramjs is a few megabytes and old: only this bench needs it. @returns whether it is there */
function installGramjs(context: Context): boolean {
  if (existsSync(join(FOLDER, 'node_modules/telegram'))) return true;
  context.progress('installing gramjs');
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  return spawnSync('npm', args, { cwd: FOLDER, stdio: 'ignore', timeout: 120_000 }).status === 0;
}

/** gramjs speaks layer 198; the DC needs that layer's scheme, which the package carries as text. */
function oldLayer(): string {
  const need = createRequire(join(FOLDER, 'package.json'));
  const { LAYER } = need('telegram/tl/AllTLObjects') as { LAYER: number };
  const folder = join(tmpdir(), `mtproto2json-bench-layer-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'api.tl'), `${need('telegram/tl/apiTl.js') as string}\n// LAYER ${LAYER}\n`);
  return folder;
}

async function contestants(rig: Rig, hasGramjs: boolean): Promise<Contestant[]> {
  const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
  const open = async (name: string, file: string, args: readonly string[] = []): Promise<Contestant> =>
    library(rig, name, await rig.openPeer(name, at(file), args));
  const all = [
    await gateway(rig),
    await open('mtcute', './peer-mtcute.js'),
    await open('bare client', './peer-bare.js'),
  ];
  if (hasGramjs) all.splice(2, 0, await open('gramjs', './peer-gramjs.js', [FOLDER]));
  return all;
}

async function run(context: Context): Promise<Report> {
  const hasGramjs = installGramjs(context);
  const rig = await Rig.start({ dc: ['--apart', ...(hasGramjs ? [oldLayer()] : [])] });
  try {
    const all = await contestants(rig, hasGramjs);
    const rows: Row[] = [];
    for (const of of CASES) rows.push(...(await compete(context, all, of)));
    return report(rows, hasGramjs);
  } finally {
    await rig.stop();
  }
}

/** All take turns in each round, so that a drift of the machine hits them alike; the first round warms up. */
async function compete(context: Context, all: readonly Contestant[], of: Case): Promise<Row[]> {
  const runs = all.map((): Record<string, number>[] => []);
  for (let i = 0; i <= context.runs; i++) {
    for (const [at, one] of all.entries()) {
      context.progress(`${of.name}, ${one.name}, ${i === 0 ? 'warm-up' : `run ${i}`}`);
      const { requests, seconds, cpu, p50, p99 } = await one.run(of, context.seconds / 2);
      if (i > 0) runs[at]!.push({ rate: requests / seconds, cpu: (cpu / requests) * 1e6, p50, p99 });
    }
  }
  return all.map(({ name }, at) => {
    const figures = runs[at]!.map((one, i) => ({ ...one, ratio: runs[0]![i]!['cpu']! / one['cpu']! }));
    return rowOf(`${of.name}: ${name}`, figures);
  });
}

function report(rows: readonly Row[], hasGramjs: boolean): Report {
  return {
    bench: 'peers',
    about: 'the same calls through the gateway and through libraries in process, one test DC',
    columns: [
      { key: 'cpu', title: 'us/call', better: 'less' },
      { key: 'ratio', title: 'gateway/this', better: 'less' },
      { key: 'rate', title: 'calls/s', better: 'none' },
      { key: 'p50', title: 'p50 ms', better: 'none' },
      { key: 'p99', title: 'p99 ms', better: 'none' },
    ],
    rows,
    notes: [
      'us/call: CPU of the gateway, or of the process the library is linked into. The gateway delivers JSON, mtcute and gramjs objects, the bare client nothing.',
      'The DC sends each answer in a packet of its own, as one does that works on many requests side by side.',
      hasGramjs
        ? 'gramjs 2.26.22 speaks layer 198, so its dialogs are a little smaller.'
        : 'gramjs could not be installed and is left out.',
    ],
  };
}

export const peers: Bench = { name: 'peers', about: 'the same calls through mtcute, gramjs and a bare client', run };
