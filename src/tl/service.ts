/**
 * Service messages: the part of TL that MTProto itself is spoken in, written by hand (protocol: Salts to Refused messages).
 * In: a Reader or a Writer. Out: numbers. Never: anything of the API scheme; these do not change with a layer.
 */
import type { Reader } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';

/** Constructor numbers, unsigned, in the order of the documentation's chapters. */
export const Crc = {
  reqPqMulti: 0xbe7e8ef1,
  resPQ: 0x05162463,
  pqInnerDataDc: 0xa9f55f95,
  pqInnerDataTempDc: 0x56fddf88,
  reqDHParams: 0xd712e4be,
  serverDHParamsOk: 0xd0e8075c,
  serverDHParamsFail: 0x79cb045d,
  serverDHInnerData: 0xb5890dba,
  clientDHInnerData: 0x6643b654,
  setClientDHParams: 0xf5045f1f,
  dhGenOk: 0x3bcbf734,
  dhGenRetry: 0x46dc1fb9,
  dhGenFail: 0xa69dae02,

  msgContainer: 0x73f1f8dc,
  gzipPacked: 0x3072cfa1,
  msgCopy: 0xe06046b2,
  rpcResult: 0xf35c6d01,
  rpcError: 0x2144ca19,
  rpcAnswerUnknown: 0x5e2ad36e,
  rpcAnswerDroppedRunning: 0xcd78e586,
  rpcAnswerDropped: 0xa43ad8b7,
  rpcDropAnswer: 0x58e4a740,

  msgsAck: 0x62d6b459,
  badMsgNotification: 0xa7eff811,
  badServerSalt: 0xedab447b,
  msgsStateReq: 0xda69fb52,
  msgsStateInfo: 0x04deb57d,
  msgsAllInfo: 0x8cc0d131,
  msgDetailedInfo: 0x276d3ec6,
  msgNewDetailedInfo: 0x809db6df,
  msgResendReq: 0x7d861a08,

  getFutureSalts: 0xb921bd04,
  futureSalts: 0xae500895,
  ping: 0x7abe77ec,
  pingDelayDisconnect: 0xf3427b8c,
  pong: 0x347773c5,
  newSessionCreated: 0x9ec20908,
  destroySession: 0xe7512126,
  destroySessionOk: 0xe22045fc,
  destroySessionNone: 0x62d350c9,
  destroyAuthKey: 0xd1435160,
  destroyAuthKeyOk: 0xf660e1d4,
  destroyAuthKeyNone: 0x0a9f2259,
  destroyAuthKeyFail: 0xea109b13,

  vector: 0x1cb5c415,
  invokeWithLayer: 0xda9b0d0d,
  initConnection: 0xc1cd5ea9,
  invokeWithoutUpdates: 0xbf9459b7,
} as const;

/** Ids an ack, a state request or a resend request may carry (protocol: Delivery). */
export const MAX_IDS = 8192;
/** Messages in one container (protocol: Service messages). */
export const MAX_CONTAINED = 1020;
/** Bytes of body in one packet: over this the server closes the connection (protocol: Encrypted messages). */
export const MAX_PAYLOAD = 1_044_404;

/** `msgs_ack`, `msgs_state_req`, `msg_resend_req`: a constructor and a `Vector<long>` of halves `low, high, low, high, …`. */
export function writeIds(out: Writer, crc: number, halves: readonly number[], from: number, count: number): void {
  out.int32(crc | 0);
  out.int32(Crc.vector | 0);
  out.int32(count);
  for (let i = from * 2; i < (from + count) * 2; i += 2) out.long(halves[i]!, halves[i + 1]!);
}

/** Bytes `writeIds` takes. */
export function idsLength(count: number): number {
  return 12 + count * 8;
}

/** Reads a `Vector<long>` and appends its halves to `into`. */
export function readIds(from: Reader, into: number[]): void {
  if (from.uint32() !== Crc.vector) from.need(Number.MAX_SAFE_INTEGER);
  const count = from.count(8);
  for (let i = 0; i < count * 2; i++) into.push(from.int32());
}

/** `ping_delay_disconnect`: the server closes when no other comes within `seconds`. */
export function writePing(out: Writer, idLow: number, idHigh: number, seconds: number): void {
  out.int32(Crc.pingDelayDisconnect | 0);
  out.long(idLow, idHigh);
  out.int32(seconds);
}

/** `get_future_salts`: asks for `count` salts. */
export function writeGetFutureSalts(out: Writer, count: number): void {
  out.int32(Crc.getFutureSalts | 0);
  out.int32(count);
}

/** `rpc_drop_answer`: nobody waits for the answer to `reqLow, reqHigh` any more. */
export function dropAnswer(reqLow: number, reqHigh: number): Uint8Array {
  return body(12, (out) => {
    out.int32(Crc.rpcDropAnswer | 0);
    out.long(reqLow, reqHigh);
  });
}

/** `destroy_session`: another session of the same key is not needed any more. */
export function destroySession(low: number, high: number): Uint8Array {
  return body(12, (out) => {
    out.int32(Crc.destroySession | 0);
    out.long(low, high);
  });
}

/** `msgs_state_info`: the answer to the server's `msgs_state_req`, one byte an id. */
export function stateInfo(reqLow: number, reqHigh: number, info: Uint8Array): Uint8Array {
  return body(16 + info.length, (out) => {
    out.int32(Crc.msgsStateInfo | 0);
    out.long(reqLow, reqHigh);
    out.string(info);
  });
}

/** `msg_resend_req`: asks for one message again. */
export function resendRequest(low: number, high: number): Uint8Array {
  return body(20, (out) => writeIds(out, Crc.msgResendReq, [low, high], 0, 1));
}

function body(capacity: number, write: (out: Writer) => void): Uint8Array {
  const out = new Writer(capacity);
  write(out);
  return Uint8Array.from(out.written());
}
