/**
 * Integrity: whether LMDB may open a data file. LMDB does not check its pages, and a wrong number in one makes it read or write
 * anywhere; so every page that it would follow is checked here before.
 * In: the bytes of `data.mdb` (data format 2, 64 bit, little-endian). Out: the first fault, in words, or nothing.
 * Never: opens a row; changes a byte.
 *
 * Page: `number u64, transaction u64, pad u16, flags u16, lower u16, upper u16`, then offsets of nodes, u16 each and
 * counted from behind this header; an overflow page has its count of pages in place of lower and upper.
 * Node: `size or child (48 bits) | flags u16, key length u16, key, data`.
 */

const HEADER = 24;
const META = 8;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
/** Flag of a leaf node whose value is on overflow pages: the node has their number instead. */
const BIG = 1;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const MAGIC = 0xbeef_c0de;
const DATA_VERSION = 2;
/** Levels that a tree has at most (LMDB's CURSOR_STACK). */
const DEEPEST = 32;

/** A fault; it never leaves this file. */
class Wrong extends Error {}

interface Tree {
  readonly flags: number;
  readonly depth: number;
  readonly branches: number;
  readonly leaves: number;
  readonly overflows: number;
  readonly entries: number;
  readonly root: number | undefined;
}

interface Meta {
  readonly pageSize: number;
  readonly mapSize: number;
  readonly free: Tree;
  readonly main: Tree;
  readonly last: number;
  readonly transaction: number;
}

/** Called for every row of the main tree. @returns false if the row stands under a key that is not its own */
export type EntryCheck = (key: Buffer, value: Buffer) => boolean;

/** The number of the last transaction in the file; undefined if its meta pages cannot be read. */
export function transactionOf(bytes: Buffer): number | undefined {
  try {
    return Math.max(...metasOf(bytes).map(({ transaction }) => transaction));
  } catch {
    return undefined;
  }
}

/**
 * Walks every page of a data file that LMDB would follow.
 * @param mapSize the map size, bytes, that every process opens the file with
 * @returns the first fault, in words; undefined if LMDB may open the file
 */
export function faultOf(bytes: Buffer, mapSize: number, entry: EntryCheck): string | undefined {
  try {
    const metas = metasOf(bytes);
    const meta = checkedMeta(metas, bytes, mapSize);
    const walk = new Walk(bytes, meta);
    walk.checkRoot();
    walk.tree(meta.free, (key, value) => freePages(walk, key, value), compareNumbers);
    walk.tree(
      meta.main,
      (key, value) => {
        if (!entry(key, value)) throw new Wrong('a row under the wrong key');
      },
      (a, b) => a.compare(b),
    );
    return undefined;
  } catch (error) {
    if (error instanceof Wrong) return error.message;
    // A Buffer throws it for a read beyond its end.
    if (error instanceof RangeError) return 'a number leads out of the file';
    throw error;
  }
}

function metasOf(bytes: Buffer): Meta[] {
  if (bytes.length < 2 * 512) throw new Wrong('the file is cut off');
  const pageSize = bytes.readUInt32LE(HEADER + 24);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) throw new Wrong('no size of a page');
  if (bytes.length < 2 * pageSize) throw new Wrong('the file is cut off');
  return [0, 1].map((number) => metaOf(bytes.subarray(number * pageSize, (number + 1) * pageSize), number));
}

function metaOf(page: Buffer, number: number): Meta {
  if (uint(page, 0) !== number || uint(page, 8) !== 0 || page.readUInt16LE(18) !== META) throw new Wrong('a meta page');
  const at = HEADER;
  if (page.readUInt32LE(at) !== MAGIC || page.readUInt32LE(at + 4) !== DATA_VERSION) throw new Wrong('a meta page');
  if (uint(page, at + 8) !== 0) throw new Wrong('a meta page');
  return {
    mapSize: uint(page, at + 16),
    pageSize: page.readUInt32LE(at + 24),
    free: treeOf(page, at + 24),
    main: treeOf(page, at + 72),
    last: uint(page, at + 120),
    transaction: uint(page, at + 128),
  };
}

function treeOf(page: Buffer, at: number): Tree {
  return {
    flags: page.readUInt16LE(at + 4),
    depth: page.readUInt16LE(at + 6),
    branches: uint(page, at + 8),
    leaves: uint(page, at + 16),
    overflows: uint(page, at + 24),
    entries: uint(page, at + 32),
    root: page.readBigUInt64LE(at + 40) === NO_PAGE ? undefined : uint(page, at + 40),
  };
}

/** The newer of the two meta pages. Transaction N writes page N mod 2, so two numbers that do not follow each other are damage. */
function checkedMeta(metas: readonly Meta[], bytes: Buffer, mapSize: number): Meta {
  const [even, odd] = metas as [Meta, Meta];
  const isNew = even.transaction === 0 && odd.transaction === 0;
  const isOrdered = even.transaction % 2 === 0 && odd.transaction % 2 === 1;
  const isFirst = even.transaction === 0 && odd.transaction === 1;
  if (!isNew && !(isOrdered && (isFirst || Math.abs(even.transaction - odd.transaction) === 1)))
    throw new Wrong('the meta pages do not follow each other');
  const meta = odd.transaction > even.transaction ? odd : even;
  for (const each of metas) {
    if (each.pageSize !== meta.pageSize || each.mapSize !== mapSize) throw new Wrong('a size in a meta page');
    // 8 is MDB_INTEGERKEY, of the tree of free pages. The vault's trees have no other flag.
    if (each.free.flags !== 8 || each.main.flags !== 0) throw new Wrong('a flag in a meta page');
  }
  if (meta.last < 1 || (meta.last + 1) * meta.pageSize > Math.min(bytes.length, mapSize))
    throw new Wrong('the file is cut off');
  return meta;
}

/** A walk over the pages. It marks each page that it meets, because no page may be used twice. */
class Walk {
  readonly #bytes: Buffer;
  readonly #meta: Meta;
  readonly #seen: Uint8Array;
  #counts = { branches: 0, leaves: 0, overflows: 0, entries: 0 };

  constructor(bytes: Buffer, meta: Meta) {
    this.#bytes = bytes;
    this.#meta = meta;
    this.#seen = new Uint8Array(meta.last + 1);
    this.#seen.fill(1, 0, 2);
  }

  get transaction(): number {
    return this.#meta.transaction;
  }

  /** Checks that the main tree's root is of the last transaction: each transaction of a vault writes the main tree, and so its root. */
  checkRoot(): void {
    const { main, pageSize, transaction } = this.#meta;
    if (main.root !== undefined && uint(this.#bytes, main.root * pageSize + 8) !== transaction)
      throw new Wrong('a meta page of another transaction');
  }

  take(number: number, count = 1): void {
    if (count < 1 || number < 2 || number + count > this.#seen.length) throw new Wrong('a page beyond the file');
    for (let i = number; i < number + count; i++) {
      if (this.#seen[i] !== 0) throw new Wrong('a page used twice');
      this.#seen[i] = 1;
    }
  }

  tree(tree: Tree, entry: (key: Buffer, value: Buffer) => void, compare: (a: Buffer, b: Buffer) => number): void {
    this.#counts = { branches: 0, leaves: 0, overflows: 0, entries: 0 };
    let before: Buffer | undefined;
    const inOrder = (key: Buffer): void => {
      if (before !== undefined && compare(before, key) >= 0) throw new Wrong('keys out of order');
      before = key;
    };
    if (tree.depth > DEEPEST || (tree.root === undefined) !== (tree.depth === 0))
      throw new Wrong('the depth of a tree');
    if (tree.root !== undefined) this.#page(tree.root, tree.depth, { entry, inOrder, compare }, undefined, undefined);
    for (const name of ['branches', 'leaves', 'overflows', 'entries'] as const)
      if (this.#counts[name] !== tree[name]) throw new Wrong(`the count of ${name}`);
  }

  /** @param from the least key that the page may have @param to the key that all of the page's keys are less than */
  #page(number: number, depth: number, visit: Visit, from: Buffer | undefined, to: Buffer | undefined): void {
    this.take(number);
    const page = this.#header(number, depth === 1 ? LEAF : BRANCH);
    const nodes = this.#nodes(page, depth > 1);
    if (depth > 1 && nodes.length < 2) throw new Wrong('a branch without branches');
    if (depth === 1 && nodes.length === 0) throw new Wrong('an empty leaf');
    this.#counts[depth > 1 ? 'branches' : 'leaves']++;
    for (const [i, node] of nodes.entries()) {
      const key = node.subarray(8, 8 + node.readUInt16LE(6));
      if (depth > 1) {
        const child = node.readUIntLE(0, 6);
        const next = nodes[i + 1];
        const least = i === 0 ? from : key;
        const most = next === undefined ? to : next.subarray(8, 8 + next.readUInt16LE(6));
        this.#page(child, depth - 1, visit, least, most);
        continue;
      }
      if (from !== undefined && visit.compare(key, from) < 0) throw new Wrong('a key in the wrong page');
      if (to !== undefined && visit.compare(key, to) >= 0) throw new Wrong('a key in the wrong page');
      visit.inOrder(key);
      this.#counts.entries++;
      visit.entry(key, this.#data(node));
    }
  }

  #header(number: number, flags: number): Buffer {
    const size = this.#meta.pageSize;
    const page = this.#bytes.subarray(number * size, (number + 1) * size);
    if (uint(page, 0) !== number) throw new Wrong('a page with another number');
    const transaction = uint(page, 8);
    if (transaction < 1 || transaction > this.#meta.transaction) throw new Wrong('a page of another transaction');
    if (page.readUInt16LE(16) !== 0 || page.readUInt16LE(18) !== flags) throw new Wrong('a page of another kind');
    return page;
  }

  /** The nodes of a page in the order of their keys. They must fill the page from `upper` to its end without gaps. */
  #nodes(page: Buffer, isBranch: boolean): Buffer[] {
    const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)];
    if (lower % 2 !== 0 || lower > upper || HEADER + upper > page.length) throw new Wrong('the bounds of a page');
    const nodes: Buffer[] = [];
    const places: { at: number; length: number }[] = [];
    for (let i = 0; i < lower / 2; i++) {
      const at = page.readUInt16LE(HEADER + 2 * i);
      if (at < upper || at % 2 !== 0 || HEADER + at + 8 > page.length) throw new Wrong('the place of a node');
      const node = page.subarray(HEADER + at);
      const length = nodeLength(node, isBranch);
      if (length > node.length) throw new Wrong('the length of a node');
      nodes.push(node.subarray(0, length));
      places.push({ at, length: length + (length % 2) });
    }
    let end = upper;
    for (const { at, length } of places.toSorted((a, b) => a.at - b.at)) {
      if (at !== end) throw new Wrong('nodes that overlap');
      end = at + length;
    }
    if (HEADER + end !== page.length) throw new Wrong('nodes that do not fill their page');
    return nodes;
  }

  #data(node: Buffer): Buffer {
    const data = node.subarray(8 + node.readUInt16LE(6));
    if (node.readUInt16LE(4) !== BIG) return data;
    const length = node.readUInt32LE(0);
    const [number, transaction, count] = [uint(data, 0), uint(data, 8), uint(data, 16)];
    const size = this.#meta.pageSize;
    // A value written twice in one transaction keeps the pages of its longer version.
    if (count < Math.ceil((HEADER + length) / size)) throw new Wrong('the count of overflow pages');
    this.take(number, count);
    const page = this.#header(number, OVERFLOW);
    if (page.readUInt32LE(20) !== count || uint(page, 8) !== transaction) throw new Wrong('an overflow page');
    this.#counts.overflows += count;
    return this.#bytes.subarray(number * size + HEADER, number * size + HEADER + length);
  }
}

interface Visit {
  readonly entry: (key: Buffer, value: Buffer) => void;
  readonly inOrder: (key: Buffer) => void;
  readonly compare: (a: Buffer, b: Buffer) => number;
}

/** Length of a node, bytes, without the byte that pads it to an even length. */
function nodeLength(node: Buffer, isBranch: boolean): number {
  const keyLength = node.readUInt16LE(6);
  if (isBranch) return 8 + keyLength;
  const flags = node.readUInt16LE(4);
  if (flags !== 0 && flags !== BIG) throw new Wrong('a flag of a node');
  return 8 + keyLength + (flags === BIG ? 24 : node.readUInt32LE(0));
}

/** Marks the free pages in one entry of their tree: `count u64`, then page numbers; 0 is no page, -n stands before the first of n pages. */
function freePages(walk: Walk, key: Buffer, value: Buffer): void {
  if (key.length !== 8 || uint(key, 0) < 1 || uint(key, 0) > walk.transaction) throw new Wrong('a key of a free list');
  const count = uint(value, 0);
  if (value.length % 8 !== 0 || 8 * (count + 1) > value.length) throw new Wrong('the length of a free list');
  for (let i = 1; i <= count; i++) {
    const entry = value.readBigInt64LE(8 * i);
    if (entry === 0n) continue;
    if (entry > 0n) walk.take(Number(entry));
    else if (++i > count) throw new Wrong('a free list that ends too early');
    else walk.take(uint(value, 8 * i), Number(-entry));
  }
}

function compareNumbers(a: Buffer, b: Buffer): number {
  if (a.length !== 8 || b.length !== 8) throw new Wrong('a key of a free list');
  return uint(a, 0) - uint(b, 0);
}

/** 64 bits as a number of pages, bytes or transactions. @throws Wrong for one that is too large for any */
function uint(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Wrong('a number that cannot be');
  return Number(value);
}
