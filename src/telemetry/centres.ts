/**
 * Centres: what becomes of connections to data centres, counted, and said in the log.
 * In: news of sessions. Out: counters by data centre, entries that name its address. Never: an entry for each of a thousand
 * sessions that lose the same data centre, or a label without end.
 */
import type { CentreEvent } from '../batch/link-records.ts';
import type { FieldsOf, LogEvent } from './events.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

const ENTRIES = {
  dialled: 'data centre dialled',
  connected: 'data centre connected',
  back: 'data centre back',
  lost: 'data centre lost',
  failed: 'data centre not reached',
} as const satisfies Readonly<Record<CentreEvent, LogEvent>>;
/** Which connection; `reason` and `ms` where the event has them. */
export type CentreNews = FieldsOf<(typeof ENTRIES)[CentreEvent]>;
/** Addresses remembered as reached before: beyond them an entry has its usual level. */
const MOST_ADDRESSES = 256;

/** Counts connections to data centres by data centre, and logs what becomes of them. */
export class Centres {
  readonly #metrics: Metrics;
  readonly #log: Pick<Log, 'write'>;
  readonly #reached = new Set<string>();

  constructor(metrics: Metrics, log: Pick<Log, 'write'>) {
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Counts what has become of a connection, and logs it. */
  heard(event: CentreEvent, fields: CentreNews): void {
    const labels = [String(fields.dc), String(fields.test)];
    const { dcConnects, dcLosses, dcFailures } = this.#metrics;
    if (event === 'connected' || event === 'back') dcConnects.add(labels);
    else if (event === 'lost') dcLosses.add(labels);
    else if (event === 'failed') dcFailures.add(labels);
    this.#log.write(ENTRIES[event], fields, event === 'connected' && this.#isNew(fields));
  }

  /** One of several addresses of a data centre could not be reached; the next one is tried. */
  missed(host: string, port: number, reason: string): void {
    this.#log.write('address not reached', { host, port, reason });
  }

  /** The first connection to an address is news; the next are everyday. */
  #isNew({ host, port }: CentreNews): boolean {
    const address = `${host} ${port}`;
    if (this.#reached.has(address) || this.#reached.size >= MOST_ADDRESSES) return false;
    this.#reached.add(address);
    return true;
  }
}
