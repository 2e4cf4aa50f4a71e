/**
 * KeyTable: the keys that one DC knows, by auth_key_id, and what the memory is told of them.
 * In: keys that are new, recalled, forgotten. Out: a key by its number. Never: a key that is known before it is kept.
 */
import type { DcMemory, KeyEntry } from '../memory/memory.ts';
import { IdMap } from '../protocol/id-map.ts';
import type { KnownKey } from './known-key.ts';

/** The keys that one DC knows. */
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

  /** Adds a key, which is in the memory when this returns. False, and nothing done: the table has a key of that number. */
  add(known: KnownKey): boolean {
    const { idLow, idHigh } = known.authKey;
    if (this.#keys.get(idLow, idHigh) !== undefined) return false;
    known.dc = this.#dc;
    this.#memory?.keep(keyEntry(known));
    this.#keys.set(idLow, idHigh, known);
    return true;
  }

  /** Puts back a key that the memory has kept. */
  recall(known: KnownKey): void {
    known.dc = this.#dc;
    this.#keys.set(known.authKey.idLow, known.authKey.idHigh, known);
  }

  /** The key of an auth_key_id, given as one signed number, alive or not. */
  get(id: bigint): KnownKey | undefined {
    return this.#keys.get(Number(BigInt.asIntN(32, id)), Number(BigInt.asIntN(32, id >> 32n)));
  }

  /** The key of an auth_key_id, unless it is unknown or, at `now` in Unix milliseconds, has expired. */
  find(idLow: number, idHigh: number, now: number): KnownKey | undefined {
    const known = this.#keys.get(idLow, idHigh);
    if (known === undefined || known.isAlive(now)) return known;
    this.remove(known);
    return undefined;
  }

  /** Forgets a key: the next packet under it is answered by -404. */
  remove(known: KnownKey): void {
    this.#keys.delete(known.authKey.idLow, known.authKey.idHigh);
    if (!known.isForgotten) this.#memory?.keep({ what: 'forget', ...known.ref });
    known.isForgotten = true;
    // The temporary key bound to it, or the permanent key it was bound to, is unbound again.
    known.temporary = undefined;
    if (known.permanent !== undefined) known.permanent.temporary = undefined;
  }

  values(): IterableIterator<KnownKey> {
    return this.#keys.values();
  }
}

/** A key as the memory keeps it. */
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
