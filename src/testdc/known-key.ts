/**
 * KnownKey: an auth key that a DC knows, and what belongs to it: salts, sessions, who is signed in.
 * In: a key made by the exchange, or given. Out: the table of keys of one DC.
 * Never: bytes of the wire.
 */
import type { AuthKey } from '../crypto/auth-key.ts';
import type { DcSession } from './dc-session.ts';
import type { Env } from './env.ts';
import { IdMap } from './id-map.ts';
import { Salts } from './salts.ts';

/** What `initConnection` and `invokeWithLayer` said last; kept with the key, so a reconnect goes on. */
export interface Init {
  readonly layer: number;
  readonly apiId: number;
}

export class KnownKey {
  readonly authKey: AuthKey;
  readonly salts: Salts;
  readonly sessions = new IdMap<DcSession>();
  /** Unix milliseconds after which a temporary key is forgotten; Infinity for a permanent one. */
  readonly expiresAt: number;
  /** The signed-in user's id. */
  userId: bigint | undefined;
  /** Undefined until `initConnection`. */
  init: Init | undefined;

  constructor(authKey: AuthKey, salt: bigint, expiresIn: number, env: Env) {
    this.authKey = authKey;
    this.salts = new Salts(salt, env);
    this.expiresAt = expiresIn === 0 ? Infinity : env.now() + expiresIn * 1000;
  }

  get isTemporary(): boolean {
    return this.expiresAt !== Infinity;
  }
}

/** The keys of one DC, by their numbers. */
export class KeyTable {
  readonly #keys = new IdMap<KnownKey>();

  get size(): number {
    return this.#keys.size;
  }

  /** False if a key of that number is there already. */
  add(known: KnownKey): boolean {
    const { idLow, idHigh } = known.authKey;
    if (this.#keys.get(idLow, idHigh) !== undefined) return false;
    this.#keys.set(idLow, idHigh, known);
    return true;
  }

  /** The key, unless it is unknown or has expired. */
  find(idLow: number, idHigh: number, now: number): KnownKey | undefined {
    const known = this.#keys.get(idLow, idHigh);
    if (known === undefined || known.expiresAt > now) return known;
    this.remove(known);
    return undefined;
  }

  remove(known: KnownKey): void {
    this.#keys.delete(known.authKey.idLow, known.authKey.idHigh);
  }

  values(): IterableIterator<KnownKey> {
    return this.#keys.values();
  }
}
