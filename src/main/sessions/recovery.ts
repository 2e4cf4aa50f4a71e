/**
 * Recovery: what becomes of the sessions of a lane whose thread was lost (decisions: lanes).
 * In: the lost lane, which records its thread may have died of; the end of that thread. Out: the sessions put again, to the next
 * thread; errors for requests that are given up; keys given back. Never: a request that killed two threads is put again.
 */
import { In } from '../../batch/records.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { SessionRegistry } from '../names/session-registry.ts';
import type { NoticeFields } from '../front.ts';
import type { Lane, Loss } from '../lanes/lane.ts';
import type { Culprit } from '../lanes/lane-queue.ts';
import type { Ticket } from './ledger.ts';
import type { Attachment } from './attachment.ts';
import type { OpenSession } from './open-session.ts';

/** Who keeps the sessions (`Router`). */
export interface RecoveryOwner {
  readonly metrics: Metrics;
  readonly registry: SessionRegistry;
  /** The sessions of a lane. */
  openedOf(lane: Lane): OpenSession[];
  gone(session: OpenSession): void;
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
  readonly refused: { readonly attachment: Attachment; readonly ticket: Ticket } | undefined;
  readonly ending: readonly OpenSession[];
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
    const sessions = this.#owner.openedOf(lane);
    this.#options.log.write('lane lost', { lane: lane.number, reason: loss.why, sessions: sessions.length });
    const closing = sessions.filter((session) => session.isClosing);
    const open = sessions.filter((session) => !session.isClosing);
    for (const { ledger } of speakersOf(open))
      for (const ticket of ledger.all()) if (loss.suspects.has(ticket.number)) ticket.deaths++;
    const { refused, ending } = isHopeless ? { refused: undefined, ending: open } : judge(open, loss.culprit);
    const going = open.filter((session) => !ending.includes(session));
    putAgain(going);
    this.#lostSessions(lane, [...closing, ...ending, ...going.filter(({ saved }) => saved.isEmpty)]);
    for (const session of sessions) session.links.hangUpAll();
    for (const session of [...closing, ...ending]) this.#owner.registry.keys.lost(session);
    for (const session of closing) this.#owner.gone(session);
    for (const session of ending) this.#end(session);
    if (refused !== undefined) this.#refuse(refused.attachment, refused.ticket);
    // What waited in the lost lane is put again: who fed it may go on behind that.
    for (const attachment of speakersOf(going)) attachment.goOn();
    for (const session of sessions) session.goOn();
    return refused !== undefined || ending.length > 0;
  }

  /** The session is over; its clients stay, and their next messages begin others. */
  #end(session: OpenSession): void {
    const attachments = [...session.attachments];
    const tickets = attachments.map(({ ledger }) => ledger.drain());
    session.isClosing = true;
    this.#owner.gone(session);
    for (const [i, attachment] of attachments.entries()) {
      const { client, isMute } = attachment;
      for (const ticket of tickets[i]!) this.#crashed(attachment, ticket, true);
      if (!isMute || session.name === undefined) client.lostSession();
      client.detached(attachment, false);
      attachment.leave();
      // Behind all lines: an emptied ledger lets the client go on, or end.
      client.settled();
    }
  }

  #refuse(attachment: Attachment, ticket: Ticket): void {
    this.#crashed(attachment, ticket, false);
    attachment.leaveIfDone();
    attachment.client.settled();
  }

  /** @param hasHope another request may be what killed the thread */
  #crashed(attachment: Attachment, ticket: Ticket, hasHope: boolean): void {
    const { client, session } = attachment;
    const { number, id } = ticket;
    this.#owner.registry.keys.crashed(session, number, ticket.isSent);
    this.#owner.metrics.ended('WorkerCrashed');
    client.crashed(number, id, fateOf(attachment, ticket, hasHope));
  }

  /** Gives back the keys of sessions that end, and of those that go on without one, once the thread has ended: it may take keys until then. */
  #lostSessions(lane: Lane, lost: readonly OpenSession[]): void {
    const sessions = this.#ending.get(lane) ?? new Set();
    for (const { number } of lost) sessions.add(number);
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

/**
 * What the client of a request is told that is given up. With an idempotency key, one before it may have been carried out, though this
 * one was not: only the key says, so it is asked for again.
 */
function fateOf({ client }: Attachment, ticket: Ticket, hasHope: boolean): NoticeFields {
  if (ticket.isSent) return {};
  if (!client.mayHaveKey(ticket)) return { delivered: 'no' };
  return hasHope ? { retryable: true } : {};
}

function speakersOf(sessions: readonly OpenSession[]): Attachment[] {
  return sessions.flatMap(({ attachments }) => [...attachments]);
}

/** Who is at fault, if the record that was alone in its batch has killed a thread before. */
function judge(sessions: readonly OpenSession[], culprit: Culprit | undefined): Verdict {
  if (culprit === undefined) return NOBODY;
  if (culprit.kind === In.REQUEST || culprit.kind === In.AGAIN) {
    const attachment = speakersOf(sessions).find(({ number }) => number === culprit.session);
    return attachment === undefined ? NOBODY : judgeRequest(attachment, culprit.ticket);
  }
  const session = sessions.find(
    ({ number, attachments }) =>
      number === culprit.session || [...attachments].some((one) => one.number === culprit.session),
  );
  if (session === undefined) return NOBODY;
  return { refused: undefined, ending: ++session.deaths < 2 ? [] : [session] };
}

function judgeRequest(attachment: Attachment, number: number): Verdict {
  const ticket = attachment.ledger.find(number);
  if (ticket === undefined || ticket.deaths < 2) return NOBODY;
  attachment.ledger.close(ticket.number);
  return { refused: { attachment, ticket }, ending: [] };
}

/** Sessions and what they had taken go together; requests that may have killed the thread go one by one, behind them. */
function putAgain(sessions: readonly OpenSession[]): void {
  for (const session of sessions) session.resume();
  for (const session of sessions) session.repeat();
}
