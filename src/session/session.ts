/**
 * Session: the MTProto machine of one session, for whichever clients speak in it.
 * In: requests, DC bytes, the time. Out: through Sink. Never: sockets, timers, the clock.
 *
 * Order of calls: `resume`, then `attach` and `again`, if at all, before all else; then any events of a batch; `work` while `hasWork`;
 * `flush` once a batch, and again while `hasRest`; `save` at its end. `nextDeadline` may change after any of them; a
 * `tick` too many does nothing. After `close` nothing is called.
 */
import type { LinkEnd, ServerAddress } from '../batch/link-records.ts';
import type { KeyAnswer } from '../batch/key-records.ts';
import type { NameAnswer } from '../batch/name-records.ts';
import type { PacketSink } from '../transport/transport.ts';
import { answerTimeout } from './answers/answers.ts';
import { endLeaving, LEAVE_MS, stayIfNobodyTakes } from './attach/alone.ts';
import { answerListed } from './attach/attach.ts';
import { dropRequestsOf } from './attach/gone.ts';
import { detach } from './attach/move.ts';
import { endSession, leaveIfDue } from './attach/over.ts';
import { takeAllWaiting, waitBehind } from './attach/waiting.ts';
import { tellCrash } from './crash.ts';
import { firstDeadline, tickConnection } from './deadlines.ts';
import type { Env } from './env.ts';
import { isPlain, receivePacket } from './incoming/receive.ts';
import { onClosed, onOpened, onStatus } from './link/connect.ts';
import { dropLink } from './link/hang-up.ts';
import { onPlainPacket } from './link/make-keys.ts';
import { hear } from './link/trouble.ts';
import { takeKeyAnswer } from './requests/keyed.ts';
import { takeOn, takeRequest } from './requests/requests.ts';
import { takeNameAnswer } from './requests/take-name-answer.ts';
import { restore, takeAgain } from './resume.ts';
import { Sending } from './sending.ts';
import type { Sink } from './sink.ts';
import { gatherMoves, Saved } from './snapshot.ts';
import { type AttachmentState, copyOfLine, type ClientLine } from './state/attachment.ts';
import { homeServer } from './state/servers.ts';
import { ConnectionState, SessionState } from './state/state.ts';
import type { WaitingStep } from './state/waiting-lines.ts';
import { storeIfBehind } from './stored/store.ts';

/** How many bytes of waiting lines one `flush` takes on. */
const WAITING_BYTES = 64 * 1024;

/** One session: takes requests of its clients, connection events and the time, all from outside; answers through its sink. */
export class Session implements PacketSink {
  readonly #home: ConnectionState;
  /** The connection whose bytes are being read. */
  #reading: ConnectionState;
  readonly #saved: Saved;
  readonly #sending = new Sending();
  #now = 0;

  /**
   * @param number how the main thread knows this session; claims on keys go by it
   * @param name under which it is stored: then its lines wait for what is found there
   * @param isBare it is there to refuse
   */
  constructor(env: Env, sink: Sink, number: number, name?: string, isBare = false) {
    const { dataCentres, home } = env.settings;
    const session = new SessionState(env, name, isBare);
    this.#home = new ConnectionState(env, sink, number, homeServer(dataCentres, home), session, 'home', 0);
    this.#reading = this.#home;
    this.#saved = new Saved(this.#home);
  }

  // --- events in -----------------------------------------------------------------------------------------------------

  /** A client speaks in this session from here on. One that comes when it is over belongs elsewhere. */
  attach(attachment: AttachmentState): void {
    const home = this.#home;
    home.session.attachments.add(attachment);
    if (home.session.isOver) detach(home, attachment, false);
  }

  /** A client does not any more. */
  detach(attachment: AttachmentState): void {
    attachment.isGone = true;
    this.#home.session.attachments.remove(attachment);
    dropRequestsOf(this.#all(), attachment);
    stayIfNobodyTakes(this.#home);
  }

  /** The clients that speak in it. */
  attachments(): IterableIterator<AttachmentState> {
    return this.#home.session.attachments.all();
  }

  /** A client wants its answers in another form. @param form `FormFlag` */
  form(attachment: AttachmentState, form: number): void {
    attachment.take(form);
    this.#home.session.attachments.listen();
    this.#home.sink.speaks(attachment.number, attachment.manner);
  }

  /** One client message. @param now Unix ms */
  request(line: ClientLine, now: number): void {
    const to = line.attachment;
    if (to.isMoving) return;
    if (this.#mustWait(to) || to.waitingLines.behind.length > 0) waitBehind(this.#home, copyOfLine(line));
    else takeRequest(this.#home, line, now);
  }

  /** What the main thread says of the session's name: what was found there, or what came of a request of a line. */
  nameAnswer(answer: NameAnswer, now: number): void {
    takeNameAnswer(this.#all(), answer, now);
  }

  /** What is known of the key of a request. */
  keyAnswer(answer: KeyAnswer, now: number): void {
    takeKeyAnswer(this.#home, answer, now);
  }

  /** The list that a line of a client waits for. */
  listed({ waitingLines }: AttachmentState, answer: NameAnswer): void {
    const { first, step } = waitingLines;
    if (first?.ticket !== answer.ticket || step !== 'list') return;
    waitingLines.first = undefined;
    answerListed(this.#home, first, answer);
  }

  /** The connection `link` asked for by attempt `attempt` stands. @param at the address of the server that has answered */
  opened(link: number, attempt: number, now: number, at: ServerAddress): void {
    const s = this.#current(link, attempt);
    if (s === undefined) return;
    s.link.standsAt(at);
    onOpened(s, now);
  }

  /** Stream bytes of that connection, in any cut. */
  received(link: number, attempt: number, bytes: Uint8Array, start: number, end: number, now: number): void {
    const s = this.#current(link, attempt);
    if (s === undefined) return;
    this.#now = now;
    this.#reading = s;
    s.link.notSilent();
    if (!s.link.isProven) hear(s.link, bytes, start, end);
    s.link.transport?.unpack(bytes, start, end, this);
  }

  closed(link: number, attempt: number, why: LinkEnd, now: number): void {
    const s = this.#current(link, attempt);
    if (s !== undefined) onClosed(s, why, now);
  }

  /** Another process takes the session over: new lines wait, open requests have `LEAVE_MS` to end. */
  leave(now: number): void {
    const { session } = this.#home;
    if (session.stored !== undefined && session.leaveBy === Infinity) session.leaveBy = now + LEAVE_MS;
  }

  /** The server can be reached again: a pause after failed attempts is over. */
  nudge(now: number): void {
    for (const { link } of this.#all())
      if (link.stage === 'down' && link.redialAt > now && link.redialAt !== Infinity) link.redialAt = now;
  }

  /** Does what is due. */
  tick(now: number): void {
    for (const one of this.#home.session.repeats.expire(now)) answerTimeout(this.#home, one);
    for (const s of this.#all()) tickConnection(s, now);
  }

  /** A fresh session goes on as the saved one of a lost thread: the bytes of a RESUME record. */
  resume(bytes: Uint8Array, start: number, end: number, now: number): void {
    restore(this.#home, bytes, start, end, now);
  }

  /** A request that the lost thread had taken: the bytes of an AGAIN record. */
  again(line: ClientLine): void {
    takeAgain(this.#home, line);
  }

  // --- called by the transport, while `received` runs ----------------------------------------------------------------

  /** Called by the transport. */
  packet(bytes: Uint8Array, start: number, end: number): void {
    const s = this.#reading;
    if (s.link.stage === 'down') return;
    if (s.link.handshake !== undefined) {
      if (isPlain(bytes, start, end)) s.link.plain.push(bytes.slice(start, end));
      else dropLink(s, this.#now, 'an encrypted packet came in the key exchange');
      return;
    }
    if (!receivePacket(s, bytes, start, end, this.#now)) this.broken('a packet failed its checks');
  }

  /** Called by the transport. */
  status(code: number): void {
    if (this.#reading.link.stage !== 'down') onStatus(this.#reading, code, this.#now);
  }

  /** Called by the transport. */
  broken(why: string): void {
    dropLink(this.#reading, this.#now, why);
  }

  // --- work ----------------------------------------------------------------------------------------------------------

  /** Does one step of a key exchange: five to ten milliseconds. */
  work(now: number): void {
    for (const s of this.#all()) {
      const packet = s.link.plain.shift();
      if (packet === undefined) continue;
      onPlainPacket(s, packet, 0, packet.length, now);
      return;
    }
  }

  /**
   * Once a batch, and again while the lane lets it: dials if something waits, packs, seals, sends.
   * @param most bytes it may send; what is left is `hasRest` @param mayExceed the first message goes however long it is
   * @returns bytes taken on and sent
   */
  flush(now: number, most: number, mayExceed: boolean): number {
    leaveIfDue(this.#all(), now);
    if (endLeaving(this.#all(), now)) this.#goOn('alone', now);
    this.#goOnWithKey(now);
    const done = this.#home.session.attachments.waiting.size > 0 ? this.#takeWaiting(now) : 0;
    return done + this.#sending.flush(this.#home, now, most, mayExceed);
  }

  /**
   * Once a batch, at its end: what must survive and has changed. Connections beside the home one are made again when
   * they are needed: what went over them does no harm twice.
   */
  save(): void {
    const { others } = this.#home.session;
    for (let i = 0; i < others.length; i++) gatherMoves(this.#home, others[i]!);
    storeIfBehind(this.#home);
    this.#saved.save(this.#home);
  }

  /** A fault of the gateway's own: every open request is told, once. @param taken the message it was met in, if it was one */
  crash(ref: string, stack: string, taken?: ClientLine): void {
    tellCrash(this.#all(), ref, stack, taken);
  }

  /** Nobody needs it any more: connections are hung up, keys zeroed, a stored session is stored for the last time. */
  close(now: number): void {
    endSession(this.#all(), now);
  }

  // --- getters -------------------------------------------------------------------------------------------------------

  /** Whether a step of a key exchange waits for `work`: unencrypted packets, whose work takes milliseconds. */
  get hasWork(): boolean {
    const { others } = this.#home.session;
    if (this.#home.link.plain.length > 0) return true;
    return others.some((s) => s.link.plain.length > 0);
  }

  /** Whether the last `flush` left something that it had no bytes for: messages, or lines to take on. */
  get hasRest(): boolean {
    const home = this.#home;
    for (const { behind } of home.session.attachments.waiting) if (this.#mayTake(behind)) return true;
    if (home.isReady && home.outbox.hasRest) return true;
    return home.session.others.some((s) => s.isReady && s.outbox.hasRest);
  }

  /** When `tick` has something to do, Unix ms; Infinity if never. */
  nextDeadline(): number {
    return firstDeadline(this.#home);
  }

  get home(): ConnectionState {
    return this.#home;
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  /** Whether a client's new lines must wait: for what is stored, for a line before them, or for the end. */
  #mustWait(to: AttachmentState): boolean {
    const { isOpening, leaveBy } = this.#home.session;
    return isOpening || to.isWaiting || leaveBy !== Infinity;
  }

  #mayTake([next]: readonly ClientLine[]): boolean {
    return next !== undefined && !this.#mustWait(next.attachment);
  }

  /** Takes on the lines that waited for the session's key, once the key is there or cannot come. */
  #goOnWithKey(now: number): void {
    const s = this.#home;
    if (s.session.attachments.waiting.size === 0 || (s.keys.permanent === undefined && s.pending.size > 0)) return;
    this.#goOn('key', now);
  }

  #goOn(step: WaitingStep, now: number): void {
    for (const line of takeAllWaiting(this.#home.session, step)) takeOn(this.#home, line, step, now);
  }

  /** Takes lines that waited, of each client in turn. @returns bytes of the lines taken */
  #takeWaiting(now: number): number {
    const { waiting } = this.#home.session.attachments;
    let taken = 0;
    for (const lines of [...waiting]) {
      while (taken < WAITING_BYTES && this.#mayTake(lines.behind)) {
        const line = lines.behind.shift()!;
        taken += line.stop - line.start;
        takeRequest(this.#home, line, now);
      }
      waiting.delete(lines);
      // Behind the others: their turn is next.
      if (!lines.isEmpty) waiting.add(lines);
    }
    return taken;
  }

  /** The connection with this number and attempt; undefined if the event is of an earlier attempt. */
  #current(link: number, attempt: number): ConnectionState | undefined {
    const s = link === 0 ? this.#home : this.#home.session.others[link - 1];
    return s !== undefined && s.link.attempt === attempt && s.link.stage !== 'down' ? s : undefined;
  }

  #all(): readonly ConnectionState[] {
    const { others } = this.#home.session;
    return others.length === 0 ? [this.#home] : [this.#home, ...others];
  }
}
