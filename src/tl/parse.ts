/**
 * Parser of TL text: Telegram Desktop's and TDLib's scheme files as they are.
 * In: text. Out: `ParsedScheme`, or a SchemeError with file, line and column.
 * Never: looks a name up (`resolve.ts`) or judges a number (`crc.ts`).
 *
 *   name#id {X:Type} field:type field:flags.3?Vector<type> = Result;
 *
 * Taken as well: no id; an id without its leading zeros; definitions over several lines;
 * `= Vector User`; core lines (`int ? = Int;`, `vector {t:Type} # [ t ] = Vector t;`).
 */
import { Scan } from './scan.ts';
import type { ParsedDefinition, ParsedField, ParsedScheme, TypeExpression } from './syntax.ts';

const LAYER = /^LAYER\s+(\d{1,6})$/;
/** Types nest this deep at most: far above any real line, far below a stack's end. */
const DEEPEST_TYPE = 16;

/**
 * Parses one file. `fileName` is for error texts only.
 * @throws SchemeError
 */
export function parseScheme(text: string, fileName: string): ParsedScheme {
  const definitions: ParsedDefinition[] = [];
  let layer = 0;
  let endOfLast = 0;
  const onComment = (body: string, at: number): void => {
    const found = LAYER.exec(body);
    if (found !== null) {
      const written = Number(found[1]);
      if (layer !== 0 && layer !== written) throw scan.error(`LAYER ${written}, but LAYER ${layer} stands above`, at);
      layer = written;
    } else if (body === 'foreign' && /^;[ \t]*$/.test(text.slice(endOfLast, at))) {
      definitions.push({ ...definitions.pop()!, isForeign: true });
    }
  };
  const scan: Scan = new Scan(text, fileName, onComment);
  scan.space();
  let isFunction = false;
  while (!scan.isAtEnd) {
    const divider = scan.divider();
    if (divider !== undefined) isFunction = divider === 'functions';
    else {
      definitions.push(definition(scan, isFunction));
      endOfLast = scan.pos;
      scan.need(';'); // meets the comment behind it, `// foreign`: the definition is in the list by then
    }
  }
  return { fileName, text, layer, definitions };
}

function definition(scan: Scan, isFunction: boolean): ParsedDefinition {
  const at = scan.pos;
  const name = scan.name('a definition');
  // `vector # [ t ]` has no number: one stands right behind the name.
  const id = scan.last === scan.pos && scan.takes('#') ? scan.hex() : undefined;
  const generics = genericNames(scan);
  const core = /[?#[0-9]/.test(scan.peek()) ? coreBody(scan) : undefined;
  const fields = core === undefined ? fieldList(scan) : [];
  scan.need('=', 'a field or "="');
  const result = resultType(scan);
  const text = plain(scan.text.slice(at, scan.last));
  return {
    name,
    ...(id === undefined ? {} : { id }),
    generics,
    fields,
    ...(core === undefined ? {} : { core }),
    result,
    isFunction,
    isForeign: false,
    at,
    text,
  };
}

/** `{X:Type} {t:Type}` -> X, t. */
function genericNames(scan: Scan): string[] {
  const names: string[] = [];
  while (scan.takes('{')) {
    names.push(scan.name('a type variable'));
    scan.need(':');
    scan.need('Type');
    scan.need('}');
  }
  return names;
}

/** The body of a core line, single spaces: `# [ t ]`, `4*[ int ]`. */
function coreBody(scan: Scan): string {
  const tokens: string[] = [];
  while (scan.peek() !== '=') tokens.push(scan.coreToken());
  return tokens.join(' ').replaceAll('* ', '*');
}

function fieldList(scan: Scan): ParsedField[] {
  const fields: ParsedField[] = [];
  while (scan.peek() !== '=' && scan.peek() !== ';' && !scan.isAtEnd) fields.push(field(scan));
  return fields;
}

function field(scan: Scan): ParsedField {
  const at = scan.pos;
  const name = scan.name('a field');
  scan.need(':');
  const flag = scan.flag();
  const type = typeExpression(scan, 0);
  return { name, type, ...(flag === undefined ? {} : { flag }), at };
}

function typeExpression(scan: Scan, depth: number): TypeExpression {
  if (depth > DEEPEST_TYPE) throw scan.error(`types nested deeper than ${DEEPEST_TYPE}`);
  if (scan.takes('#')) return { name: '#', isBare: false, isCall: false, arguments: [] };
  const isCall = scan.takes('!');
  const isBare = !isCall && scan.takes('%');
  const name = scan.name('a type');
  const inner: TypeExpression[] = [];
  if (scan.takes('<')) {
    do inner.push(typeExpression(scan, depth + 1));
    while (scan.takes(','));
    scan.need('>');
  }
  return { name, isBare, isCall, arguments: inner };
}

/** `Vector User` means `Vector<User>`; elsewhere a space ends a type. */
function resultType(scan: Scan): TypeExpression {
  const head = typeExpression(scan, 0);
  if (!/^[vV]ector$/.test(head.name) || head.arguments.length > 0 || scan.peek() === ';') return head;
  return { ...head, arguments: [typeExpression(scan, 1)] };
}

/** A text without its comments, white space made single. */
function plain(text: string): string {
  return text
    .replace(/\/\/[^\n]*|\/\*[^]*?\*\//g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
