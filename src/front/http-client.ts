/**
 * HTTP client: one keep-alive connection: requests that name a stored session run there; all others in one session for each token
 * that is shown on it (a proxy may let several users share one connection). Its gate, and the requests it is owed answers to.
 * In: bodies, answers of its sessions. Out: messages to its sessions; responses, which Node puts in order.
 * Never: looks into a body, an update (there is nowhere to put one: it is counted and dropped), two answers to a request,
 * one token's request in the session of another.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { requestFlags } from '../batch/request-flags.ts';
import { type ErrorName, NoRequestId } from '../errors.ts';
import { Gate, Why } from '../main/flow/gate.ts';
import type { Connection } from '../main/clients/gateway-services.ts';
import type { Admission } from '../main/clients/admission.ts';
import { SlowConsumer, type SlowConsumerOwner } from '../main/clients/slow-consumer.ts';
import type { Attachment, SessionClient } from '../main/sessions/attachment.ts';
import type { ClientSessions } from '../main/sessions/client-sessions.ts';
import type { Ticket } from '../main/sessions/ledger.ts';
import { Count } from '../telemetry/metrics.ts';
import type { IdText, NoticeFields } from '../main/front.ts';
import type { Ask } from './http-ask.ts';
import { type AuthScheme, Exchange, NO_BODY, refusalBody, writeResponse } from './http-exchange.ts';
import { errorLine } from './json-lines.ts';
import { requestId, UNKNOWN_ID } from '../bytes/request-id.ts';
import { requestMayHaveKey } from '../bytes/request-key.ts';
import { requestSessionName } from '../bytes/request-session.ts';
import type { Bearer } from '../main/clients/tokens.ts';
import { WaitingRequests } from './waiting-requests.ts';

/** The most tokens that have a session on one connection. */
const MOST_SESSIONS = 64;
const TOO_MANY_TOKENS = 'too many tokens on one connection';
const TOO_MANY_NAMES =
  'this connection speaks for as many sessions as it may; wait for answers, or use another connection';
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** One keep-alive connection of HTTP, from its first request to the close of its socket. */
export class HttpClient implements SessionClient, Connection, SlowConsumerOwner {
  readonly gate: Gate;
  /** Bytes held of bodies that have not ended. */
  held = 0;
  readonly #socket: Socket;
  readonly #admission: Admission;
  /** Requests that are with the lane, by ticket. */
  readonly #exchanges = new Map<number, Exchange>();
  readonly #waiting: WaitingRequests;
  readonly #slow: SlowConsumer;
  /** Requests that have begun and have no answer yet. */
  #open = 0;
  /** The response that Node will write last of those it knows. */
  #newest: ServerResponse | undefined;
  /** What it speaks in, by the token that it showed. */
  readonly #sessions = new Map<string, ClientSessions>();
  /** The connection ends when what is open is answered; no request is taken. */
  #isEnding = false;
  #isGone = false;

  constructor(socket: Socket, admission: Admission) {
    this.#socket = socket;
    this.#admission = admission;
    this.#waiting = new WaitingRequests(socket, admission.reaper);
    this.#slow = new SlowConsumer(socket, admission, this);
    const ask = (exchange: Exchange): void => this.#ask(exchange);
    this.gate = new Gate(
      () => this.#waiting.begin(),
      () => this.#waiting.goOn(this.gate, ask),
    );
    socket.on('close', () => this.#closed());
  }

  get isUnread(): boolean {
    return this.#slow.isUnread;
  }

  // What a request brings.

  begin(response: ServerResponse, bearer: Bearer, ask: Ask): Exchange {
    this.#open++;
    this.#newest = response;
    if (!this.gate.isOpen) this.#waiting.began();
    return new Exchange(response, this, bearer, ask);
  }

  /** Takes a piece of a body. */
  took(exchange: Exchange, chunk: Buffer): void {
    this.#admission.metrics.counts[Count.CLIENT_BYTES_IN]! += chunk.length;
    if (!this.gate.isOpen) this.#waiting.came(chunk.length);
    if (exchange.isOver) return;
    const { maxLine } = this.#admission.limits;
    if (exchange.length + chunk.length > maxLine) return this.#refuse(exchange, 'LineTooLong', { limit: maxLine });
    const more = exchange.add(chunk, maxLine);
    if (more > 0) this.#holds(more);
  }

  #holds(by: number): void {
    this.held += by;
    this.#admission.reaper.holds(this, by);
  }

  /** The body is whole: it goes to the session as a line does. */
  ended(exchange: Exchange): void {
    if (this.held > 0) this.#holds(-this.held);
    if (exchange.isOver) return;
    const unserved = exchange.makeLine();
    if (unserved !== undefined) this.#refuse(exchange, unserved.refused, unserved.fields);
    else if (this.gate.isOpen || this.#isEnding) this.#ask(exchange);
    else this.#waiting.add(exchange);
  }

  #ask(exchange: Exchange): void {
    const { body, length, bearer } = exchange;
    exchange.body = NO_BODY;
    if (exchange.isOver) return;
    if (this.#isEnding) return this.#refuse(exchange, 'ServerStopping', { retry_after: 1 });
    const sessions = this.#sessionsOf(bearer.digest);
    if (sessions === undefined)
      return this.#refuse(exchange, 'TooManySessions', { retry_after: 1, msg: TOO_MANY_TOKENS });
    const start = length >= 3 && BYTE_ORDER_MARK.equals(body.subarray(0, 3)) ? 3 : 0;
    const flags = requestFlags(bearer.mayExport);
    const name = requestSessionName(body, start, length);
    const ticket = sessions.request(body, start, length, requestId(body, start, length), flags, name);
    if (ticket === undefined) return this.#refuse(exchange, 'TooManySessions', { retry_after: 1, msg: TOO_MANY_NAMES });
    this.#exchanges.set(ticket, exchange);
    if (!this.#hasRoom()) this.gate.shut(Why.REQUESTS);
  }

  /** What a token speaks in; undefined if there are too many tokens. */
  #sessionsOf(token: string): ClientSessions | undefined {
    let sessions = this.#sessions.get(token);
    if (sessions === undefined && this.#sessions.size < MOST_SESSIONS) {
      sessions = this.#admission.speaker(this, { form: 0, hasLines: false, isStateless: true });
      this.#sessions.set(token, sessions);
    }
    return sessions;
  }

  /** Answers a request without a lane. What is left of its body is read and dropped. */
  #refuse(exchange: Exchange, name: ErrorName, fields: NoticeFields): void {
    exchange.body = NO_BODY;
    if (this.held > 0) this.#holds(-this.held);
    this.#admission.metrics.ended(name);
    this.#send(exchange, exchange.ask.statusOfError(name), refusalBody(name, fields));
    this.settled();
  }

  // What the session answers.

  reply(ticket: number, line: Buffer, isBad: boolean, outcome: number): void {
    const exchange = this.#exchanges.get(ticket);
    if (exchange === undefined) return;
    this.#exchanges.delete(ticket);
    const { status, retryAfter, answer = line } = exchange.ask.verdict(isBad, outcome, line);
    this.#send(exchange, status, answer, retryAfter, 'Telegram');
    this.settled();
  }

  /** There is nowhere to put one; its sessions are told so. */
  update(): void {}

  mayHaveKey({ bytes, start, stop }: Ticket): boolean {
    return requestMayHaveKey(bytes, start, stop);
  }

  crashed(ticket: number, id: IdText, fate: NoticeFields): void {
    this.#answer(ticket, id === UNKNOWN_ID ? NoRequestId.UNUSABLE : id, 'WorkerCrashed', fate);
  }

  /** The session of its own is lost: the connection ends, so that no later request is taken for one of the same session. */
  lostSession(): void {
    this.#end();
  }

  /** Dropped: HTTP has no place for a notice; what it says shows in the log and in the health. */
  notice(): void {}

  settled(): void {
    if (this.#hasRoom()) this.gate.open(Why.REQUESTS);
    if (this.#isEnding) this.#endIfIdle();
  }

  moved(from: Attachment, move: Parameters<SessionClient['moved']>[1]): void {
    this.#ownerOf(from)?.moved(from, move);
  }

  detached(from: Attachment, isBare: boolean): void {
    this.#ownerOf(from)?.detached(from, isBare);
  }

  speaks(from: Attachment, manner: number): void {
    this.#ownerOf(from)?.speaks(from, manner);
  }

  left(from: Attachment): void {
    this.#ownerOf(from)?.left(from);
  }

  refused({ number, id }: Ticket): void {
    this.#answer(number, id, 'TooManySessions', { retry_after: 1, closing: false, msg: TOO_MANY_NAMES });
    this.settled();
  }

  #ownerOf(attachment: Attachment): ClientSessions | undefined {
    for (const sessions of this.#sessions.values()) if (sessions.has(attachment)) return sessions;
    return undefined;
  }

  #hasRoom(): boolean {
    const { limits } = this.#admission;
    if (this.#exchanges.size >= limits.openRequests) return false;
    let bytes = 0;
    for (const { tally } of this.#sessions.values()) bytes += tally.bytes;
    return bytes < limits.openBytes;
  }

  #answer(ticket: number, id: IdText | number, name: ErrorName, fields: NoticeFields): void {
    const exchange = this.#exchanges.get(ticket);
    if (exchange === undefined) return;
    this.#exchanges.delete(ticket);
    this.#send(exchange, exchange.ask.statusOfError(name), errorLine(id, name, fields));
  }

  #send(exchange: Exchange, status: number, line: Buffer, retryAfter?: number, challenge?: AuthScheme): void {
    const { response } = exchange;
    exchange.isOver = true;
    this.#open--;
    if (this.#isGone) return;
    // Node ends the connection behind a response that says so, so only the last one says it.
    if (this.#isEnding && response === this.#newest) response.shouldKeepAlive = false;
    this.#admission.metrics.counts[Count.CLIENT_BYTES_OUT]! += line.length;
    // A response that has to wait for another, or for the peer, is copied: it would keep the whole block of the lane alive.
    const waits = response.socket === null || this.#socket.writableLength > 0;
    writeResponse(response, status, waits ? Buffer.from(line) : line, undefined, retryAfter, challenge);
    if (this.#socket.writableLength > this.#admission.limits.unreadMark) this.#slow.begin();
  }

  // How it ends.

  /** Nothing more is taken; what is open is answered, then the connection ends. */
  #end(): void {
    this.#isEnding = true;
    for (const exchange of this.#waiting.takeAll()) this.#ask(exchange);
    this.#endIfIdle();
  }

  /** Ends the socket when all is answered. Responses leave in order, so with the newest all have left. */
  #endIfIdle(): void {
    const newest = this.#newest;
    if (this.#open > 0) return;
    if (newest === undefined || newest.writableFinished) this.#socket.end();
    else newest.once('finish', () => this.#socket.end());
  }

  stopping(): void {
    this.#end();
  }

  abandon(retryAfter: number): void {
    this.#isEnding = true;
    for (const sessions of this.#sessions.values()) {
      sessions.uncork();
      for (const { number, id } of sessions.drain())
        this.#answer(number, id, 'ServerStopping', { retry_after: retryAfter, retryable: false, delivered: 'unknown' });
    }
    this.#endIfIdle();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #closed(): void {
    this.#isGone = true;
    this.#isEnding = true;
    if (this.held > 0) this.#holds(-this.held);
    this.#admission.reaper.forget(this);
    this.#waiting.close();
    this.#exchanges.clear();
    for (const sessions of this.#sessions.values()) sessions.close();
    this.#admission.router.registry.forgetLists(this);
    this.#admission.left(this);
  }

  // Clocks.

  lineIsLate(): void {
    if (this.gate.isOpen) this.destroy();
    else this.#admission.reaper.lines.begin(this, this.#admission.env.now());
  }

  tokenIsLate(): void {}

  cutOff(): void {
    this.destroy();
  }

  get unreadBytes(): number {
    return this.#slow.unreadBytes;
  }

  cutUnread(): void {
    this.#admission.metrics.ended('SlowConsumer');
    this.destroy();
  }

  /** Ends the connection if nothing was taken. There is no place for a notice within a response. */
  unreadIsLate(): void {
    if (!this.#slow.mayGoOn(Infinity)) this.cutUnread();
  }

  pauseLinks(): void {
    for (const sessions of this.#sessions.values()) sessions.pauseLinks();
  }

  resumeLinks(): void {
    for (const sessions of this.#sessions.values()) sessions.resumeLinks();
    this.#admission.router.registry.isRead();
  }
}
