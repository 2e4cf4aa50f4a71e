/**
 * Logins: which key is signed in to whom.
 * In: keys and users. Out: the marks on the keys, the keys of accounts, entries of the memory. Never: whether somebody may.
 */
import type { DcEnv } from '../env.ts';
import type { KnownKey } from '../keys/known-key.ts';
import type { DcMemory } from '../memory/memory.ts';
import type { Account } from './records.ts';

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
   * Signs a key in; a temporary one stands for the permanent one it is bound to, and for nobody without.
   * @param from the key whose authorization was carried here from another DC
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

  /** Signs out a key by the word of another session: it hears of that when it asks something. */
  revoke(key: KnownKey): void {
    this.signOut(key);
    key.identity.isRevoked = true;
    this.#keep(key.identity);
  }

  /** Signs out a key, and those at other DCs that have their authorization from it. */
  signOut(key: KnownKey): void {
    const { identity } = key;
    const keys = identity.userId === undefined ? undefined : this.#account(identity.userId).keys;
    keys?.delete(identity);
    identity.userId = undefined;
    if (keys !== undefined) this.#keep(identity);
    for (const other of keys ?? []) if (other.importedFrom === identity) this.signOut(other);
  }
}
