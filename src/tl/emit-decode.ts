/**
 * Source of "TL bytes to JSON text": one small emitter a TL form.
 * In: the plan and a definition. Out: a function `d12()` that reads the fields behind a number and writes the object.
 * Never: text of the scheme as code (`emit.ts`). What the code calls on `r` is `decoding.ts`.
 *
 * Constant text between two values (`,"access_hash":`) is one store of whole words (`Writer.words`).
 */
import { code, comment, indent, identifierOf, type Code } from './emit.ts';
import { knownBits } from './emit-encode.ts';
import { smallestSize } from './size.ts';
import type { Definition, Field, TlType } from './ir.ts';
import type { Plan } from './plan.ts';

/** Whose functions are called: of JSON `d12` and `dv3`, of msgpack `m12` and `mv3`. */
export type DecoderNames = { readonly object: 'd' | 'm'; readonly vector: 'dv' | 'mv' };
const JSON_NAMES: DecoderNames = { object: 'd', vector: 'dv' };

type Emitters = {
  readonly [K in TlType['kind']]: (type: TlType & { kind: K }, plan: Plan, names: DecoderNames) => Code;
};

/** For each form the call that reads one value and writes it. */
const EMITTERS: Emitters = {
  int: () => code`r.int()`,
  long: () => code`r.long()`,
  double: () => code`r.double()`,
  string: () => code`r.string()`,
  bytes: () => code`r.bytes()`,
  int128: () => code`r.fixed(16)`,
  int256: () => code`r.fixed(32)`,
  true: () => code`r.always()`,
  bool: () => code`r.bool()`,
  vector: (type, plan, names) => code`${identifierOf(names.vector, plan.vectorIndex(type))}()`,
  boxed: (type, plan) => code`r.boxed(${plan.typeIndex(type.type)})`,
  bare: (type, plan, names) => code`r.bare(${identifierOf(names.object, plan.indexOfName(type.constructor))})`,
  call: () => code`r.call()`,
  object: () => code`r.object()`,
};

/** The call that reads one value and writes it. */
export function emitValue(type: TlType, plan: Plan, names: DecoderNames = JSON_NAMES): Code {
  const emit = EMITTERS[type.kind] as (type: TlType, plan: Plan, names: DecoderNames) => Code;
  return emit(type, plan, names);
}

/** Constant text that has not been written yet: texts that follow each other become one. */
class Pending {
  readonly #plan: Plan;
  text = '';
  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Statements that write what is pending and `more`. */
  flush(more = ''): Code[] {
    const text = this.text + more;
    this.text = '';
    return text === '' ? [] : [emitText(this.#plan, text)];
  }
}

function emitText(plan: Plan, text: string): Code {
  if (text.length === 1) return code`w.byte(${text.charCodeAt(0)}); ${comment(text)}`;
  return code`w.words(T, ${plan.texts.place(text)}, ${text.length}); ${comment(text)}`;
}

/** `d12`: reads an object's fields and writes it. The opening text and the first required field's key are one piece. */
export function emitDecoder(plan: Plan, definition: Definition): Code {
  const pending = new Pending(plan);
  pending.text = `{"_cons":${JSON.stringify(definition.name)}`;
  const body = definition.fields.flatMap((field) => emitField(plan, field, pending));
  const strays = definition.fields.filter((field) => field.isFlags).map((field) => emitStrays(definition, field));
  // Stray flags come last, so what is pending must be out by then.
  const before = strays.length > 0 ? pending.flush() : [];
  const all = [code`const w = r.out;`, ...body, ...before, ...strays, ...pending.flush('}')];
  return code`function ${identifierOf('d', plan.indexOf(definition))}() { ${comment(definition.name)}
${indent(code`${all}`)}
}`;
}

/** What is shown of a field: `!X` as `_wrapped` (wire: TL and JSON). */
function key(field: Field): string {
  return `,${JSON.stringify(field.type.kind === 'call' ? '_wrapped' : field.name)}:`;
}

function emitField(plan: Plan, field: Field, pending: Pending): Code[] {
  if (field.isFlags) return [code`const ${identifierOf('bits', field.name)} = r.from.int32();`];
  if (field.flag === undefined) return [...pending.flush(key(field)), code`${emitValue(field.type, plan)};`];
  const before = pending.flush();
  const isPresent = code`(${identifierOf('bits', field.flag.field)} & ${1 << field.flag.bit}) !== 0`;
  if (field.type.kind === 'true') return [...before, code`if (${isPresent}) ${emitFlag(plan, field)}`];
  const value = indent(code`${[emitText(plan, key(field)), code`${emitValue(field.type, plan)};`]}`);
  return [
    ...before,
    code`if (${isPresent}) {
${value}
}`,
  ];
}

/** `flags.N?true` in both styles of wire: TL and JSON. */
function emitFlag(plan: Plan, field: Field): Code {
  const asBool = `${key(field)}true`;
  const asCons = `${key(field)}{"_cons":"true"}`;
  return code`w.words(T, r.flagsAsBool ? ${plan.texts.place(asBool)} : ${plan.texts.place(asCons)}, r.flagsAsBool ? ${asBool.length} : ${asCons.length}); ${comment(field.name)}`;
}

/** Bits that the scheme gives no meaning would be lost: they bring the whole flags field into view. */
function emitStrays(definition: Definition, field: Field): Code {
  const bits = identifierOf('bits', field.name);
  return code`if ((${bits} & ${~knownBits(definition, field.name)}) !== 0) r.strayFlags(${key(field)}, ${bits});`;
}

/** `dv3`: a vector, one function a type. */
export function emitVectorDecoder(plan: Plan, type: TlType & { kind: 'vector' }): Code {
  const smallest = smallestSize(plan.schema, type.item);
  return code`function ${identifierOf('dv', plan.vectorIndex(type))}() {
  const count = r.vector(${type.isBoxed ? code`true` : code`false`}, ${smallest});
  for (let i = 0; i < count; i++) {
    if (i !== 0) r.comma();
    ${emitValue(type.item, plan)};
  }
  r.endVector();
}`;
}

/** A function that reads a value of a result type. */
export function emitResultDecoder(plan: Plan, type: TlType, names: DecoderNames = JSON_NAMES): Code {
  return code`function () { ${emitValue(type, plan, names)}; }`;
}
