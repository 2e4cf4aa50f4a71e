/**
 * Rows: the vault's LMDB file, in which sealed rows (`seal.ts`) stand under a letter for their kind and a name.
 * In: kind, name, body. Out: bodies. Never: a body that does not open, or whose row says another kind or name than its key.
 */
import type { KeyObject } from 'node:crypto';
import { type Database, open } from 'lmdb';
import { headOf, RowKind, openRow, ROW_MAGIC, sealRow } from './seal.ts';

/** Bytes that every process maps: the largest data file, some 300 000 sessions. LMDB stores the number in the file. */
export const MAP_SIZE = 2 ** 30;
/** Name of the data file in the vault's folder, given by LMDB. */
export const DATA_FILE = 'data.mdb';

/** The first byte of a row's key. The row of a removed record takes the place of the record's row. */
const LETTERS: Readonly<Record<number, string>> = {
  [RowKind.RECORD]: 'r',
  [RowKind.REMOVED]: 'r',
  [RowKind.OWNER]: 'o',
  [RowKind.PROCESS]: 'p',
  [RowKind.REQUEST]: 'w',
  [RowKind.OUTCOME]: 'k',
};

/** The open data file; keys and rows are bytes. */
export type Store = Database<Buffer, Buffer>;

/** A row as it was read. */
export interface VaultRow {
  readonly kind: number;
  readonly name: string;
  /** Counts the versions of the row, from 1. */
  readonly seq: number;
  /** Undefined if the row does not open. */
  readonly body: Buffer | undefined;
}

/** Opens the data file of a folder, or makes it, 0600. @param mapSize bytes that it may have at most @throws what LMDB throws */
export function openStore(folder: string, isReadOnly: boolean, mapSize = MAP_SIZE): Store {
  // Without `overlappingSync` LMDB syncs its pages, then its meta page, before a transaction's promise resolves
  // (pwrite, fdatasync, pwrite to an O_DSYNC descriptor; seen with strace). The type does not know `permissionsMode`.
  const options = {
    path: folder,
    // Without this the package takes a folder with a dot in its name for a file.
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
    mapSize,
    permissionsMode: 0o600,
    readOnly: isReadOnly,
  } as const;
  return open<Buffer, Buffer>(options);
}

/** The key of a row in LMDB: the letter of its kind, then the name in UTF-8. */
export function rowKey(kind: number, name: string): Buffer {
  return Buffer.from(LETTERS[kind] + name);
}

/** Whether a row stands under the key that its head says. A row that does not open passes: its head may be the damage. */
export function isInPlace(secret: KeyObject, key: Buffer, value: Buffer): boolean {
  // A wrong length of the key moves the border between key and row: the row's first bytes then stand elsewhere.
  const begins = Buffer.concat([key, value.subarray(0, 64)]).indexOf(ROW_MAGIC);
  if (begins !== -1 && begins !== key.length) return false;
  const head = headOf(value);
  if (head === undefined || LETTERS[head.kind] === undefined) return true;
  return rowKey(head.kind, head.name).equals(key) || openRow(secret, value) === undefined;
}

/** Rows of one open store, sealed with one data key. */
export class Rows {
  readonly store: Store;
  readonly #secret: KeyObject;

  constructor(store: Store, secret: KeyObject) {
    this.store = store;
    this.#secret = secret;
  }

  /** Lets the next reads see what other processes have committed before this call. */
  refresh(): void {
    this.store.resetReadTxn();
  }

  /** The row of this kind and name; undefined if there is none. */
  get(kind: number, name: string): VaultRow | undefined {
    const bytes = this.store.getBinary(rowKey(kind, name));
    return bytes === undefined ? undefined : this.#row(kind, name, bytes);
  }

  /** All rows under the letter of this kind, in the order of their names' UTF-8 bytes. */
  *all(kind: number): Generator<VaultRow> {
    const start = Buffer.from(LETTERS[kind]!);
    const end = Buffer.from([start[0]! + 1]);
    for (const key of [...this.store.getKeys({ start, end })]) {
      const name = key.toString('utf8', 1);
      const row = this.get(kind, name);
      if (row !== undefined) yield row;
    }
  }

  /** Name, `seq` and length in bytes of the rows under the letter of this kind whose names begin so; none is opened. */
  *heads(kind: number, prefix: string): Generator<{ name: string; seq: number; length: number }> {
    const start = rowKey(kind, prefix);
    const end = Buffer.from(start);
    end[end.length - 1]!++;
    for (const key of [...this.store.getKeys({ start, end })]) {
      const row = this.store.getBinary(key);
      if (row !== undefined) yield { name: key.toString('utf8', 1), seq: headOf(row)?.seq ?? 0, length: row.length };
    }
  }

  /** Seals and writes a row, inside a transaction; its `seq` is one more than that of the row in its place, and at least `least`. */
  put(kind: number, name: string, body: Uint8Array, least = 1): void {
    const key = rowKey(kind, name);
    const before = this.store.getBinary(key);
    const seq = Math.max(least, (before === undefined ? 0 : (headOf(before)?.seq ?? 0)) + 1);
    this.#put(key, sealRow(this.#secret, kind, name, Number.isSafeInteger(seq) ? seq : 1, body));
  }

  /** Writes a row as it is, sealed before, inside a transaction. A row that does not open is written too. */
  putSealed(kind: number, name: string, row: Buffer): void {
    this.#put(rowKey(kind, name), row);
  }

  #put(key: Buffer, value: Buffer): void {
    this.store.putSync(key, value);
  }

  /** Removes a row, inside a transaction. */
  remove(kind: number, name: string): void {
    this.store.removeSync(rowKey(kind, name));
  }

  /** Kind and name are the key's: the head of a row that does not open proves nothing. */
  #row(kind: number, name: string, bytes: Buffer): VaultRow {
    const head = headOf(bytes);
    const isRight = head !== undefined && head.name === name && LETTERS[head.kind] === LETTERS[kind];
    const body = isRight ? openRow(this.#secret, bytes) : undefined;
    return { kind: body === undefined ? kind : head!.kind, name, seq: head?.seq ?? 0, body };
  }
}

/** A row found in a damaged file. */
export interface Found {
  readonly name: string;
  readonly kind: number;
  readonly seq: number;
  readonly row: Buffer;
  readonly body: Buffer | undefined;
}

/** Every row whose first bytes stand anywhere in the file; old versions and rows that do not open are among them. */
export function* rowsIn(file: Buffer, secret: KeyObject): Generator<Found> {
  for (let at = file.indexOf(ROW_MAGIC); at !== -1; at = file.indexOf(ROW_MAGIC, at + 1)) {
    const head = headOf(file.subarray(at));
    if (head === undefined) continue;
    const nameLength = file.readUInt16LE(at + 10);
    const row = file.subarray(at, at + 24 + nameLength + 12 + head.bodyLength + 16);
    yield { name: head.name, kind: head.kind, seq: head.seq, row, body: openRow(secret, row) };
  }
}
