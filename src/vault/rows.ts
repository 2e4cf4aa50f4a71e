/**
 * Rows: the vault's LMDB file: sealed rows under a letter and a name.
 * In: kind, name, body. Out: bodies. Never: a body that does not open; a key of LMDB that says anything its row does not.
 */
import type { KeyObject } from 'node:crypto';
import { type Database, open } from 'lmdb';
import { headOf, Kind, openRow, ROW_MAGIC, sealRow } from './seal.ts';

/** Every process maps this much, for good (LMDB keeps the number in the file); some 300 000 sessions. */
export const MAP_SIZE = 2 ** 30;
export const DATA_FILE = 'data.mdb';

/** The first byte of a row's key. A removed record stands where the record stood. */
const LETTERS: Readonly<Record<number, string>> = {
  [Kind.RECORD]: 'r',
  [Kind.GONE]: 'r',
  [Kind.OWNER]: 'o',
  [Kind.PROCESS]: 'p',
  [Kind.WISH]: 'w',
};

export type Store = Database<Buffer, Buffer>;

export interface Row {
  readonly kind: number;
  readonly name: string;
  readonly seq: number;
  /** Undefined if it does not open. */
  readonly body: Buffer | undefined;
}

/** @throws what LMDB throws */
export function openStore(folder: string, isReadOnly: boolean): Store {
  // Without `overlappingSync` LMDB syncs its pages, then its meta page, before a transaction's promise resolves
  // (pwrite, fdatasync, pwrite to an O_DSYNC descriptor; seen with strace). The type does not know `permissionsMode`.
  const options = {
    path: folder,
    // Otherwise a folder with a dot in its name is taken for a file.
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
    mapSize: MAP_SIZE,
    permissionsMode: 0o600,
    readOnly: isReadOnly,
  } as const;
  return open<Buffer, Buffer>(options);
}

export function keyOf(kind: number, name: string): Buffer {
  return Buffer.from(LETTERS[kind] + name);
}

/** Is the row under the key that it says? One that does not open may say anything. */
export function isInPlace(secret: KeyObject, key: Buffer, value: Buffer): boolean {
  // A key's length that is one too long or too short moves the border between key and row, and nothing else.
  const begins = Buffer.concat([key, value.subarray(0, 64)]).indexOf(ROW_MAGIC);
  if (begins !== -1 && begins !== key.length) return false;
  const head = headOf(value);
  if (head === undefined || LETTERS[head.kind] === undefined) return true;
  return keyOf(head.kind, head.name).equals(key) || openRow(secret, value) === undefined;
}

export class Rows {
  readonly store: Store;
  readonly #secret: KeyObject;

  constructor(store: Store, secret: KeyObject) {
    this.store = store;
    this.#secret = secret;
  }

  /** From now on reads see what other processes have written until now. */
  refresh(): void {
    this.store.resetReadTxn();
  }

  get(kind: number, name: string): Row | undefined {
    const bytes = this.store.getBinary(keyOf(kind, name));
    return bytes === undefined ? undefined : this.#row(kind, name, bytes);
  }

  /** All rows whose key begins as this kind's do, in the order of their names. */
  *all(kind: number): Generator<Row> {
    const start = Buffer.from(LETTERS[kind]!);
    const end = Buffer.from([start[0]! + 1]);
    for (const key of [...this.store.getKeys({ start, end })]) {
      const name = key.toString('utf8', 1);
      const row = this.get(kind, name);
      if (row !== undefined) yield row;
    }
  }

  /** Only inside a transaction. A version after the one that is there. */
  put(kind: number, name: string, body: Uint8Array): void {
    const key = keyOf(kind, name);
    const before = this.store.getBinary(key);
    const seq = (before === undefined ? 0 : (headOf(before)?.seq ?? 0)) + 1;
    this.#put(key, sealRow(this.#secret, kind, name, Number.isSafeInteger(seq) ? seq : 1, body));
  }

  /** A row as it was sealed before; one that does not open stays one that does not. */
  putSealed(name: string, row: Buffer): void {
    this.#put(keyOf(Kind.RECORD, name), row);
  }

  #put(key: Buffer, value: Buffer): void {
    this.store.putSync(key, value);
  }

  /** Only inside a transaction. */
  remove(kind: number, name: string): void {
    this.store.removeSync(keyOf(kind, name));
  }

  /** The name is the key's: what a row says that does not open is worth nothing. */
  #row(kind: number, name: string, bytes: Buffer): Row {
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

/** Every row whose first bytes stand anywhere in the file, old versions among them. */
export function* rowsIn(file: Buffer, secret: KeyObject): Generator<Found> {
  for (let at = file.indexOf(ROW_MAGIC); at !== -1; at = file.indexOf(ROW_MAGIC, at + 1)) {
    const head = headOf(file.subarray(at));
    if (head === undefined) continue;
    const nameLength = file.readUInt16LE(at + 10);
    const row = file.subarray(at, at + 24 + nameLength + 12 + head.bodyLength + 16);
    yield { name: head.name, kind: head.kind, seq: head.seq, row, body: openRow(secret, row) };
  }
}
