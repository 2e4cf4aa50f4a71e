/**
 * Exposition: the counters as text that Prometheus reads, through prom-client.
 * In: counters and a way to ask for gauges. Out: the text. Never: works between scrapes (the loop's lag excepted, which
 * Node samples by itself), throws for a number that the system does not give.
 */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Counter, Gauge, Registry, type Metric } from 'prom-client';
import { OUTCOMES } from '../errors.ts';
import type { LabelledCounts } from './labelled-counts.ts';
import { BUCKETS, Count, type Gauges, type LaneGauges, type Metrics } from './metrics.ts';

/** How often the loop's lag is sampled, ms; each sample is a timer. */
const LAG_EVERY = 20;

const COUNTERS: readonly (readonly [name: string, place: number, help: string])[] = [
  ['clients_total', Count.CLIENTS, 'Client connections taken in that speak lines or frames'],
  ['http_clients_total', Count.HTTP_CLIENTS, 'Client connections taken in that speak HTTP'],
  ['refused_connections_total', Count.REFUSED, 'Client connections refused because all were taken'],
  ['sessions_total', Count.SESSIONS, 'MTProto sessions begun'],
  ['requests_total', Count.REQUESTS, 'Requests passed on to a lane'],
  ['updates_total', Count.UPDATES, 'Updates and notices given out'],
  [
    'updates_encoded_total',
    Count.UPDATES_ENCODED,
    'Updates and notices encoded, once for clients whose answers look alike',
  ],
  ['updates_unheard_total', Count.UPDATES_UNHEARD, 'Updates that came while no client of their session heard them'],
  ['client_received_bytes_total', Count.CLIENT_BYTES_IN, 'Bytes read from clients; of HTTP the bodies'],
  ['client_sent_bytes_total', Count.CLIENT_BYTES_OUT, 'Bytes written to clients; of HTTP the bodies'],
  ['dc_received_bytes_total', Count.DC_BYTES_IN, 'Bytes read from data centres'],
  ['dc_sent_bytes_total', Count.DC_BYTES_OUT, 'Bytes written to data centres'],
  ['dc_dials_total', Count.DC_DIALS, 'Connections to data centres tried'],
];

const LABELLED: readonly (readonly [name: string, of: (metrics: Metrics) => LabelledCounts, help: string])[] = [
  ['dc_connects_total', (metrics) => metrics.dcConnects, 'Connections that turned out to be to the data centre'],
  ['dc_losses_total', (metrics) => metrics.dcLosses, 'Connections to a data centre that were lost'],
  ['dc_failures_total', (metrics) => metrics.dcFailures, 'Connections to a data centre that were not made'],
  ['rpc_errors_total', (metrics) => metrics.rpcErrors, 'Errors that data centres answered with, without their numbers'],
];

const GAUGES: readonly (readonly [name: string, read: (now: Gauges) => number, help: string])[] = [
  ['ready', (now) => Number(now.isReady), '1 if the gateway takes requests'],
  ['clients', (now) => now.clients, 'Client connections'],
  ['attachments', (now) => now.attachments, 'Clients that speak in sessions, each counted once a session'],
  ['sessions', (now) => now.sessions, 'Open sessions'],
  ['residents_waiting', (now) => now.residentsWaiting, 'Resident sessions that are still to be opened'],
  ['dc_connections', (now) => now.links, 'Connections to data centres, those being made included'],
];

const LANE_GAUGES: readonly (readonly [name: string, read: (lane: LaneGauges) => number, help: string])[] = [
  ['lane_up', (lane) => Number(lane.isUp), '1 if the thread of the lane runs'],
  ['lane_sessions', (lane) => lane.sessions, 'Sessions of the lane'],
  ['lane_open_requests', (lane) => lane.openRequests, 'Requests of the lane that are not answered yet'],
];

const LANE_COUNTERS: readonly (readonly [name: string, read: (lane: LaneGauges) => number, help: string])[] = [
  ['lane_batches_total', (lane) => lane.batches, 'Batches sent to the lane'],
  ['lane_restarts_total', (lane) => lane.restarts, 'Times the thread of the lane was lost'],
];

/** The metrics of one gateway as Prometheus' text; samples the loop's lag until it is closed. */
export class Exposition {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #metrics: Metrics;
  readonly #read: () => Gauges;
  readonly #lag: IntervalHistogram;
  /** The gauges of this scrape. */
  #now: Gauges | undefined;

  constructor(metrics: Metrics, read: () => Gauges) {
    this.#metrics = metrics;
    this.#read = read;
    this.contentType = this.#registry.contentType;
    this.#lag = monitorEventLoopDelay({ resolution: LAG_EVERY });
    this.#lag.enable();
    for (const [name, place, help] of COUNTERS)
      this.#counter(name, help, [], (counter) => counter.inc(metrics.counts[place]));
    for (const [name, read, help] of GAUGES) this.#gauge(name, help, [], (gauge) => gauge.set(read(this.#gauges)));
    for (const [name, of, help] of LABELLED) this.#labelled(name, of(metrics), help);
    this.#states();
    this.#outcomes();
    this.#took();
    this.#lanes();
    this.#process();
  }

  /** The text of one scrape. */
  async text(): Promise<string> {
    this.#now = this.#read();
    const text = await this.#registry.metrics();
    this.#lag.reset();
    return text;
  }

  /** Ends the sampling. */
  close(): void {
    this.#lag.disable();
    this.#registry.clear();
  }

  get #gauges(): Gauges {
    this.#now ??= this.#read();
    return this.#now;
  }

  #counter(name: string, help: string, labelNames: string[], fill: (counter: Counter) => void): void {
    const counter: Counter = new Counter({
      name: `mtproto2json_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        fill(counter);
      },
    });
  }

  #gauge(name: string, help: string, labelNames: string[], fill: (gauge: Gauge) => void): void {
    const gauge: Gauge = new Gauge({
      name: `mtproto2json_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        fill(gauge);
      },
    });
  }

  #labelled(name: string, counts: LabelledCounts, help: string): void {
    this.#counter(name, help, [...counts.names], (counter) => {
      for (const { labels, count } of counts.all()) counter.inc(labels, count);
    });
  }

  /** Hands prom-client finished buckets: its own histogram wants each time as it comes. */
  #took(): void {
    const name = 'mtproto2json_answer_seconds';
    const help = 'Time from a request to its answer: results, errors of Telegram, time-outs';
    this.#registry.registerMetric({
      ...{ name, help, type: 'histogram', aggregator: 'sum' },
      get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: bucketsOf(name, this.#metrics) }),
      reset: () => undefined,
    } as unknown as Metric);
  }

  #states(): void {
    this.#gauge('sessions_by_state', 'Open sessions by what they are doing', ['state'], (gauge) => {
      for (const [state, count] of Object.entries(this.#gauges.states)) gauge.set({ state }, count);
    });
  }

  #outcomes(): void {
    this.#counter('replies_total', 'Answers by how the request ended', ['outcome'], (counter) => {
      for (const [place, outcome] of OUTCOMES.entries()) {
        const count = this.#metrics.outcomes[place]!;
        if (count > 0 || place === 0) counter.inc({ outcome }, count);
      }
    });
  }

  #lanes(): void {
    for (const [name, read, help] of LANE_GAUGES) {
      this.#gauge(name, help, ['lane'], (gauge) =>
        this.#gauges.lanes.forEach((lane, i) => gauge.set({ lane: i }, read(lane))),
      );
    }
    for (const [name, read, help] of LANE_COUNTERS) {
      this.#counter(name, help, ['lane'], (counter) =>
        this.#gauges.lanes.forEach((lane, i) => counter.inc({ lane: i }, read(lane))),
      );
    }
  }

  #process(): void {
    this.#gauge('loop_lag_seconds', 'Delay of the main thread since the last scrape', ['quantile'], (gauge) => {
      for (const quantile of [0.5, 0.99, 1]) gauge.set({ quantile }, (this.#lag.percentile(quantile * 100) || 0) / 1e9);
    });
    this.#counter('cpu_seconds_total', 'CPU time of all threads', ['mode'], (counter) => {
      const { userCPUTime, systemCPUTime } = process.resourceUsage();
      counter.inc({ mode: 'user' }, userCPUTime / 1e6);
      counter.inc({ mode: 'system' }, systemCPUTime / 1e6);
    });
    this.#gauge('resident_bytes', 'Resident memory', [], (gauge) => {
      const bytes = residentBytes();
      if (bytes !== undefined) gauge.set(bytes);
    });
  }
}

/** A histogram's lines: buckets, each with all before it; the sum of the times, s; their number. */
function bucketsOf(name: string, { took, tookMs }: Metrics): object[] {
  let sum = 0;
  const ends = [...BUCKETS.map((ms) => ms / 1_000), '+Inf'];
  const buckets = ends.map((le, i) => ({ metricName: `${name}_bucket`, labels: { le }, value: (sum += took[i]!) }));
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, value: tookMs / 1_000 },
    { metricName: `${name}_count`, labels: {}, value: sum },
  ];
}

/** Resident memory, bytes; undefined if no descriptor is left to read it with (threats: The process). */
function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
