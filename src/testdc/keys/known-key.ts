/**
 * KnownKey: an auth key that a DC knows, and what belongs to it: salts, sessions, who is signed in.
 * In: a key made by the exchange, or given. Out: the table of keys of one DC.
 * Never: bytes of the wire.
 *
 * A temporary key that is bound to a permanent one is signed in as that one is (protocol: Forward secrecy); its salts,
 * sessions and init stay its own.
 */
import type { AuthKey } from '../../crypto/auth-key.ts';
import type { DcEnv } from '../env.ts';
import { IdMap, long } from '../protocol/id-map.ts';
import { KeyUse } from './key-use.ts';
import type { ServerSession, SessionKey } from '../protocol/server-session.ts';
import type { KeyEntry, KeyRef, DcMemory } from '../memory/memory.ts';
import type { TlObject } from '../tl/tl-value.ts';
import { ServerSalts } from './salts.ts';

/** What `initConnection` and `invokeWithLayer` said last; kept with the key, so a reconnect goes on. */
export interface Init {
  readonly layer: number;
  readonly apiId: number;
  /** `initConnection` itself, without the call inside. */
  readonly client?: TlObject | undefined;
}

/** A QR token that somebody has accepted. */
export interface AcceptedToken {
  readonly token: Buffer;
  /** Who has accepted it. */
  readonly userId: bigint | undefined;
}

export class KnownKey implements SessionKey {
  readonly authKey: AuthKey;
  /** The DC that knows it; 0 before one does. */
  dc = 0;
  readonly salts: ServerSalts;
  readonly sessions = new IdMap<ServerSession>();
  /** Unix milliseconds after which a temporary key is forgotten; Infinity for a permanent one. */
  expiresAt: number;
  readonly isTemporary: boolean;
  /** Unix seconds at which it was to expire when it was made. */
  readonly madeToExpire: number;
  /** Of a temporary key: the permanent one it was bound to last. */
  boundTo: KnownKey | undefined;
  /** Of a permanent key: the temporary one in force. */
  temporary: KnownKey | undefined;
  /** Signed in by an authorization exported from that key's DC. */
  importedFrom: KnownKey | undefined;
  /** Unix milliseconds. */
  signedInAt = 0;
  /** Who has but a password to prove to be signed in. */
  pendingUserId: bigint | undefined;
  /** A QR token of this key that somebody has accepted. */
  acceptedToken: AcceptedToken | undefined;
  /** Signed out by another session of the account. */
  isRevoked = false;
  /** From where it is used, and whether that was from two places in parallel: then it is good for nothing. */
  readonly use = new KeyUse();
  isDuplicated = false;
  /** The DC knows it no more. */
  isForgotten = false;
  #userId: bigint | undefined;
  /** Undefined until `initConnection`. */
  init: Init | undefined;

  constructor(authKey: AuthKey, salt: bigint, expiresIn: number, env: DcEnv) {
    this.authKey = authKey;
    this.salts = new ServerSalts(salt, env);
    this.isTemporary = expiresIn !== 0;
    this.expiresAt = expiresIn === 0 ? Infinity : env.now() + expiresIn * 1000;
    this.madeToExpire = this.expiresAt / 1000;
  }

  /** Its place in a memory. */
  get ref(): KeyRef {
    return { dc: this.dc, id: this.id };
  }

  /** auth_key_id as one signed number. */
  get id(): bigint {
    return long(this.authKey.idLow, this.authKey.idHigh);
  }

  /** Of a temporary key: the permanent one it stands for, as long as no newer one has taken its place. */
  get permanent(): KnownKey | undefined {
    return this.boundTo?.temporary === this ? this.boundTo : undefined;
  }

  /** The key that is signed in when this one is: the permanent one, or itself. */
  get identity(): KnownKey {
    return this.permanent ?? this;
  }

  /** A temporary key that stands for no permanent one: it may do next to nothing. */
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

  /** Whether packets under it are taken at this time, in Unix milliseconds. */
  isAlive(now: number): boolean {
    return !this.isForgotten && this.expiresAt > now;
  }

  /** Its sessions, and those of the temporary key that stands for it. */
  *allSessions(now: number): IterableIterator<ServerSession> {
    yield* this.sessions.values();
    if (this.temporary?.isAlive(now) === true) yield* this.temporary.sessions.values();
  }
}

/** The keys of one DC, by their numbers. */
export class KeyTable {
  readonly #keys = new IdMap<KnownKey>();
  readonly #dc: number;
  readonly #memory: DcMemory | undefined;

  constructor(dc: number, memory?: DcMemory) {
    this.#dc = dc;
    this.#memory = memory;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** False if a key of that number is there already. A new one is kept before anybody hears of it. */
  add(known: KnownKey): boolean {
    const { idLow, idHigh } = known.authKey;
    if (this.#keys.get(idLow, idHigh) !== undefined) return false;
    known.dc = this.#dc;
    this.#memory?.keep(keyEntry(known));
    this.#keys.set(idLow, idHigh, known);
    return true;
  }

  /** One that was kept. */
  recall(known: KnownKey): void {
    known.dc = this.#dc;
    this.#keys.set(known.authKey.idLow, known.authKey.idHigh, known);
  }

  /** The key of that number as one signed number, alive or not. */
  get(id: bigint): KnownKey | undefined {
    return this.#keys.get(Number(BigInt.asIntN(32, id)), Number(BigInt.asIntN(32, id >> 32n)));
  }

  /** The key, unless it is unknown or has expired. */
  find(idLow: number, idHigh: number, now: number): KnownKey | undefined {
    const known = this.#keys.get(idLow, idHigh);
    if (known === undefined || known.isAlive(now)) return known;
    this.remove(known);
    return undefined;
  }

  /** Forgets a key at once: the next packet under it is answered by -404. */
  remove(known: KnownKey): void {
    this.#keys.delete(known.authKey.idLow, known.authKey.idHigh);
    if (!known.isForgotten) this.#memory?.keep({ what: 'forget', ...known.ref });
    known.isForgotten = true;
    // A temporary key that stood for it is unbound again.
    known.temporary = undefined;
    if (known.permanent !== undefined) known.permanent.temporary = undefined;
  }

  values(): IterableIterator<KnownKey> {
    return this.#keys.values();
  }
}

function keyEntry(known: KnownKey): KeyEntry {
  return {
    what: 'key',
    ...known.ref,
    key: known.authKey.bytes,
    salt: known.salts.current,
    ...(known.isTemporary ? { expiresAt: known.expiresAt } : {}),
    ...(known.init === undefined ? {} : { layer: known.init.layer }),
  };
}
