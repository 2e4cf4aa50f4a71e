/**
 * The safe code template: generated source is put together from `code` only.
 * In: literal text of this project's own files, and values. Out: `Code`.
 * Never: lets a value in unquoted. A string becomes a JavaScript string literal, a number must be finite, and a name
 * must look like one; so no line of a `.tl` file can become code. Imports nothing.
 */

/** Source text that this template has made; nothing else makes it. */
export class Code {
  readonly text: string;
  /** @param key what only this file has: text cannot be declared code from outside */
  constructor(text: string, key: symbol) {
    if (key !== KEY) throw new TypeError('code is made by the template `code` alone');
    this.text = text;
  }
}

const KEY = Symbol('code');

/** What may stand in a template: code as it is, lists of code line by line, numbers, and strings as literals. */
export type CodePart = Code | readonly Code[] | number | string;

/** Code from a template: its text as it stands, each value by its kind. Throws RangeError for a number that is not finite. */
export function code(literals: TemplateStringsArray, ...parts: readonly CodePart[]): Code {
  let text = literals[0]!;
  for (let i = 0; i < parts.length; i++) text += partText(parts[i]!) + literals[i + 1]!;
  return new Code(text, KEY);
}

function partText(part: CodePart): string {
  if (part instanceof Code) return part.text;
  if (typeof part === 'string') return quoted(part);
  if (typeof part !== 'number') return part.map((one) => one.text).join('\n');
  if (!Number.isFinite(part)) throw new RangeError(`no literal for ${part}`);
  return String(part);
}

/** A string literal; U+2028 and U+2029 escaped, for they end a line in older readings of JavaScript. */
function quoted(text: string): string {
  const literal = JSON.stringify(text);
  return /[\u2028\u2029]/.test(literal)
    ? literal.replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`)
    : literal;
}

/** `f_user_id`: a prefix, and a TL name that is checked; the prefix keeps it apart from reserved words. */
export function identifierOf(
  prefix: 'f' | 'bits' | 'e' | 'b' | 'd' | 'ev' | 'dv' | 'm' | 'mv',
  name: string | number,
): Code {
  if (typeof name === 'number') return new Code(`${prefix}${name >>> 0}`, KEY);
  const text = `${prefix}_${name}`;
  let made = NAMES.get(text);
  if (made === undefined) {
    if (!/^\w+$/.test(name)) throw new SyntaxError(`no name for code: ${JSON.stringify(name)}`);
    made = new Code(text, KEY);
    NAMES.set(text, made);
  }
  return made;
}

/** Names made so far: a scheme says `f_id` a thousand times. */
const NAMES = new Map<string, Code>();

/** A comment to the end of the line, with everything but printable ASCII taken out. */
export function comment(text: string): Code {
  return new Code(`// ${text.replace(/[^\x20-\x7e]/g, '?')}`, KEY);
}

/** Code with something between: `join(items, code`, `)`. */
export function join(items: readonly Code[], between: Code): Code {
  return new Code(items.map((item) => item.text).join(between.text), KEY);
}

/** Code with each line moved to the right: the source is read by people (`scheme show`). */
export function indent(inner: Code): Code {
  return new Code(`  ${inner.text.replaceAll('\n', '\n  ')}`, KEY);
}
