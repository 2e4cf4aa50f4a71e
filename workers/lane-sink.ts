/**
 * LaneSink: what sessions say, as records of the lane's block.
 * In: the session it speaks for, calls of the Sink. Out: records. Never: two open records at a time.
 */
import type { BatchWriter } from '../src/batch/batch.ts';
import {
  centreFlags,
  type CentreEvent,
  type ServerAddress,
  dialFlags,
  type NamedBy,
  writeCentre,
  writeDial,
} from '../src/batch/link-records.ts';
import { logFlags } from '../src/batch/log-flags.ts';
import { nameFlags, type NameAction, storeFlags, type StoreKind } from '../src/batch/name-records.ts';
import { Out } from '../src/batch/records.ts';
import { replyFlags } from '../src/batch/reply-flags.ts';
import { saveFlags } from '../src/batch/save-records.ts';
import type { Writer } from '../src/bytes/writer.ts';
import { OUTCOMES } from '../src/errors.ts';
import type { CentreFields, Ended, Sink } from '../src/session/sink.ts';
import { EVENT_NAMES, type FieldsOf, type LogEvent } from '../src/telemetry/events.ts';
import type { Times } from './times.ts';

const RESULT = OUTCOMES[0];
const PLACES = new Map(OUTCOMES.map((name, place) => [name, place]));

/** Writes what the session that speaks now says into the block that the lane sends back. */
export class LaneSink implements Sink {
  /** The session that speaks now; set by the lane before each call into one. */
  session = 0;
  readonly #batch: BatchWriter;
  readonly #times: Times | undefined;

  /** @param times if it is to be said how long requests take */
  constructor(batch: BatchWriter, times: Times | undefined) {
    this.#batch = batch;
    this.#times = times;
  }

  reply(ticket: number, isBadLine: boolean, outcome: string): Writer {
    this.#times?.answered(this.session, ticket);
    const place = outcome === RESULT ? 0 : PLACES.get(outcome)!;
    return this.#batch.begin(Out.REPLY, 0, replyFlags(isBadLine, place), this.session, ticket);
  }

  update(): Writer {
    return this.#batch.begin(Out.UPDATE, 0, 0, this.session, 0);
  }

  send(link: number): Writer {
    return this.#batch.begin(Out.SEND, link, 0, this.session, 0);
  }

  end(): void {
    this.#batch.end();
  }

  drop(): void {
    this.#batch.drop();
  }

  save(entries: number, forgetsIds: boolean): Writer {
    return this.#batch.begin(Out.SAVE, 0, saveFlags(forgetsIds), this.session, entries);
  }

  saveSession(): Writer {
    return this.#batch.begin(Out.SAVE_SESSION, 0, 0, this.session, 0);
  }

  dial(
    link: number,
    attempt: number,
    host: string,
    port: number,
    namedBy: NamedBy,
    handshake: boolean,
    others: readonly ServerAddress[],
  ): void {
    const w = this.#batch.begin(Out.DIAL, link, dialFlags(namedBy, handshake), this.session, attempt);
    writeDial(w, { host, port }, others);
    this.#batch.end();
  }

  name(action: NameAction, ticket: number, name: string): void {
    this.#batch.begin(Out.NAME, 0, nameFlags(action), this.session, ticket).raw(Buffer.from(name));
    this.#batch.end();
  }

  store(kind: StoreKind, ticket: number): Writer {
    return this.#batch.begin(Out.STORE, 0, storeFlags(kind), this.session, ticket);
  }

  hangUp(link: number): void {
    this.#batch.begin(Out.HANG_UP, link, 0, this.session, 0);
    this.#batch.end();
  }

  keyMade(link: number): void {
    this.#batch.begin(Out.KEY_MADE, link, 0, this.session, 0);
    this.#batch.end();
  }

  /** The session is gone. */
  gone(): void {
    this.#batch.begin(Out.GONE, 0, 0, this.session, 0);
    this.#batch.end();
  }

  centre(event: CentreEvent, fields: CentreFields): void {
    writeCentre(this.#batch.begin(Out.CENTRE, 0, centreFlags(event), this.session, 0), fields);
    this.#batch.end();
  }

  rpcError(code: number, type: string): void {
    this.#batch.begin(Out.RPC_ERROR, 0, 0, this.session, code).ascii(type);
    this.#batch.end();
  }

  ended(ticket: number, how: Ended): void {
    const ms = this.#times?.msOf(this.session, ticket);
    this.log('request', { session: this.session, ...how, ...(ms !== undefined && { ms }) });
  }

  /**
   * One line of `--verbose`: who said it, to whom, and the object with its values masked (JSON text).
   * @param time Unix ms @param ms from the request to this answer
   */
  verbose(time: number, from: string, ms: number | undefined, object: string): void {
    const w = this.#batch.begin(Out.LOG, 0, logFlags(undefined), this.session, 0);
    const took = ms === undefined ? '' : `"ms":${ms},`;
    const at = new Date(time).toISOString();
    w.raw(Buffer.from(`{"time":"${at}","from":"${from}","client":${this.session},${took}"object":${object}}`));
    this.#batch.end();
  }

  log<E extends LogEvent>(event: E, fields: FieldsOf<E>): void {
    const w = this.#batch.begin(Out.LOG, 0, logFlags(EVENT_NAMES.indexOf(event)), this.session, 0);
    w.raw(Buffer.from(JSON.stringify(fields)));
    this.#batch.end();
  }
}
