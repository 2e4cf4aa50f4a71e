/**
 * JsonOutline: how far a JSON text has come that was printed over several lines.
 * In: its lines, one after the other. Out: whether they are still the beginning of one text, all of one, or of none.
 * Never: a value, or a byte of a line once it has been looked at.
 */

/** What may stand next. */
const Next = { VALUE: 0, VALUE_OR_CLOSE: 1, KEY: 2, KEY_OR_CLOSE: 3, COLON: 4, COMMA_OR_CLOSE: 5 } as const;
type Next = (typeof Next)[keyof typeof Next];

/** Longest line that may be a piece of a text, bytes: nobody prints longer ones, and TOKEN walks over them for too long. */
const LONGEST = 65_536;
/** Brackets inside each other, at most: as in a request (`MAX_DEPTH` of tape.ts). */
const DEEPEST = 64;
/** A string, a number or a word, or one mark; each with the white space before it. */
const TOKEN = /[ \t\r\n]*(?:("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*|true|false|null)|([{}[\],:]))/y;
const SPACE = /[ \t\r\n]*$/y;

/** What the lines so far are: the beginning of one text, all of one, or of none. */
export type Progress = 'open' | 'whole' | 'broken';

/** One JSON text that comes line by line: whether it has ended, and whether it still can. */
export class JsonOutline {
  /** Brackets that are open, outermost first. */
  readonly #open: string[] = [];
  #next: Next = Next.VALUE;

  /** Forgets all lines. */
  clear(): void {
    this.#open.length = 0;
    this.#next = Next.VALUE;
  }

  /** Whether a text has begun and has not ended. */
  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  /** Adds the line `bytes[start..end)`. Once the text is whole or broken, the next line begins another. */
  add(bytes: Uint8Array, start: number, end: number): Progress {
    const isShort = end - start <= LONGEST;
    const progress = isShort ? this.#tokens(textOf(bytes, start, end)) : 'broken';
    if (progress !== 'open') this.clear();
    return progress;
  }

  #tokens(line: string): Progress {
    let at = 0;
    for (;;) {
      SPACE.lastIndex = at;
      if (SPACE.test(line)) return this.#open.length > 0 ? 'open' : 'whole';
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(line);
      if (token === null || !this.#takes(token)) return 'broken';
      at = TOKEN.lastIndex;
    }
  }

  #takes([, string, scalar, mark]: RegExpExecArray): boolean {
    if (mark !== undefined) return this.#takesMark(mark);
    const isKey = this.#next === Next.KEY || this.#next === Next.KEY_OR_CLOSE;
    if (isKey) this.#next = Next.COLON;
    else if (this.#wantsValue) this.#next = Next.COMMA_OR_CLOSE;
    else return false;
    // Outside of all brackets there is one value alone, and a request is none of these.
    return this.#open.length > 0 && (!isKey || string !== undefined) && (string ?? scalar) !== undefined;
  }

  get #wantsValue(): boolean {
    return this.#next === Next.VALUE || this.#next === Next.VALUE_OR_CLOSE;
  }

  #takesMark(mark: string): boolean {
    if (mark === '{' || mark === '[') return this.#opens(mark);
    if (mark === '}' || mark === ']') return this.#closes(mark === '}' ? '{' : '[');
    if (mark === ':') {
      if (this.#next !== Next.COLON) return false;
      this.#next = Next.VALUE;
      return true;
    }
    if (this.#next !== Next.COMMA_OR_CLOSE || this.#open.length === 0) return false;
    this.#next = this.#open.at(-1) === '{' ? Next.KEY : Next.VALUE;
    return true;
  }

  #opens(mark: string): boolean {
    if (!this.#wantsValue || this.#open.length === DEEPEST) return false;
    this.#open.push(mark);
    this.#next = mark === '{' ? Next.KEY_OR_CLOSE : Next.VALUE_OR_CLOSE;
    return true;
  }

  #closes(opened: string): boolean {
    const mayClose =
      this.#next === Next.COMMA_OR_CLOSE || this.#next === (opened === '{' ? Next.KEY_OR_CLOSE : Next.VALUE_OR_CLOSE);
    if (!mayClose || this.#open.pop() !== opened) return false;
    this.#next = Next.COMMA_OR_CLOSE;
    return true;
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
