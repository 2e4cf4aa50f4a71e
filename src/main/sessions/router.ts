/**
 * Router: client -> attachment -> session -> lane, and back (architecture: The life of a request).
 * In: clients that want sessions, blocks of lanes. Out: each record at the client, the session or the link it is meant for.
 * Never: a record to another's client: what names no open session or attachment is dropped.
 */
import { errorText } from '../../error-text.ts';
import type { AllowList } from '../../address/allow-list.ts';
import type { RecordCursor } from '../../batch/batch.ts';
import { readEndedKey, readKey } from '../../batch/key-records.ts';
import { readMove, storeKind } from '../../batch/name-records.ts';
import { isBadLine, outcomeOf } from '../../batch/reply-flags.ts';
import { DetachedFlag, GoneFlag, NameOp, Out, StandingFlag } from '../../batch/records.ts';
import { Centres } from '../../telemetry/centres.ts';
import type { Log } from '../../telemetry/log.ts';
import { Count, type Metrics } from '../../telemetry/metrics.ts';
import type { MainEnv } from '../env.ts';
import type { Descriptors } from '../limits/descriptors.ts';
import { Dialling } from '../links/dialling.ts';
import type { Lane, Loss } from '../lanes/lane.ts';
import type { LanesOwner } from '../lanes/lanes.ts';
import type { Limits } from '../limits/limits.ts';
import type { SessionRegistry } from '../names/session-registry.ts';
import { WriteBatch } from '../flow/socket-writer.ts';
import { LaneNews } from './lane-news.ts';
import { type Load, loadOf } from './load.ts';
import { Residents } from './residents.ts';
import { Recovery, type RecoveryOwner } from './recovery.ts';
import type { Attachment } from './attachment.ts';
import type { Sessions } from './client-sessions.ts';
import { OpenSession, type SessionOwner } from './open-session.ts';
import type { Socks } from '../links/socks.ts';

/** What the router is made of and whom it tells. */
export interface RouterOptions {
  readonly env: MainEnv;
  readonly limits: Limits;
  readonly descriptors: Descriptors;
  readonly allow: AllowList;
  /** The proxy that data centres are reached through. */
  readonly socks?: Socks | undefined;
  readonly log: Log;
  /** Which lane a new session gets. */
  readonly pick: () => Lane;
  /** Which session has which name. */
  readonly registry: SessionRegistry;
  readonly metrics: Metrics;
  /** These sessions were lost: what they held elsewhere (keys) may be given back. */
  readonly lost: (sessions: ReadonlySet<number>) => void;
  /** A lane's thread has ended: locks it held are nobody's now. */
  readonly ended: (lane: number) => void;
  /** A lane does not start any more. */
  readonly broken: (error: unknown) => void;
}

/** All sessions and who speaks in them, by number; one for the gateway. */
export class Router implements LanesOwner, SessionOwner, Sessions, RecoveryOwner {
  readonly batch = new WriteBatch();
  readonly metrics: Metrics;
  readonly registry: SessionRegistry;
  readonly dialling: Dialling;
  readonly #env: MainEnv;
  readonly #log: Log;
  readonly #news: LaneNews;
  readonly #broken: RouterOptions['broken'];
  readonly #lost: RouterOptions['lost'];
  readonly limits: Limits;
  readonly residents: Residents;
  readonly #pick: RouterOptions['pick'];
  readonly #sessions = new Map<number, OpenSession>();
  readonly #attachments = new Map<number, Attachment>();
  /** Sessions that keep their names. */
  readonly #byName = new Map<string, OpenSession>();
  readonly #recovery: Recovery;
  #lastNumber = 0;
  /** When the block that is being read came, `MainEnv.ticks`: the clock is read once for all its answers; 0: not yet. */
  #readAt = 0;

  constructor(options: RouterOptions) {
    const { env, metrics, registry, log, broken, lost, limits, pick } = options;
    this.limits = limits;
    this.#pick = pick;
    this.residents = new Residents(this, registry, env, limits);
    this.#env = env;
    this.metrics = metrics;
    this.registry = registry;
    this.#log = log;
    const centres = new Centres(metrics, log);
    this.#news = new LaneNews(centres, metrics, log);
    this.dialling = new Dialling({ ...options, batch: this.batch, centres });
    this.#broken = broken;
    this.#lost = lost;
    this.#recovery = new Recovery(this, options);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Attachments: how often clients speak in sessions. A client has one in each, and another if its lines name that session too. */
  get attachments(): number {
    return this.#attachments.size;
  }

  // --- sessions and who speaks in them ---------------------------------------------------------------------------------

  /** Numbers are never used again in one process. */
  nextNumber(): number {
    return ++this.#lastNumber;
  }

  begin(isBare: boolean): OpenSession {
    return this.#open(undefined, isBare);
  }

  named(name: string, isTakeover: boolean, client: number): OpenSession {
    const found = this.#byName.get(name);
    if (found !== undefined && !found.isClosing && found.isNamed) {
      if (isTakeover) this.registry.takeOver(found);
      return found;
    }
    const session = this.#open(name, false);
    this.#byName.set(name, session);
    void this.registry.claim(session, name, isTakeover, client);
    return session;
  }

  #open(name: string | undefined, isBare: boolean): OpenSession {
    const lane = this.#pick();
    const session = new OpenSession(this, this.nextNumber(), lane, name, isBare);
    this.metrics.counts[Count.SESSIONS]!++;
    lane.sessions++;
    this.#sessions.set(session.number, session);
    return session;
  }

  entered(attachment: Attachment): void {
    this.#attachments.set(attachment.number, attachment);
    attachment.session.entered(attachment);
  }

  detached(attachment: Attachment): void {
    this.#attachments.delete(attachment.number);
    attachment.client.left(attachment);
  }

  attachmentOf(number: number): Attachment | undefined {
    return this.#attachments.get(number);
  }

  /** Ends the sessions that nobody speaks in: the gateway stops. */
  closeIdle(): void {
    for (const session of [...this.#sessions.values()]) if (session.isDeserted) session.close();
  }

  /** Sums over all sessions, for whoever shows them. */
  load(lanes: number): Load {
    return loadOf(this.#sessions.values(), this.#attachments.values(), lanes);
  }

  /** The session is no more. */
  gone(session: OpenSession): void {
    if (!this.#sessions.delete(session.number)) return;
    session.lane.sessions--;
    if (session.name !== undefined && this.#byName.get(session.name) === session) this.#byName.delete(session.name);
    this.registry.keys.gone(session);
    this.registry.gone(session);
    if (session.isResumed) this.#lost(new Set([session.number]));
    session.ended();
  }

  clear(_lane: Lane, number: number): void {
    this.#attachments.get(number)?.goOn();
    this.#sessions.get(number)?.goOn();
  }

  // --- what lanes say --------------------------------------------------------------------------------------------------

  record(_lane: Lane, record: RecordCursor): void {
    // The most frequent first: each Set costs as much as the look-up of who is meant.
    if (record.kind === Out.REPLY) return this.#reply(record);
    if (record.kind === Out.SEND) return this.#send(record);
    if (this.#news.take(record)) return;
    if (ABOUT_ATTACHMENTS.has(record.kind)) return this.#spoken(record);
    if (record.kind === Out.NAME && BY_ATTACHMENTS.has(record.flags)) return this.#asked(record);
    const session = this.#sessions.get(record.session);
    if (session !== undefined) this.#ofSession(session, record);
  }

  #ofSession(session: OpenSession, record: RecordCursor): void {
    switch (record.kind) {
      case Out.UPDATE:
        this.metrics.counts[Count.UPDATES_ENCODED]!++;
        session.update(record.flags, view(record));
        break;
      case Out.UNHEARD:
        this.metrics.counts[Count.UPDATES_UNHEARD]!++;
        break;
      case Out.SAVE:
        session.save(record);
        break;
      case Out.SAVE_SESSION:
        session.saved.takeSession(view(record));
        break;
      case Out.STANDING:
        this.#standing(session, record.flags);
        break;
      case Out.WAITING:
        session.links.waits(record.ticket);
        break;
      case Out.NAME:
        this.registry.request(session, record.flags, record.ticket);
        break;
      case Out.STORE:
        session.isStored = true;
        this.registry.store(session, storeKind(record.flags), record.ticket, view(record));
        break;
      case Out.KEY:
        this.registry.keys.ask(session, readKey(record));
        break;
      case Out.OUTCOME:
        this.registry.keys.ended(session.number, record.ticket, readEndedKey(record));
        break;
      case Out.GONE:
        // What of its requests was not told of may have been carried out.
        if ((record.flags & GoneFlag.FAULT) !== 0) this.registry.keys.lost(session);
        this.gone(session);
        break;
      default:
        if (record.kind === Out.KEY_MADE) session.hasKey = true;
        session.links.take(record);
    }
  }

  #standing(session: OpenSession, flags: number): void {
    const wasLost = session.isLost;
    session.isLost = (flags & StandingFlag.LOST) !== 0;
    session.isResident = (flags & StandingFlag.RESIDENT) !== 0;
    if (session.isLost && !wasLost) this.#log.write('session lost', { session: session.number, name: session.name! });
    if (session.isResident) this.residents.adopt(session);
    session.settle();
  }

  /** A record about one client in a session. */
  #spoken(record: RecordCursor): void {
    const attachment = this.#attachments.get(record.session);
    if (attachment === undefined) return;
    if (record.kind === Out.SPEAKS) return attachment.client.speaks(attachment, record.flags);
    if (record.kind === Out.NOTICE) return this.#notice(attachment, record);
    const isBare = (record.flags & DetachedFlag.BARE) !== 0;
    // Behind the block: what of it was taken stands there.
    queueMicrotask(() => attachment.client.detached(attachment, isBare));
  }

  /** A NAME record of an attachment: where its lines belong, or that it wants the list. */
  #asked(record: RecordCursor): void {
    const attachment = this.#attachments.get(record.session);
    if (attachment === undefined) return;
    const { client, number, session } = attachment;
    const move = readMove(record);
    if (move !== undefined) queueMicrotask(() => client.moved(attachment, move));
    else this.registry.list({ attachment: number, lane: session.lane, ticket: record.ticket, client });
  }

  #send(record: RecordCursor): void {
    const session = this.#sessions.get(record.session);
    if (session === undefined) return;
    session.hasSent = true;
    session.links.send(record.link, this.#give(record));
  }

  #reply(record: RecordCursor): void {
    const { ticket } = record;
    const attachment = this.#attachments.get(record.session);
    const closed = attachment?.ledger.close(ticket);
    if (attachment === undefined || closed === undefined) return;
    const outcome = outcomeOf(record.flags);
    const isBad = isBadLine(record.flags);
    this.metrics.answered(outcome, ((this.#readAt ||= this.#env.ticks()) - closed.at) | 0);
    const { session } = attachment;
    const isHeld = this.registry.keys.holds(session.number, ticket);
    if (!isHeld && !session.isCorked) return attachment.reply(ticket, this.#give(record), isBad, outcome);
    const say = attachment.laterReply(ticket, Buffer.from(view(record)), isBad, outcome);
    if (isHeld) this.registry.keys.sayLater(session.number, ticket, () => session.say(say));
    else session.sayLater(say);
  }

  #notice({ client, session }: Attachment, record: RecordCursor): void {
    this.metrics.counts[Count.UPDATES_ENCODED]!++;
    this.metrics.counts[Count.UPDATES]!++;
    if (!session.isCorked) return client.update(this.#give(record));
    const line = Buffer.from(view(record));
    session.sayLater(() => client.update(line));
  }

  /** A record's bytes for somebody who may keep them. */
  #give(record: RecordCursor): Buffer {
    const bytes = view(record);
    this.batch.gave(bytes);
    return bytes;
  }

  settle(): boolean {
    this.#readAt = 0;
    return this.batch.settle();
  }

  /** The sessions of a lane. */
  openedOf(lane: Lane): OpenSession[] {
    return [...this.#sessions.values()].filter((session) => session.lane === lane);
  }

  lost(lane: Lane, loss: Loss, isHopeless: boolean): boolean {
    return this.#recovery.lost(lane, loss, isHopeless);
  }

  ended(lane: Lane): void {
    this.#recovery.ended(lane);
  }

  revived(lane: Lane): void {
    this.#log.write('lane revived', { lane: lane.number });
  }

  broken(lane: Lane, error: unknown): void {
    this.#log.write('lane broken', {
      lane: lane.number,
      reason: errorText(error),
    });
    this.#broken(error);
  }
}

function view(record: RecordCursor): Buffer {
  return record.bytes.subarray(record.start, record.stop) as Buffer;
}

/** Records whose `session` is an attachment's number. */
const ABOUT_ATTACHMENTS = new Set<number>([Out.NOTICE, Out.SPEAKS, Out.DETACHED]);
/** NAME records whose `session` is one. */
const BY_ATTACHMENTS = new Set<number>([NameOp.SPEAK, NameOp.TAKEOVER, NameOp.AS, NameOp.DETACH, NameOp.LIST]);
