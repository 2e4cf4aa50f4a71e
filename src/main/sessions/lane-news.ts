/**
 * Lane news: what lanes say for the log and the counters.
 * In: LOG, CENTRE and RPC_ERROR records. Out: entries, counts. Never: a record about a session.
 */
import type { RecordCursor } from '../../batch/batch.ts';
import { readCentre } from '../../batch/link-records.ts';
import { eventPlace } from '../../batch/log-flags.ts';
import { Out } from '../../batch/records.ts';
import type { CentreNews, Centres } from '../../telemetry/centres.ts';
import { EVENT_NAMES } from '../../telemetry/events.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Takes what is for the log and the counters out of what lanes say. */
export class LaneNews {
  readonly #centres: Centres;
  readonly #metrics: Metrics;
  readonly #log: Log;

  constructor(centres: Centres, metrics: Metrics, log: Log) {
    this.#centres = centres;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** @returns whether the record was for the log or the counters */
  take(record: RecordCursor): boolean {
    if (record.kind === Out.LOG) this.#logged(record);
    else if (record.kind === Out.CENTRE) this.#centre(record);
    else if (record.kind === Out.RPC_ERROR) this.#metrics.rpcError(record.ticket | 0, text(record));
    else return false;
    return true;
  }

  #logged(record: RecordCursor): void {
    const place = eventPlace(record.flags);
    if (place === undefined) this.#log.verbose(text(record));
    else this.#log.record(EVENT_NAMES[place]!, text(record));
  }

  #centre(record: RecordCursor): void {
    const { event, fields } = readCentre(record);
    this.#centres.heard(event, fields as CentreNews);
  }
}

function text({ bytes, start, stop }: RecordCursor): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('utf8');
}
