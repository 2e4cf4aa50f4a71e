/**
 * Route: a client's way to its session: its lane, its open tickets, its links to data centres.
 * In: the client's messages; SAVE records; the loss of its lane's thread. Out: records to the lane; answers to the client, in order.
 * Never: looks into a message.
 */
import type { RecordCursor } from '../../batch/batch.ts';
import { isolatedFlags } from '../../batch/request-flags.ts';
import type { IdText } from '../front.ts';
import { Count } from '../../telemetry/metrics.ts';
import { type Gate, Why } from '../flow/gate.ts';
import type { Lane } from '../lanes/lane.ts';
import type { Dialling } from '../links/dialling.ts';
import { Links, type LinksOwner } from '../links/links.ts';
import type { Limits } from '../limits/limits.ts';
import type { SessionRegistry } from '../names/session-registry.ts';
import type { NameOwner } from '../names/owner.ts';
import { Ledger } from './ledger.ts';
import { SavedSession } from './saved-session.ts';
import type { SessionClient } from './session-client.ts';

/** What a route needs of whoever keeps the routes (`Router`). */
export interface RouteOwner {
  readonly dialling: Dialling;
  readonly registry: SessionRegistry;
  /** Sends what was said to clients outside of any block. */
  settle(): void;
  gone(route: Route): void;
}

/** One session as the main thread has it, from its client's first message to its end; it survives the loss of its lane's thread. */
export class Route implements LinksOwner, NameOwner {
  /** Number of the session in the records; a new one after the lane was lost. */
  session: number;
  readonly lane: Lane;
  readonly client: SessionClient;
  readonly ledger: Ledger;
  readonly saved = new SavedSession();
  readonly links: Links;
  readonly #owner: RouteOwner;
  /** `openFlags`: how its client's messages look. */
  readonly #flags: number;
  /** Feeders, its client or links, that wait until its lane takes more. */
  readonly #waiting = new Set<Gate>();
  #isOpened = false;
  isClosing = false;
  /** What says each line that waits until what it says is stored; undefined while the route is not corked. */
  #corked: (() => void)[] | undefined;
  /** Answers among the lines that wait: their requests are still open for the client. */
  #corkedAnswers = 0;
  /** Threads that a record of this session killed. */
  deaths = 0;
  /** The session was put again after its thread was lost, which may have taken keys for it that nobody knows of. */
  isResumed = false;

  constructor(owner: RouteOwner, session: number, lane: Lane, client: SessionClient, flags: number) {
    this.#owner = owner;
    this.ledger = new Ledger(owner.dialling.env);
    this.links = new Links(this, owner.dialling);
    this.session = session;
    this.lane = lane;
    this.client = client;
    this.#flags = flags;
  }

  /**
   * Passes one message on to the lane, which owes exactly one answer to it.
   * @param flags `requestFlags` @returns the message's ticket, which the answer carries
   */
  request(bytes: Buffer, start: number, stop: number, id: IdText, flags = 0): number {
    if (!this.#isOpened) {
      this.#isOpened = true;
      this.lane.open(this.session, this.#flags);
    }
    this.#owner.dialling.metrics.counts[Count.REQUESTS]!++;
    const { number: ticket } = this.ledger.open(id, bytes, start, stop, flags);
    const isOver = this.lane.request(this.session, ticket, flags, bytes, start, stop);
    if (isOver) this.wait(this.client.gate);
    return ticket;
  }

  /** Takes a SAVE record: where the session and its requests stand. */
  save(record: RecordCursor): void {
    this.ledger.took(record);
    this.saved.takeCounters(record);
  }

  /** The lane's thread was lost: the next one takes the session as it was saved, with the requests that it had taken. */
  resume(): void {
    this.isResumed = true;
    if (this.saved.isEmpty) this.lane.open(this.session, this.#flags);
    else {
      const bytes = this.saved.resume();
      this.lane.resume(this.session, this.#flags, bytes);
      bytes.fill(0);
    }
    for (const ticket of this.ledger.all())
      if (ticket.isTaken) this.lane.again(this.session, ticket.number, ticket.requestFlags, ticket.again());
    this.#owner.registry.resumed(this);
  }

  /**
   * Puts the requests again whose batch was lost, or had not left. Nothing was done for them, so they run as new ones, but one a batch:
   * each may be what killed the last thread.
   */
  repeat(): void {
    for (const ticket of this.ledger.all()) {
      if (ticket.isTaken) continue;
      const { number, bytes, start, stop, requestFlags } = ticket;
      this.lane.request(this.session, number, isolatedFlags(requestFlags), bytes, start, stop);
    }
  }

  /** What is said to the client from here on waits for `uncork`. */
  cork(): void {
    this.#corked ??= [];
  }

  get isCorked(): boolean {
    return this.#corked !== undefined;
  }

  /** Says a line when the route is uncorked, in its turn. @param isAnswer the line answers a request */
  sayLater(say: () => void, isAnswer: boolean): void {
    this.#corked!.push(say);
    if (isAnswer) this.#corkedAnswers++;
  }

  /** Says what has waited. Never called while a block is applied. */
  uncork(): void {
    const corked = this.#corked;
    this.#corked = undefined;
    this.#corkedAnswers = 0;
    if (corked === undefined || corked.length === 0) return;
    for (const say of corked) say();
    this.#owner.settle();
  }

  /** Requests that the client has no answer to yet. */
  get open(): number {
    return this.ledger.size + this.#corkedAnswers;
  }

  /** Whether a client may have more open: in number, and in bytes, of which the lane holds copies until they are answered. */
  hasRoom({ openRequests, openBytes }: Pick<Limits, 'openRequests' | 'openBytes'>): boolean {
    return this.open < openRequests && this.ledger.bytes < openBytes;
  }

  /** Ends the session, as its client is done with it; `gone` of the owner follows. */
  close(): void {
    if (this.isClosing) return;
    this.isClosing = true;
    if (this.#isOpened) this.lane.close(this.session);
    else this.#owner.gone(this);
  }

  /** Starts a session anew, under another number: the old one is lost. */
  renew(session: number): void {
    this.session = session;
    this.saved.wipe();
    this.deaths = 0;
    this.#isOpened = false;
  }

  get isOpened(): boolean {
    return this.#isOpened;
  }

  get hasOpenRequests(): boolean {
    return this.ledger.size > 0;
  }

  wait(gate: Gate): void {
    gate.shut(Why.LANE);
    this.#waiting.add(gate);
  }

  /** The lane takes more of this session. A feeder that goes on may have to wait again at once. */
  goOn(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const gate of waiting) gate.open(Why.LANE);
  }

  /** Reads no link while the client leaves its answers unread. */
  pauseLinks(): void {
    this.links.pause();
  }

  /** The client takes its answers again. */
  resumeLinks(): void {
    this.links.resume();
    this.#owner.registry.isRead();
  }
}
