/**
 * SQLite: reads small tables from a file of SQLite's format (sqlite.org/fileformat2.html): pages, table b-trees, records.
 * In: the bytes of a whole file. Out: rows by column name. Never: a write; an endless loop over pages that point at each other.
 * Not read: indexes, tables WITHOUT ROWID, other encodings than UTF-8, a journal beside the file.
 */
import { FormatError } from './format-error.ts';

/** A value of a column. */
export type Value = bigint | number | string | Uint8Array | null;
/** A row, by column name in lower case. */
export type SqliteRow = Readonly<Record<string, Value>>;

/** The first bytes of every SQLite file. */
export const SQLITE_MAGIC = Buffer.from('SQLite format 3\0');
/** Bytes of the file's header, which stands before the header of the first page. */
const FILE_HEADER = 100;
const UTF8 = 1;
const Page = { INTERIOR: 5, LEAF: 13 } as const;
/** Bytes that a row has at most: keys, addresses and definitions have far fewer. */
const MAX_ROW = 65_536;

/** How many pages a walk may still read: a tree has each page of the file at most once. */
interface Budget {
  pages: number;
}

interface Cell {
  readonly rowid: bigint;
  /** The record's bytes, a copy. */
  readonly payload: Buffer;
}

interface Column {
  readonly name: string;
  /** The column is `INTEGER PRIMARY KEY`: its value is the row's number, and the record has null in its place. */
  readonly isRowid: boolean;
}

/** A file in memory. */
export class SqliteFile {
  readonly #bytes: Buffer;
  readonly #pageSize: number;
  /** Bytes of a page that b-trees use: its size without the reserved bytes. */
  readonly #usable: number;

  /** @throws FormatError for what is no SQLite file of UTF-8 text */
  constructor(bytes: Buffer) {
    if (bytes.length < 512 || !bytes.subarray(0, SQLITE_MAGIC.length).equals(SQLITE_MAGIC))
      throw new FormatError('this is no SQLite file');
    const size = bytes.readUInt16BE(16);
    this.#bytes = bytes;
    this.#pageSize = size === 1 ? 65_536 : size;
    this.#usable = this.#pageSize - bytes[20]!;
    const isPower = this.#pageSize >= 512 && (this.#pageSize & (this.#pageSize - 1)) === 0;
    if (!isPower || this.#usable < 480 || bytes.readUInt32BE(56) !== UTF8)
      throw new FormatError('its form is not known here');
  }

  /**
   * The rows of a table whose number is at least `from`, in order; undefined if there is no such table.
   * @throws FormatError, also while the rows are walked
   */
  rows(table: string, from: bigint = -(2n ** 63n)): Iterable<SqliteRow> | undefined {
    for (const { payload } of this.#cells(1, -(2n ** 63n), this.#budget())) {
      const [kind, name, , root, sql] = valuesOf(payload);
      if (kind !== 'table' || name !== table) continue;
      if (typeof sql !== 'string') throw new FormatError('a table in it has no definition');
      return this.#rows(Number(root), columnsOf(sql), from);
    }
    return undefined;
  }

  *#rows(root: number, columns: readonly Column[], from: bigint): Generator<SqliteRow> {
    for (const { rowid, payload } of this.#cells(root, from, this.#budget())) {
      const values = valuesOf(payload);
      yield Object.fromEntries(columns.map(({ name, isRowid }, i) => [name, isRowid ? rowid : (values[i] ?? null)]));
    }
  }

  #budget(): Budget {
    return { pages: Math.floor(this.#bytes.length / this.#pageSize) };
  }

  *#cells(number: number, from: bigint, budget: Budget): Generator<Cell> {
    if (budget.pages-- === 0) throw new FormatError('its pages lead nowhere: it is changed');
    const page = this.#page(number);
    const head = number === 1 ? FILE_HEADER : 0;
    const kind = page[head];
    if (kind !== Page.INTERIOR && kind !== Page.LEAF) throw new FormatError('a page in it is none: it is changed');
    const pointers = head + (kind === Page.INTERIOR ? 12 : 8);
    const count = page.readUInt16BE(head + 3);
    if (pointers + count * 2 > this.#usable) throw new FormatError('a page in it is none: it is changed');
    for (let i = 0; i < count; i++) {
      const at = page.readUInt16BE(pointers + i * 2);
      if (kind === Page.LEAF) {
        const cell = this.#cell(page, at);
        if (cell.rowid >= from) yield cell;
        continue;
      }
      // The cell of an interior page: a child, and the greatest row number in it.
      if (at + 4 > this.#usable) throw new FormatError('a page in it is none: it is changed');
      if (varint(page, at + 4).value >= from) yield* this.#cells(page.readUInt32BE(at), from, budget);
    }
    if (kind === Page.INTERIOR) yield* this.#cells(page.readUInt32BE(head + 8), from, budget);
  }

  #cell(page: Buffer, at: number): Cell {
    const length = varint(page, at);
    const rowid = varint(page, length.end);
    const size = Number(length.value);
    if (size < 0 || size > MAX_ROW) throw new FormatError('a row in it is longer than any that is read');
    const inside = this.#inside(size);
    const start = rowid.end;
    if (start + inside > this.#usable) throw new FormatError('a row in it is cut off');
    const payload = Buffer.alloc(size);
    page.copy(payload, 0, start, start + inside);
    if (inside < size) this.#overflow(page, start + inside, payload, inside);
    return { rowid: rowid.value, payload };
  }

  /** How much of a row stands in its page ("Cell Payload Overflow Pages"). */
  #inside(size: number): number {
    const most = this.#usable - 35;
    if (size <= most) return size;
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23;
    const wanted = least + ((size - least) % (this.#usable - 4));
    return wanted <= most ? wanted : least;
  }

  /** Reads the rest of a row from its chain of overflow pages: each has the number of the next, then bytes. */
  #overflow(page: Buffer, at: number, payload: Buffer, from: number): void {
    if (at + 4 > page.length) throw new FormatError('a row in it is cut off');
    let next = page.readUInt32BE(at);
    for (let filled = from; filled < payload.length; filled += this.#usable - 4) {
      const more = this.#page(next);
      more.copy(payload, filled, 4, this.#usable);
      next = more.readUInt32BE(0);
    }
  }

  #page(number: number): Buffer {
    const end = number * this.#pageSize;
    if (number < 1 || end > this.#bytes.length) throw new FormatError('it is cut off or changed');
    return this.#bytes.subarray(end - this.#pageSize, end);
  }
}

/** A signed integer of 1 to 9 bytes, seven bits each, the ninth with eight. */
function varint(bytes: Buffer, at: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let i = 0; i < 9; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw new FormatError('a number in it is cut off');
    if (i === 8) return { value: BigInt.asIntN(64, (value << 8n) | BigInt(byte)), end: at + 9 };
    value = (value << 7n) | BigInt(byte & 127);
    if (byte < 128) return { value, end: at + i + 1 };
  }
  throw new FormatError('a number in it is none');
}

/** The values of a record: a header with the kind of each, then the values. */
function valuesOf(record: Buffer): Value[] {
  const head = varint(record, 0);
  const headEnd = Number(head.value);
  if (headEnd < head.end || headEnd > record.length) throw new FormatError('a row in it is none');
  const values: Value[] = [];
  let body = headEnd;
  for (let at = head.end; at < headEnd;) {
    const kind = varint(record, at);
    at = kind.end;
    const size = sizeOf(kind.value);
    if (body + size > record.length) throw new FormatError('a row in it is cut off');
    values.push(valueOf(kind.value, record.subarray(body, body + size)));
    body += size;
  }
  return values;
}

const SIZES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function sizeOf(kind: bigint): number {
  if (kind >= 12n && kind < 2n * BigInt(MAX_ROW)) return Number((kind - 12n) >> 1n);
  const size = kind < 0n ? undefined : SIZES[Number(kind)];
  if (size === undefined) throw new FormatError('a value in it is of a kind that is none');
  return size;
}

function valueOf(kind: bigint, bytes: Buffer): Value {
  if (kind === 0n) return null;
  if (kind === 7n) return bytes.readDoubleBE(0);
  if (kind === 8n || kind === 9n) return kind - 8n;
  if (kind >= 12n) return kind % 2n === 1n ? bytes.toString('utf8') : bytes;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
}

/** The columns of `CREATE TABLE name (a type, b type, …)`. Constraints stand last there, and get no value. */
function columnsOf(sql: string): Column[] {
  const inside = sql.slice(sql.indexOf('(') + 1, sql.lastIndexOf(')'));
  return inside
    .replaceAll(/\([^()]*\)/g, '')
    .split(',')
    .map((definition) => {
      const [, name = ''] = /^\s*["'`[]?(\w+)/.exec(definition) ?? [];
      return { name: name.toLowerCase(), isRowid: /\binteger\s+primary\s+key\b/i.test(definition) };
    });
}
