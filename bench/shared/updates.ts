/**
 * Updates of one named session that many connections listen to, in several styles.
 * In: how many, updates a second. Out: encodings an update, CPU a delivered line, what was missed, latency.
 * Never: a line counted that a client did not get.
 */
import { numberOption, type Context } from '../bench.ts';
import type { Child } from '../process.ts';
import { rowOf, type Report } from '../report.ts';
import type { EarsOpen } from './packed-ears.ts';
import { nameOf, NamedRig } from './named-rig.ts';

type Figures = Record<string, number>;

/** Counts how often an update was written, once for each dialect and style that somebody listens in. */
const ENCODED = 'mtproto2json_updates_encoded_total';
const STYLES: readonly object[] = [
  { int64: 'number', flags: 'cons' },
  { int64: 'string', flags: 'cons' },
  { int64: 'number', flags: 'bool' },
  { int64: 'string', flags: 'bool' },
];
/** What was pushed last may be on its way for so long, s. */
const LAG = 5;
const OPENING = 16;
/** Of the attachments so many more speak msgpack, in the second row. */
const PACKED_SHARE = 10;

class Audience {
  readonly named: NamedRig;
  readonly #load: Child;
  #ears: Child | undefined;
  readonly #plain: number;
  #packed = 0;

  private constructor(named: NamedRig, load: Child, plain: number) {
    this.named = named;
    this.#load = load;
    this.#plain = plain;
  }

  static async open(named: NamedRig, count: number): Promise<Audience> {
    const { rig } = named;
    const { load } = await rig.open({ clients: 0, setUp: [], opening: 1 });
    for (const [at, options] of STYLES.entries()) {
      const line = JSON.stringify({ id: 1, options, session: { name: nameOf(0) } });
      const clients = Math.round((count * (at + 1)) / STYLES.length);
      await rig.openMore(load, { clients, setUp: [{ line, expected: '"session":{' }], opening: OPENING });
    }
    // The session connects with the first message.
    const first = JSON.stringify({ id: 1, session: { name: nameOf(0) }, message: { _cons: 'updates.getState' } });
    await rig.openMore(load, { clients: count + 1, setUp: [{ line: first, expected: 'updates.state' }], opening: 1 });
    return new Audience(named, load, count + 1);
  }

  /** More, that speak msgpack. */
  async openPacked(count: number): Promise<void> {
    const { rig } = this.named;
    this.#ears = await rig.openOther('msgpack ears', './shared/packed-ears.js');
    const order: EarsOpen = { port: rig.port, clients: count, first: { id: 1, session: { name: nameOf(0) } } };
    await rig.openIn(this.#ears, order);
    this.#packed = count;
  }

  async #heardPacked(): Promise<number> {
    if (this.#ears === undefined) return 0;
    const answer = this.#ears.message<{ heard: number }>((message) => 'heard' in message, 10_000);
    this.#ears.say({ count: true });
    return (await answer).heard;
  }

  async run(rate: number, seconds: number): Promise<Figures> {
    const { rig } = this.named;
    const [packedBefore, encodedBefore] = [await this.#heardPacked(), await this.named.counter(ENCODED)];
    const listening = rig.run(this.#load, {
      request: '{"id":$ID}',
      expected: '',
      inFlight: 0,
      seconds: seconds + LAG,
    });
    const pushed = await rig.push(rate, seconds);
    const run = await listening;
    const lines = run.notices + (await this.#heardPacked()) - packedBefore;
    const encoded = (await this.named.counter(ENCODED)) - encodedBefore;
    const micros = (cpu: number): number => (cpu / lines) * 1e6;
    return {
      lines: lines / seconds,
      encoded: encoded / pushed,
      missed: pushed * (this.#plain + this.#packed) - lines,
      cpu: micros(run.gateway),
      main: micros(run.main),
      p50: run.noticeLatency.p50,
      p99: run.noticeLatency.p99,
    };
  }
}

export async function sharedUpdates(context: Context): Promise<Report> {
  const count = numberOption(context, 'attachments', 500);
  const rate = numberOption(context, 'push-rate', 200);
  const packed = Math.ceil(count / PACKED_SHARE);
  context.progress(`updates: opening ${count} attachments`);
  const named = await NamedRig.start({ sessions: 1, isApart: false });
  try {
    const audience = await Audience.open(named, count);
    const plain = await runsOf(context, audience, rate);
    await audience.openPacked(packed);
    const mixed = await runsOf(context, audience, rate);
    return report(rate, [
      rowOf(`${count + 1} in JSON, ${STYLES.length} styles`, plain),
      rowOf(`and ${packed} in msgpack`, mixed),
    ]);
  } finally {
    await named.stop();
  }
}

async function runsOf(context: Context, audience: Audience, rate: number): Promise<Figures[]> {
  const runs: Figures[] = [];
  for (let i = 0; i <= context.runs; i++) {
    context.progress(`updates: ${i === 0 ? 'warm-up' : `run ${i}`}`);
    const figures = await audience.run(rate, context.seconds);
    if (i > 0) runs.push(figures);
  }
  return runs;
}

function report(rate: number, rows: Report['rows']): Report {
  return {
    bench: 'shared: updates',
    about: `${rate} updates a second of one named session, to all who listen`,
    columns: [
      { key: 'lines', title: 'lines/s', better: 'none' },
      { key: 'encoded', title: 'encodings/update', better: 'less' },
      { key: 'missed', title: 'missed', better: 'less' },
      { key: 'cpu', title: 'gateway us/line', better: 'less' },
      { key: 'main', title: 'its main us', better: 'less' },
      { key: 'p50', title: 'p50 ms', better: 'less' },
      { key: 'p99', title: 'p99 ms', better: 'less' },
    ],
    rows,
    notes: [
      `encodings/update: ${ENCODED} by updates pushed; - if the gateway does not count them.`,
      `missed: pushed times attachments, less the lines that came within ${LAG} s of the last push. Latency: from the push in the DC to the line, of JSON.`,
    ],
  };
}
