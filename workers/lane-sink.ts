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
import { type KeyEnd, outcomeFlags, writeKey, writeOutcome } from '../src/batch/key-records.ts';
import { logFlags } from '../src/batch/log-flags.ts';
import {
  type MoveAction,
  nameFlags,
  type NameAction,
  storeFlags,
  type StoreKind,
  writeName,
} from '../src/batch/name-records.ts';
import { DetachedFlag, GoneFlag, Out, StandingFlag } from '../src/batch/records.ts';
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

  reply(attachment: number, ticket: number, isBadLine: boolean, outcome: string): Writer {
    this.#times?.answered(attachment, ticket);
    const place = outcome === RESULT ? 0 : PLACES.get(outcome)!;
    return this.#batch.begin(Out.REPLY, 0, replyFlags(isBadLine, place), attachment, ticket);
  }

  update(form: number): Writer {
    return this.#batch.begin(Out.UPDATE, 0, form, this.session, 0);
  }

  notice(attachment: number): Writer {
    return this.#batch.begin(Out.NOTICE, 0, 0, attachment, 0);
  }

  unheard(): void {
    this.#say(Out.UNHEARD, 0, this.session, 0);
  }

  speaks(attachment: number, manner: number): void {
    this.#say(Out.SPEAKS, manner, attachment, 0);
  }

  detached(attachment: number, isBare: boolean): void {
    this.#say(Out.DETACHED, isBare ? DetachedFlag.BARE : 0, attachment, 0);
  }

  waiting(ms: number): void {
    this.#say(Out.WAITING, 0, this.session, Math.ceil(ms));
  }

  standing(isLost: boolean, isResident: boolean): void {
    this.#say(
      Out.STANDING,
      (isLost ? StandingFlag.LOST : 0) | (isResident ? StandingFlag.RESIDENT : 0),
      this.session,
      0,
    );
  }

  /** A record without bytes. */
  #say(kind: number, flags: number, session: number, ticket: number): void {
    this.#batch.begin(kind, 0, flags, session, ticket);
    this.#batch.end();
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

  name(action: NameAction, ticket: number): void {
    this.#say(Out.NAME, nameFlags(action), this.session, ticket);
  }

  move(attachment: number, action: MoveAction, ticket: number, name: string, init?: Uint8Array): void {
    writeName(this.#batch.begin(Out.NAME, 0, nameFlags(action), attachment, ticket), name, init);
    this.#batch.end();
  }

  list(attachment: number, ticket: number): void {
    this.#say(Out.NAME, nameFlags('list'), attachment, ticket);
  }

  store(kind: StoreKind, ticket: number): Writer {
    return this.#batch.begin(Out.STORE, 0, storeFlags(kind), this.session, ticket);
  }

  key(ticket: number, key: string, fingerprint: Uint8Array): void {
    writeKey(this.#batch.begin(Out.KEY, 0, 0, this.session, ticket), key, fingerprint);
    this.#batch.end();
  }

  outcome(
    ticket: number,
    kind: 'result' | 'error',
    code: number,
    bytes: Uint8Array,
    start: number,
    stop: number,
  ): void {
    const w = this.#batch.begin(Out.OUTCOME, 0, outcomeFlags('known'), this.session, ticket);
    writeOutcome(w, kind, code, bytes, start, stop);
    this.#batch.end();
  }

  keyEnded(ticket: number, end: Exclude<KeyEnd, 'known'>): void {
    this.#say(Out.OUTCOME, outcomeFlags(end), this.session, ticket);
  }

  hangUp(link: number): void {
    this.#batch.begin(Out.HANG_UP, link, 0, this.session, 0);
    this.#batch.end();
  }

  keyMade(link: number): void {
    this.#batch.begin(Out.KEY_MADE, link, 0, this.session, 0);
    this.#batch.end();
  }

  /** The session is gone. @param isFaulty how its requests ended may not have been said */
  gone(isFaulty: boolean): void {
    this.#say(Out.GONE, isFaulty ? GoneFlag.FAULT : 0, this.session, 0);
  }

  centre(event: CentreEvent, fields: CentreFields): void {
    writeCentre(this.#batch.begin(Out.CENTRE, 0, centreFlags(event), this.session, 0), fields);
    this.#batch.end();
  }

  rpcError(code: number, type: string): void {
    this.#batch.begin(Out.RPC_ERROR, 0, 0, this.session, code).ascii(type);
    this.#batch.end();
  }

  ended(attachment: number, ticket: number, how: Ended): void {
    const ms = this.#times?.msOf(attachment, ticket);
    this.log('request', { session: this.session, ...how, ...(ms !== undefined && { ms }) });
  }

  /**
   * One line of `--verbose`: who said it, to whom, and the object with its values masked (JSON text).
   * @param time Unix ms @param client number of its attachment, or of the session if it is for all @param ms from the request to this answer
   */
  verbose(time: number, from: string, client: number, ms: number | undefined, object: string): void {
    const w = this.#batch.begin(Out.LOG, 0, 0, this.session, 0);
    const took = ms === undefined ? '' : `"ms":${ms},`;
    const at = new Date(time).toISOString();
    w.raw(Buffer.from(`{"time":"${at}","from":"${from}","client":${client},${took}"object":${object}}`));
    this.#batch.end();
  }

  log<E extends LogEvent>(event: E, fields: FieldsOf<E>): void {
    const w = this.#batch.begin(Out.LOG, 0, logFlags(EVENT_NAMES.indexOf(event)), this.session, 0);
    w.raw(Buffer.from(JSON.stringify(fields)));
    this.#batch.end();
  }
}
