/**
 * Service messages as the server takes and makes them (protocol: Service messages), in the order of that table.
 * In: a session, the message, a reader behind its constructor number. Out: messages that the session sends.
 * Never: API requests; a message whose constructor is not in the table is one.
 */
import type { Reader } from '../../bytes/reader.ts';
import { Writer } from '../../bytes/writer.ts';
import type { DcEnv } from '../env.ts';
import { randomLong } from '../env.ts';
import type { Received } from './message-book.ts';
import type { ServerSession } from './server-session.ts';

/** Handles one kind of service message; `body` stands behind the constructor number. May throw TlReadError. */
export type Service = (session: ServerSession, received: Received, body: Reader) => void;

/** Ids in one msgs_ack, msgs_state_req or msg_resend_req, at most. */
const MOST_IDS = 8192;
const VECTOR = 0x1cb5c415;

/** Service messages of a client by constructor number. */
export const SERVICE: ReadonlyMap<number, Service> = new Map<number, Service>([
  [0x62d6b459, msgsAck],
  [0xda69fb52, msgsStateReq],
  [0x04deb57d, ignore], // msgs_state_info: an answer to a question this DC does not ask
  [0x8cc0d131, ignore], // msgs_all_info
  [0x7d861a08, msgResendReq],
  [0x8610baeb, msgResendReq], // msg_resend_ans_req
  [0x58e4a740, rpcDropAnswer],
  [0xb921bd04, getFutureSalts],
  [0x7abe77ec, ping],
  [0xf3427b8c, pingDelayDisconnect],
  [0xe7512126, destroySession],
  [0x9299359f, ignore], // http_wait: only HTTP needs it
  [0xd1435160, destroyAuthKey],
]);

function ignore(): void {}

/** Calls `each` with the halves of every id of a `Vector<long>`. */
function ids(session: ServerSession, body: Reader, each: (low: number, high: number) => void): void {
  if (body.uint32() !== VECTOR) return session.violation('service-message', 'a list of ids that is no Vector');
  const count = body.count(8);
  if (count > MOST_IDS) session.violation('service-message', `${count} ids in one message`);
  for (let i = 0; i < count; i++) each(body.int32(), body.int32());
}

function msgsAck(session: ServerSession, received: Received, body: Reader): void {
  if ((received.seqNo & 1) === 1) session.violation('ack-parity', `msgs_ack with seqno ${received.seqNo}`);
  ids(session, body, (low, high) => session.outbox.acknowledge(low, high));
}

function msgsStateReq(session: ServerSession, received: Received, body: Reader): void {
  const states: number[] = [];
  ids(session, body, (low, high) => states.push(session.book.stateOf(low, high)));
  session.say(writeService.msgsStateInfo(received, states));
}

/** Sends again what the outbox still has; if it lacks one, the states of all are told as well. */
function msgResendReq(session: ServerSession, received: Received, body: Reader): void {
  const states: number[] = [];
  let isAllThere = true;
  ids(session, body, (low, high) => {
    const sent = session.outbox.unacked(low, high);
    if (sent !== undefined) session.again(sent);
    else isAllThere = false;
    states.push(sent === undefined ? 1 : 4);
  });
  if (!isAllThere) session.say(writeService.msgsStateInfo(received, states));
}

/** Answers with one of the three `RpcDropAnswer`s, as the rpc_result of the rpc_drop_answer itself. */
function rpcDropAnswer(session: ServerSession, received: Received, body: Reader): void {
  const request = session.book.find(body.int32(), body.int32());
  const out = new Writer(24);
  if (request?.state === 'running') {
    out.int32(0xcd78e586);
    session.answer(request, out.written());
    request.state = 'dropped';
  } else if (request?.answer !== undefined && !request.answer.isAcked) {
    const { low, high, seqNo, body: answer } = request.answer;
    out.int32(0xa43ad8b7);
    out.long(low, high);
    out.int32(seqNo);
    out.int32(answer.length);
    session.outbox.acknowledge(low, high);
    request.state = 'dropped';
  } else out.int32(0x5e2ad36e);
  received.state = 'running';
  session.answer(received, out.written());
}

function getFutureSalts(session: ServerSession, received: Received, body: Reader): void {
  const count = body.int32();
  if (count < 1 || count > 64) session.violation('service-message', `get_future_salts of ${count}`);
  const out = new Writer(1040);
  out.int32(0xae500895);
  out.long(received.low, received.high);
  out.int32(Math.floor(session.host.env.now() / 1000));
  const salts = session.key.salts.future(Math.min(Math.max(count, 1), 64));
  out.int32(salts.length);
  for (const { since, until, salt } of salts) {
    out.int32(since);
    out.int32(until);
    out.bigInt64(salt);
  }
  session.say(out.written());
}

function ping(session: ServerSession, received: Received, body: Reader): void {
  session.say(writeService.pong(received, body.int32(), body.int32()));
}

function pingDelayDisconnect(session: ServerSession, received: Received, body: Reader): void {
  session.say(writeService.pong(received, body.int32(), body.int32()));
  const delay = body.int32();
  if (delay < 0) session.violation('service-message', `disconnect_delay ${delay}`);
  else session.link?.closeIn(delay * 1000);
}

/** Ends another session of the same key; never the one that asks. */
function destroySession(session: ServerSession, _received: Received, body: Reader): void {
  const low = body.int32();
  const high = body.int32();
  const other = session.key.sessions.get(low, high);
  const isOther = other !== undefined && other !== session;
  if (other === session) session.violation('service-message', 'destroy_session of the current session');
  if (isOther) session.key.sessions.delete(low, high);
  const out = new Writer(12);
  out.int32(isOther ? 0xe22045fc : 0x62d350c9);
  out.long(low, high);
  session.say(out.written());
}

function destroyAuthKey(session: ServerSession): void {
  const out = new Writer(4);
  out.int32(0xf660e1d4);
  session.say(out.written());
  session.destroyKey();
}

/** TL bytes of the service messages that the server makes; ids are in halves, low first. */
export const writeService = {
  msgsAck(halves: readonly number[]): Uint8Array {
    const out = new Writer(12 + halves.length * 4);
    out.int32(0x62d6b459);
    out.int32(VECTOR);
    out.int32(halves.length / 2);
    for (const half of halves) out.int32(half);
    return out.written();
  },

  msgsStateInfo(received: Received, states: readonly number[]): Uint8Array {
    const out = new Writer(32 + states.length);
    out.int32(0x04deb57d);
    out.long(received.low, received.high);
    out.string(Uint8Array.from(states));
    return out.written();
  },

  pong(received: Received, pingLow: number, pingHigh: number): Uint8Array {
    const out = new Writer(20);
    out.int32(0x347773c5);
    out.long(received.low, received.high);
    out.long(pingLow, pingHigh);
    return out.written();
  },

  newSessionCreated(firstLow: number, firstHigh: number, env: DcEnv, salt: bigint): Uint8Array {
    const out = new Writer(28);
    out.int32(0x9ec20908);
    out.long(firstLow, firstHigh);
    out.bigInt64(randomLong(env));
    out.bigInt64(salt);
    return out.written();
  },

  updatesTooLong(): Uint8Array {
    const out = new Writer(4);
    out.int32(0xe317af7e);
    return out.written();
  },

  badMsg(low: number, high: number, seqNo: number, code: number): Uint8Array {
    const out = new Writer(20);
    out.int32(0xa7eff811);
    out.long(low, high);
    out.int32(seqNo);
    out.int32(code);
    return out.written();
  },

  badServerSalt(low: number, high: number, seqNo: number, salt: bigint): Uint8Array {
    const out = new Writer(28);
    out.int32(0xedab447b);
    out.long(low, high);
    out.int32(seqNo);
    out.int32(48);
    out.bigInt64(salt);
    return out.written();
  },
};
