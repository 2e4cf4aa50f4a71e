/**
 * Centres: what becomes of connections to data centres, counted, and said in the log.
 * In: news of sessions. Out: counters by data centre, entries that name its address. Never: an entry for each of a thousand
 * sessions that lose the same data centre, or a label without end.
 */
import type { Log, LogFields } from './log.ts';
import type { Metrics } from './metrics.ts';

/** As records say it (`CENTRE_EVENTS` of `batch/records.ts`). */
type CentreEvent = 'dialled' | 'connected' | 'back' | 'lost' | 'failed';

const [DEBUG, INFO, WARN] = [20, 30, 40];
const ENTRIES: Readonly<Record<CentreEvent, readonly [level: number, event: string]>> = {
  dialled: [DEBUG, 'data centre dialled'],
  connected: [DEBUG, 'data centre connected'],
  back: [INFO, 'data centre back'],
  lost: [WARN, 'data centre lost'],
  failed: [WARN, 'data centre not reached'],
};
/** Addresses remembered as reached before. */
const MOST_ADDRESSES = 256;

export class Centres {
  readonly #metrics: Metrics;
  readonly #log: Pick<Log, 'gather'>;
  readonly #reached = new Set<string>();

  constructor(metrics: Metrics, log: Pick<Log, 'gather'>) {
    this.#metrics = metrics;
    this.#log = log;
  }

  /** @param fields `dc`, `test`, `host`, `port`; `reason`, `ms` */
  heard(event: CentreEvent, fields: LogFields): void {
    const labels = [String(fields['dc']), String(fields['test'])];
    const { dcConnects, dcLosses, dcFailures } = this.#metrics;
    if (event === 'connected' || event === 'back') dcConnects.add(labels);
    else if (event === 'lost') dcLosses.add(labels);
    else if (event === 'failed') dcFailures.add(labels);
    const [level, text] = ENTRIES[event];
    this.#log.gather(event === 'connected' && this.#isNew(fields) ? INFO : level, text, fields);
  }

  /** One of several addresses of a data centre could not be reached; the next one is tried. */
  missed(host: string, port: number, reason: string): void {
    this.#log.gather(INFO, 'address not reached', { host, port, reason });
  }

  /** The first connection to an address is news; the next are everyday. */
  #isNew({ host, port }: LogFields): boolean {
    const address = `${host} ${port}`;
    if (this.#reached.has(address) || this.#reached.size >= MOST_ADDRESSES) return false;
    this.#reached.add(address);
    return true;
  }
}
