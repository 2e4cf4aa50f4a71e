/**
 * Packets: packs what waits into packets: acknowledgements, service messages, requests (protocol: Message ids; Delivery; Service messages).
 * In: the state of a ready session, the time. Out: sealed and framed packets through the sink.
 * Never: more than one container in a packet, or a request before one the client sent earlier.
 */
import { seal } from '../../crypto/envelope.ts';
import type { Writer } from '../../bytes/writer.ts';
import { Crc, idsLength, MAX_CONTAINED, MAX_IDS, writeGetFutureSalts, writeIds, writePing } from '../../tl/service.ts';
import { needsPrefix } from './init.ts';
import { AnswerBy, type Pending } from '../state/pending.ts';
import { writeCall } from './write-call.ts';
import { SALTS_ASKED } from '../state/salts.ts';
import type { ConnectionState } from '../state/state.ts';

/** A packet that holds this many bytes takes no further message. */
const PACKET_BYTES = 256 * 1024;
/** Seconds the server waits for the next ping before it closes (protocol: Delivery). */
const DISCONNECT_DELAY = 75;
const CONTAINER_HEAD = 8;
const MESSAGE_HEAD = 16;

/** Scratch of the `flush` that runs; no two run at once. */
const packing = {
  /** Bytes the packet may have, whether its first call may have more, and calls of this `flush` so far. */
  room: 0,
  mayExceed: false,
  calls: 0,
  /** Several messages may share the packet; for a while after the server refused a container, each goes alone. */
  mayGather: true,
  /** The packet holds a message under an id it was sent with before: only inside a container is that allowed. */
  isResend: false,
};

/** Whether `flush` would send anything now. */
function hasWork(s: ConnectionState, now: number): boolean {
  if ((s.binding ?? s.pending.queue).length > 0 || s.outbox.said.length > 0) return true;
  if (s.outbox.resends.size > 0 || s.stateRequests.wanted.length > 0) return true;
  return s.outbox.isPingDue || s.outbox.isSaltRequestDue || s.outbox.ackAt <= now;
}

/**
 * Sends what waits, in as few packets as the limits allow, but no more than `most` bytes; what is left is `hasRest`.
 * @param mayExceed the first message goes however long it is @returns bytes written
 */
function flush(s: ConnectionState, now: number, most: number, mayExceed: boolean): number {
  s.salts.advance(s.serverSeconds(now));
  if (s.salts.shouldAsk(s.serverSeconds(now), now)) s.outbox.isSaltRequestDue = true;
  packing.calls = 0;
  let sent = 0;
  while (sent < most && hasWork(s, now)) {
    packing.room = Math.min(PACKET_BYTES, most - sent);
    packing.mayExceed = mayExceed && packing.calls === 0;
    const length = writePacket(s, now);
    if (length === 0) break;
    sent += length;
  }
  s.outbox.hasRest = hasWork(s, now);
  return sent;
}

/** One packet: a container if several messages go, else the message alone. @returns bytes written; 0 if nothing has room */
function writePacket(s: ConnectionState, now: number): number {
  const body = s.env.body;
  body.clear();
  body.int32(Crc.msgContainer | 0);
  body.int32(0);
  packing.mayGather = now >= s.outbox.aloneUntil;
  packing.isResend = false;
  let count = writeServices(s, now, body);
  if (!isFull(count)) count += writeResends(s, now, body, count);
  if (!isFull(count)) count += writeRequests(s, now, body, count);
  if (count === 0) return 0;
  if (count === 1 && !packing.isResend) sealAlone(s, body);
  else sealContainer(s, now, body, count);
  return body.pos;
}

/** Whether a packet that holds so many messages takes no other, because each has to go alone. */
function isFull(count: number): boolean {
  return count > 0 && !packing.mayGather;
}

/** Whether a call of so many bytes may go into a packet that holds so many messages already. */
function hasRoom(body: Writer, length: number, already: number): boolean {
  return body.pos + length + MESSAGE_HEAD <= packing.room || (already === 0 && packing.mayExceed);
}

/** Acknowledgements, then the gateway's own service messages: `msgs_state_req`, `get_future_salts`, pings. @returns messages written */
function writeServices(s: ConnectionState, now: number, body: Writer): number {
  const { outbox, stateRequests } = s;
  let count = 0;
  // Where each message has to go alone, acknowledgements take a packet of their own only when they are due.
  if (outbox.acks.length > 0 && (packing.mayGather || outbox.ackAt <= now)) count += writeAcks(s, now, body);
  count += writeSaid(s, now, body, count);
  if (stateRequests.wanted.length > 0 && !isFull(count)) count += writeStateRequest(s, now, body);
  if (outbox.isSaltRequestDue && !isFull(count)) count += writeSaltRequest(s, now, body);
  if (outbox.isPingDue && !isFull(count)) count += writeDuePing(s, now, body);
  return count;
}

function writeAcks(s: ConnectionState, now: number, body: Writer): 1 {
  const { outbox } = s;
  const ids = Math.min(MAX_IDS, outbox.acks.length / 2);
  writeHead(s, now, body, idsLength(ids));
  writeIds(body, Crc.msgsAck, outbox.acks, 0, ids);
  outbox.acks.splice(0, ids * 2);
  outbox.ackAt = outbox.acks.length > 0 ? now : Infinity;
  return 1;
}

/** Service messages that were encoded as they were needed, in their order. @returns messages written */
function writeSaid(s: ConnectionState, now: number, body: Writer, already: number): number {
  const { said } = s.outbox;
  let count = 0;
  for (; count < said.length && !isFull(already + count); count++) {
    writeHead(s, now, body, said[count]!.length);
    body.raw(said[count]!);
  }
  if (count > 0) said.splice(0, count);
  return count;
}

function writeStateRequest(s: ConnectionState, now: number, body: Writer): 1 {
  const { stateRequests } = s;
  const ids = Math.min(MAX_IDS, stateRequests.wanted.length / 2);
  writeHead(s, now, body, idsLength(ids));
  stateRequests.asked = stateRequests.wanted.splice(0, ids * 2);
  stateRequests.low = s.ids.low;
  stateRequests.high = s.ids.high;
  writeIds(body, Crc.msgsStateReq, stateRequests.asked, 0, ids);
  return 1;
}

function writeSaltRequest(s: ConnectionState, now: number, body: Writer): 1 {
  const { outbox } = s;
  writeHead(s, now, body, 8);
  outbox.saltsLow = s.ids.low;
  outbox.saltsHigh = s.ids.high;
  writeGetFutureSalts(body, SALTS_ASKED);
  outbox.isSaltRequestDue = false;
  s.salts.noteAsked(now);
  return 1;
}

function writeDuePing(s: ConnectionState, now: number, body: Writer): 1 {
  writeHead(s, now, body, 16);
  writePing(body, s.env.random32(), s.env.random32(), DISCONNECT_DELAY);
  s.outbox.isPingDue = false;
  s.link.lastPing = now;
  return 1;
}

/** Resends: requests whose msg_id is still awaited go once more under it. @returns messages written */
function writeResends(s: ConnectionState, now: number, body: Writer, already: number): number {
  let count = 0;
  for (const pending of s.outbox.resends) {
    if (already + count >= MAX_CONTAINED) break;
    if (!hasRoom(body, pending.body.length + (pending.prefix?.length ?? 0), already + count)) break;
    s.outbox.resends.delete(pending);
    if (s.pending.find(pending.msgIdLow, pending.msgIdHigh) !== pending) continue;
    packing.isResend = true;
    writePending(s, now, body, pending);
    count++;
  }
  return count;
}

/** As many requests from the front of the queue as fit. @returns messages written */
function writeRequests(s: ConnectionState, now: number, body: Writer, already: number): number {
  const queue = s.binding ?? s.pending.queue;
  let count = 0;
  while (count < queue.length && already + count < MAX_CONTAINED) {
    const pending = queue[count]!;
    if (isFull(already + count)) break;
    if (!hasRoom(body, pending.body.length + s.session.initPrefix.length, already + count)) break;
    writeRequest(s, now, body, pending);
    count++;
  }
  queue.splice(0, count);
  return count;
}

function writeRequest(s: ConnectionState, now: number, body: Writer, pending: Pending): void {
  if (s.pending.sentCount === 0 && !s.link.isUnheard) s.link.awaitingSince = now;
  s.link.isUnheard = true;
  if (!pending.hasOwnId) numberPending(s, now, pending);
  writePending(s, now, body, pending);
}

function writePending(s: ConnectionState, now: number, body: Writer, pending: Pending): void {
  packing.calls++;
  s.stateRequests.noteSent(pending, now, s.pending.sentCount === 0);
  pending.copies++;
  pending.attempt = s.link.attempt;
  pending.containerLow = 0;
  pending.containerHigh = 0;
  body.long(pending.msgIdLow, pending.msgIdHigh);
  body.int32(pending.seqNo);
  const at = body.pos;
  body.int32(0);
  writeCall(body, pending.prefix, s.role !== 'home', pending, s.env.calls.packed);
  body.patchInt32(at, body.pos - at - 4);
  s.pending.place(pending);
}

/** A new id and seq_no. */
function numberPending(s: ConnectionState, now: number, pending: Pending): void {
  do s.ids.next(now, s.env.random32());
  while (!s.pending.isFree(s.ids.low));
  pending.msgIdLow = s.ids.low;
  pending.msgIdHigh = s.ids.high;
  pending.isAcknowledged = false;
  pending.isAnswerMade = false;
  pending.isIdRefused = false;
  pending.isFromLostThread = false;
  pending.copies = 0;
  pending.referenceLow = s.referenceLow;
  pending.referenceHigh = s.referenceHigh;
  pending.stateRequestCount = 0;
  pending.prefix = needsPrefix(s, pending) ? s.session.initPrefix : undefined;
  const counted = s.ids.seqNo(pending.answerBy === AnswerBy.RPC);
  pending.seqNo = pending.seqNoGiven >= 0 && pending.retries === 0 ? pending.seqNoGiven : counted;
}

/** The head of a service message: an id of its own and an even seq_no. */
function writeHead(s: ConnectionState, now: number, body: Writer, length: number): void {
  s.ids.next(now, s.env.random32());
  s.outbox.note(s.ids.low, s.ids.high);
  body.long(s.ids.low, s.ids.high);
  body.int32(s.ids.seqNo(false));
  body.int32(length);
}

/** The only message goes without a container: its id and seq_no move into the envelope. */
function sealAlone(s: ConnectionState, body: Writer): void {
  const { head } = s.env;
  const bytes = body.bytes;
  head.msgIdLow = bytes.readInt32LE(CONTAINER_HEAD);
  head.msgIdHigh = bytes.readInt32LE(CONTAINER_HEAD + 4);
  head.seqNo = bytes.readInt32LE(CONTAINER_HEAD + 8);
  sealPacket(s, body, CONTAINER_HEAD + MESSAGE_HEAD);
}

/** A container's id is greater than all ids inside it; every request in it learns it. */
function sealContainer(s: ConnectionState, now: number, body: Writer, count: number): void {
  body.patchInt32(4, count);
  const { head } = s.env;
  s.ids.next(now, s.env.random32());
  s.outbox.note(s.ids.low, s.ids.high);
  head.msgIdLow = s.ids.low;
  head.msgIdHigh = s.ids.high;
  head.seqNo = s.ids.seqNo(false);
  nameContainer(s, body, count);
  sealPacket(s, body, 0);
}

function sealPacket(s: ConnectionState, body: Writer, from: number): void {
  const { head, fill } = s.env;
  head.saltLow = s.salts.low;
  head.saltHigh = s.salts.high;
  head.sessionLow = s.sessionLow;
  head.sessionHigh = s.sessionHigh;
  s.link.unheardBytes += body.pos - from;
  const out = s.sink.send(s.linkNumber);
  const mark = s.link.transport!.begin(out);
  seal(s.keys.inForce!, 'client', head, body.bytes, from, body.pos, fill, out);
  s.link.transport!.end(out, mark);
  s.sink.end();
}

/** Walks the messages of a container that was just written. */
function nameContainer(s: ConnectionState, body: Writer, count: number): void {
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

/** `flush` of a connection that may send; of any other nothing leaves, and 0 comes back. */
export function flushReady(s: ConnectionState, now: number, most: number, mayExceed: boolean): number {
  return s.isReady ? flush(s, now, most, mayExceed) : 0;
}
