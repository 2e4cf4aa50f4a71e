/**
 * `scheme show NAME`: a definition as TL, as JSON and as generated code.
 * In: a schema and a name. Out: text.
 */
import { showCode } from './compile.ts';
import { hexId } from './crc.ts';
import { jsonShape } from './json-shape.ts';
import type { Definition, Schema } from './ir.ts';

/** Most names to offer for one that is not there. */
const MOST_OFFERED = 8;

/**
 * The text `scheme show` prints.
 * @throws Error with the nearest names when the scheme has no such definition
 */
export function showDefinition(schema: Schema, name: string): string {
  const definition = schema.byName.get(name);
  if (definition === undefined) throw new Error(notFound(schema, name));
  const parts = [
    `// ${definition.isFunction ? 'function' : 'constructor'} ${hexId(definition.crc)}`,
    definition.text,
    '',
    jsonShape(schema, definition),
    '',
    showCode(schema, name).trimEnd(),
  ];
  return `${parts.join('\n')}\n`;
}

function notFound(schema: Schema, name: string): string {
  const wanted = name.toLowerCase();
  const tail = wanted.slice(wanted.lastIndexOf('.') + 1);
  const near = schema.definitions.map((one: Definition) => one.name).filter((one) => one.toLowerCase().includes(tail));
  const closest = near.sort((a, b) => a.length - b.length).slice(0, MOST_OFFERED);
  return `no constructor or function ${name}${closest.length === 0 ? '' : `; there are ${closest.join(' ')}`}`;
}
