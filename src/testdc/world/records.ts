/**
 * Records: what the test world writes down. In: nothing. Out: types. Never: behaviour.
 */
import type { Cans } from '../tl/canned.ts';
import type { KnownKey } from '../keys/known-key.ts';
import type { SrpChallenge } from '../keys/srp.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Box, Post } from './box.ts';
import type { Password } from './password.ts';
import type { PeerRef } from './peers.ts';

/** What an account has beside its messages. */
export interface Account {
  readonly userId: bigint;
  readonly box: Box;
  /** Keys signed in to it, on whatever DC. */
  readonly keys: Set<KnownKey>;
  /** Read up to here, by peer. */
  readonly read: Map<string, number>;
  /** Read up to here by the others, by peer. */
  readonly readByOthers: Map<string, number>;
  /** How often that has changed. */
  reads: number;
  /** Answers about its dialogs. */
  readonly dialogs: Cans;
  /** `random_id`s of messages sent. */
  readonly randomIds: Set<bigint>;
}

/** A message to be written down. */
export interface Draft {
  readonly from: bigint;
  readonly to: PeerRef;
  /** Its text, entities and the rest: fields of `message`, or of `messageService`. */
  readonly content: TlObject;
  /** What it answers to. */
  readonly replyTo?: Post | undefined;
}

/** A message in a box, with the pts it brought the box to. */
export interface Written {
  readonly message: TlObject;
  readonly pts: number;
}

/** Why a call is sent to another DC: the X of `X_MIGRATE_5`. */
export type MoveKind = 'PHONE' | 'NETWORK' | 'USER' | 'FILE' | 'STATS';

/** An authorization on its way to another DC. */
export interface ExportedAuthorization {
  readonly userId: bigint;
  readonly to: number;
  readonly from: KnownKey;
}

/** How a code gets to its user: the `X` of `auth.sentCodeTypeX`. */
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

/** A code on its way. */
export interface SentCode {
  readonly phone: string;
  /** How it was sent last, and what comes next when it is asked for again. */
  readonly kinds: CodeKind[];
  /** Wrong ones tried. */
  wrong: number;
  /** Proved, but there is no account yet. */
  isRight: boolean;
}

/** What a QR code holds. */
export interface LoginToken {
  readonly token: Buffer;
  /** The key that showed it. */
  readonly key: KnownKey;
  /** Users it is not for. */
  readonly exceptIds: readonly bigint[];
  /** Who has accepted it. */
  userId: bigint | undefined;
}

/** An open question for a password. */
export interface Challenge {
  readonly userId: bigint;
  readonly password: Password;
  readonly challenge: SrpChallenge;
}
