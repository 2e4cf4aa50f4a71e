/**
 * JsonComplaint: what is wrong with a text that is not JSON, as a person would say it.
 * In: the bytes of one line, and where the reader stopped. Out: one sentence. Never: a byte of the line in the sentence.
 *
 * Most such lines come out of another language's printer, or were made for people to read: those get the name of
 * what they are. Where a line ends too early its brackets tell what it ends inside of.
 */

/** How several sentences about broken lines begin. */
export const ONE_LINE = 'a request is one line';

/** Sentences about what cannot stand in JSON, found by its first letters. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/^'/, 'strings stand in double quotes, not in single ones'],
  [/^[‘’“”«»`]/, 'strings stand in straight double quotes'],
  [
    /^-?(?:NaN|nan|Infinity|inf)\b/,
    'NaN and Infinity are no JSON numbers; in a double they go as text: "NaN", "Infinity"',
  ],
  [/^True\b/, 'true is written in small letters, not as Python does'],
  [/^False\b/, 'false is written in small letters, not as Python does'],
  [/^(?:None|nil|undefined|NULL|Null)\b/, 'nothing is written null'],
  [/^(?:TRUE|FALSE)\b/, 'true and false are written in small letters'],
  [/^0[xXoObB]/, 'numbers are decimal: 0x10 is 16'],
  [/^\+/, 'a number has no plus sign'],
  [/^\./, 'a number begins with a digit: 0.5'],
  [/^(?:\/\/|\/\*|#)/, 'JSON has no comments'],
];

/**
 * Says what is wrong with a line.
 * @param pos where the first byte that cannot stand there is; `end` if the text ends too early
 * @returns one sentence without its full stop
 */
export function jsonComplaint(bytes: Uint8Array, start: number, end: number, pos: number): string {
  const at = start + pos;
  const outline = outlineOf(bytes, start, at);
  if (at >= end) return endsEarly(outline);
  const rest = textOf(bytes, at, end, 24);
  if (outline.isInString) return inString(bytes[at]!, bytes[at - 1]!);
  if (outline.open.length === 0 && outline.hasValue) return behindWhole(rest);
  return numberOf(bytes, start, at, end) ?? strangerOf(rest) ?? punctuation(outline, rest);
}

/** How far a text has come, up to some byte of it. */
interface Outline {
  /** `{` and `[` that are open, outermost first. */
  readonly open: string[];
  readonly isInString: boolean;
  /** Whether a byte that is no white space has come. */
  readonly hasValue: boolean;
  /** The last byte that is neither white space nor in a string; `"` behind a string. */
  readonly last: string;
  /** Whether the string that ended last was a key. */
  readonly isBehindKey: boolean;
}

const [TAB, LF, CR, SPACE, QUOTE, COMMA, BACKSLASH] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x5c];
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];

function outlineOf(bytes: Uint8Array, start: number, stop: number): Outline {
  const open: string[] = [];
  let isInString = false;
  let isBehindKey = false;
  let last = 0;
  let before = 0;
  for (let p = start; p < stop; p++) {
    const c = bytes[p]!;
    if (isInString) {
      if (c === BACKSLASH) p++;
      else if (c === QUOTE) {
        isInString = false;
        isBehindKey = open.at(-1) === '{' && (before === OBJECT || before === COMMA);
      }
      continue;
    }
    if (c === SPACE || c === TAB || c === LF || c === CR) continue;
    if (c === QUOTE) {
      isInString = true;
      before = last;
    } else if (c === OBJECT || c === ARRAY) open.push(String.fromCharCode(c));
    else if (c === OBJECT_END || c === ARRAY_END) open.pop();
    last = c;
  }
  const hasValue = last !== 0;
  return { open, isInString, hasValue, last: hasValue ? String.fromCharCode(last) : '', isBehindKey };
}

function endsEarly({ open, isInString, hasValue }: Outline): string {
  if (isInString) return `${ONE_LINE}; this one ends inside a string`;
  if (open.length > 0) return `${ONE_LINE}; this one ends inside ${open.at(-1) === '{' ? 'an object' : 'an array'}`;
  return hasValue ? 'the line ends inside a value' : 'the line is empty';
}

function inString(byte: number, before: number): string {
  if (byte < 0x20) return 'a control character stands in a string as itself; it goes as an escape: \\n, \\t, \\u0000';
  return before === 0x5c || byte === 0x5c
    ? 'no such escape in a string; a backslash itself is \\\\'
    : 'an escape is \\u and four hexadecimal digits';
}

/** About what stands behind a whole value. */
function behindWhole(rest: string): string {
  if (/^[{[]/.test(rest)) return `${ONE_LINE}, and a line one request: here two stand in one`;
  if (/^[:,\]}]/.test(rest)) return `${ONE_LINE}; this looks like a piece of one that was printed over several lines`;
  return strangerOf(rest) ?? 'something stands behind the request in its line';
}

function strangerOf(rest: string): string | undefined {
  return STRANGERS.find(([pattern]) => pattern.test(rest))?.[1];
}

/** A number that begins before the byte and is none: `0x10`, `007`, `1.`, `1_000`. */
function numberOf(bytes: Uint8Array, start: number, at: number, end: number): string | undefined {
  let from = at;
  while (from > start && /[\w.+-]/.test(String.fromCharCode(bytes[from - 1]!))) from--;
  if (from === at || isWhole(bytes, from, at)) return undefined;
  const word = textOf(bytes, from, end, 24);
  const stranger = strangerOf(word);
  if (stranger !== undefined) return stranger;
  if (/^-?0\d/.test(word)) return 'a number has no zeros in front';
  if (/^-?\d+_/.test(word)) return 'a number has digits alone, no marks between them';
  if (/^-?\d+n\b/.test(word)) return 'a number ends with its last digit, without n';
  if (/^-?\d+\.(?!\d)/.test(word)) return 'a number has a digit behind its point';
  if (/^-?\d/.test(word)) return 'this is no JSON number';
  if (/^(?:t|f|n)/.test(word)) return 'a word that is none: JSON has true, false and null';
  return undefined;
}

/** What ends before the byte is a value as it should be: the fault is behind it. */
function isWhole(bytes: Uint8Array, from: number, at: number): boolean {
  if (/[\w.+-]/.test(String.fromCharCode(bytes[at]!))) return false;
  return /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/.test(textOf(bytes, from, at, 64));
}

function punctuation({ open, last, isBehindKey, hasValue }: Outline, rest: string): string {
  const inside = open.at(-1);
  if (inside === undefined) return hasValue ? 'the line is not JSON' : firstOf(rest);
  const close = inside === '{' ? '}' : ']';
  if (last === ',' && rest.startsWith(close)) return 'a comma stands before the closing bracket';
  if (last === ',' && rest.startsWith(',')) return 'two commas stand in a row';
  if (inside === '{' && (last === '{' || last === ',')) return 'an attribute begins with its name in double quotes';
  if (isBehindKey && last === '"') return 'a colon is missing behind the name of an attribute';
  if (last === ':' && /^[,}\]]/.test(rest)) return 'the value of an attribute is missing';
  if (rest.startsWith(inside === '{' ? ']' : '}')) return 'a bracket is closed by one of the other kind';
  if (last === ':' || last === '[' || last === ',') return 'no value begins so: strings stand in double quotes';
  return 'a comma is missing between two values';
}

/** About a line that does not begin as JSON. */
function firstOf(rest: string): string {
  if (/^[}\]:,]/.test(rest)) return `${ONE_LINE}; this looks like a piece of one that was printed over several lines`;
  return 'a request is one JSON object in a line';
}

/** A few characters from a place on; what is no UTF-8 does not matter. */
function textOf(bytes: Uint8Array, from: number, end: number, most: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(end - from, most)).toString('utf8');
}
