/**
 * Pending: one request that awaits its answer, and the stage it is at (protocol: Delivery).
 * In: an encoded call, whose it is. Out: fields. Never: knows of the others (`pending-table.ts`).
 */
import type { ResultKind } from '../../tl/codec.ts';
import type { Refusal } from '../../dialect/dialect.ts';
import type { AttachmentState } from './attachment.ts';
import type { RpcError } from '../state/rpc-error.ts';
import { Stage } from './stage.ts';

export { Stage };

/** How the answer is recognised. */
export const AnswerBy = {
  /** `rpc_result`, by req_msg_id. */
  RPC: 0,
  /** A plain service message that names the request's msg_id: pong, future_salts, msgs_state_info. */
  SERVICE: 1,
  /** `destroy_session_ok/none`, which names a session only. */
  DESTROY: 2,
  /** `destroy_auth_key_ok/none/fail`, which names nothing. */
  DESTROY_KEY: 3,
} as const;
export type AnswerBy = (typeof AnswerBy)[keyof typeof AnswerBy];

/** Who waits for an internal call. */
export interface OwnCall {
  done(result: Readonly<Record<string, unknown>>, now: number): void;
  /** @param error the server's, or undefined if nobody answered @param refused why this side gave up, if it did */
  failed(error: RpcError | undefined, refused?: Refusal): void;
  /** The message was refused, not the call: for calls that know their own message id. */
  again?(now: number): void;
}

/** One open request: what is sent of it, and what is known of its way. Times are Unix ms. */
export class Pending {
  readonly ticket: number;
  /** The client's id as the answer carries it: its own text, a copy. */
  readonly id: Uint8Array;
  /** TL bytes of the call, without what the gateway wraps around it; kept for sending again. */
  readonly body: Uint8Array;
  readonly result: ResultKind;
  readonly answerBy: AnswerBy;
  /** Unix ms after which the client is told `rpc_timeout`. */
  readonly deadline: number;
  /** Constructor number of the innermost function: floods, and whether the call is idempotent, go by it. */
  readonly method: number;
  /** Which of options, server, session the answer carries too: `Wants`. */
  readonly wants: number;
  /** Where the innermost function begins in `body`. */
  readonly innerAt: number;
  /** Bytes of `body` before the first function that is not invokeWithLayer or initConnection; 0 if it has none of these. */
  readonly clientInitLength: number;
  /** The client's `_seqno`, or -1: it gave none, or the server has refused it. */
  seqNoGiven: number;

  stage: Stage = Stage.QUEUED;
  msgIdLow = 0;
  msgIdHigh = 0;
  seqNo = 0;
  /** msg_id of the container it went in; 0 if it went alone. */
  containerLow = 0;
  containerHigh = 0;
  /** The `initConnection` that the gateway put around it when it was numbered. */
  prefix: Uint8Array | undefined;
  /** The attempt at a connection (`Link`) that it went over last. */
  attempt = 0;
  /** Packets that carried this id: from the second on the server may meet it once more at any time. */
  copies = 0;
  /** The newest message the server had answered when this one was numbered: whether it still knows that one tells whether its word about this one counts. */
  referenceLow = 0;
  referenceHigh = 0;
  /** When it was sent, or asked about last, Unix ms; how many `msgs_state_req` asked about it under this id. */
  askedAt = 0;
  stateRequestCount = 0;
  /** The server has said that the answer is made. */
  isAnswerMade = false;
  /** The server has refused this msg_id, though it may have taken another packet that carried it. */
  isIdRefused = false;
  /** Whether any server may ever have read it: decides `delivered` when it is given up. */
  wasSent = false;
  /** It was sent by a thread that was lost: what was answered before it is not known any more. */
  isFromLostThread = false;
  /** Whether the server has acknowledged it. */
  isAcknowledged = false;
  /** At stage DELAYED: when it may be sent, Unix ms; Infinity while it waits for something else than time. */
  notBefore = 0;
  /** Its msg_id and seq_no were given before it was sent: they stand inside it. */
  hasOwnId = false;
  /** Moves to another data centre so far. */
  hops = 0;
  /** Set for the gateway's own calls: who waits. */
  ownCall: OwnCall | undefined;
  /** Whose request it is; nobody's for the gateway's own calls. */
  readonly attachment: AttachmentState | undefined;
  /** Its stage or msg_id has changed since the request was saved. */
  hasMoved = false;
  /** It is the first with its idempotency key: how it ends is told to the main thread. */
  hasKey = false;
  /** How often it was sent again after an error of the server. */
  retries = 0;

  constructor(init: PendingInit) {
    this.ticket = init.ticket;
    this.id = init.id;
    this.body = init.body;
    this.result = init.result;
    this.answerBy = init.answerBy;
    this.deadline = init.deadline;
    this.method = init.method;
    this.wants = init.wants;
    this.clientInitLength = init.clientInitLength;
    this.innerAt = init.innerAt ?? 0;
    this.seqNoGiven = init.seqNoGiven;
    this.attachment = init.attachment;
  }

  /** Whose answer it is; not of the gateway's own calls. */
  get asker(): AttachmentState {
    return this.attachment!;
  }
}

/** What a `Pending` is made of; `deadline` is Unix ms. */
export interface PendingInit {
  ticket: number;
  id: Uint8Array;
  body: Uint8Array;
  result: ResultKind;
  answerBy: AnswerBy;
  deadline: number;
  method: number;
  wants: number;
  clientInitLength: number;
  /** 0 if not given: no function stands around it. */
  innerAt?: number;
  seqNoGiven: number;
  attachment: AttachmentState | undefined;
}
