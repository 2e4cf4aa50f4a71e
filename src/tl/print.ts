/**
 * Prints definitions back as TL text: `parseScheme(printScheme(x))` is `x` again.
 * In: parsed definitions. Out: text. Never: comments of the file it came from, but for `// foreign`.
 */
import { hexId, idOf } from './crc.ts';
import type { ParsedDefinition, ParsedField, TypeExpression } from './syntax.ts';

/** `name#0badcafe a:int = Type;`, the number always there (core lines aside), always 8 digits. */
export function printDefinition(definition: ParsedDefinition): string {
  const number = definition.core !== undefined && definition.id === undefined ? '' : `#${hexId(idOf(definition))}`;
  const words = [definition.name + number, ...definition.generics.map((name) => `{${name}:Type}`)];
  if (definition.core !== undefined) words.push(definition.core);
  words.push(...definition.fields.map(printField), '=', printResult(definition));
  return `${words.join(' ')};${definition.isForeign ? ' // foreign' : ''}`;
}

/** Core lines say `Vector t`, all others `Vector<User>`. */
function printResult(definition: ParsedDefinition): string {
  const { result } = definition;
  if (definition.core === undefined) return printType(result);
  return [printType({ ...result, arguments: [] }), ...result.arguments.map(printType)].join(' ');
}

function printField(field: ParsedField): string {
  const flag = field.flag === undefined ? '' : `${field.flag.field}.${field.flag.bit}?`;
  return `${field.name}:${flag}${printType(field.type)}`;
}

/** A type as TL text: `!X`, `%Message`, `Vector<User>`. */
export function printType(type: TypeExpression): string {
  const sign = type.isCall ? '!' : type.isBare ? '%' : '';
  const inner = type.arguments.length === 0 ? '' : `<${type.arguments.map(printType).join(',')}>`;
  return sign + type.name + inner;
}

/**
 * A whole file: a comment of `header` lines, constructors, functions, the layer (left out if 0).
 * Empty lines stand between types, as in Telegram's own files.
 */
export function printScheme(
  definitions: readonly ParsedDefinition[],
  header: readonly string[],
  layer: number,
): string {
  const lines = header.map((line) => (line === '' ? '//' : `// ${line}`));
  lines.push(...grouped(definitions.filter((one) => !one.isFunction)));
  lines.push('', '---functions---', ...grouped(definitions.filter((one) => one.isFunction)));
  if (layer !== 0) lines.push('', `// LAYER ${layer}`);
  return `${lines.join('\n')}\n`;
}

/** Constructors group by type, functions by the part of their name before the dot. */
function grouped(definitions: readonly ParsedDefinition[]): string[] {
  const lines: string[] = [];
  let last: string | undefined;
  for (const one of definitions) {
    const group = one.isFunction ? (one.name.split('.').at(-2) ?? '') : printType(one.result);
    if (group !== last) lines.push('');
    last = group;
    lines.push(printDefinition(one));
  }
  return lines;
}
