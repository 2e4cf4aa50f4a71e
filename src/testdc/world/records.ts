/**
 * Records: the data of the test world that have no behaviour of their own. In: nothing. Out: types. Never: behaviour.
 */
import type { Cans } from '../tl/canned.ts';
import type { KnownKey } from '../keys/known-key.ts';
import type { SrpChallenge } from '../keys/srp.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Box, Post } from './box.ts';
import type { Password } from './password.ts';
import type { PeerRef } from './peers.ts';

/** An account: its messages, its keys, what is read. */
export interface Account {
  readonly userId: bigint;
  readonly box: Box;
  /** The keys signed in to the account, at all DCs. */
  readonly keys: Set<KnownKey>;
  /** The id up to which the account has read, by peer. */
  readonly read: Map<string, number>;
  /** The id up to which the other side has read, by peer. */
  readonly readByOthers: Map<string, number>;
  /** How often `read` or `readByOthers` has changed. */
  reads: number;
  /** Canned answers of `messages.getDialogs`. */
  readonly dialogs: Cans;
  /** The `random_id`s of messages sent. */
  readonly randomIds: Set<bigint>;
}

/** A message to be written into boxes. */
export interface Draft {
  readonly from: bigint;
  readonly to: PeerRef;
  /** Text, entities and the rest: fields of `message`, or of `messageService`. */
  readonly content: TlObject;
  /** The post that the message answers. */
  readonly replyTo?: Post | undefined;
}

/** A message in a box, and the pts that it has brought the box to. */
export interface Written {
  readonly message: TlObject;
  readonly pts: number;
}

/** Why a call is sent to another DC: the first word of `PHONE_MIGRATE_5`. */
export type MoveKind = 'PHONE' | 'NETWORK' | 'USER' | 'FILE' | 'STATS';

/** An authorization that was exported and not imported yet. */
export interface ExportedAuthorization {
  readonly userId: bigint;
  /** Number of the DC that it was exported for. */
  readonly to: number;
  /** The key that has exported it. */
  readonly from: KnownKey;
}

/** How a code gets to its user: the end of `auth.sentCodeTypeApp`. */
export type CodeKind =
  | 'App'
  | 'Sms'
  | 'Call'
  | 'FlashCall'
  | 'MissedCall'
  | 'EmailCode'
  | 'SetUpEmailRequired'
  | 'FragmentSms'
  | 'FirebaseSms'
  | 'SmsWord'
  | 'SmsPhrase';

/** A code that was sent. */
export interface SentCode {
  readonly phone: string;
  /** The permanent key that it was asked for under: under another one it is worth nothing. */
  readonly key: KnownKey;
  /** How the code was sent last, and how it is sent when it is asked for again. */
  readonly kinds: CodeKind[];
  /** How many wrong codes were tried. */
  wrong: number;
  /** Whether the code was proved, and the phone has no account yet. */
  isRight: boolean;
}

/** A token of a QR code. */
export interface LoginToken {
  readonly token: Buffer;
  /** The key that shows the QR code. */
  readonly key: KnownKey;
  /** The users who may not accept the token. */
  readonly exceptIds: readonly bigint[];
  /** Who has accepted the token. */
  userId: bigint | undefined;
}

/** A question for a password that waits for its answer. */
export interface Challenge {
  readonly userId: bigint;
  readonly password: Password;
  readonly challenge: SrpChallenge;
}
