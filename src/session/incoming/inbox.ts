/**
 * Inbox: the filters a message passes (protocol: Receiving, steps 8 and 9), and which handler its body goes to, in the
 * order of the documentation's chapters. In: a message, alone or out of a container. Out: one call. Never: a fault of one message that touches another: it is counted and left.
 */
import { TlReadError, type Reader } from '../../bytes/reader.ts';
import { Crc } from '../../tl/service.ts';
import { handleBadMsg, handleBadServerSalt, handleFutureSalts } from './handle-bad-msg.ts';
import { handleContainer, handleGzip, type Contained } from './handle-container.ts';
import { handleNewSession } from './handle-new-session.ts';
import {
  handleAcks,
  handleDestroyed,
  handleDetailedInfo,
  handleKeyDestroyed,
  handlePong,
  handleNothing,
} from './handle-notices.ts';
import { handleRpcResult } from './handle-rpc.ts';
import { handleAllInfo, handleResendRequest, handleStateInfo, handleStateRequest } from './handle-states.ts';
import { handleUpdate } from './handle-update.ts';
import { crcAt, type Incoming } from './incoming.ts';
import { TOO_NEW_SECONDS, TOO_OLD_SECONDS } from '../state/message-ids.ts';
import type { ConnectionState } from '../state/state.ts';

/** Takes a message. @param now Unix ms @param contained where a body that holds others puts them */
type Handler = (s: ConnectionState, message: Incoming, now: number, contained: Contained) => void;

const handlers = new Map<number, Handler>([
  [Crc.rpcResult, handleRpcResult],
  [Crc.msgContainer, handleContainer],
  [Crc.gzipPacked, handleGzip],
  [Crc.msgsAck, handleAcks],
  [Crc.badMsgNotification, handleBadMsg],
  [Crc.badServerSalt, handleBadServerSalt],
  [Crc.msgsStateReq, handleStateRequest],
  [Crc.msgsStateInfo, handleStateInfo],
  [Crc.msgsAllInfo, handleAllInfo],
  [Crc.msgDetailedInfo, handleDetailedInfo],
  [Crc.msgNewDetailedInfo, handleDetailedInfo],
  [Crc.msgResendReq, handleResendRequest],
  [Crc.msgCopy, handleNothing],
  [Crc.futureSalts, handleFutureSalts],
  [Crc.pong, handlePong],
  [Crc.newSessionCreated, handleNewSession],
  [Crc.destroySessionOk, handleDestroyed],
  [Crc.destroySessionNone, handleDestroyed],
  [Crc.destroyAuthKeyOk, handleKeyDestroyed],
  [Crc.destroyAuthKeyNone, handleKeyDestroyed],
  [Crc.destroyAuthKeyFail, handleKeyDestroyed],
]);

/** What a packet holds, a message or a container: the time window, then what follows. */
export function receiveMessage(s: ConnectionState, message: Incoming, now: number): void {
  if (!isTimely(s, message.high, now)) return receiveUntimely(s, message, now);
  s.aheadBy = 0;
  s.ids.learn(message.high, message.low, now);
  receiveInner(s, message, now);
}

/**
 * A message, alone or out of a container: duplicates, acknowledgement, then its body. A container's id is new, those
 * in it need not be: after an outage the server sends again what is minutes old.
 */
function receiveInner(s: ConnectionState, message: Incoming, now: number): void {
  const { low, high, seqNo } = message;
  const crc = crcAt(message.body);
  message.crc = crc;
  // A container repeats nothing itself; results are filtered by the table of open requests.
  const seen = crc === Crc.msgContainer ? 'new' : s.received.note(low, high);
  if ((seqNo & 1) === 1 && seen !== 'old') s.outbox.acknowledge(low, high, now);
  if (seen !== 'new' && crc !== Crc.rpcResult) return;
  dispatch(s, message, now);
}

/** Neither acknowledged nor remembered, but for what mends a wrong clock: it may be this side's. */
function receiveUntimely(s: ConnectionState, message: Incoming, now: number): void {
  const crc = crcAt(message.body);
  message.crc = crc;
  if (crc === Crc.msgContainer) dispatch(s, message, now, UNTIMELY);
  else if (namesOwnMessage(s, crc, message.body)) receiveInner(s, message, now);
  else if (answersOwnMessage(s, crc, message.body)) believeTimeAhead(s, message, now);
}

/** Whether a msg_id lies in the time window; true while the server's clock is not known. */
function isTimely(s: ConnectionState, high: number, now: number): boolean {
  if (!s.ids.isSynchronised) return true;
  const difference = (high >>> 0) - s.ids.serverTime(now) / 1000;
  return difference <= TOO_NEW_SECONDS && difference >= -TOO_OLD_SECONDS;
}

/**
 * An answer to an open request has a msg_id more than `TOO_NEW_SECONDS` ahead: this side's clock stood still (a suspended
 * machine), or was learnt wrong. The second answer in a row that is ahead by the same moves the clock.
 */
function believeTimeAhead(s: ConnectionState, { low, high }: Incoming, now: number): void {
  const ahead = (high >>> 0) - s.ids.serverTime(now) / 1000;
  if (s.aheadBy > 0 && Math.abs(ahead - s.aheadBy) < TOO_NEW_SECONDS) {
    s.ids.setClock(high, low, now);
    s.isClockMended = true;
  }
  s.aheadBy = Math.max(0, ahead);
}

function answersOwnMessage(s: ConnectionState, crc: number, r: Reader): boolean {
  if ((crc !== Crc.rpcResult && crc !== Crc.pong) || r.left < 12) return false;
  const at = r.skip(4);
  const low = r.int32();
  const high = r.int32();
  r.pos = at;
  return s.pending.find(low, high) !== undefined || s.outbox.isRecent(low, high);
}

/** `bad_server_salt` and `bad_msg_notification` may come from any time if they name a message of ours. */
function namesOwnMessage(s: ConnectionState, crc: number, r: Reader): boolean {
  if ((crc !== Crc.badServerSalt && crc !== Crc.badMsgNotification) || r.left < 12) return false;
  const at = r.skip(4);
  const low = r.int32();
  const high = r.int32();
  r.pos = at;
  return s.pending.namedBy(low, high).length > 0 || s.outbox.isRecent(low, high);
}

const TIMELY: Contained = { message: receiveInner, body: dispatch };
/** What a container out of the time window may bring in. */
const UNTIMELY: Contained = { message: receiveUntimely, body: dispatch };

/** Hands a message to the handler of its body; what has none is an update. */
function dispatch(s: ConnectionState, message: Incoming, now: number, contained = TIMELY): void {
  const { crc } = message;
  const handler = handlers.get(crc) ?? handleUpdate;
  try {
    handler(s, message, now, contained);
  } catch (error) {
    if (!(error instanceof TlReadError)) throw error;
    s.sink.log('unreadable message', { crc, reason: error.message });
  }
}
