/**
 * Tape: one message cut into a flat list of its values, once. `json-tape.ts` fills it from JSON text,
 * `msgpack-tape.ts` from msgpack; whoever reads it need not know from which.
 * In: values as they are found. Out: a tape of eight numbers a value (below), keys looked up, paths for errors.
 * Never: builds a string or an object per value, or takes more than linear time.
 *
 * A node is the offset of its first cell. Children follow their container at once, so:
 *   for (let m = node + NODE, end = cells[node + NEXT]; m < end; m = cells[m + NEXT]) …
 * walks the members of an object or the items of an array.
 */

/** Cells of one node. */
export const NODE = 8;
export const KIND = 0;
/** First byte, absolute in the block; of a string its quote (in msgpack the byte before the content). */
export const START = 1;
/** Byte behind the last one; in msgpack one more for a string, where JSON has its quote. */
export const END = 2;
/** Node behind this value and all that is in it; 0 while the value is not whole. */
export const NEXT = 3;
/** Key of an object's member, without quotes. Below zero: an offset into the unescaped keys, inverted. */
export const KEY_START = 4;
export const KEY_END = 5;
/** `hashName` of the key, unescaped. */
export const HASH = 6;
/** Members or items of a container. */
export const COUNT = 7;

export const OBJECT = 1;
export const ARRAY = 2;
export const STRING = 3;
/** A string with at least one backslash. */
export const STRING_ESCAPED = 4;
/** A number without fraction and exponent. */
export const INTEGER = 5;
export const NUMBER = 6;
export const TRUE = 7;
export const FALSE = 8;
export const NULL = 9;
/** Of msgpack alone: an integer, a float, bytes, an extension; START is the byte that says which. */
export const PACKED_INTEGER = 10;
export const PACKED_FLOAT = 11;
/** Bytes; START and END are those of the content. */
export const BINARY = 12;
export const EXTENSION = 13;

const KIND_NAMES = [
  ...['nothing', 'object', 'array', 'string', 'string', 'number', 'number', 'boolean', 'boolean', 'null'],
  ...['number', 'number', 'bytes', 'extension'],
];

/** Bounds of one message (wire: Errors): containers inside each other, values, digits of one number. */
export const MAX_DEPTH = 64;
export const MAX_ELEMENTS = 200_000;
export const MAX_DIGITS = 40;
/** The first so many keys of an object are compared as they come; if there are more, all are sorted by hash when it closes. */
const FEW_MEMBERS = 32;
/** How many bytes of one key an error path shows. */
const SHOWN_KEY = 64;

/** Faults of a message as a whole: names of the table of errors (wire: Errors). */
export type JsonFaultCode =
  | 'JSONDecodeError'
  | 'InvalidUTF8'
  | 'DepthExceeded'
  | 'TooManyElements'
  | 'NumberTooLong'
  | 'DuplicateKey';

/** What is wrong with a message; the names are those of wire: Errors. */
export interface JsonFault {
  readonly code: JsonFaultCode;
  /** Offset in the message of the first byte that cannot stand there; its length if it ends too early. */
  readonly pos: number;
  /** The limit that was passed, or 0. */
  readonly limit: number;
  /** Of a key that stands twice: the key, and where, as `message.peer.id`. */
  readonly key?: string;
  readonly path?: string;
}

const LIMITS: Record<JsonFaultCode, number> = {
  JSONDecodeError: 0,
  InvalidUTF8: 0,
  DepthExceeded: MAX_DEPTH,
  TooManyElements: MAX_ELEMENTS,
  NumberTooLong: MAX_DIGITS,
  DuplicateKey: 0,
};

/** FNV-1a over the bytes of a name: how keys and constructor names are looked up. Not secret, so compare bytes too. */
export function hashName(bytes: Uint8Array, start = 0, stop = bytes.length): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < stop; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

/** What both tapes share: the list of nodes while it is made (`push`, `member`, `close`, …) and once it is read. */
export abstract class Tape {
  /** The nodes. May be replaced by `read`. */
  cells = new Int32Array(256 * NODE);
  /** How many cells are in use. */
  used = 0;
  /** The block that was read last; positions of nodes point into it. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;

  /** Where the text made by `text` stands. */
  textBytes: Uint8Array = this.bytes;
  textStart = 0;
  textEnd = 0;

  /** Open containers, and for each the hashes seen in it, five bits of each. */
  protected readonly open = new Int32Array(MAX_DEPTH);
  readonly #seen = new Int32Array(MAX_DEPTH);
  protected depth = 0;
  #code: JsonFaultCode = 'JSONDecodeError';
  #at = 0;
  /** The key that stands twice, and where. */
  #twice: { key: string; path: string } | undefined;

  protected names = new Uint8Array(256);
  protected namesUsed = 0;
  #sorted = new Float64Array(0);

  /** Points the tape at `bytes[start..end)`, with nothing on it. */
  protected begin(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.used = 0;
    this.depth = 0;
    this.namesUsed = 0;
    this.#twice = undefined;
  }

  /** The fault that `fail` noted. */
  protected fault(): JsonFault {
    return { ...this.faultAt(this.#code, this.#at), ...this.#twice };
  }

  protected faultAt(code: JsonFaultCode, at: number): JsonFault {
    return { code, pos: at - this.start, limit: LIMITS[code] };
  }

  protected fail(code: JsonFaultCode, at: number): -1 {
    this.#code = code;
    this.#at = at;
    return -1;
  }

  /** A new node with everything but its key still to be set. */
  protected push(): number {
    const node = this.used;
    if (node + NODE > this.cells.length) {
      const grown = new Int32Array(this.cells.length * 2);
      grown.set(this.cells);
      this.cells = grown;
    }
    const t = this.cells;
    t[node + KIND] = 0;
    t[node + NEXT] = 0;
    t[node + KEY_START] = 0;
    t[node + KEY_END] = 0;
    this.used = node + NODE;
    return node;
  }

  protected done(node: number, kind: number, start: number, end: number): number {
    const t = this.cells;
    t[node + KIND] = kind;
    t[node + START] = start;
    t[node + END] = end;
    t[node + NEXT] = node + NODE;
    return end;
  }

  /** Opens a container that is the node pushed last. @returns whether it may */
  protected openContainer(node: number, at: number, isObject: boolean): boolean {
    if (this.depth === MAX_DEPTH) return this.fail('DepthExceeded', at) >= 0;
    const t = this.cells;
    t[node + KIND] = isObject ? OBJECT : ARRAY;
    t[node + START] = at;
    t[node + COUNT] = 0;
    this.open[this.depth] = node;
    this.#seen[this.depth] = 0;
    this.depth++;
    return true;
  }

  /** Closes the container opened last; `p` is behind it. @returns `p`, or -1 for a key that stands in it twice */
  protected close(p: number): number {
    this.depth--;
    const node = this.open[this.depth]!;
    const t = this.cells;
    t[node + END] = p;
    t[node + NEXT] = this.used;
    const count = t[node + COUNT]!;
    if (count > FEW_MEMBERS && t[node + KIND] === OBJECT && !this.#allDiffer(node, count)) return -1;
    return p;
  }

  /** Enters the key of a member, refuses one that was there before. @returns `after`, or -1 */
  protected member(keyStart: number, keyEnd: number, hash: number, after: number): number {
    const parent = this.open[this.depth - 1]!;
    const node = this.push();
    const t = this.cells;
    t[node + KEY_START] = keyStart;
    t[node + KEY_END] = keyEnd;
    t[node + HASH] = hash;
    const bit = 1 << ((hash ^ (hash >>> 16)) & 31);
    const seen = this.#seen[this.depth - 1]!;
    this.#seen[this.depth - 1] = seen | bit;
    if ((seen & bit) !== 0 && this.#isAmongFirst(parent, node)) {
      this.#noteTwice(this.depth - 1, node);
      this.used = node;
      return this.fail('DuplicateKey', after - 1);
    }
    return after;
  }

  /** @param level place of the member's object in `open` */
  #noteTwice(level: number, node: number): void {
    const key = this.keyText(node);
    let path = '';
    for (let i = 1; i <= level; i++) path = this.#step(path, this.open[i - 1]!, this.open[i]!);
    this.#twice = { key, path: path === '' ? key : `${path}.${key}` };
  }

  /** Adds to `path` the step from a container to one of its children. */
  #step(path: string, container: number, child: number): string {
    const t = this.cells;
    if (t[container + KIND] === OBJECT) return path === '' ? this.keyText(child) : `${path}.${this.keyText(child)}`;
    let index = 0;
    for (let m = container + NODE; m < child; m = t[m + NEXT]!) index++;
    return `${path}[${index}]`;
  }

  #isAmongFirst(parent: number, node: number): boolean {
    const t = this.cells;
    let left = FEW_MEMBERS;
    for (let m = parent + NODE; m < node && left > 0; m = t[m + NEXT]!, left--) {
      if (t[m + HASH] === t[node + HASH] && this.#isSameKey(m, node)) return true;
    }
    return false;
  }

  #isSameKey(one: number, other: number): boolean {
    const name = this.#keyBytes(other);
    return this.hasKey(one, name.bytes, name.start, name.stop);
  }

  #keyBytes(node: number): { bytes: Uint8Array; start: number; stop: number } {
    const start = this.cells[node + KEY_START]!;
    const stop = this.cells[node + KEY_END]!;
    return start < 0 ? { bytes: this.names, start: ~start, stop } : { bytes: this.bytes, start, stop };
  }

  /** Whether a member's key is `name[start..stop)`. Hashes are the caller's to compare first. */
  hasKey(node: number, name: Uint8Array, start = 0, stop = name.length): boolean {
    let at = this.cells[node + KEY_START]!;
    const length = stop - start;
    let from = this.bytes;
    if (at < 0) {
      at = ~at;
      from = this.names;
    }
    if (this.cells[node + KEY_END]! - at !== length) return false;
    for (let i = 0; i < length; i++) if (from[at + i] !== name[start + i]) return false;
    return true;
  }

  /**
   * Whether no two of many keys are the same: sorts hash and place in one double each (32 + 18 bits; native sort),
   * then looks at equal hashes only. A client that makes hashes collide on purpose falls through to a Set.
   */
  #allDiffer(parent: number, count: number): boolean {
    if (this.#sorted.length < count) this.#sorted = new Float64Array(Math.max(1024, count));
    const sorted = this.#sorted.subarray(0, count);
    const t = this.cells;
    let n = 0;
    for (let m = parent + NODE; n < count; m = t[m + NEXT]!) sorted[n++] = (t[m + HASH]! >>> 0) * 0x40000 + m / NODE;
    sorted.sort();
    let from = 0;
    for (let i = 1; i <= count; i++) {
      if (i < count && Math.floor(sorted[i]! / 0x40000) === Math.floor(sorted[from]! / 0x40000)) continue;
      if (i - from > 1 && !this.#allNamesDiffer(sorted.subarray(from, i))) return false;
      from = i;
    }
    return true;
  }

  #allNamesDiffer(places: Float64Array): boolean {
    const names = new Set<string>();
    for (const [i, place] of places.entries()) {
      const node = (place % 0x40000) * NODE;
      const { bytes, start, stop } = this.#keyBytes(node);
      names.add(Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('latin1'));
      if (names.size > i) continue;
      this.#noteTwice(this.depth, node);
      return this.fail('DuplicateKey', this.cells[node + START]!) > 0;
    }
    return true;
  }

  /**
   * The content of a string node as UTF-8: sets `textBytes`, `textStart`, `textEnd`, good until the next call.
   * @returns its length in bytes, or -1 if it cannot be UTF-8
   */
  text(node: number): number {
    const t = this.cells;
    this.textBytes = this.bytes;
    this.textStart = t[node + START]! + 1;
    this.textEnd = t[node + END]! - 1;
    return this.textEnd - this.textStart;
  }

  /** `string`, `number`, …: for error texts. */
  kindName(node: number): string {
    return KIND_NAMES[this.cells[node + KIND]!]!;
  }

  /** A member's key as error paths show it: at most 64 bytes. */
  keyText(node: number): string {
    const { bytes, start, stop } = this.#keyBytes(node);
    const shown = Math.min(stop, start + SHOWN_KEY);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, shown - start).toString('utf8');
    return shown < stop ? `${text}…` : text;
  }

  /** The path from `root` (called `name`) down to `node`, as `message.peer.id[3]`: walked only once there is an error. */
  path(root: number, node: number, name: string): string {
    const t = this.cells;
    let at = root;
    let path = name;
    while (at !== node) {
      let child = at + NODE;
      let index = 0;
      while (t[child + NEXT]! <= node) {
        child = t[child + NEXT]!;
        index++;
      }
      path += t[at + KIND] === OBJECT ? `.${this.keyText(child)}` : `[${index}]`;
      at = child;
    }
    return path;
  }
}
