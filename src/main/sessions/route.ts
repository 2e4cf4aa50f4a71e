/**
 * Route: a client's way to its session: its lane, its open tickets, its DC links.
 * In: the client's messages; records of the lane. Out: records to the lane; answers to the client.
 * Never: looks into a message, or lets anything of a link that was hung up through.
 */
import type { RecordCursor } from '../../batch/batch.ts';
import { COUNTERS_LENGTH, DialFlag, DownFlag, In, RequestFlag } from '../../batch/records.ts';
import type { IdText } from '../clients/front.ts';
import { DcLink, type LinkOwner } from '../links/dc-link.ts';
import type { DialRequest, Dialler } from '../links/dialler.ts';
import { Count, type Metrics } from '../../telemetry/metrics.ts';
import type { MainEnv } from '../env.ts';
import type { WriteBatch } from '../flow/socket-writer.ts';
import { type Gate, Why } from '../flow/gate.ts';
import type { Lane } from '../lanes/lane.ts';
import { Ledger } from './ledger.ts';
import type { Descriptors } from '../limits/descriptors.ts';
import type { Limits } from '../limits/limits.ts';
import type { Names } from '../names/names.ts';
import type { NameOwner } from '../names/owner.ts';
import type { Reached, Target } from '../links/reached.ts';
import type { SessionClient } from './session-client.ts';
import type { Socks } from '../links/socks.ts';
import { SavedSession } from './saved-session.ts';

/** A link that was asked for, and what is tried after this address. */
interface LinkRequest extends DialRequest {
  readonly others: readonly Target[];
  readonly flags: number;
}

/** What a route needs of whoever keeps the routes (`Router`). */
export interface RouteOwner {
  readonly env: MainEnv;
  readonly batch: WriteBatch;
  readonly dialler: Dialler;
  readonly socks: Socks | undefined;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly descriptors: Descriptors;
  readonly names: Names;
  readonly reached: Reached;
  /** Whether an address may be dialled. @param flags `DialFlag` */
  permits(flags: number, host: string, port: number): boolean;
  /** An address of several did not answer, and the next is tried. */
  missed(address: string, code: string): void;
  /** Something was said to clients outside of any block: it leaves now. */
  settle(): void;
  gone(route: Route): void;
}

export class Route implements LinkOwner, NameOwner {
  /** Number of the session in the records; a new one after the lane was lost. */
  session: number;
  readonly lane: Lane;
  readonly client: SessionClient;
  readonly ledger: Ledger;
  readonly saved = new SavedSession();
  readonly #owner: RouteOwner;
  /** `OpenFlag`: what its client speaks. */
  readonly #flags: number;
  readonly #links = new Map<number, DcLink>();
  /** What the dialler knows of each link, from the request to its end. */
  readonly #dials = new Map<number, LinkRequest>();
  #fullLinks = 0;
  /** Feeders, its client or links, that wait until its lane takes more. */
  readonly #waiting = new Set<Gate>();
  #isOpened = false;
  isClosing = false;
  /** Lines that wait until what they say is kept (`names.ts`); undefined while nothing waits. */
  #held: (() => void)[] | undefined;
  /** Answers among them: their requests are still open for the client. */
  #owed = 0;
  /** Threads that a record of this session killed. */
  deaths = 0;
  /** It was put again after its thread was lost: the lost one may have taken keys for it that nobody knows of. */
  isResumed = false;

  constructor(owner: RouteOwner, session: number, lane: Lane, client: SessionClient, flags: number) {
    this.#owner = owner;
    this.ledger = new Ledger(owner.env);
    this.session = session;
    this.lane = lane;
    this.client = client;
    this.#flags = flags;
  }

  /**
   * Passes one message on; it now owes exactly one answer.
   * @param flags `RequestFlag` @returns the message's ticket, which the answer carries
   */
  request(bytes: Buffer, start: number, stop: number, id: IdText, flags = 0): number {
    if (!this.#isOpened) {
      this.#isOpened = true;
      this.lane.put(In.OPEN, 0, this.#flags, this.session, 0);
    }
    this.#owner.metrics.counts[Count.REQUESTS]!++;
    const { number: ticket } = this.ledger.open(id, bytes, start, stop, flags);
    const isOver = this.lane.put(In.REQUEST, 0, flags, this.session, ticket, bytes, start, stop);
    if (isOver) this.#wait(this.client.gate);
    return ticket;
  }

  /** A SAVE record: where the session and its requests stand now. */
  save(record: RecordCursor): void {
    const idsFrom = this.ledger.took(record, COUNTERS_LENGTH);
    this.saved.takeCounters(record, idsFrom);
  }

  /** The lane's thread was lost: the next one takes the session as it was saved, with the requests that it had taken. */
  resume(): void {
    this.isResumed = true;
    if (this.saved.isEmpty) this.lane.put(In.OPEN, 0, this.#flags, this.session, 0);
    else {
      const bytes = this.saved.resume();
      this.lane.put(In.RESUME, 0, this.#flags, this.session, 0, bytes);
      bytes.fill(0);
    }
    for (const ticket of this.ledger.all())
      if (ticket.isTaken) this.lane.put(In.AGAIN, 0, ticket.asks, this.session, ticket.number, ticket.again());
    this.#owner.names.resumed(this);
  }

  /**
   * The rest: requests whose batch was lost, or had not left. Nothing was done for them, so they run as if they came now,
   * but one a batch: each may be what killed the last thread.
   */
  repeat(): void {
    for (const ticket of this.ledger.all()) {
      if (ticket.isTaken) continue;
      const { number, bytes, start, stop, asks } = ticket;
      this.lane.put(In.REQUEST, 0, asks | RequestFlag.ISOLATED, this.session, number, bytes, start, stop);
    }
  }

  /** What is said to the client from here on waits for `letGo`. */
  hold(): void {
    this.#held ??= [];
  }

  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Says something later, in its turn. @param owed it answers a request */
  later(say: () => void, owed: boolean): void {
    this.#held!.push(say);
    if (owed) this.#owed++;
  }

  /** What has waited is said. Never while a block is applied. */
  letGo(): void {
    const held = this.#held;
    this.#held = undefined;
    this.#owed = 0;
    if (held === undefined || held.length === 0) return;
    for (const say of held) say();
    this.#owner.settle();
  }

  /** Requests that the client has no answer to yet. */
  get open(): number {
    return this.ledger.size + this.#owed;
  }

  /** Whether a client may have more open: in number, and in bytes, of which the lane holds copies until they are answered. */
  hasRoom({ openRequests, openBytes }: Pick<Limits, 'openRequests' | 'openBytes'>): boolean {
    return this.open < openRequests && this.ledger.bytes < openBytes;
  }

  /** The client is done with its session; `gone` follows. */
  close(): void {
    if (this.isClosing) return;
    this.isClosing = true;
    if (this.#isOpened) this.lane.put(In.CLOSE, 0, 0, this.session, 0);
    else this.#owner.gone(this);
  }

  /** The lane has dropped the session, or was lost with it. */
  hangUpAll(): void {
    for (const number of [...this.#dials.keys()]) this.#drop(number);
  }

  /** Starts over under another number: the old session is lost. */
  renew(session: number): void {
    this.session = session;
    this.saved.wipe();
    this.deaths = 0;
    this.#isOpened = false;
  }

  /** Connections to data centres, those being made included. */
  get links(): number {
    return this.#links.size;
  }

  get isOpened(): boolean {
    return this.#isOpened;
  }

  /** @param targets addresses of one server, to be tried in turn: the one that was reached last goes first */
  dial(number: number, attempt: number, flags: number, targets: readonly Target[]): void {
    this.#drop(number);
    const [first] = targets;
    if (!this.#owner.permits(flags, first!.host, first!.port)) {
      return this.#refuse(number, attempt, DownFlag.NEVER_UP | DownFlag.NOT_ALLOWED, 'NOTALLOWED');
    }
    this.#try(number, attempt, flags, this.#owner.reached.inTurn(targets));
  }

  #try(number: number, attempt: number, flags: number, targets: readonly Target[]): void {
    const [{ host, port }, ...others] = targets as [Target, ...Target[]];
    const dial: LinkRequest = {
      address: `${host} ${port}`,
      makesKey: (flags & DialFlag.HANDSHAKE) !== 0,
      isUrgent: this.ledger.size > 0,
      others,
      flags,
      start: () => this.#connect(number, attempt, host, port, others.length > 0),
    };
    this.#dials.set(number, dial);
    this.#owner.dialler.ask(dial);
  }

  /** Its turn has come. */
  #connect(number: number, attempt: number, host: string, port: number, hasOthers: boolean): void {
    if (!this.#owner.descriptors.take()) {
      this.#owner.dialler.abandoned(this.#dials.get(number)!);
      this.#dials.delete(number);
      return this.#refuse(number, attempt, DownFlag.NEVER_UP, 'EMFILE');
    }
    this.#owner.metrics.counts[Count.DC_DIALS]!++;
    const { env, batch, limits, socks } = this.#owner;
    const within = hasOthers ? limits.addressTimeout : limits.connectTimeout;
    const options = { env, batch, mark: limits.linkMark, within, socks };
    const link = new DcLink(this, number, attempt, { host, port }, options);
    if (this.client.isUnread) link.gate.shut(Why.UNREAD);
    this.#links.set(number, link);
  }

  send(number: number, view: Buffer): void {
    this.#owner.metrics.counts[Count.DC_BYTES_OUT]! += view.length;
    this.#links.get(number)?.write(view);
  }

  hangUp(number: number): void {
    this.#drop(number);
  }

  #drop(number: number): void {
    const dial = this.#dials.get(number);
    const link = this.#links.get(number);
    if (dial !== undefined && !this.#owner.dialler.cancel(dial)) this.#ended(dial, link);
    link?.hangUp();
    this.#dials.delete(number);
    this.#links.delete(number);
  }

  #ended(dial: DialRequest, link: DcLink | undefined): void {
    if (link?.isUp === true) this.#owner.dialler.closed(dial);
    else this.#owner.dialler.abandoned(dial);
  }

  /** A key was made: another may make one. */
  keyMade(number: number): void {
    const dial = this.#dials.get(number);
    if (dial !== undefined) this.#owner.dialler.keyMade(dial);
  }

  #refuse(number: number, attempt: number, flags: number, code: string): void {
    this.lane.put(In.LINK_DOWN, number, flags, this.session, attempt, Buffer.from(code));
  }

  linkUp(link: DcLink): void {
    const dial = this.#dials.get(link.number)!;
    this.#owner.dialler.connected(dial);
    this.#owner.reached.add(dial.address);
    this.lane.put(In.LINK_UP, link.number, 0, this.session, link.attempt, Buffer.from(dial.address, 'latin1'));
  }

  linkBytes(link: DcLink, bytes: Buffer, length: number): void {
    this.#owner.metrics.counts[Count.DC_BYTES_IN]! += length;
    const isOver = this.lane.put(In.LINK_BYTES, link.number, 0, this.session, link.attempt, bytes, 0, length);
    if (isOver) this.#wait(link.gate);
  }

  linkDown(link: DcLink, flags: number, code: string): void {
    const dial = this.#dials.get(link.number)!;
    if (link.isUp) this.#owner.dialler.closed(dial);
    else this.#owner.reached.delete(dial.address);
    if (!link.isUp) this.#owner.dialler.failed(dial, this, () => this.lane.put(In.NUDGE, 0, 0, this.session, 0));
    this.#dials.delete(link.number);
    this.#links.delete(link.number);
    if (!link.isUp && dial.others.length > 0) {
      this.#owner.missed(dial.address, code);
      return this.#try(link.number, link.attempt, dial.flags, dial.others);
    }
    this.#refuse(link.number, link.attempt, flags, code);
  }

  linkFull(): void {
    this.#fullLinks++;
    this.client.gate.shut(Why.LINK);
  }

  linkDrained(): void {
    if (--this.#fullLinks === 0) this.client.gate.open(Why.LINK);
  }

  linkFreed(): void {
    this.#owner.descriptors.give();
  }

  #wait(gate: Gate): void {
    gate.shut(Why.LANE);
    this.#waiting.add(gate);
  }

  /** Its lane takes more of it. A feeder let go may have to wait again at once. */
  goOn(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const gate of waiting) gate.open(Why.LANE);
  }

  /** The client leaves its answers unread: nothing more of its DCs is read. */
  pauseLinks(): void {
    for (const link of this.#links.values()) link.gate.shut(Why.UNREAD);
  }

  resumeLinks(): void {
    for (const link of this.#links.values()) link.gate.open(Why.UNREAD);
    this.#owner.names.isRead();
  }
}
