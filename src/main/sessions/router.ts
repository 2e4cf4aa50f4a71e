/**
 * Router: client -> session -> lane, and back (architecture: The life of a request).
 * In: messages of clients, blocks of lanes. Out: each record at the one client or link it is meant for.
 * Never: a record to another session's client: what names no open session is dropped.
 */
import { isPublic } from '../../address/address.ts';
import type { AllowList } from '../../address/allow-list.ts';
import type { RecordCursor } from '../../batch/batch.ts';
import { unreachableWords } from '../../address/unreachable.ts';
import { CENTRE_EVENTS, DialFlag, In, Out, ReplyFlag } from '../../batch/records.ts';
import { Centres } from '../../telemetry/centres.ts';
import type { Log, LogFields } from '../../telemetry/log.ts';
import { Count, type Metrics } from '../../telemetry/metrics.ts';
import type { MainEnv } from '../env.ts';
import type { Descriptors } from '../limits/descriptors.ts';
import { Dialler } from '../links/dialler.ts';
import type { Lane, Loss } from '../lanes/lane.ts';
import type { Ticket } from './ledger.ts';
import type { LanesOwner } from '../lanes/lanes.ts';
import type { Limits } from '../limits/limits.ts';
import type { Names } from '../names/names.ts';
import { WriteBatch } from '../flow/socket-writer.ts';
import { Reached } from '../links/reached.ts';
import { Route, type RouteOwner } from './route.ts';
import type { SessionClient } from './session-client.ts';
import type { Culprit } from '../lanes/lane-queue.ts';
import type { Socks } from '../links/socks.ts';

export interface RouterOptions {
  readonly env: MainEnv;
  readonly limits: Limits;
  readonly descriptors: Descriptors;
  readonly allow: AllowList;
  /** Data centres are reached through it. */
  readonly socks?: Socks | undefined;
  readonly log: Log;
  /** Who has which kept session. */
  readonly names: Names;
  readonly metrics: Metrics;
  /** These sessions were lost: what they held elsewhere (keys) may be given back. */
  readonly lost: (sessions: ReadonlySet<number>) => void;
  /** A lane's thread has ended: locks it held are nobody's now. */
  readonly ended: (lane: number) => void;
  /** A lane does not start any more. */
  readonly broken: (error: unknown) => void;
}

export class Router implements LanesOwner, RouteOwner {
  readonly env: MainEnv;
  readonly batch = new WriteBatch();
  readonly dialler: Dialler;
  readonly socks: Socks | undefined;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly descriptors: Descriptors;
  readonly names: Names;
  readonly reached = new Reached();
  readonly #allow: AllowList;
  readonly #log: Log;
  readonly #centres: Centres;
  readonly #broken: RouterOptions['broken'];
  readonly #lost: RouterOptions['lost'];
  readonly #ended: RouterOptions['ended'];
  readonly #routes = new Map<number, Route>();
  /** Sessions of a lost lane whose keys are given back when its thread has ended. */
  readonly #ending = new Map<Lane, Set<number>>();
  #lastSession = 0;
  /** When the block that is being read came, `ticks`: the clock is read once for all its answers; 0: not yet. */
  #readAt = 0;

  constructor(options: RouterOptions) {
    this.env = options.env;
    this.limits = options.limits;
    this.metrics = options.metrics;
    this.socks = options.socks;
    this.dialler = new Dialler(options.limits, options.env);
    this.descriptors = options.descriptors;
    this.names = options.names;
    this.#allow = options.allow;
    this.#log = options.log;
    this.#centres = new Centres(options.metrics, options.log);
    this.#broken = options.broken;
    this.#lost = options.lost;
    this.#ended = options.ended;
  }

  get size(): number {
    return this.#routes.size;
  }

  /**
   * Gives a client its session's number and lane. Nothing crosses before its first message.
   * @param flags `OpenFlag`: what the client speaks
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
      links += route.links;
      openRequests[route.lane.number]! += route.ledger.size;
    }
    return { links, openRequests };
  }

  /**
   * Whether an address may be dialled, judged at each dial (options: What it guards): a client's only if the operator allowed it; one a
   * data centre handed out also if it is public (threats: Addresses and neighbours).
   */
  permits(flags: number, host: string, port: number): boolean {
    if ((flags & (DialFlag.UNTRUSTED | DialFlag.FROM_DC)) === 0 || this.#allow.permits(host, port)) return true;
    return (flags & DialFlag.FROM_DC) !== 0 && isPublic(host);
  }

  /** The session is no more; its client may end. */
  gone(route: Route): void {
    if (!this.#routes.delete(route.session)) return;
    route.lane.sessions--;
    route.saved.wipe();
    this.names.gone(route);
    if (route.isResumed) this.#lost(new Set([route.session]));
    route.hangUpAll();
    this.dialler.forget(route);
    route.client.sessionGone();
  }

  clear(_lane: Lane, session: number): void {
    this.#routes.get(session)?.goOn();
  }

  record(_lane: Lane, record: RecordCursor): void {
    if (record.kind === Out.LOG) return this.#log.record(record.flags, text(record));
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
        route.keyMade(record.link);
        break;
      case Out.NAME:
        this.names.request(route, record.flags, record.ticket, text(record));
        break;
      case Out.KEEP:
        this.names.keep(route, record.flags, record.ticket, view(record));
        break;
      case Out.SEND:
        route.send(record.link, this.#give(record));
        break;
      case Out.DIAL:
        this.#dial(route, record);
        break;
      case Out.HANG_UP:
        route.hangUp(record.link);
        break;
      case Out.GONE:
        this.gone(route);
        break;
      default:
        throw new RangeError(`record of kind ${record.kind} out of a lane`);
    }
  }

  #centre(record: RecordCursor): void {
    this.#centres.heard(CENTRE_EVENTS[record.flags]!, JSON.parse(text(record)) as LogFields);
  }

  #reply(route: Route, record: RecordCursor): void {
    const { ticket } = record;
    const closed = route.ledger.close(ticket);
    if (closed === undefined) return;
    const outcome = record.flags >>> ReplyFlag.OUTCOME;
    const isBad = (record.flags & ReplyFlag.BAD_LINE) !== 0;
    this.metrics.answered(outcome, ((this.#readAt ||= this.env.ticks()) - closed.at) | 0);
    if (!route.isHolding) return route.client.reply(ticket, this.#give(record), isBad, outcome);
    const line = Buffer.from(view(record));
    route.later(() => route.client.reply(ticket, line, isBad, outcome), true);
  }

  #update(route: Route, record: RecordCursor): void {
    this.metrics.counts[Count.UPDATES]!++;
    if (!route.isHolding) return route.client.update(this.#give(record));
    const line = Buffer.from(view(record));
    route.later(() => route.client.update(line), false);
  }

  #dial(route: Route, record: RecordCursor): void {
    const bytes = view(record);
    const [host, ...others] = bytes.toString('latin1', 2).split(' ') as [string, ...string[]];
    const targets = others.map((other) => {
      const at = other.lastIndexOf('/');
      return { host: other.slice(0, at), port: Number(other.slice(at + 1)) };
    });
    route.dial(record.link, record.ticket, record.flags, [{ host, port: bytes.readUInt16LE(0) }, ...targets]);
  }

  /** An address of several did not answer, and the next is tried: nobody else hears of it. */
  missed(address: string, code: string): void {
    const [host, port] = address.split(' ') as [string, string];
    this.#centres.missed(host, Number(port), unreachableWords(code));
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

  /**
   * A lane's thread is gone (decisions: lanes). Nothing of its lost batches was applied, so its sessions go on from what was
   * saved, with their open requests, in the next thread. Who killed two threads is refused; if nobody can be named and
   * it happens again and again, the lane's sessions are closed.
   *
   * Everything is put before anything is told: what is told may let clients send more, and that has to come behind.
   */
  lost(lane: Lane, loss: Loss, isHopeless: boolean): boolean {
    const routes = [...this.#routes.values()].filter((route) => route.lane === lane && route.isOpened);
    this.#log.error('laneLost', { lane: lane.number, reason: loss.why, sessions: routes.length });
    const closing = routes.filter((route) => route.isClosing);
    const open = routes.filter((route) => !route.isClosing);
    for (const route of open)
      for (const ticket of route.ledger.all()) if (loss.suspects.has(ticket.number)) ticket.deaths++;
    const { refused, ending } = isHopeless ? { refused: undefined, ending: open } : this.#judge(open, loss.culprit);
    const going = open.filter((route) => !ending.includes(route));
    this.#putAgain(going);
    this.#lostSessions(lane, [...closing, ...ending, ...going.filter((route) => route.saved.isEmpty)]);
    for (const route of routes) route.hangUpAll();
    for (const route of closing) this.gone(route);
    for (const route of ending) this.#end(route);
    if (refused !== undefined) this.#refuse(refused.route, refused.ticket);
    // What waited in the lost lane is put again: who fed it may go on behind that.
    for (const route of routes) route.goOn();
    return refused !== undefined || ending.length > 0;
  }

  /** Who is at fault, if the record that was alone in its batch has done that before. */
  #judge(routes: readonly Route[], culprit: Culprit | undefined): Verdict {
    const route = culprit && routes.find((one) => one.session === culprit.session);
    if (route === undefined || culprit === undefined) return { refused: undefined, ending: [] };
    if (culprit.kind === In.REQUEST || culprit.kind === In.AGAIN) {
      const ticket = route.ledger.find(culprit.ticket);
      if (ticket === undefined || ticket.deaths < 2) return { refused: undefined, ending: [] };
      route.ledger.close(ticket.number);
      return { refused: { route, ticket }, ending: [] };
    }
    return { refused: undefined, ending: ++route.deaths < 2 ? [] : [route] };
  }

  /** Sessions and what they had taken go together; requests that may have killed the thread go one by one, behind them. */
  #putAgain(routes: readonly Route[]): void {
    for (const route of routes) route.resume();
    for (const route of routes) route.repeat();
  }

  /** The session is closed and named; its client stays, and its next message starts a session anew. */
  #end(route: Route): void {
    const tickets = route.ledger.drain();
    this.#routes.delete(route.session);
    this.names.gone(route);
    route.letGo();
    route.renew(++this.#lastSession);
    this.#routes.set(route.session, route);
    for (const ticket of tickets) this.#crashed(route, ticket);
    route.client.lostSession();
    // Only now: an emptied ledger lets the client go on, or end.
    route.client.settled();
  }

  #refuse(route: Route, ticket: Ticket): void {
    this.#crashed(route, ticket);
    route.client.settled();
  }

  #crashed(route: Route, { number, id, isSent }: Ticket): void {
    this.metrics.ended('WorkerCrashed');
    route.client.crashed(number, id, isSent);
  }

  /** Keys of sessions that end, and of those that go on without one; once the thread has ended, which may yet take some. */
  #lostSessions(lane: Lane, routes: readonly Route[]): void {
    const sessions = this.#ending.get(lane) ?? new Set();
    for (const { session } of routes) sessions.add(session);
    this.#ending.set(lane, sessions);
  }

  ended(lane: Lane): void {
    this.#ended(lane.number);
    const sessions = this.#ending.get(lane);
    this.#ending.delete(lane);
    if (sessions !== undefined && sessions.size > 0) this.#lost(sessions);
  }

  revived(lane: Lane): void {
    this.#log.warn('laneRevived', { lane: lane.number });
  }

  broken(lane: Lane, error: unknown): void {
    this.#log.error('laneBroken', {
      lane: lane.number,
      reason: error instanceof Error ? error.message : String(error),
    });
    this.#broken(error);
  }
}

interface Verdict {
  readonly refused: { readonly route: Route; readonly ticket: Ticket } | undefined;
  readonly ending: readonly Route[];
}

function view(record: RecordCursor): Buffer {
  return record.bytes.subarray(record.start, record.stop) as Buffer;
}

function text(record: RecordCursor): string {
  return view(record).toString('utf8');
}
