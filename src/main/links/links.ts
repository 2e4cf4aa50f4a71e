/**
 * Links: the connections of one session to data centres, from the request for one to its end.
 * In: DIAL, SEND, HANG_UP and KEY_MADE records; what becomes of sockets. Out: LINK_UP, LINK_BYTES, LINK_DOWN and NUDGE records.
 * Never: anything of a link that was hung up.
 */
import type { RecordCursor } from '../../batch/batch.ts';
import { type Dial, type LinkEnd, readDial, type ServerAddress } from '../../batch/link-records.ts';
import { Out } from '../../batch/records.ts';
import { Count } from '../../telemetry/metrics.ts';
import { type Gate, Why } from '../flow/gate.ts';
import type { Lane } from '../lanes/lane.ts';
import { DcLink, type LinkOwner } from './dc-link.ts';
import type { DialRequest } from './dialler.ts';
import type { Dialling } from './dialling.ts';

/** Number of the link to the account's own data centre. */
const HOME = 0;

/** A link that was asked for, and what is tried after this address. */
interface LinkRequest extends DialRequest {
  readonly target: ServerAddress;
  readonly others: readonly ServerAddress[];
}

/** The session whose links these are (`sessions/open-session.ts`). */
export interface LinksOwner {
  /** Number of the session in the records. */
  readonly session: number;
  readonly lane: Pick<Lane, 'linkUp' | 'linkBytes' | 'linkDown' | 'nudge'>;
  /** Of all who feed the session. */
  readonly gate: Pick<Gate, 'shut' | 'open'>;
  /** Nobody takes what the session brings. */
  readonly isUnread: boolean;
  /** Whether a request of the session has no answer yet: its links are dialled before those of idle sessions. */
  readonly hasOpenRequests: boolean;
  /** Shuts the gate of a link until the lane takes more of this session. */
  wait(gate: Gate): void;
}

/** Keyed by the number that the session gives each of its links. */
export class Links implements LinkOwner {
  readonly #owner: LinksOwner;
  readonly #dialling: Dialling;
  readonly #links = new Map<number, DcLink>();
  /** What the dialler knows of each link, from the request to its end. */
  readonly #dials = new Map<number, LinkRequest>();
  /** When the home data centre is tried again, Unix ms; 0 once it has said something: a connection that stands says nothing of it. */
  #retryAt = 0;
  /** Links whose peers do not take what is written. */
  #full = 0;

  constructor(owner: LinksOwner, dialling: Dialling) {
    this.#owner = owner;
    this.#dialling = dialling;
  }

  /** The home data centre could not be reached, or was lost: it is tried again in so many ms. */
  waits(ms: number): void {
    this.#retryAt = this.#dialling.env.now() + ms;
  }

  /** In how many ms a home data centre that was not reached is tried again; 1 while that is being done, 0 if nothing is wrong. */
  get retryIn(): number {
    if (this.#retryAt === 0) return 0;
    const isTried = this.#dials.has(HOME);
    return Math.max(isTried ? 1 : 0, this.#retryAt - this.#dialling.env.now());
  }

  /** Connections to data centres, those being made included. */
  get size(): number {
    return this.#links.size;
  }

  /** Takes a record about one of them. */
  take(record: RecordCursor): void {
    const { kind, link, ticket } = record;
    if (kind === Out.DIAL) return this.dial(link, ticket, readDial(record));
    if (kind === Out.HANG_UP) return this.hangUp(link);
    if (kind === Out.KEY_MADE) return this.keyMade(link);
    throw new RangeError(`record of kind ${kind} out of a lane`);
  }

  /**
   * Dials a link anew; what there was under its number is hung up. Of several addresses the one that was reached last goes
   * first. @param attempt echoed in each record about this link
   */
  dial(number: number, attempt: number, { addresses, namedBy, makesKey }: Dial): void {
    this.hangUp(number);
    const [{ host, port }] = addresses;
    if (!this.#dialling.permits(namedBy, host, port))
      return this.#down(number, attempt, {
        code: 'NOTALLOWED',
        wasNeverUp: true,
        hasTimedOut: false,
        isNotAllowed: true,
      });
    this.#try(number, attempt, makesKey, this.#dialling.reached.inTurn(addresses));
  }

  #try(number: number, attempt: number, makesKey: boolean, targets: readonly ServerAddress[]): void {
    const [target, ...others] = targets as [ServerAddress, ...ServerAddress[]];
    const { host, port } = target;
    const dial: LinkRequest = {
      address: `${host} ${port}`,
      makesKey,
      isUrgent: this.#owner.hasOpenRequests,
      target,
      others,
      start: () => this.#connect(number, attempt, host, port, others.length > 0),
    };
    this.#dials.set(number, dial);
    this.#dialling.dialler.ask(dial);
  }

  /** The dialler has said that the connection may be begun. */
  #connect(number: number, attempt: number, host: string, port: number, hasOthers: boolean): void {
    const { env, batch, limits, socks, dialler, descriptors, metrics } = this.#dialling;
    if (!descriptors.take()) {
      dialler.abandoned(this.#dials.get(number)!);
      this.#dials.delete(number);
      return this.#down(number, attempt, { code: 'EMFILE', wasNeverUp: true, hasTimedOut: false, isNotAllowed: false });
    }
    metrics.counts[Count.DC_DIALS]!++;
    const within = hasOthers ? limits.addressTimeout : limits.connectTimeout;
    const options = { env, batch, mark: limits.linkMark, within, socks };
    const link = new DcLink(this, number, attempt, { host, port }, options);
    if (this.#owner.isUnread) link.gate.shut(Why.UNREAD);
    this.#links.set(number, link);
  }

  /** Writes a view of the lane's block. */
  send(number: number, view: Buffer): void {
    this.#dialling.metrics.counts[Count.DC_BYTES_OUT]! += view.length;
    this.#links.get(number)?.write(view);
  }

  /** Ends the link, or the attempt at one, or takes the request for it back. */
  hangUp(number: number): void {
    const dial = this.#dials.get(number);
    const link = this.#links.get(number);
    if (dial !== undefined && !this.#dialling.dialler.cancel(dial)) this.#ended(dial, link);
    link?.hangUp();
    this.#dials.delete(number);
    this.#links.delete(number);
  }

  #ended(dial: DialRequest, link: DcLink | undefined): void {
    if (link?.isUp === true) this.#dialling.dialler.closed(dial);
    else this.#dialling.dialler.abandoned(dial);
  }

  /** The lane has dropped the session, or was lost with it. */
  hangUpAll(): void {
    for (const number of [...this.#dials.keys()]) this.hangUp(number);
  }

  /** The session is no more. */
  close(): void {
    this.hangUpAll();
    this.#dialling.dialler.forget(this);
  }

  /** A key was made on this link: another link may make one. */
  keyMade(number: number): void {
    const dial = this.#dials.get(number);
    if (dial !== undefined) this.#dialling.dialler.keyMade(dial);
  }

  /** Reads no link while nobody who speaks in the session takes its answers. */
  pause(): void {
    for (const link of this.#links.values()) link.gate.shut(Why.UNREAD);
  }

  /** Somebody takes its answers again. */
  resume(): void {
    for (const link of this.#links.values()) link.gate.open(Why.UNREAD);
  }

  // What a link tells.

  linkUp(link: DcLink): void {
    const dial = this.#dials.get(link.number)!;
    this.#dialling.dialler.connected(dial);
    this.#dialling.reached.add(dial.address);
    const { lane, session } = this.#owner;
    lane.linkUp(session, link.number, link.attempt, dial.target);
  }

  linkBytes(link: DcLink, bytes: Buffer, length: number): void {
    this.#dialling.metrics.counts[Count.DC_BYTES_IN]! += length;
    if (link.number === HOME) this.#retryAt = 0;
    const { lane, session } = this.#owner;
    const isOver = lane.linkBytes(session, link.number, link.attempt, bytes, length);
    if (isOver) this.#owner.wait(link.gate);
  }

  linkDown(link: DcLink, end: LinkEnd): void {
    const dial = this.#dials.get(link.number)!;
    if (link.isUp) this.#dialling.dialler.closed(dial);
    else this.#unreached(dial);
    this.#dials.delete(link.number);
    this.#links.delete(link.number);
    if (!link.isUp && dial.others.length > 0) {
      this.#dialling.missed(dial.target, end.code);
      return this.#try(link.number, link.attempt, dial.makesKey, dial.others);
    }
    this.#down(link.number, link.attempt, end);
  }

  /** The address did not answer: when another session reaches it, this one is told. */
  #unreached(dial: DialRequest): void {
    this.#dialling.reached.delete(dial.address);
    this.#dialling.dialler.failed(dial, this, () => {
      const { lane, session } = this.#owner;
      lane.nudge(session);
    });
  }

  #down(number: number, attempt: number, end: LinkEnd): void {
    const { lane, session } = this.#owner;
    lane.linkDown(session, number, attempt, end);
  }

  linkFull(): void {
    if (this.#full++ === 0) this.#owner.gate.shut(Why.LINK);
  }

  linkDrained(): void {
    if (--this.#full === 0) this.#owner.gate.open(Why.LINK);
  }

  linkFreed(): void {
    this.#dialling.descriptors.give();
  }
}
