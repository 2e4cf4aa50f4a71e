/**
 * Keys: the authorization keys of one connection: the account's permanent one, and the one that messages go under: itself,
 * or a temporary one bound to it (protocol: Forward secrecy).
 * In: keys that were made, handed in, stored or shared; what came of a binding. Out: which key counts, and what is missing.
 * Never: makes or binds a key; says when a temporary one is due. Every change of a key is a verb here.
 */
import type { AuthKey } from '../../crypto/auth-key.ts';

/** What is saved of a session's keys, to go on with. */
export interface SavedKeys {
  readonly permanent: AuthKey | undefined;
  readonly permanentSince: number;
  readonly temporary: AuthKey | undefined;
  readonly temporaryUntil: number;
  readonly isBound: boolean;
  readonly hasForwardSecrecy: boolean;
  readonly forwardSecrecyAt: number;
}

/** The permanent key and the key in force of one connection; times are server seconds unless said otherwise. */
export class Keys {
  #permanent: AuthKey | undefined;
  #permanentSince = 0;
  #inForce: AuthKey | undefined;
  #temporaryUntil = 0;
  #isBound = false;
  #hasForwardSecrecy: boolean;
  #forwardSecrecyAt = Infinity;
  #failures = 0;

  /** @param hasForwardSecrecy messages never go under a permanent key */
  constructor(hasForwardSecrecy: boolean) {
    this.#hasForwardSecrecy = hasForwardSecrecy;
  }

  /** The key of the account at this data centre: the one clients see. */
  get permanent(): AuthKey | undefined {
    return this.#permanent;
  }

  /** Server seconds at which it was made here; 0 if it was handed in. */
  get permanentSince(): number {
    return this.#permanentSince;
  }

  /** The key messages go under: the permanent one, or a temporary one bound to it. */
  get inForce(): AuthKey | undefined {
    return this.#inForce;
  }

  /** No temporary key is in force, or about to be. */
  get isPermanentInForce(): boolean {
    return this.#inForce === this.#permanent;
  }

  /** Server seconds until which the temporary key lives. */
  get temporaryUntil(): number {
    return this.#temporaryUntil;
  }

  /** The binding of the temporary key stands. */
  get isBound(): boolean {
    return this.#isBound;
  }

  /** Messages go under temporary keys. */
  get hasForwardSecrecy(): boolean {
    return this.#hasForwardSecrecy;
  }

  /** While they do not, though they should: when it is tried again, Unix ms. */
  get forwardSecrecyAt(): number {
    return this.#forwardSecrecyAt;
  }

  /** The account's key at this data centre, or none: then one is to be made. */
  begin(permanent: AuthKey | undefined): void {
    this.#permanent = permanent;
    this.#permanentSince = 0;
    this.#inForce = this.#hasForwardSecrecy ? undefined : permanent;
    this.#isBound = false;
  }

  /** The key another connection of this session speaks under; a connection with a shared key never makes or binds one. */
  shareFrom(other: Keys): void {
    this.#hasForwardSecrecy = false;
    this.begin(other.inForce);
  }

  /** A permanent key was made. @param since server seconds @param wantsTemporary messages are to go under a temporary one */
  takePermanent(key: AuthKey, since: number, wantsTemporary: boolean): void {
    this.#permanent = key;
    this.#permanentSince = since;
    if (wantsTemporary) this.wantTemporary();
    else if (!this.#hasForwardSecrecy) this.#inForce = key;
  }

  /** A temporary key was made; its binding comes next. @param until server seconds */
  takeTemporary(key: AuthKey, until: number): void {
    this.#inForce = key;
    this.#temporaryUntil = until;
  }

  /** The server has bound the temporary key. */
  bound(): void {
    this.#isBound = true;
    this.#failures = 0;
  }

  /** A temporary key that is bound already. @param until server seconds */
  goOnWith(temporary: AuthKey, until: number): void {
    this.#hasForwardSecrecy = true;
    this.#inForce = temporary;
    this.#isBound = true;
    this.#temporaryUntil = until;
  }

  /** Nothing goes out until there is a temporary key. */
  wantTemporary(): void {
    this.#hasForwardSecrecy = true;
    this.#forwardSecrecyAt = Infinity;
    this.#inForce = undefined;
    this.#isBound = false;
  }

  /** A temporary key could not be had, or bound. @returns how often that was so in a row */
  failed(): number {
    return ++this.#failures;
  }

  /** Messages go under the permanent key. @param until when temporary ones are tried again, Unix ms */
  usePermanent(until: number): void {
    this.#failures = 0;
    this.#hasForwardSecrecy = false;
    this.#forwardSecrecyAt = until;
    this.#inForce = this.#permanent;
  }

  /** The temporary key goes, wiped; another is wanted. @returns false if there is none, and none was wanted */
  dropTemporary(): boolean {
    if (this.isPermanentInForce) return false;
    this.#inForce?.wipe();
    this.#inForce = undefined;
    this.#isBound = false;
    return true;
  }

  /** As it was in a thread that was lost. */
  restore(saved: SavedKeys): void {
    this.#permanent = saved.permanent;
    this.#permanentSince = saved.permanentSince;
    this.#hasForwardSecrecy = saved.hasForwardSecrecy;
    this.#forwardSecrecyAt = saved.forwardSecrecyAt;
    this.#inForce = saved.temporary ?? (saved.hasForwardSecrecy ? undefined : saved.permanent);
    this.#isBound = saved.isBound;
    this.#temporaryUntil = saved.temporaryUntil;
  }

  /** They are another connection's, which goes on with them. */
  forget(): void {
    this.#inForce = undefined;
    this.#permanent = undefined;
  }

  /** The key in force is zeroed, the permanent one left to whoever has taken it. */
  wipe(): void {
    this.#inForce?.wipe();
    this.forget();
  }
}
