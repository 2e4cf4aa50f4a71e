/**
 * Source of "TL bytes to msgpack": one small emitter a TL form.
 * In: the plan and a definition. Out: a function `m12()` that reads the fields behind a number and writes the map.
 * Never: text of the scheme as code (`emit.ts`). What the code calls on `r` is `decoding-msgpack.ts`.
 *
 * A map begins with its count. Where flags decide it, the greatest count is written first and the true one over it
 * at the end; so a map that is not finished can be told by its bytes (`MsgpackDecoding.closeOpen`).
 */
import { code, comment, indent, identifierOf, type Code } from './emit.ts';
import { emitResultDecoder, emitValue, type DecoderNames } from './emit-decode.ts';
import { knownBits } from './emit-encode.ts';
import { smallestSize } from './size.ts';
import type { Definition, Field, TlType } from './ir.ts';
import type { Plan } from './plan.ts';

const NAMES: DecoderNames = { object: 'm', vector: 'mv' };
/** Most members of a map with a head of one byte. */
const FIXED_MOST = 15;
/** Most members at all: the count is patched as one byte, and 0x7f cannot stand in constant text. */
const MOST = 0x7e;
const TRUE = '\xc3';
const TRUE_OBJECT = `\x81${packedText('_cons')}${packedText('true')}`;

/** A string as msgpack has it, a character a byte. */
export function packedText(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new RangeError('names are ASCII');
  if (text.length < 32) return String.fromCharCode(0xa0 | text.length) + text;
  return `\xd9${String.fromCharCode(text.length)}${text}`;
}

function emitText(plan: Plan, text: string): Code {
  return code`w.words(T, ${plan.packed.place(text)}, ${text.length}); ${comment(text)}`;
}

/** `m12`: reads an object's fields and writes the map. Throws RangeError for more fields than a map's count can tell. */
export function emitPacker(plan: Plan, definition: Definition): Code {
  const optional = definition.fields.filter((field) => field.flag !== undefined || field.isFlags).length;
  const required = 1 + definition.fields.length - optional;
  const most = required + optional;
  if (most > MOST) throw new RangeError(`${definition.name} has more than ${MOST} fields`);
  const head = most <= FIXED_MOST ? String.fromCharCode(0x80 | most) : `\xde\0${String.fromCharCode(most)}`;
  const opening = head + packedText('_cons') + packedText(definition.name);
  const counted = optional > 0 ? [code`const at = w.pos;`, code`let n = ${required};`] : [];
  const patched = optional > 0 ? [emitCount(most)] : [];
  const all = [code`const w = r.out;`, ...counted, ...emitMembers(plan, definition, opening), ...patched];
  return code`function ${identifierOf('m', plan.indexOf(definition))}() { ${comment(definition.name)}
${indent(code`${all}`)}
}`;
}

function emitCount(most: number): Code {
  return most <= FIXED_MOST ? code`w.bytes[at] = 0x80 | n;` : code`w.bytes[at + 2] = n;`;
}

/** The opening and the first required field's key are one piece. */
function emitMembers(plan: Plan, definition: Definition, opening: string): Code[] {
  let pending = opening;
  const flush = (more = ''): Code[] => {
    const text = pending + more;
    pending = '';
    return text === '' ? [] : [emitText(plan, text)];
  };
  const body = definition.fields.flatMap((field) => {
    if (field.isFlags) return [code`const ${identifierOf('bits', field.name)} = r.from.int32();`];
    if (field.flag === undefined) return [...flush(key(field)), code`${emitValue(field.type, plan, NAMES)};`];
    return [...flush(), emitOptional(plan, field, field.flag)];
  });
  const strays = definition.fields.filter((field) => field.isFlags).map((field) => emitStrays(definition, field));
  return [...body, ...flush(), ...strays];
}

function key(field: Field): string {
  return packedText(field.type.kind === 'call' ? '_wrapped' : field.name);
}

function emitOptional(plan: Plan, field: Field, flag: NonNullable<Field['flag']>): Code {
  const isPresent = code`(${identifierOf('bits', flag.field)} & ${1 << flag.bit}) !== 0`;
  const value =
    field.type.kind === 'true'
      ? [emitFlag(plan, field)]
      : [emitText(plan, key(field)), code`${emitValue(field.type, plan, NAMES)};`];
  return code`if (${isPresent}) {
${indent(code`${[code`n++;`, ...value]}`)}
}`;
}

/** `flags.N?true` in both styles of wire: TL and JSON. */
function emitFlag(plan: Plan, field: Field): Code {
  const asBool = key(field) + TRUE;
  const asCons = key(field) + TRUE_OBJECT;
  return code`w.words(T, r.flagsAsBool ? ${plan.packed.place(asBool)} : ${plan.packed.place(asCons)}, r.flagsAsBool ? ${asBool.length} : ${asCons.length}); ${comment(field.name)}`;
}

/** Bits that the scheme gives no meaning would be lost: they bring the whole flags field into view. */
function emitStrays(definition: Definition, field: Field): Code {
  const bits = identifierOf('bits', field.name);
  return code`if ((${bits} & ${~knownBits(definition, field.name)}) !== 0) { n++; r.strayFlags(${key(field)}, ${bits}); }`;
}

/** `mv3`: a vector, one function a type. */
export function emitVectorPacker(plan: Plan, type: TlType & { kind: 'vector' }): Code {
  const smallest = smallestSize(plan.schema, type.item);
  return code`function ${identifierOf('mv', plan.vectorIndex(type))}() {
  const count = r.vector(${type.isBoxed ? code`true` : code`false`}, ${smallest});
  for (let i = 0; i < count; i++) ${emitValue(type.item, plan, NAMES)};
  r.endVector();
}`;
}

/** A function that reads a value of a result type. */
export function emitResultPacker(plan: Plan, type: TlType): Code {
  return emitResultDecoder(plan, type, NAMES);
}
