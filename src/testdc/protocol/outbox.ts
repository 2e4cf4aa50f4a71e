/**
 * ServerOutbox: the messages that a session sends to its client (protocol: Message ids; Delivery).
 * In: bodies and the time. Out: messages with ids and sequence numbers, packed into bodies of
 * packets; what is not acknowledged yet. Never: encryption or a socket.
 */
import type { Writer } from '../../bytes/writer.ts';
import type { DcEnv } from '../env.ts';
import { compareIds, ServerIds } from './server-ids.ts';
import type { ServerIdKind } from './server-ids.ts';

/** One message of the server. */
export interface Sent {
  readonly low: number;
  readonly high: number;
  readonly seqNo: number;
  /** The request that the message answers: then `body` is the result alone, and `rpc_result` is written around it. */
  readonly request: { readonly low: number; readonly high: number } | undefined;
  body: Uint8Array;
  isAcked: boolean;
}

/** Messages that may wait for an acknowledgement; beyond it the oldest is forgotten, as Telegram does. */
const UNACKED = 4096;
/** Messages in one packet, at most, and about how many bytes. */
const PACKET_MESSAGES = 1000;
const PACKET_BYTES = 512 * 1024;

const MSG_CONTAINER = 0x73f1f8dc;
const RPC_RESULT = 0xf35c6d01;

/** One session's messages to its client. */
export class ServerOutbox {
  readonly #ids: ServerIds;
  #contentCount = 0;
  #waiting: Sent[] = [];
  #unacked: Sent[] = [];
  /** msg_id and sequence number of the packet that `pack` wrote last. */
  msgIdLow = 0;
  msgIdHigh = 0;
  seqNo = 0;

  constructor(env: DcEnv) {
    this.#ids = new ServerIds(env);
  }

  /** Whether no message waits to be sent. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** How many messages the client has not acknowledged. */
  get unackedCount(): number {
    return this.#unacked.length;
  }

  /** Adds a service message that needs no acknowledgement. */
  notice(kind: ServerIdKind, body: Uint8Array): Sent {
    return this.#put(kind, body, undefined, false);
  }

  /** Adds an update or another message that the client has to acknowledge. */
  content(kind: ServerIdKind, body: Uint8Array): Sent {
    return this.#put(kind, body, undefined, true);
  }

  /** Adds the `rpc_result` of a request. */
  result(request: { low: number; high: number }, body: Uint8Array): Sent {
    return this.#put(1, body, request, true);
  }

  #put(kind: ServerIdKind, body: Uint8Array, request: Sent['request'], isContent: boolean): Sent {
    this.#ids.next(kind);
    const seqNo = this.#contentCount * 2 + (isContent ? 1 : 0);
    if (isContent) this.#contentCount++;
    const sent: Sent = { low: this.#ids.low, high: this.#ids.high, seqNo, request, body, isAcked: false };
    this.#waiting.push(sent);
    if (isContent) this.#unacked.push(sent);
    if (this.#unacked.length > UNACKED) this.#unacked.shift()!.isAcked = true;
    return sent;
  }

  /** Notes that the client has a message, and frees its bytes. False if none of that id waits for an acknowledgement. */
  acknowledge(low: number, high: number): boolean {
    const at = this.#find(low, high);
    if (at < 0) return false;
    const sent = this.#unacked[at]!;
    sent.isAcked = true;
    if (!this.#waiting.includes(sent)) sent.body = NOTHING;
    if (at === 0) this.#unacked.shift();
    else this.#unacked.splice(at, 1);
    return true;
  }

  /** The message of an id, if it is not acknowledged. */
  unacked(low: number, high: number): Sent | undefined {
    return this.#unacked[this.#find(low, high)];
  }

  #find(low: number, high: number): number {
    const list = this.#unacked;
    let from = 0;
    let to = list.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compareIds(list[middle]!.low, list[middle]!.high, low, high) < 0) from = middle + 1;
      else to = middle;
    }
    const found = list[from];
    return found !== undefined && found.low === low && found.high === high ? from : -1;
  }

  /** Sends a message again, under its own id and sequence number. */
  again(sent: Sent): void {
    if (!this.#waiting.includes(sent)) this.#waiting.push(sent);
  }

  /** Takes a message out of those that wait: it is sent when the client asks for it. False: it was sent already. */
  keepBack(sent: Sent): boolean {
    const at = this.#waiting.indexOf(sent);
    if (at < 0 || sent.isAcked) return false;
    this.#waiting.splice(at, 1);
    return true;
  }

  /** Puts every message without an acknowledgement before those that wait: for a new connection. */
  everythingAgain(): void {
    const waiting = new Set(this.#waiting);
    this.#waiting = [...this.#unacked.filter((sent) => !waiting.has(sent)), ...this.#waiting];
  }

  /** Drops the `count` messages that wait longest: for a session that has no connection and is too far behind. */
  drop(count: number): void {
    for (const sent of this.#waiting.splice(0, count)) this.acknowledge(sent.low, sent.high);
  }

  /** How many messages wait to be sent. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /**
   * Writes the body of the next packet: a message, or a container of several. After it `msgIdLow`, `msgIdHigh` and
   * `seqNo` are the packet's. To be called until `isEmpty`, not beyond.
   */
  pack(out: Writer): void {
    const messages = this.#take();
    const first = messages[0]!;
    // A message that is sent for a second time goes into a container, whose id is new.
    if (messages.length === 1 && first.low === this.#ids.low && first.high === this.#ids.high) {
      this.#name(first.low, first.high, first.seqNo);
      writeBody(first, out);
      return;
    }
    out.int32(MSG_CONTAINER);
    out.int32(messages.length);
    for (const sent of messages) {
      out.long(sent.low, sent.high);
      out.int32(sent.seqNo);
      out.int32(sizeOf(sent));
      writeBody(sent, out);
    }
    this.#ids.next(messages.some((sent) => (sent.low & 3) === 1) ? 1 : 3);
    this.#name(this.#ids.low, this.#ids.high, this.#contentCount * 2);
  }

  /** The messages of the next packet, taken out of those that wait. */
  #take(): Sent[] {
    let bytes = 0;
    let count = 0;
    for (const sent of this.#waiting) {
      bytes += sizeOf(sent) + 16;
      if (count > 0 && (bytes > PACKET_BYTES || count === PACKET_MESSAGES)) break;
      count++;
    }
    if (count === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, count);
  }

  #name(low: number, high: number, seqNo: number): void {
    this.msgIdLow = low;
    this.msgIdHigh = high;
    this.seqNo = seqNo;
  }
}

const NOTHING = new Uint8Array(0);

function sizeOf(sent: Sent): number {
  return sent.body.length + (sent.request === undefined ? 0 : 12);
}

function writeBody(sent: Sent, out: Writer): void {
  if (sent.request !== undefined) {
    out.int32(RPC_RESULT);
    out.long(sent.request.low, sent.request.high);
  }
  out.raw(sent.body);
}
