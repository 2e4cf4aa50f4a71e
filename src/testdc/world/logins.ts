/**
 * Logins: signs keys in and out.
 * In: keys and users. Out: the login of each key, the keys of accounts, entries of the memory. Never: a check of whether
 * somebody may.
 */
import type { DcEnv } from '../env.ts';
import type { KnownKey } from '../keys/known-key.ts';
import type { DcMemory } from '../memory/memory.ts';
import type { Account } from './records.ts';

/** The logins of one world. */
export class Logins {
  readonly #env: DcEnv;
  readonly #memory: DcMemory | undefined;
  readonly #account: (userId: bigint) => Account;

  constructor(env: DcEnv, memory: DcMemory | undefined, account: (userId: bigint) => Account) {
    this.#env = env;
    this.#memory = memory;
    this.#account = account;
  }

  /**
   * Signs a key in to a user: a temporary key signs its permanent one in, and nobody if it has none. `from` is the key
   * at another DC whose exported authorization this is.
   */
  signIn(key: KnownKey, userId: bigint, from?: KnownKey): void {
    if (key.isUnbound) return;
    this.signOut(key);
    const { identity } = key;
    identity.userId = userId;
    identity.signedInAt = this.#env.now();
    identity.importedFrom = from;
    identity.pendingUserId = undefined;
    identity.isRevoked = false;
    this.#account(userId).keys.add(identity);
    this.#keep(identity);
  }

  #keep(key: KnownKey): void {
    const { userId, importedFrom, isRevoked, signedInAt } = key;
    this.#memory?.keep({
      what: 'user',
      ...key.ref,
      ...(userId === undefined ? {} : { user: userId }),
      at: signedInAt,
      ...(importedFrom === undefined ? {} : { from: importedFrom.ref }),
      ...(isRevoked ? { isRevoked } : {}),
    });
  }

  /** Signs a key out for another session of the account: its next request is answered by SESSION_REVOKED. */
  revoke(key: KnownKey): void {
    this.signOut(key);
    key.identity.isRevoked = true;
    this.#keep(key.identity);
  }

  /** Signs a key out, and the keys at other DCs that have their authorization from it. */
  signOut(key: KnownKey): void {
    const { identity } = key;
    const keys = identity.userId === undefined ? undefined : this.#account(identity.userId).keys;
    keys?.delete(identity);
    identity.userId = undefined;
    if (keys !== undefined) this.#keep(identity);
    for (const other of keys ?? []) if (other.importedFrom === identity) this.signOut(other);
  }
}
