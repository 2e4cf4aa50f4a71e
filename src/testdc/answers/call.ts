/**
 * Call: what a method is given to answer a request, and the type of the table of methods.
 * In: nothing. Out: types. Never: behaviour.
 */
import type { Canned } from '../tl/canned.ts';
import type { DcSession } from '../protocol/dc-session.ts';
import type { Received } from '../protocol/message-book.ts';
import type { TlObject, TlValue } from '../tl/tl-value.ts';
import type { World } from '../world/world.ts';

/** An address of a DC, as `help.getConfig` tells clients. */
export interface DcAddress {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  /** `media_only`: for files alone. */
  readonly isMediaOnly?: boolean;
  /** `tcpo_only`: only obfuscation under this secret is taken. */
  readonly secret?: Uint8Array | undefined;
}

/** One request, its wrappers taken off, and all that its method needs beside it. */
export interface Call {
  readonly method: string;
  readonly args: TlObject;
  readonly session: DcSession;
  /** The message the request came in. */
  readonly received: Received;
  readonly world: World;
  /** Unix milliseconds. */
  readonly now: number;
  /** Number of the DC that the request has come to. */
  readonly dcId: number;
  /** Whether the DC is of Telegram's test environment. */
  readonly isTest: boolean;
  /** The addresses of all DCs. */
  readonly dcs: readonly DcAddress[];
}

/** One method: the value of its result, at once or later. @throws DcRpcError */
export type MethodAnswer = (call: Call) => TlValue | Canned | Promise<TlValue>;

/** Methods by name. */
export type AnswerTable = Readonly<Record<string, MethodAnswer | undefined>>;
