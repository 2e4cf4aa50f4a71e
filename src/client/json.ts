/**
 * JSON as text: a tree whose leaves are their JSON text, so that 64-bit numbers lose no digit.
 * In: JSON text. Out: trees; one line, or indented text with or without colour. Never: a number as a double.
 */

/** A leaf is its JSON text; an object keeps the order of its members. */
export type Json = string | readonly Json[] | ReadonlyMap<string, Json>;

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/** Parses JSON text. @throws SyntaxError, in the words of `JSON.parse` */
export function parseJson(text: string): Json {
  JSON.parse(text);
  const tokens = text.match(TOKEN)!;
  let at = 0;
  const value = (): Json => {
    const token = tokens[at++]!;
    if (token === '{') return members();
    return token === '[' ? items() : token;
  };
  const members = (): Json => {
    const object = new Map<string, Json>();
    while (tokens[at] !== '}') {
      if (tokens[at] === ',') at++;
      const name = JSON.parse(tokens[at]!) as string;
      at += 2; // the name and its colon
      object.set(name, value());
    }
    at++;
    return object;
  };
  const items = (): Json => {
    const array: Json[] = [];
    while (tokens[at] !== ']') {
      if (tokens[at] === ',') at++;
      array.push(value());
    }
    at++;
    return array;
  };
  return value();
}

/** JSON text in one line, without spaces. */
export function writeJson(json: Json): string {
  if (typeof json === 'string') return json;
  if (isArray(json)) return `[${json.map(writeJson).join(',')}]`;
  return `{${[...json].map(([name, value]) => `${JSON.stringify(name)}:${writeJson(value)}`).join(',')}}`;
}

/** JSON text for people: indented by two, strings green and numbers yellow if coloured. */
export function prettyJson(json: Json, isColoured: boolean, indent = ''): string {
  if (typeof json === 'string') return isColoured ? `\u001B[${json.startsWith('"') ? 32 : 33}m${json}\u001B[0m` : json;
  const inner = `${indent}  `;
  const name = (text: string): string => (isColoured ? `\u001B[36m${text}\u001B[0m` : text);
  const rows = isArray(json)
    ? json.map((item) => prettyJson(item, isColoured, inner))
    : [...json].map(([key, value]) => `${name(JSON.stringify(key))}: ${prettyJson(value, isColoured, inner)}`);
  const [open, close] = isArray(json) ? '[]' : '{}';
  return rows.length === 0 ? `${open}${close}` : `${open}\n${inner}${rows.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** A member of an object; undefined if there is none, or the tree is no object. */
export function member(json: Json | undefined, name: string): Json | undefined {
  return json instanceof Map ? (json as ReadonlyMap<string, Json>).get(name) : undefined;
}

/** A member that is a string, decoded; undefined for any other. */
export function stringMember(json: Json | undefined, name: string): string | undefined {
  const value = member(json, name);
  return typeof value === 'string' && value.startsWith('"') ? (JSON.parse(value) as string) : undefined;
}

function isArray(json: readonly Json[] | ReadonlyMap<string, Json>): json is readonly Json[] {
  return Array.isArray(json);
}
