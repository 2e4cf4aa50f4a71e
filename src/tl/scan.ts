/**
 * Scan: a cursor over the text of a `.tl` file, one character class at a time.
 * In: text and file name. Out: names, numbers, signs; comments are noted and stepped over.
 * Never: knows what a definition is (`parse.ts`).
 */
import { SchemeError } from './scheme-error.ts';

const NAME = /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*/y;
const HEX = /[0-9A-Fa-f]+/y;
const FLAG = /([A-Za-z_][A-Za-z0-9_]*)\.([0-9]+)\?/y;
/** Core bodies: `?`, `#`, `[`, `]`, `4*`, `t`. */
const CORE = /[?#[\]]|[0-9]+\s*\*|[A-Za-z_][A-Za-z0-9_]*/y;
const DIVIDER = /---\s*(functions|types)\s*---/y;

/** A cursor over one file. What is asked for and is not next is a SchemeError, made by `expected`. */
export class Scan {
  readonly fileName: string;
  readonly text: string;
  pos = 0;
  /** Where the last token ended: the text of a definition stops there. */
  last = 0;
  /** One string for each name: names then compare by address. */
  readonly #names = new Map<string, string>();
  readonly #onComment: (body: string, at: number) => void;

  /** The cursor is at the front: the caller steps over comments there with `space()`. */
  constructor(text: string, fileName: string, onComment: (body: string, at: number) => void) {
    this.text = text;
    this.fileName = fileName;
    this.#onComment = onComment;
  }

  get isAtEnd(): boolean {
    return this.pos >= this.text.length;
  }

  /** Steps over white space and comments. */
  space(): void {
    for (; this.pos < this.text.length; this.pos++) {
      const c = this.text.charCodeAt(this.pos);
      if (c === 0x2f) this.#comment();
      else if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09 && c !== 0xfeff) return;
    }
  }

  /** Leaves `pos` on the comment's last character, which `space` then steps over. */
  #comment(): void {
    const { text, pos } = this;
    if (text.startsWith('//', pos)) {
      const end = text.indexOf('\n', pos);
      this.pos = end < 0 ? text.length : end;
      this.#onComment(text.slice(pos + 2, this.pos).trim(), pos);
    } else if (text.startsWith('/*', pos)) {
      const end = text.indexOf('*/', pos + 2);
      if (end < 0) throw this.error('comment without an end');
      this.pos = end + 1;
    } else throw this.error('unexpected "/"');
  }

  /** Steps over `sign` and the white space behind it if it is next. @returns whether it was */
  takes(sign: string): boolean {
    if (!this.text.startsWith(sign, this.pos)) return false;
    this.#step(sign.length);
    return true;
  }

  need(sign: string, what = `"${sign}"`): void {
    if (!this.takes(sign)) throw this.expected(what);
  }

  /** The character at the cursor, '' at the end. */
  peek(): string {
    return this.text.charAt(this.pos);
  }

  name(what: string): string {
    return this.#same(this.#match(NAME)?.[0] ?? this.#fail(what));
  }

  /** `flags2.3?` before a type, or nothing. */
  flag(): { field: string; bit: number } | undefined {
    const at = this.pos;
    const match = this.#match(FLAG);
    if (match === null) return undefined;
    const bit = Number(match[2]);
    if (bit > 31) throw this.error(`bit ${match[2]} of a flags field: there are 32`, at);
    return { field: this.#same(match[1]!), bit };
  }

  /** A constructor number: 1 to 8 hex digits, since files leave leading zeros out. */
  hex(): number {
    const at = this.pos;
    const digits = this.#match(HEX)?.[0] ?? this.#fail('a number in hex');
    if (digits.length > 8) throw this.error(`number ${digits} has more than 8 hex digits`, at);
    return Number.parseInt(digits, 16);
  }

  coreToken(): string {
    return (this.#match(CORE)?.[0] ?? this.#fail('"="')).replace(/\s+/, '');
  }

  divider(): string | undefined {
    return this.#match(DIVIDER)?.[1];
  }

  #same(name: string): string {
    const before = this.#names.get(name);
    if (before !== undefined) return before;
    this.#names.set(name, name);
    return name;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.pos;
    const match = pattern.exec(this.text);
    if (match !== null) this.#step(match[0].length);
    return match;
  }

  #step(length: number): void {
    this.pos += length;
    this.last = this.pos;
    this.space();
  }

  #fail(what: string): never {
    throw this.expected(what);
  }

  expected(what: string): SchemeError {
    return this.error(`expected ${what}, found ${this.isAtEnd ? 'the end of the file' : JSON.stringify(this.peek())}`);
  }

  error(what: string, at = this.pos): SchemeError {
    return new SchemeError(what, this.fileName, this.text, at);
  }
}
