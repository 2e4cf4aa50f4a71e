/**
 * Client: one client connection: its socket, its gate, what it is owed.
 * In: stream bytes, which its front cuts into messages; answers of its sessions. Out: messages to its sessions; lines.
 * Never: more open requests than the limit, a line after one with `closing`, another client's bytes.
 */
import type { Socket } from 'node:net';
import { FormFlag } from '../../batch/attach-records.ts';
import { requestFlags } from '../../batch/request-flags.ts';
import type { Move } from '../../batch/name-records.ts';
import { type ErrorName, idWithoutRequest, NoRequestId } from '../../errors.ts';
import type { Front, FrontOwner, IdText, NoticeFields } from '../front.ts';
import { Count } from '../../telemetry/metrics.ts';
import type { Timer } from '../env.ts';
import { type Gate, Why } from '../flow/gate.ts';
import type { GatewayServices, Connection } from './gateway-services.ts';
import { Inlet, type InletOwner } from './inlet.ts';
import { SocketWriter } from '../flow/socket-writer.ts';
import type { Attachment, SessionClient } from '../sessions/attachment.ts';
import type { ClientSessions } from '../sessions/client-sessions.ts';
import type { Ticket } from '../sessions/ledger.ts';
import { SlowConsumer, type SlowConsumerOwner } from './slow-consumer.ts';

/** How long a connection that ends may take its last line, ms: closing with unread input would reset that line away. */
const LINGER = 1_000;

/** One connection of the port for lines, from its accept to the close of its socket. It speaks in a session from its first message on. */
export class Client implements FrontOwner, InletOwner, SlowConsumerOwner, SessionClient, Connection {
  /** Bytes held of a message that has not ended. */
  held = 0;
  readonly #services: GatewayServices;
  readonly #socket: Socket;
  readonly #front: Front;
  readonly #inlet: Inlet;
  readonly #writer: SocketWriter;
  readonly #slow: SlowConsumer;
  #sessions: ClientSessions | undefined;
  /** Of its requests (`batch/request-flags.ts`). */
  #requestFlags = 0;
  #badLines = 0;
  /** No more is taken from the client, but answers to what it has asked are still written. */
  #isEnded = false;
  /** The last line was written. */
  #isClosing = false;
  #linger: Timer | undefined;

  constructor(socket: Socket, services: GatewayServices) {
    this.#socket = socket;
    this.#services = services;
    this.#front = services.front(this);
    this.#writer = new SocketWriter(socket, services.router.batch, services.limits.unreadMark, () =>
      this.#slow.begin(),
    );
    this.#slow = new SlowConsumer(socket, services, this);
    this.#inlet = new Inlet(socket, services.reaper, this);
    if (services.tokens.nobody.mayExport) this.#requestFlags = requestFlags(true);
    if (services.tokens.areNeeded) services.reaper.tokens.begin(this, services.env.now());
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
  }

  get gate(): Gate {
    return this.#inlet.gate;
  }

  get isUnread(): boolean {
    return this.#slow.isUnread;
  }

  take(chunk: Buffer): void {
    this.#services.router.metrics.counts[Count.CLIENT_BYTES_IN]! += chunk.length;
    if (!this.#isEnded) this.#front.take(chunk);
  }

  goesOn(): void {
    this.#front.resume();
  }

  // What the front found.

  message(bytes: Buffer, start: number, stop: number, id: IdText, as?: string | null): boolean {
    if (this.#services.isOverloaded) {
      this.#refuseRequest(id, 'Overloaded', {});
      return this.gate.isOpen;
    }
    this.#sessions ??= this.#speak();
    const ticket = this.#sessions.request(bytes, start, stop, id, this.#requestFlags, as);
    if (ticket === undefined) this.#refuseRequest(id, 'TooManySessions', { msg: TOO_MANY_NAMES });
    if (!this.#hasRoom) this.gate.shut(Why.REQUESTS);
    return this.gate.isOpen;
  }

  #speak(): ClientSessions {
    const { isMsgpack } = this.#front;
    const form = isMsgpack ? FormFlag.MSGPACK : 0;
    return this.#services.speaker(this, { form, hasLines: !isMsgpack, isStateless: false });
  }

  /** Refuses a message without a lane. */
  #refuseRequest(id: IdText, name: ErrorName, fields: NoticeFields): void {
    this.#services.router.metrics.ended(name);
    const known = id === UNKNOWN_ID ? NoRequestId.UNUSABLE : id;
    this.#say(known, name, { retry_after: 1, closing: false, ...fields });
  }

  /** Whether more may be open: in number, and in bytes, of which lanes hold copies until they are answered. */
  get #hasRoom(): boolean {
    const { openInAll, openBytes } = this.#services.limits;
    const { tally } = this.#sessions ?? {};
    return tally === undefined || (tally.full === 0 && tally.open < openInAll && tally.bytes < openBytes);
  }

  reject(name: ErrorName, fields: NoticeFields): void {
    this.#services.router.metrics.ended(name);
    this.#say(idWithoutRequest(name), name, fields);
  }

  refuse(name: ErrorName, fields: NoticeFields): void {
    if (this.#isClosing) return;
    this.#services.router.metrics.ended(name);
    this.#say(idWithoutRequest(name), name, { ...fields, closing: true });
    this.#close();
  }

  unfinished(held: number): void {
    const by = held - this.held;
    this.held = held;
    this.#services.reaper.holds(this, by);
  }

  admit(token: string): boolean {
    this.#services.reaper.tokens.end(this);
    const bearer = this.#services.judgeToken(token, this.#socket.remoteAddress ?? '');
    if ('refused' in bearer) {
      // The front says that the token failed in any case; behind this line nobody hears that.
      if (bearer.refused === 'RateLimited') this.refuse(bearer.refused, bearer.fields);
      return false;
    }
    if (bearer.mayExport) this.#requestFlags = requestFlags(true);
    return true;
  }

  // What the session answers.

  reply(_ticket: number, line: Buffer, isBad: boolean): void {
    this.#write(line);
    this.#badLines = isBad ? this.#badLines + 1 : 0;
    if (this.#badLines >= this.#services.limits.badLines)
      return this.refuse('TooManyErrors', { limit: this.#badLines });
    this.settled();
  }

  update(line: Buffer): void {
    this.#write(line);
  }

  mayHaveKey({ bytes, start, stop }: Ticket): boolean {
    return this.#front.mayHaveKey(bytes, start, stop);
  }

  crashed(_ticket: number, id: IdText, fate: NoticeFields): void {
    this.#say(id === UNKNOWN_ID ? NoRequestId.UNUSABLE : id, 'WorkerCrashed', fate);
  }

  notice(name: ErrorName, fields: NoticeFields): void {
    this.#say(NoRequestId.NOTICE, name, { closing: false, ...fields });
  }

  lostSession(): void {
    this.#say(NoRequestId.NOTICE, 'SessionLost', {
      reason: 'worker',
      msg: 'the worker of this session was lost; hand the session in again',
    });
  }

  moved(from: Attachment, move: Move): void {
    this.#sessions?.moved(from, move);
  }

  detached(from: Attachment, isBare: boolean): void {
    this.#sessions?.detached(from, isBare);
  }

  speaks(from: Attachment, manner: number): void {
    this.#sessions?.speaks(from, manner);
  }

  left(from: Attachment): void {
    this.#sessions?.left(from);
  }

  refused({ id }: Ticket): void {
    this.#refuseRequest(id, 'TooManySessions', { msg: TOO_MANY_NAMES });
    this.settled();
  }

  /** Reads on if there is room for more requests; ends the connection if its input has ended and all is answered. */
  settled(): void {
    if (this.#hasRoom) this.gate.open(Why.REQUESTS);
    if (this.#isEnded && this.#open === 0) this.#finish();
  }

  get #open(): number {
    return this.#sessions?.tally.open ?? 0;
  }

  // How it ends.

  /** The client has sent its FIN: what is open is still answered (half-close, wire: Connections). */
  inputEnded(): void {
    if (this.#isEnded) return;
    this.#front.end();
    this.#end();
  }

  #end(): void {
    this.#discard();
    if (this.#open === 0) this.#finish();
  }

  /** All is answered: the session is dropped first, so that whoever comes next with its key finds it free. */
  #finish(): void {
    this.#isClosing = true;
    if (this.#sessions === undefined) this.#endSocket();
    else this.#sessions.close(() => this.#endSocket());
  }

  /** Ends the connection behind its last line: drops what the client still sends, and does not wait for the session. */
  #close(): void {
    this.#isClosing = true;
    this.#discard();
    this.#sessions?.close();
    this.#endSocket();
  }

  /** Drops whatever else the client sends. */
  #discard(): void {
    this.#isEnded = true;
    this.#front.discard();
    this.#inlet.discard();
  }

  #endSocket(): void {
    if (this.#linger !== undefined || this.#socket.destroyed) return;
    this.#linger = this.#services.env.setTimer(() => this.#socket.destroy(), LINGER);
    this.#socket.end();
    this.#socket.resume();
  }

  #closed(): void {
    this.#services.env.clearTimer(this.#linger);
    this.#isClosing = true;
    this.#discard();
    this.#inlet.close();
    this.#services.reaper.forget(this);
    this.#sessions?.close();
    this.#services.router.registry.forgetLists(this);
    this.#services.left(this);
  }

  stopping(retryAfter: number): void {
    if (this.#isClosing) return;
    this.gate.shut(Why.CLOSING);
    if (this.#open === 0) return this.refuse('ServerStopping', { retry_after: retryAfter });
    this.#say(NoRequestId.NOTICE, 'ServerStopping', { retry_after: retryAfter, closing: false });
    this.#end();
  }

  abandon(retryAfter: number): void {
    if (this.#isClosing) return;
    this.#sessions?.uncork();
    for (const { id } of this.#sessions?.drain() ?? []) {
      this.#say(id, 'ServerStopping', {
        retry_after: retryAfter,
        retryable: false,
        delivered: 'unknown',
        closing: false,
      });
    }
    this.#close();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  // Clocks.

  lineIsLate(): void {
    // A line that the gateway itself does not read on has its whole time again.
    if (this.gate.isOpen) this.refuse('LineTimeout', { limit: this.#services.limits.lineTimeout / 1_000 });
    else this.#services.reaper.lines.begin(this, this.#services.env.now());
  }

  tokenIsLate(): void {
    this.refuse('AuthRequired', {});
  }

  cutOff(): void {
    this.refuse('LineTooLong', {
      limit: this.held,
      msg: 'lines that have not ended take too much memory in all',
      retryable: true,
    });
  }

  get unreadBytes(): number {
    return this.#slow.unreadBytes;
  }

  cutUnread(): void {
    this.refuse('SlowConsumer', {
      limit: this.unreadBytes,
      msg: 'the gateway is out of memory, and answers were left unread',
    });
  }

  /** Ends a connection whose answers were unread for `unreadTimeout`, if none was taken since, or more than `unreadMost` is left. */
  unreadIsLate(): void {
    const { unreadMost } = this.#services.limits;
    if (!this.#slow.mayGoOn(unreadMost)) this.refuse('SlowConsumer', { limit: unreadMost });
  }

  pauseLinks(): void {
    this.#sessions?.pauseLinks();
  }

  resumeLinks(): void {
    this.#sessions?.resumeLinks();
    this.#services.router.registry.isRead();
  }

  // Writing.

  #write(bytes: Buffer): void {
    if (this.#isClosing) return;
    this.#services.router.metrics.counts[Count.CLIENT_BYTES_OUT]! += bytes.length;
    this.#writer.write(bytes);
  }

  /** Writes a line of the gateway's own, outside of any block. */
  #say(id: IdText | number, name: ErrorName, fields: NoticeFields): void {
    if (!this.#isClosing && this.#socket.writable) this.#socket.write(this.#front.notice(id, name, fields));
  }
}

const TOO_MANY_NAMES =
  'this connection speaks for as many sessions as it may; wait for answers, or use another connection';
/** How an id that could not be found is handed on (bytes/request-id.ts). */
const UNKNOWN_ID = String(NoRequestId.UNUSABLE);
