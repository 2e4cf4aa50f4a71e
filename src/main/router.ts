/**
 * Router: client -> session -> lane, and back (design.md 3.2).
 * In: messages of clients, blocks of lanes. Out: each record at the one client or link it is meant for.
 * Never: a record to another session's client: what names no open session is dropped.
 */
import { isPublic } from '../address/address.ts';
import type { AllowList } from '../address/allow-list.ts';
import type { RecordCursor } from '../batch/batch.ts';
import { DialFlag, Out, ReplyFlag } from '../batch/records.ts';
import type { Log } from '../telemetry/log.ts';
import type { Client } from './client.ts';
import type { Descriptors } from './descriptors.ts';
import type { Gate } from './gate.ts';
import { Why } from './gate.ts';
import type { Lane } from './lane.ts';
import type { LanesOwner } from './lanes.ts';
import type { Limits } from './limits.ts';
import { Batch } from './outlet.ts';
import { Route } from './route.ts';

export interface RouterOptions {
  readonly limits: Limits;
  readonly descriptors: Descriptors;
  readonly allow: AllowList;
  readonly log: Log;
  /** A lane was lost with these sessions: what they held elsewhere (keys) may be given back. */
  readonly lost: (sessions: ReadonlySet<number>) => void;
  /** A lane does not start any more. */
  readonly broken: (error: unknown) => void;
}

export class Router implements LanesOwner {
  readonly batch = new Batch();
  readonly limits: Limits;
  readonly descriptors: Descriptors;
  readonly #allow: AllowList;
  readonly #log: Log;
  readonly #broken: RouterOptions['broken'];
  readonly #lost: RouterOptions['lost'];
  readonly #routes = new Map<number, Route>();
  readonly #waiting = new Map<Lane, Set<Gate>>();
  #lastSession = 0;

  constructor(options: RouterOptions) {
    this.limits = options.limits;
    this.descriptors = options.descriptors;
    this.#allow = options.allow;
    this.#log = options.log;
    this.#broken = options.broken;
    this.#lost = options.lost;
  }

  get size(): number {
    return this.#routes.size;
  }

  /** Gives a client its session's number and lane. Nothing crosses before its first message. */
  add(client: Client, lane: Lane): Route {
    const route = new Route(this, ++this.#lastSession, lane, client);
    lane.sessions++;
    this.#routes.set(route.session, route);
    return route;
  }

  /**
   * Whether an address may be dialled, judged at each dial (wire.md 6): a client's only if the operator allowed it; one a
   * data centre handed out also if it is public (failures.md C2).
   */
  permits(flags: number, host: string, port: number): boolean {
    if ((flags & (DialFlag.UNTRUSTED | DialFlag.FROM_DC)) === 0 || this.#allow.permits(host, port)) return true;
    return (flags & DialFlag.FROM_DC) !== 0 && isPublic(host);
  }

  /** The session is no more; its client may end. */
  gone(route: Route): void {
    if (!this.#routes.delete(route.session)) return;
    route.lane.sessions--;
    route.hangUpAll();
    route.client.sessionGone();
  }

  /** A feeder of a lane over its mark: let go when it clears. */
  waits(lane: Lane, gate: Gate): void {
    const gates = this.#waiting.get(lane);
    if (gates === undefined) this.#waiting.set(lane, new Set([gate]));
    else gates.add(gate);
  }

  clear(lane: Lane): void {
    const gates = this.#waiting.get(lane);
    this.#waiting.delete(lane);
    // A feeder let go may fill the lane again, and then waits in a new set.
    if (gates !== undefined) for (const gate of gates) gate.open(Why.LANE);
  }

  record(_lane: Lane, record: RecordCursor): void {
    if (record.kind === Out.LOG) return this.#log.record(record.flags, text(record));
    const route = this.#routes.get(record.session);
    if (route === undefined) return;
    switch (record.kind) {
      case Out.REPLY:
        if (route.ledger.close(record.ticket))
          route.client.reply(view(record), (record.flags & ReplyFlag.BAD_LINE) !== 0);
        break;
      case Out.UPDATE:
        route.client.update(view(record));
        break;
      case Out.SEND:
        route.send(record.link, view(record));
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

  #dial(route: Route, record: RecordCursor): void {
    const bytes = view(record);
    route.dial(record.link, record.ticket, record.flags, bytes.toString('latin1', 2), bytes.readUInt16LE(0));
  }

  settle(): void {
    this.batch.settle();
  }

  /** What lived on a lost lane is told so; its clients stay, and their next message starts a session anew. */
  lost(lane: Lane, why: string, unsent: ReadonlySet<number>): void {
    const routes = [...this.#routes.values()].filter((route) => route.lane === lane);
    this.#log.error('laneLost', { lane: lane.number, reason: why, sessions: routes.length });
    this.#lost(new Set(routes.map((route) => route.session)));
    for (const route of routes) this.#lostRoute(route, unsent);
  }

  #lostRoute(route: Route, unsent: ReadonlySet<number>): void {
    route.hangUpAll();
    for (const [ticket, id] of route.ledger.drain()) route.client.crashed(id, unsent.has(ticket));
    if (route.isClosing) return this.gone(route);
    if (route.isOpened) this.#renew(route);
    // Only now: an emptied ledger lets the client go on, or end.
    route.client.settled();
  }

  #renew(route: Route): void {
    this.#routes.delete(route.session);
    route.renew(++this.#lastSession);
    this.#routes.set(route.session, route);
    route.client.lostSession();
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

function view(record: RecordCursor): Buffer {
  return record.bytes.subarray(record.start, record.stop) as Buffer;
}

function text(record: RecordCursor): string {
  return view(record).toString('utf8');
}
