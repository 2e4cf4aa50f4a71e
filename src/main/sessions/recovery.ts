/**
 * Recovery: what becomes of the sessions of a lane whose thread was lost (decisions: lanes).
 * In: the lost lane, which records its thread may have died of; the end of that thread. Out: the sessions put again, to the next
 * thread; errors for requests that are given up; keys given back. Never: a request that killed two threads is put again.
 */
import { In } from '../../batch/records.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Lane, Loss } from '../lanes/lane.ts';
import type { Culprit } from '../lanes/lane-queue.ts';
import type { Ticket } from './ledger.ts';
import type { Route } from './route.ts';

/** Who keeps the routes (`Router`). */
export interface RecoveryOwner {
  readonly metrics: Metrics;
  /** The sessions of a lane that were ever asked for something. */
  openedOf(lane: Lane): Route[];
  gone(route: Route): void;
  /** Gives a route a session anew, under the next number. */
  renew(route: Route): void;
}

/** Who is told of what was lost. */
export interface RecoveryOptions {
  readonly log: Log;
  /** These sessions were lost: what they held elsewhere (keys) may be given back. */
  readonly lost: (sessions: ReadonlySet<number>) => void;
  /** A lane's thread has ended: locks it held are nobody's now. */
  readonly ended: (lane: number) => void;
}

/** What a death of a thread means for its sessions. */
interface Verdict {
  readonly refused: { readonly route: Route; readonly ticket: Ticket } | undefined;
  readonly ending: readonly Route[];
}

const NOBODY: Verdict = { refused: undefined, ending: [] };

/** One for all lanes. */
export class Recovery {
  readonly #owner: RecoveryOwner;
  readonly #options: RecoveryOptions;
  /** Sessions of a lost lane whose keys are given back when its thread has ended. */
  readonly #ending = new Map<Lane, Set<number>>();

  constructor(owner: RecoveryOwner, options: RecoveryOptions) {
    this.#owner = owner;
    this.#options = options;
  }

  /**
   * Puts the sessions of a lost thread again. Nothing of its lost batches was applied, so they go on from what was saved, with their
   * open requests. A request that killed two threads is refused, any other record that did ends its session; if nobody can be named
   * and it happens again and again (`isHopeless`), all sessions of the lane end. @returns whether anybody was found at fault or ended
   *
   * Everything is put before anything is told: what is told may let clients send more, and that has to come behind.
   */
  lost(lane: Lane, loss: Loss, isHopeless: boolean): boolean {
    const routes = this.#owner.openedOf(lane);
    this.#options.log.write('lane lost', { lane: lane.number, reason: loss.why, sessions: routes.length });
    const closing = routes.filter((route) => route.isClosing);
    const open = routes.filter((route) => !route.isClosing);
    for (const route of open)
      for (const ticket of route.ledger.all()) if (loss.suspects.has(ticket.number)) ticket.deaths++;
    const { refused, ending } = isHopeless ? { refused: undefined, ending: open } : judge(open, loss.culprit);
    const going = open.filter((route) => !ending.includes(route));
    putAgain(going);
    this.#lostSessions(lane, [...closing, ...ending, ...going.filter((route) => route.saved.isEmpty)]);
    for (const route of routes) route.links.hangUpAll();
    for (const route of closing) this.#owner.gone(route);
    for (const route of ending) this.#end(route);
    if (refused !== undefined) this.#refuse(refused.route, refused.ticket);
    // What waited in the lost lane is put again: who fed it may go on behind that.
    for (const route of routes) route.goOn();
    return refused !== undefined || ending.length > 0;
  }

  /** The session is closed and named; its client stays, and its next message starts a session anew. */
  #end(route: Route): void {
    const tickets = route.ledger.drain();
    this.#owner.renew(route);
    for (const ticket of tickets) this.#crashed(route, ticket);
    route.client.lostSession();
    // Behind all lines: an emptied ledger lets the client go on, or end.
    route.client.settled();
  }

  #refuse(route: Route, ticket: Ticket): void {
    this.#crashed(route, ticket);
    route.client.settled();
  }

  #crashed(route: Route, { number, id, isSent }: Ticket): void {
    this.#owner.metrics.ended('WorkerCrashed');
    route.client.crashed(number, id, isSent);
  }

  /** Gives back the keys of sessions that end, and of those that go on without one, once the thread has ended: it may take keys until then. */
  #lostSessions(lane: Lane, routes: readonly Route[]): void {
    const sessions = this.#ending.get(lane) ?? new Set();
    for (const { session } of routes) sessions.add(session);
    this.#ending.set(lane, sessions);
  }

  /** The lost thread has ended for good: what it held is given back. */
  ended(lane: Lane): void {
    this.#options.ended(lane.number);
    const sessions = this.#ending.get(lane);
    this.#ending.delete(lane);
    if (sessions !== undefined && sessions.size > 0) this.#options.lost(sessions);
  }
}

/** Who is at fault, if the record that was alone in its batch has killed a thread before. */
function judge(routes: readonly Route[], culprit: Culprit | undefined): Verdict {
  const route = culprit && routes.find((one) => one.session === culprit.session);
  if (route === undefined || culprit === undefined) return NOBODY;
  if (culprit.kind === In.REQUEST || culprit.kind === In.AGAIN) return judgeRequest(route, culprit.ticket);
  return { refused: undefined, ending: ++route.deaths < 2 ? [] : [route] };
}

function judgeRequest(route: Route, number: number): Verdict {
  const ticket = route.ledger.find(number);
  if (ticket === undefined || ticket.deaths < 2) return NOBODY;
  route.ledger.close(ticket.number);
  return { refused: { route, ticket }, ending: [] };
}

/** Sessions and what they had taken go together; requests that may have killed the thread go one by one, behind them. */
function putAgain(routes: readonly Route[]): void {
  for (const route of routes) route.resume();
  for (const route of routes) route.repeat();
}
