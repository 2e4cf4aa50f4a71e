/**
 * Outbox: packs what waits into packets: acknowledgements, service messages, requests (protocol: Message ids; Delivery; Service messages).
 * In: the state of a ready session, the time. Out: sealed and framed packets through the sink.
 * Never: more than one container in a packet, or a request before one the client sent earlier.
 */
import { seal } from '../../crypto/envelope.ts';
import { Writer } from '../../bytes/writer.ts';
import { Crc, idsLength, MAX_CONTAINED, MAX_IDS, writeGetFutureSalts, writeIds, writePing } from '../../tl/service.ts';
import { needsPrefix } from './init.ts';
import type { Pending } from '../state/pending.ts';
import { writeCall } from './write-call.ts';
import { SALTS_ASKED } from '../state/salts.ts';
import type { State } from '../state/state.ts';

/** Acknowledgements go out on their own when so many wait, or the oldest is so old. */
const ACKS_MANY = 16;
const ACK_WITHIN_MS = 10_000;
/** Bytes of a packet that may hold another message too. */
const PACKET_BYTES = 256 * 1024;
/** Own messages without a request that a notification may still name. */
const RECENT = 16;
/** Seconds the server waits for the next ping before it closes (protocol: Delivery). */
const DISCONNECT_DELAY = 75;
const CONTAINER_HEAD = 8;
const MESSAGE_HEAD = 16;

export class Outbox {
  /** low, high, … of server messages to acknowledge. */
  #acks: number[] = [];
  ackAt = Infinity;
  pingDue = false;
  saltsDue = false;
  /** Service messages that are written already: rare ones. */
  readonly #said: Uint8Array[] = [];
  saltsLow = 0;
  saltsHigh = 0;
  /** low, high, … of own messages that are no requests. */
  readonly #recent: number[] = [];
  /** The packet holds a message under an id it was sent with before: only inside a container is that allowed. */
  #isAgain = false;
  /** Containers are avoided for a while after the server refused one (code 64). */
  aloneUntil = 0;
  /** The last `flush` did not send all that waits: the next one goes on. */
  hasRest = false;
  /** Bytes the packet may have, whether its first call may have more, and calls of this `flush` so far. */
  #room = 0;
  #mayExceed = false;
  #calls = 0;
  /** Sent requests that go once more under their own ids. */
  readonly #again = new Set<Pending>();

  /** Notes a server message that must be acknowledged. */
  acknowledge(low: number, high: number, now: number): void {
    if (this.#acks.length === 0) this.ackAt = now + ACK_WITHIN_MS;
    this.#acks.push(low, high);
    if (this.#acks.length >= ACKS_MANY * 2) this.ackAt = now;
  }

  /** What waits to be acknowledged goes with the next `flush`. */
  hurry(now: number): void {
    if (this.#acks.length > 0) this.ackAt = now;
  }

  forgetAcks(): void {
    this.#acks = [];
    this.ackAt = Infinity;
  }

  /** Nothing goes again: what the server said of an id it said on another connection, or in another session. */
  forgetAgain(): void {
    this.#again.clear();
  }

  /** Says a service message that is written already; it goes with the next packet. */
  say(body: Uint8Array): void {
    this.#said.push(body);
  }

  /**
   * Sends a request once more as it was, inside a container: a server that has it, or gets it yet from a packet that was
   * late, carries one id out once (protocol: Delivery). Unless it is answered, or goes under another id, before that.
   */
  sendAgain(pending: Pending): void {
    this.#again.add(pending);
  }

  /** Whether a notification's id is that of an own message without a request. */
  isRecent(low: number, high: number): boolean {
    for (let i = 0; i < this.#recent.length; i += 2)
      if (this.#recent[i] === low && this.#recent[i + 1] === high) return true;
    return false;
  }

  #note(low: number, high: number): void {
    this.#recent.push(low, high);
    if (this.#recent.length > RECENT * 2) this.#recent.splice(0, 2);
  }

  /** Whether `flush` would send anything now. */
  #hasWork(s: State, now: number): boolean {
    if ((s.binding ?? s.pending.queue).length > 0 || this.#said.length > 0) return true;
    if (this.#again.size > 0 || s.questions.wanted.length > 0) return true;
    return this.pingDue || this.saltsDue || this.ackAt <= now;
  }

  /**
   * Sends what waits, in as few packets as the limits allow, but no more than `most` bytes; what is left is `hasRest`.
   * @param mayExceed the first message goes however long it is @returns bytes written
   */
  flush(s: State, now: number, most: number, mayExceed: boolean): number {
    s.salts.advance(s.serverSeconds(now));
    if (s.salts.shouldAsk(s.serverSeconds(now), now)) this.saltsDue = true;
    this.#calls = 0;
    let sent = 0;
    while (sent < most && this.#hasWork(s, now)) {
      this.#room = Math.min(PACKET_BYTES, most - sent);
      this.#mayExceed = mayExceed && this.#calls === 0;
      const length = this.#packet(s, now);
      if (length === 0) break;
      sent += length;
    }
    this.hasRest = this.#hasWork(s, now);
    return sent;
  }

  /** One packet: a container if several messages go, else the message alone. @returns bytes written; 0 if nothing has room */
  #packet(s: State, now: number): number {
    const body = s.env.body;
    body.clear();
    body.int32(Crc.msgContainer | 0);
    body.int32(0);
    const mayGather = now >= this.aloneUntil;
    this.#isAgain = false;
    let count = this.#services(s, now, body, mayGather);
    if (count === 0 || mayGather) count += this.#repeats(s, now, body, count);
    if (count === 0 || mayGather) count += this.#requests(s, now, body, count, mayGather);
    if (count === 0) return 0;
    if (count === 1 && !this.#isAgain) this.#sealAlone(s, body);
    else this.#sealContainer(s, now, body, count);
    return body.pos;
  }

  /** Whether a call of so many bytes may go into a packet that holds so many messages already. */
  #hasRoom(body: Writer, length: number, already: number): boolean {
    return body.pos + length + MESSAGE_HEAD <= this.#room || (already === 0 && this.#mayExceed);
  }

  /** Acknowledgements and the gateway's own questions. @returns messages written */
  #services(s: State, now: number, body: Writer, mayGather: boolean): number {
    let count = 0;
    if (this.#acks.length > 0 && (mayGather || this.ackAt <= now)) {
      const ids = Math.min(MAX_IDS, this.#acks.length / 2);
      this.#head(s, now, body, idsLength(ids));
      writeIds(body, Crc.msgsAck, this.#acks, 0, ids);
      this.#acks.splice(0, ids * 2);
      this.ackAt = this.#acks.length > 0 ? now : Infinity;
      count++;
    }
    const most = mayGather ? this.#said.length : Math.min(this.#said.length, 1 - count);
    for (const said of this.#said.splice(0, Math.max(0, most))) {
      this.#head(s, now, body, said.length);
      body.raw(said);
      count++;
    }
    const { questions } = s;
    if (questions.wanted.length > 0 && (mayGather || count === 0)) {
      const ids = Math.min(MAX_IDS, questions.wanted.length / 2);
      this.#head(s, now, body, idsLength(ids));
      questions.asked = questions.wanted.splice(0, ids * 2);
      questions.low = s.ids.low;
      questions.high = s.ids.high;
      writeIds(body, Crc.msgsStateReq, questions.asked, 0, ids);
      count++;
    }
    if (this.saltsDue && (mayGather || count === 0)) {
      this.#head(s, now, body, 8);
      this.saltsLow = s.ids.low;
      this.saltsHigh = s.ids.high;
      writeGetFutureSalts(body, SALTS_ASKED);
      this.saltsDue = false;
      s.salts.asked(now);
      count++;
    }
    if (this.pingDue && (mayGather || count === 0)) {
      this.#head(s, now, body, 16);
      writePing(body, s.env.random32(), s.env.random32(), DISCONNECT_DELAY);
      this.pingDue = false;
      s.link.lastPing = now;
      count++;
    }
    return count;
  }

  /** What goes again and is still awaited under that id. @returns messages written */
  #repeats(s: State, now: number, body: Writer, already: number): number {
    let count = 0;
    for (const pending of this.#again) {
      if (already + count >= MAX_CONTAINED) break;
      if (!this.#hasRoom(body, pending.body.length + (pending.prefix?.length ?? 0), already + count)) break;
      this.#again.delete(pending);
      if (s.pending.find(pending.msgIdLow, pending.msgIdHigh) !== pending) continue;
      this.#isAgain = true;
      this.#write(s, now, body, pending);
      count++;
    }
    return count;
  }

  /** As many requests from the front of the queue as fit. @returns messages written */
  #requests(s: State, now: number, body: Writer, already: number, mayGather: boolean): number {
    const queue = s.binding ?? s.pending.queue;
    let count = 0;
    while (count < queue.length && already + count < MAX_CONTAINED) {
      const pending = queue[count]!;
      if (already + count > 0 && !mayGather) break;
      if (!this.#hasRoom(body, pending.body.length + s.shared.initPrefix.length, already + count)) break;
      this.#request(s, now, body, pending);
      count++;
    }
    queue.splice(0, count);
    return count;
  }

  #request(s: State, now: number, body: Writer, pending: Pending): void {
    if (s.pending.sentCount === 0 && !s.link.isUnheard) s.link.awaitingSince = now;
    s.link.isUnheard = true;
    if (!pending.hasOwnId) this.#number(s, now, pending);
    this.#write(s, now, body, pending);
  }

  #write(s: State, now: number, body: Writer, pending: Pending): void {
    this.#calls++;
    s.questions.left(s, pending, now);
    pending.copies++;
    pending.attempt = s.link.attempt;
    pending.containerLow = 0;
    pending.containerHigh = 0;
    body.long(pending.msgIdLow, pending.msgIdHigh);
    body.int32(pending.seqNo);
    const at = body.pos;
    body.int32(0);
    writeCall(body, pending.prefix, s.role !== 'home', pending);
    body.patchInt32(at, body.pos - at - 4);
    s.pending.place(pending);
  }

  /** A new id and seq_no. */
  #number(s: State, now: number, pending: Pending): void {
    do s.ids.next(now, s.env.random32());
    while (!s.pending.isFree(s.ids.low));
    pending.msgIdLow = s.ids.low;
    pending.msgIdHigh = s.ids.high;
    pending.acknowledged = false;
    pending.isAnswerMade = false;
    pending.isIdRefused = false;
    pending.isFromLostThread = false;
    pending.copies = 0;
    pending.knownLow = s.knownLow;
    pending.knownHigh = s.knownHigh;
    pending.asks = 0;
    pending.prefix = needsPrefix(s, pending) ? s.shared.initPrefix : undefined;
    const counted = s.ids.seqNo(pending.answerBy === 0);
    pending.seqNo = pending.seqNoGiven >= 0 && pending.repeats === 0 ? pending.seqNoGiven : counted;
  }

  /** The head of a service message: an id of its own and an even seq_no. */
  #head(s: State, now: number, body: Writer, length: number): void {
    s.ids.next(now, s.env.random32());
    this.#note(s.ids.low, s.ids.high);
    body.long(s.ids.low, s.ids.high);
    body.int32(s.ids.seqNo(false));
    body.int32(length);
  }

  /** The only message goes without a container: its id and seq_no move into the envelope. */
  #sealAlone(s: State, body: Writer): void {
    const { head } = s.env;
    const bytes = body.bytes;
    head.msgIdLow = bytes.readInt32LE(CONTAINER_HEAD);
    head.msgIdHigh = bytes.readInt32LE(CONTAINER_HEAD + 4);
    head.seqNo = bytes.readInt32LE(CONTAINER_HEAD + 8);
    this.#seal(s, body, CONTAINER_HEAD + MESSAGE_HEAD);
  }

  /** A container's id is greater than all ids inside it; every request in it learns it. */
  #sealContainer(s: State, now: number, body: Writer, count: number): void {
    body.patchInt32(4, count);
    const { head } = s.env;
    s.ids.next(now, s.env.random32());
    this.#note(s.ids.low, s.ids.high);
    head.msgIdLow = s.ids.low;
    head.msgIdHigh = s.ids.high;
    head.seqNo = s.ids.seqNo(false);
    nameContainer(s, body, count);
    this.#seal(s, body, 0);
  }

  #seal(s: State, body: Writer, from: number): void {
    const { head, fill } = s.env;
    head.saltLow = s.salts.low;
    head.saltHigh = s.salts.high;
    head.sessionLow = s.sessionLow;
    head.sessionHigh = s.sessionHigh;
    s.link.unheardBytes += body.pos - from;
    const out = s.sink.send(s.linkNumber);
    const mark = s.link.transport!.begin(out);
    seal(s.key!, 'client', head, body.bytes, from, body.pos, fill, out);
    s.link.transport!.end(out, mark);
    s.sink.end();
  }
}

/** Walks the messages of a container that was just written. */
function nameContainer(s: State, body: Writer, count: number): void {
  let at = CONTAINER_HEAD;
  for (let i = 0; i < count; i++) {
    const pending = s.pending.find(body.bytes.readInt32LE(at), body.bytes.readInt32LE(at + 4));
    if (pending !== undefined) {
      pending.containerLow = s.ids.low;
      pending.containerHigh = s.ids.high;
    }
    at += MESSAGE_HEAD + body.bytes.readInt32LE(at + 12);
  }
}

/** `Outbox.flush` of a connection that may send; of any other nothing leaves, and 0 comes back. */
export function flushReady(s: State, now: number, most: number, mayExceed: boolean): number {
  return s.isReady ? s.outbox.flush(s, now, most, mayExceed) : 0;
}
