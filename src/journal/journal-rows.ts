/**
 * Journal rows: the LMDB file of the journals, in which sealed rows stand under the session's name, a letter for their kind, and a
 * number or a name.
 * In: rows. Out: rows. Never: a row that opens as another than it was sealed as.
 */
import type { KeyObject } from 'node:crypto';
import { openStore, type Store } from '../vault/rows.ts';
import { openRow, sealRow } from '../vault/seal.ts';

/** Address space of the file, bytes: what is not used costs nothing. */
export const JOURNAL_MAP_SIZE = 2 ** 40;

/** Kinds of rows: the letter in the key, and the number that a row is sealed with. */
export const JournalRow = {
  ENTRY: ['e', 17],
  BOUNDS: ['m', 18],
  BOX: ['b', 19],
  PLACE: ['p', 20],
} as const;
type Kind = (typeof JournalRow)[keyof typeof JournalRow];

/** Opens the file in a folder, or makes it. @throws what LMDB throws */
export function openJournalStore(folder: string): Store {
  return openStore(folder, false, JOURNAL_MAP_SIZE);
}

/** Rows of one open file, sealed with one key. */
export class JournalRows {
  readonly store: Store;
  readonly #secret: KeyObject;

  constructor(store: Store, secret: KeyObject) {
    this.store = store;
    this.#secret = secret;
  }

  /** The body of a row; undefined if there is none, or it does not open. */
  get(name: string, kind: Kind, key: Buffer | string): Buffer | undefined {
    const row = this.store.getBinary(keyOf(name, kind, key));
    return row === undefined ? undefined : openRow(this.#secret, row);
  }

  /** Seals and writes a row, inside a transaction. @returns its length, bytes */
  put(name: string, kind: Kind, key: Buffer | string, body: Uint8Array): number {
    const row = sealRow(this.#secret, kind[1], `${name}\0${textOf(key)}`, 1, body);
    this.store.putSync(keyOf(name, kind, key), row);
    return row.length;
  }

  remove(name: string, kind: Kind, key: Buffer | string): void {
    this.store.removeSync(keyOf(name, kind, key));
  }

  /** Rows of one kind in the order of their keys. @param from the first key; all by default */
  *range(
    name: string,
    kind: Kind,
    from: Buffer | string = '',
  ): Generator<{ key: Buffer; length: number; body: Buffer | undefined }> {
    const head = keyOf(name, kind, '');
    const end = Buffer.from(head);
    end[end.length - 1]!++;
    for (const { key, value } of this.store.getRange({ start: keyOf(name, kind, from), end }))
      yield { key: key.subarray(head.length), length: value.length, body: openRow(this.#secret, value) };
  }
}

/** A number as a key: keys are in its order. */
export function numberKey(number: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(number));
  return key;
}

/** The number that a key was made of. */
export function keyNumber(key: Buffer): number {
  return Number(key.readBigUInt64BE());
}

function textOf(key: Buffer | string): string {
  return typeof key === 'string' ? key : String(keyNumber(key));
}

/** Names have no byte 0: no name's keys stand among another's. */
function keyOf(name: string, [letter]: Kind, key: Buffer | string): Buffer {
  return Buffer.concat([Buffer.from(`${name}\0${letter}`), typeof key === 'string' ? Buffer.from(key) : key]);
}
