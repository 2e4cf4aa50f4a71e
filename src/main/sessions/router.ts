/**
 * Router: client -> session -> lane, and back (architecture: The life of a request).
 * In: messages of clients, blocks of lanes. Out: each record at the one client or link it is meant for.
 * Never: a record to another session's client: what names no open session is dropped.
 */
import { errorText } from '../../error-text.ts';
import type { AllowList } from '../../address/allow-list.ts';
import type { RecordCursor } from '../../batch/batch.ts';
import { readCentre, readDial } from '../../batch/link-records.ts';
import { eventPlace } from '../../batch/log-flags.ts';
import { storeKind } from '../../batch/name-records.ts';
import { isBadLine, outcomeOf } from '../../batch/reply-flags.ts';
import { Out } from '../../batch/records.ts';
import { type CentreNews, Centres } from '../../telemetry/centres.ts';
import { EVENT_NAMES } from '../../telemetry/events.ts';
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
import { Recovery, type RecoveryOwner } from './recovery.ts';
import { Route, type RouteOwner } from './route.ts';
import type { SessionClient } from './session-client.ts';
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
  /** Which session is attached to which name. */
  readonly registry: SessionRegistry;
  readonly metrics: Metrics;
  /** These sessions were lost: what they held elsewhere (keys) may be given back. */
  readonly lost: (sessions: ReadonlySet<number>) => void;
  /** A lane's thread has ended: locks it held are nobody's now. */
  readonly ended: (lane: number) => void;
  /** A lane does not start any more. */
  readonly broken: (error: unknown) => void;
}

/** All routes by the number of their session; one for the gateway. */
export class Router implements LanesOwner, RouteOwner, RecoveryOwner {
  readonly batch = new WriteBatch();
  readonly metrics: Metrics;
  readonly registry: SessionRegistry;
  readonly dialling: Dialling;
  readonly #env: MainEnv;
  readonly #log: Log;
  readonly #centres: Centres;
  readonly #broken: RouterOptions['broken'];
  readonly #lost: RouterOptions['lost'];
  readonly #routes = new Map<number, Route>();
  readonly #recovery: Recovery;
  #lastSession = 0;
  /** When the block that is being read came, `MainEnv.ticks`: the clock is read once for all its answers; 0: not yet. */
  #readAt = 0;

  constructor(options: RouterOptions) {
    const { env, metrics, registry, log, broken, lost } = options;
    this.#env = env;
    this.metrics = metrics;
    this.registry = registry;
    this.#log = log;
    this.#centres = new Centres(metrics, log);
    this.dialling = new Dialling({ ...options, batch: this.batch, centres: this.#centres });
    this.#broken = broken;
    this.#lost = lost;
    this.#recovery = new Recovery(this, options);
  }

  get size(): number {
    return this.#routes.size;
  }

  /**
   * Gives a client its session's number and lane. Nothing crosses before its first message.
   * @param flags `openFlags`: how the client's messages look
   */
  add(client: SessionClient, lane: Lane, flags: number): Route {
    const route = new Route(this, ++this.#lastSession, lane, client, flags);
    this.metrics.counts[Count.SESSIONS]!++;
    lane.sessions++;
    this.#routes.set(route.session, route);
    return route;
  }

  /** Sums over all sessions, for whoever shows them: connections to data centres, and open requests by lane. */
  load(lanes: number): { links: number; openRequests: number[] } {
    const openRequests = Array.from({ length: lanes }, () => 0);
    let links = 0;
    for (const route of this.#routes.values()) {
      links += route.links.size;
      openRequests[route.lane.number]! += route.ledger.size;
    }
    return { links, openRequests };
  }

  /** The session is no more; its client may end. */
  gone(route: Route): void {
    if (!this.#routes.delete(route.session)) return;
    route.lane.sessions--;
    route.saved.wipe();
    this.registry.gone(route);
    if (route.isResumed) this.#lost(new Set([route.session]));
    route.links.close();
    route.client.sessionGone();
  }

  clear(_lane: Lane, session: number): void {
    this.#routes.get(session)?.goOn();
  }

  record(_lane: Lane, record: RecordCursor): void {
    if (record.kind === Out.LOG) return this.#logged(record);
    if (record.kind === Out.CENTRE) return this.#centre(record);
    if (record.kind === Out.RPC_ERROR) return this.metrics.rpcError(record.ticket | 0, text(record));
    const route = this.#routes.get(record.session);
    if (route === undefined) return;
    switch (record.kind) {
      case Out.REPLY:
        this.#reply(route, record);
        break;
      case Out.UPDATE:
        this.#update(route, record);
        break;
      case Out.SAVE:
        route.save(record);
        break;
      case Out.SAVE_SESSION:
        route.saved.takeSession(view(record));
        break;
      case Out.KEY_MADE:
        route.links.keyMade(record.link);
        break;
      case Out.NAME:
        this.registry.request(route, record.flags, record.ticket, text(record));
        break;
      case Out.STORE:
        this.registry.store(route, storeKind(record.flags), record.ticket, view(record));
        break;
      case Out.SEND:
        route.links.send(record.link, this.#give(record));
        break;
      case Out.DIAL:
        route.links.dial(record.link, record.ticket, readDial(record));
        break;
      case Out.HANG_UP:
        route.links.hangUp(record.link);
        break;
      case Out.GONE:
        this.gone(route);
        break;
      default:
        throw new RangeError(`record of kind ${record.kind} out of a lane`);
    }
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

  #reply(route: Route, record: RecordCursor): void {
    const { ticket } = record;
    const closed = route.ledger.close(ticket);
    if (closed === undefined) return;
    const outcome = outcomeOf(record.flags);
    const isBad = isBadLine(record.flags);
    this.metrics.answered(outcome, ((this.#readAt ||= this.#env.ticks()) - closed.at) | 0);
    if (!route.isCorked) return route.client.reply(ticket, this.#give(record), isBad, outcome);
    const line = Buffer.from(view(record));
    route.sayLater(() => route.client.reply(ticket, line, isBad, outcome), true);
  }

  #update(route: Route, record: RecordCursor): void {
    this.metrics.counts[Count.UPDATES]!++;
    if (!route.isCorked) return route.client.update(this.#give(record));
    const line = Buffer.from(view(record));
    route.sayLater(() => route.client.update(line), false);
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

  /** The sessions of a lane that were ever asked for something. */
  openedOf(lane: Lane): Route[] {
    return [...this.#routes.values()].filter((route) => route.lane === lane && route.isOpened);
  }

  /** Gives a route a session anew, under the next number. */
  renew(route: Route): void {
    this.#routes.delete(route.session);
    this.registry.gone(route);
    route.uncork();
    route.renew(++this.#lastSession);
    this.#routes.set(route.session, route);
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

function text(record: RecordCursor): string {
  return view(record).toString('utf8');
}
