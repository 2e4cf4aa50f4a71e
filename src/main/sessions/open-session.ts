/**
 * Open session: a session from its beginning to its end: its lane, its links to data centres, the clients that speak in it.
 * In: clients that come and go; SAVE records; what is said to all; the loss of its lane's thread. Out: records to the lane; lines to
 * the clients; its end when nobody needs it. Never: looks into a message, or a record of its state.
 */
import type { RecordCursor } from '../../batch/batch.ts';
import type { OpenState } from '../../batch/name-records.ts';
import { COUNTERS_LENGTH, ENTRY_LENGTH, entryAttachment, idsFrom } from '../../batch/save-records.ts';
import type { ErrorName } from '../../errors.ts';
import { Count, type Metrics } from '../../telemetry/metrics.ts';
import type { MainEnv } from '../env.ts';
import { type Gate, Why } from '../flow/gate.ts';
import type { NoticeFields } from '../front.ts';
import type { Lane } from '../lanes/lane.ts';
import { Links, type LinksOwner } from '../links/links.ts';
import type { Dialling } from '../links/dialling.ts';
import type { KeyOwner } from '../names/open-key.ts';
import type { NameOwner } from '../names/owner.ts';
import type { SessionRegistry } from '../names/session-registry.ts';
import type { Attachment } from './attachment.ts';
import { Cork } from './cork.ts';
import type { Ticket } from './ledger.ts';
import { type Peopled, Presence } from './presence.ts';
import { SavedSession } from './saved-session.ts';

/** What a session needs of whoever keeps all of them (`Router`). */
export interface SessionOwner {
  readonly dialling: Dialling;
  readonly registry: SessionRegistry;
  /** Sends what was said to clients outside of any block. */
  settle(): void;
  attachmentOf(number: number): Attachment | undefined;
  /** A client has left it. */
  detached(attachment: Attachment): void;
}

/** What all sessions share of which no link waits for the lane. */
const NO_GATES = new Set<Gate>();

/** How long a name that nobody has signed in to keeps its key with nobody there, ms. */
const SIGN_IN_TIME = 15 * 60_000;

/** One session as the main thread has it; it survives the loss of its lane's thread. */
export class OpenSession implements LinksOwner, NameOwner, KeyOwner, Peopled {
  /** Its number in the records. */
  readonly number: number;
  readonly lane: Lane;
  /** The name it is stored under, or will be. */
  readonly name: string | undefined;
  readonly saved = new SavedSession();
  readonly links: Links;
  readonly attachments = new Set<Attachment>();
  readonly openedAt: number;
  /** Shuts and opens what is read of all who speak in it. */
  readonly gate: Pick<Gate, 'shut' | 'open'> = {
    shut: (why) => {
      this.#isLinkFull = true;
      for (const { client } of this.attachments) client.gate.hold(why);
    },
    open: (why) => {
      this.#isLinkFull = false;
      for (const { client } of this.attachments) client.gate.release(why);
    },
  };
  readonly #owner: SessionOwner;
  readonly #isBare: boolean;
  /** Links that wait until the lane takes more of it. */
  #waiting = NO_GATES;
  #isLinkFull = false;
  isClosing = false;
  /** It keeps its name, and is found by it. */
  isNamed: boolean;
  /** Something is stored under its name; a key was made for it; its account is lost; data centres have heard of it. */
  isStored = false;
  hasKey = false;
  isLost = false;
  hasSent = false;
  /** It is kept open with nobody there. */
  isResident = false;
  readonly #presence = new Presence(this);
  readonly #cork = new Cork(() => this.#owner.settle());
  /** Threads that a record of this session killed. */
  deaths = 0;
  /** It was put again after its thread was lost, which may have taken keys for it that nobody knows of. */
  isResumed = false;
  readonly #ends: (() => void)[] = [];

  /** @param name under which it is stored @param isBare it is there to refuse */
  constructor(owner: SessionOwner, number: number, lane: Lane, name: string | undefined, isBare: boolean) {
    this.#owner = owner;
    this.number = number;
    this.lane = lane;
    this.name = name;
    this.isNamed = name !== undefined;
    this.#isBare = isBare;
    this.links = new Links(this, owner.dialling);
    this.openedAt = this.env.now();
    lane.open(number, name, isBare);
  }

  get env(): MainEnv {
    return this.#owner.dialling.env;
  }

  get metrics(): Metrics {
    return this.#owner.dialling.metrics;
  }

  /** Number of the session in the records, as its links and its name know it. */
  get session(): number {
    return this.number;
  }

  // --- who speaks in it ------------------------------------------------------------------------------------------------

  /** A client speaks in it from here on. */
  entered(attachment: Attachment): void {
    this.attachments.add(attachment);
    if (attachment.isPresent) this.woke();
    if (this.#isLinkFull) attachment.client.gate.hold(Why.LINK);
    // Those who were there before may leave their answers unread.
    this.readOn();
  }

  /** A client has left it. A session without a name ends with its client, a named one lingers. */
  left(attachment: Attachment): void {
    if (!this.attachments.delete(attachment)) return;
    this.#owner.detached(attachment);
    if (this.#isLinkFull) attachment.client.gate.release(Why.LINK);
    this.readOn();
    if (!this.isClosing) this.lane.detach(attachment.number);
    if (attachment.isPresent) this.rests();
    else this.#presence.endIfDue();
  }

  woke(): void {
    this.#presence.came();
  }

  rests(): void {
    this.#presence.went();
  }

  /** Nobody speaks in it. Clients each line of which names it may be there, with nothing open. */
  get isDeserted(): boolean {
    return this.#presence.isNone;
  }

  settle(): void {
    this.#presence.settle();
  }

  /** How long it stays open with nobody there, ms: whoever has asked for a code comes back to sign in, under the same key. */
  get linger(): number {
    const { linger } = this.#owner.dialling.limits;
    if (!this.isNamed || this.isLost) return 0;
    if (this.isResident && this.isStored) return Infinity;
    if (this.isStored || this.#owner.registry.isClaiming(this)) return linger;
    if (this.hasKey) return Math.max(linger, SIGN_IN_TIME);
    // What a line has set here, as its server, the next one of its client finds.
    return this.attachments.size > 0 ? linger : 0;
  }

  /** It lingers: nobody speaks in it, and neither a resident nor a sign-in under way keeps it. */
  get isIdle(): boolean {
    return this.isDeserted && !this.isResident && (this.isStored || !this.hasKey);
  }

  /** Something for all clients that hear updates in a form. @param line of the lane's block */
  update(form: number, line: Buffer): void {
    if (!this.isCorked) return this.#sayToAll(form, line);
    const copy = Buffer.from(line);
    this.sayLater(() => this.#sayToAll(form, copy));
  }

  #sayToAll(form: number, line: Buffer): void {
    const { batch } = this.#owner.dialling;
    for (const attachment of this.attachments) {
      if (attachment.isMute || attachment.isRetired || attachment.form !== form) continue;
      this.metrics.counts[Count.UPDATES]!++;
      batch.gave(line);
      attachment.client.update(line);
    }
  }

  /** Something about the session that answers no request, for all who hear notices. */
  notice(name: ErrorName, fields: NoticeFields): void {
    for (const { client, isMute, isRetired } of this.attachments)
      if (!isMute && !isRetired) client.notice(name, fields);
  }

  /** Nobody who speaks in it takes its answers. One that does not is not waited for while others do. */
  get isUnread(): boolean {
    if (this.attachments.size === 0) return false;
    for (const { client } of this.attachments) if (!client.isUnread) return false;
    return true;
  }

  /** A client leaves its answers unread: its links are not read while nobody else speaks here. */
  pauseLinks(): void {
    if (this.isUnread) this.links.pause();
  }

  /** A client takes its answers again, or has left. */
  readOn(): void {
    if (!this.isUnread) this.links.resume();
  }

  // --- what its lane says ----------------------------------------------------------------------------------------------

  /** Takes a SAVE record: where the session and its requests stand. */
  save(record: RecordCursor): void {
    const end = idsFrom(record);
    for (let at = COUNTERS_LENGTH; at < end; at += ENTRY_LENGTH)
      this.#owner.attachmentOf(entryAttachment(record, at))?.ledger.took(record, at);
    this.saved.takeCounters(record);
  }

  /** What a list tells of it. */
  get state(): OpenState {
    const connections = new Set([...this.attachments].filter((one) => one.isPresent).map(({ client }) => client)).size;
    const { retryIn } = this.links;
    const state = retryIn > 0 ? 'waiting' : this.#owner.registry.isClaiming(this) ? 'opening' : 'open';
    return { state, connections, openedAt: this.openedAt, retryIn };
  }

  // --- the loss of its thread ------------------------------------------------------------------------------------------

  /** The lane's thread was lost: the next one takes the session as it was saved, with the requests that it had taken. */
  resume(): void {
    this.isResumed = true;
    this.lane.open(this.number, this.name, this.#isBare);
    if (!this.saved.isEmpty) {
      const bytes = this.saved.resume();
      this.lane.resume(this.number, bytes);
      bytes.fill(0);
    }
    for (const attachment of this.attachments) attachment.attach();
    for (const [{ number }, ticket] of this.#openTickets())
      if (ticket.isTaken) this.lane.again(number, ticket.number, ticket.requestFlags, ticket.again());
    // One that has lost its name refuses: its lines would wait for good.
    if (this.name !== undefined) this.#owner.registry.resumed(this);
    this.#owner.registry.keys.resumed(this);
  }

  /**
   * Puts the requests again whose batch was lost, or had not left. Nothing was done for them, so they run as new ones, but one a batch:
   * each may be what killed the last thread.
   */
  repeat(): void {
    for (const [attachment, ticket] of this.#openTickets()) if (!ticket.isTaken) attachment.put(ticket, true);
  }

  /** In the order they came: a client may have asked by two attachments in turn. */
  #openTickets(): (readonly [Attachment, Ticket])[] {
    return [...this.attachments]
      .flatMap((one) => [...one.ledger.all()].map((ticket) => [one, ticket] as const))
      .sort(([, a], [, b]) => a.number - b.number);
  }

  // --- output that waits for the disk ----------------------------------------------------------------------------------

  /** What is said to the clients from here on waits for `uncork`. */
  cork(): void {
    this.#cork.shut();
  }

  get isCorked(): boolean {
    return this.#cork.isShut;
  }

  /** Says a line now, or in its turn when the session is uncorked. Never called while a block is applied. */
  say(line: () => void): void {
    this.#cork.say(line);
  }

  /** Says a line in its turn when the session, which is corked, is uncorked. */
  sayLater(line: () => void): void {
    this.#cork.sayLater(line);
  }

  /** Says what has waited. Never called while a block is applied. */
  uncork(): void {
    this.#cork.open();
  }

  // --- its end ---------------------------------------------------------------------------------------------------------

  /** Ends the session, as nobody needs it; `ended` follows. Whoever is there has nothing open, and comes to the next one of its name. */
  close(): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.#presence.stop();
    this.lane.close(this.number);
    for (const attachment of [...this.attachments]) attachment.leave();
  }

  /** The session has lost its name, or could not be opened: nobody else finds it. */
  unname(): void {
    this.isNamed = false;
    if (this.isDeserted) this.close();
  }

  /** Calls `then` when the session has ended. */
  whenEnded(then: () => void): void {
    this.#ends.push(then);
  }

  /** It is no more. */
  ended(): void {
    this.#presence.stop();
    this.saved.wipe();
    this.links.close();
    for (const then of this.#ends.splice(0)) then();
  }

  /** The request of one of its clients; undefined if nothing is owed to it. */
  standingOf(ticket: number): Ticket | undefined {
    for (const { ledger } of this.attachments) {
      const found = ledger.find(ticket);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  get hasOpenRequests(): boolean {
    return [...this.attachments].some(({ ledger }) => ledger.size > 0);
  }

  wait(gate: Gate): void {
    gate.shut(Why.LANE);
    if (this.#waiting === NO_GATES) this.#waiting = new Set();
    this.#waiting.add(gate);
  }

  /** The lane takes more of what its links bring. */
  goOn(): void {
    const waiting = this.#waiting;
    this.#waiting = NO_GATES;
    for (const gate of waiting) gate.open(Why.LANE);
  }
}
