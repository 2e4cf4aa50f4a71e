/**
 * KnownKey: an auth key that a DC knows, with the key's salts, its sessions and who is signed in with it.
 * In: a key made by the exchange, or given. Out: the key's state.
 * Never: bytes of the wire.
 *
 * A temporary key that is bound to a permanent one is signed in as that one is (protocol: Forward secrecy); salts,
 * sessions and init of the two stay apart.
 */
import type { AuthKey } from '../../crypto/auth-key.ts';
import type { DcEnv } from '../env.ts';
import { IdMap, long } from '../protocol/id-map.ts';
import { HomeLinks } from './home-links.ts';
import { KeyUse } from './key-use.ts';
import type { ServerSession, SessionKey } from '../protocol/server-session.ts';
import type { KeyRef } from '../memory/memory.ts';
import type { TlObject } from '../tl/tl-value.ts';
import { ServerSalts } from './salts.ts';

/** What `initConnection` and `invokeWithLayer` said last; kept with the key, so that a new connection need not say it. */
export interface Init {
  readonly layer: number;
  readonly apiId: number;
  /** `initConnection` without the call inside; undefined for a key that was given, not made. */
  readonly client?: TlObject | undefined;
}

/** A QR token, as the key that showed it remembers it. */
export interface AcceptedToken {
  readonly token: Buffer;
  /** Who has accepted the token. */
  readonly userId: bigint | undefined;
}

/** A key of one DC, permanent or temporary. */
export class KnownKey implements SessionKey {
  readonly authKey: AuthKey;
  /** Number of the DC that knows the key; 0 until a `KeyTable` has it. */
  dc = 0;
  readonly salts: ServerSalts;
  readonly sessions = new IdMap<ServerSession>();
  /** Unix milliseconds after which a temporary key is forgotten; Infinity for a permanent one. */
  expiresAt: number;
  readonly isTemporary: boolean;
  /** Unix seconds at which the key exchange said that the key expires; binding may move `expiresAt`. */
  readonly madeToExpire: number;
  /** Of a temporary key: the permanent key it was bound to last. */
  boundTo: KnownKey | undefined;
  /** Of a permanent key: the temporary key in force. */
  temporary: KnownKey | undefined;
  /** The key at another DC whose exported authorization this key was signed in by. */
  importedFrom: KnownKey | undefined;
  /** Unix milliseconds of the last sign-in. */
  signedInAt = 0;
  /** The user who has only the password left to prove. */
  pendingUserId: bigint | undefined;
  /** The QR token that this key showed and somebody has accepted. */
  acceptedToken: AcceptedToken | undefined;
  /** Whether another session of the account has signed the key out. */
  isRevoked = false;
  /** The places that the key is used from. */
  readonly use = new KeyUse();
  /** Of a permanent key, or a temporary one before it is bound: the connections that it does more than files on. */
  readonly home = new HomeLinks();
  /** Whether the key was used from two places in parallel: every request under it is refused then. */
  isDuplicated = false;
  /** Whether the DC has forgotten the key. */
  isForgotten = false;
  #userId: bigint | undefined;
  /** What `initConnection` said last; undefined before it. */
  init: Init | undefined;

  /** `salt` is the first one; `expiresIn` is in seconds, 0 for a permanent key. */
  constructor(authKey: AuthKey, salt: bigint, expiresIn: number, env: DcEnv) {
    this.authKey = authKey;
    this.salts = new ServerSalts(salt, env);
    this.isTemporary = expiresIn !== 0;
    this.expiresAt = expiresIn === 0 ? Infinity : env.now() + expiresIn * 1000;
    this.madeToExpire = this.expiresAt / 1000;
  }

  /** DC and number: what a memory names the key by. */
  get ref(): KeyRef {
    return { dc: this.dc, id: this.id };
  }

  /** auth_key_id as one signed number. */
  get id(): bigint {
    return long(this.authKey.idLow, this.authKey.idHigh);
  }

  /** Of a temporary key: the permanent key it is bound to, as long as no newer temporary key is. */
  get permanent(): KnownKey | undefined {
    return this.boundTo?.temporary === this ? this.boundTo : undefined;
  }

  /** The key that bears the login: the permanent key, or this one. */
  get identity(): KnownKey {
    return this.permanent ?? this;
  }

  /** Whether the key is temporary and bound to no permanent one: then nearly every method is refused. */
  get isUnbound(): boolean {
    return this.isTemporary && this.permanent === undefined;
  }

  /** The signed-in user's id. */
  get userId(): bigint | undefined {
    return this.identity.#userId;
  }

  set userId(id: bigint | undefined) {
    this.identity.#userId = id;
  }

  /** Whether packets under the key are taken at `now`, Unix milliseconds. */
  isAlive(now: number): boolean {
    return !this.isForgotten && this.expiresAt > now;
  }

  /** The key's sessions, and at `now`, Unix milliseconds, those of the temporary key bound to it. */
  *allSessions(now: number): IterableIterator<ServerSession> {
    yield* this.sessions.values();
    if (this.temporary?.isAlive(now) === true) yield* this.temporary.sessions.values();
  }
}
