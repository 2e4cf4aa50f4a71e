/**
 * Call: what an answer is told, and the table answers stand in.
 * In: nothing. Out: types. Never: behaviour.
 */
import type { Canned } from '../tl/canned.ts';
import type { DcSession } from '../protocol/dc-session.ts';
import type { Received } from '../protocol/message-book.ts';
import type { TlObject, TlValue } from '../tl/tl-value.ts';
import type { World } from '../world/world.ts';

/** A DC as clients are told of it. */
export interface DcAddress {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  /** For files only: `media_only`. */
  readonly isMediaOnly?: boolean;
  /** Obfuscation under this secret only: `tcpo_only`. */
  readonly secret?: Uint8Array | undefined;
}

export interface Call {
  readonly method: string;
  readonly args: TlObject;
  readonly session: DcSession;
  /** The message the request came in. */
  readonly received: Received;
  readonly world: World;
  /** Unix milliseconds. */
  readonly now: number;
  readonly dcId: number;
  readonly isTest: boolean;
  readonly dcs: readonly DcAddress[];
}

/** Answers a request, or throws a DcRpcError. */
export type MethodAnswer = (call: Call) => TlValue | Canned | Promise<TlValue>;

export type AnswerTable = Readonly<Record<string, MethodAnswer | undefined>>;
