/**
 * Client sessions: the sessions that one client speaks in: the one that is its own or that it has named, and those that single
 * lines name (`as`).
 * In: its messages; what lanes say about where they belong. Out: each message to its session; tickets put again elsewhere.
 * Never: a line behind one of the same session that came earlier; more sessions than one client may have.
 */
import { NAME } from '../../account/name.ts';
import type { Move } from '../../batch/name-records.ts';
import { MannerFlag } from '../../batch/attach-records.ts';
import type { IdText } from '../front.ts';
import type { Limits } from '../limits/limits.ts';
import { Attachment, type SessionClient } from './attachment.ts';
import type { Tally, Ticket } from './ledger.ts';
import type { OpenSession } from './open-session.ts';
import { UnsureLines } from './unsure-lines.ts';

/** Who begins sessions (`Router`). */
export interface Sessions {
  /** A session without a name. @param isBare it is there to refuse */
  begin(isBare: boolean): OpenSession;
  /**
   * The session of a name, open already or opened now.
   * @param isTakeover another process that has it is asked to leave @param client number of the client: claims of many have turns
   */
  named(name: string, isTakeover: boolean, client: number): OpenSession;
  /** A number that nothing else has. */
  nextNumber(): number;
  /** The attachment hears its lane from here on. */
  entered(attachment: Attachment): void;
  readonly limits: Pick<Limits, 'namesPerConnection' | 'openRequests'>;
}

/** How the client speaks, before it has said anything about that. */
export interface FirstManner {
  /** `FormFlag`. */
  readonly form: number;
  readonly hasLines: boolean;
  /** It speaks HTTP: each request names its session, and nothing but answers can be said to it. */
  readonly isStateless: boolean;
}

const NOTHING = new Uint8Array(0);

/** All that one client speaks in; made with its first message. */
export class ClientSessions {
  readonly tally: Tally;
  readonly #sessions: Sessions;
  readonly #client: SessionClient;
  readonly #first: FirstManner;
  /** Number of the client: its attachments are not each other's rivals. */
  readonly #number: number;
  #form: number;
  /** Where lines go that name no session. */
  #current: Attachment | undefined;
  /** It has lost its session: what it sends is refused until it names another. */
  #isBare = false;
  /** What it has said it is (`options.init`), and takes along, until a session lets it in. */
  #init: Uint8Array = NOTHING;
  /** Rises with each line that names its session. */
  #uses = 0;
  /** By the names that single lines give. */
  readonly #named = new Map<string, Attachment>();
  /** All, with those that the client has left and that still owe it answers. */
  readonly #all = new Set<Attachment>();
  /** Lines of the current attachment that may be for any session. */
  readonly #unsure = new UnsureLines();
  #isOver = false;

  constructor(sessions: Sessions, client: SessionClient, first: FirstManner) {
    this.#sessions = sessions;
    this.tally = { open: 0, bytes: 0, full: 0, most: sessions.limits.openRequests };
    this.#client = client;
    this.#first = first;
    this.#form = first.form;
    this.#number = sessions.nextNumber();
  }

  /**
   * Passes one message on to its session.
   * @param as name of the stored session that the line is for; undefined: the connection's; null: only the lane can tell
   * @param flags `requestFlags` @returns the message's ticket; undefined if the client speaks in too many sessions already
   */
  request(
    bytes: Buffer,
    start: number,
    stop: number,
    id: IdText,
    flags: number,
    as?: string | null,
  ): number | undefined {
    // Nothing is opened for what can be no name, and no row of the vault shows it: where its line goes instead, it is refused.
    const name = typeof as !== 'string' || this.#named.has(as) || NAME.test(as) ? as : undefined;
    if (typeof name === 'string' && !this.#mustFollow())
      return this.#attachmentIn(name)?.request(bytes, start, stop, id, flags);
    const current = (this.#current ??= this.#beginOwn());
    const ticket = current.request(bytes, start, stop, id, flags);
    if (typeof name === 'string') this.#unsure.follow(ticket, name, current.ledger);
    else if (name === null) this.#unsure.note(ticket, current.ledger);
    return ticket;
  }

  /** Whether a line with `as` must go where those go that name no session: one of them may be for the same session. */
  #mustFollow(): boolean {
    if (this.#current === undefined) return false;
    if (this.#unsure.areAhead(this.#current.ledger)) return true;
    this.#callBack(this.#current);
    return false;
  }

  /** Lines with `as` that went behind one that is settled now need not be sent back by the lane: else those behind them had to follow, without end. */
  #callBack(from: Attachment): void {
    for (const { ticket: number, name } of this.#unsure.takeFollowers()) {
      const ticket = from.ledger.find(number);
      // Where it is carried out it stays.
      if (ticket === undefined || from.session.name === name) continue;
      const target = this.#attachmentIn(name);
      if (target === undefined) continue;
      from.ledger.close(number);
      target.adopt(ticket);
    }
  }

  /** A session of the client's own. */
  #beginOwn(): Attachment {
    return this.#attach(this.#sessions.begin(this.#isBare), false, this.#init);
  }

  /** The attachment for lines that name a session; undefined if there are too many. */
  #attachmentIn(name: string, isTakeover = false): Attachment | undefined {
    const found = this.#named.get(name);
    if (found !== undefined && !found.isRetired && found.session.isNamed) {
      found.usedAt = ++this.#uses;
      if (isTakeover) this.#sessions.named(name, true, this.#number);
      return found;
    }
    found?.retire();
    if (this.#named.size >= this.#sessions.limits.namesPerConnection && !this.#retireIdle()) return undefined;
    const attachment = this.#attach(this.#sessions.named(name, isTakeover, this.#number), true, NOTHING);
    attachment.usedAt = ++this.#uses;
    this.#named.set(name, attachment);
    return attachment;
  }

  /**
   * Leaves the session that was used longest ago, of those where no request is open. All are looked at: keeping them in that order took
   * 1 us a line with 1 000 names, and few clients ever have too many.
   */
  #retireIdle(): boolean {
    let idle: Attachment | undefined;
    for (const one of this.#named.values())
      if (one.ledger.size === 0 && one.usedAt < (idle?.usedAt ?? Infinity)) idle = one;
    if (idle === undefined) return false;
    this.#named.delete(idle.session.name!);
    idle.retire();
    return true;
  }

  #attach(session: OpenSession, isMute: boolean, init: Uint8Array): Attachment {
    const sibling = [this.#current, this.#named.get(session.name ?? '')].find((one) => one?.session === session);
    const { hasLines, isStateless } = this.#first;
    const speaking = {
      manner: this.#form,
      client: this.#number,
      hasLines,
      isMute: isMute || isStateless,
      // A line that names its session moves alone, wherever it was first.
      isStateless: isMute || isStateless,
      init,
    };
    const attachment = new Attachment(
      this.#sessions.nextNumber(),
      session,
      this.#client,
      speaking,
      this.tally,
      sibling,
    );
    this.#sessions.entered(attachment);
    this.#all.add(attachment);
    return attachment;
  }

  // --- lines that belong elsewhere -------------------------------------------------------------------------------------

  /** Puts a line, or all that were not taken, where they belong. */
  moved(from: Attachment, { action, name, ticket, init }: Move): void {
    if (this.#isOver) return;
    if (action === 'as' || from.speaking.isStateless)
      return this.#movedAlone(from, name, ticket, action === 'takeover');
    this.#leave(from);
    if (action === 'detach') this.#isBare = false;
    // It is not let in there yet: if it is refused, it goes on with that where it was.
    this.#init = action === 'detach' ? NOTHING : init;
    const session =
      action === 'detach'
        ? this.#sessions.begin(false)
        : this.#sessions.named(name, action === 'takeover', this.#number);
    const to = this.#attach(session, false, init);
    this.#goOn(from, to);
    this.#unsure.settled(ticket);
    // Lines for other sessions need not wait while this one opens.
    if (!this.#unsure.areAhead(to.ledger)) this.#callBack(to);
  }

  #movedAlone(from: Attachment, name: string, number: number, isTakeover: boolean): void {
    const ticket = from.ledger.close(number);
    if (ticket === undefined) return;
    const target = this.#attachmentIn(name, isTakeover);
    if (target !== undefined) target.adopt(ticket);
    else this.#client.refused(ticket);
    from.leaveIfDone();
  }

  /** The client does not speak there any more; what was not taken runs in a session of its own. */
  detached(from: Attachment, isBare: boolean): void {
    if (this.#isOver) return;
    const name = [...this.#named].find(([, one]) => one === from)?.[0];
    if (name !== undefined) {
      this.#named.delete(name);
      const untaken = from.ledger.takeUntaken();
      from.retire();
      const target = untaken.length > 0 ? this.#attachmentIn(name) : undefined;
      for (const ticket of untaken) target?.adopt(ticket);
      return;
    }
    if (from !== this.#current) return from.retire();
    this.#leave(from);
    // Who was let in nowhere is where it was before.
    if (isBare || isSettled(from)) {
      this.#isBare = isBare;
      this.#init = NOTHING;
    }
    const untaken = from.ledger.takeUntaken();
    from.retire();
    if (untaken.length === 0) return;
    this.#current = this.#beginOwn();
    for (const ticket of untaken) this.#current.adopt(ticket);
  }

  #leave(from: Attachment): void {
    if (this.#current === from) this.#current = undefined;
  }

  #goOn(from: Attachment, to: Attachment): void {
    this.#current = to;
    const untaken: Ticket[] = from.ledger.takeUntaken();
    from.retire();
    for (const ticket of untaken) to.adopt(ticket);
  }

  /** The form of answers is the client's, in whichever session it speaks. */
  speaks(from: Attachment, manner: number): void {
    from.speaks(manner);
    const form = manner & MannerFlag.FORM;
    if (form === this.#form) return;
    this.#form = form;
    for (const one of this.#all) if (one.form !== form && !one.isRetired) one.session.lane.form(one.number, form);
  }

  /** An attachment has left its session. */
  left(attachment: Attachment): void {
    this.#all.delete(attachment);
    const { name } = attachment.session;
    if (name !== undefined && this.#named.get(name) === attachment) this.#named.delete(name);
    this.#leave(attachment);
  }

  /** Whether an attachment is one of its. */
  has(attachment: Attachment): boolean {
    return this.#all.has(attachment);
  }

  // --- all of them -----------------------------------------------------------------------------------------------------

  pauseLinks(): void {
    for (const { session } of this.#all) session.pauseLinks();
  }

  resumeLinks(): void {
    for (const { session } of this.#all) session.readOn();
  }

  /** Lets out what waits for the disk: the gateway waits no longer. */
  uncork(): void {
    for (const { session } of [...this.#all]) session.uncork();
  }

  /** Gives up all open requests, oldest first. */
  drain(): Ticket[] {
    return [...this.#all].flatMap(({ ledger }) => ledger.drain()).sort((a, b) => a.number - b.number);
  }

  /**
   * The client is done with all its sessions.
   * @param ended is called when its own has ended, so that whoever comes next with its key finds it free
   */
  close(ended: () => void = () => undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const own = this.#current?.session;
    const waits = own !== undefined && own.name === undefined && !own.isClosing;
    if (waits) own.whenEnded(ended);
    for (const attachment of [...this.#all]) attachment.leave();
    this.#named.clear();
    if (!waits) ended();
  }
}

/** Whether a line of the client was let in to a stored session. */
function isSettled({ speaking, session }: Attachment): boolean {
  return session.name === undefined || (speaking.manner & MannerFlag.SETTLED) !== 0;
}
