/**
 * Source of "JSON text to TL bytes": one small emitter a TL form.
 * In: the plan and a definition. Out: a function `e12(n)` that writes the object at node `n` of the tape.
 * Never: text of the scheme as code (`emit.ts`). What the code calls on `r` is `encoding.ts`.
 */
import { code, comment, indent, join, identifierOf, type Code } from './emit.ts';
import type { Definition, Field, TlType } from './ir.ts';
import { COUNTED, standIn } from './left-out.ts';
import type { Plan } from './plan.ts';

type Emitters = { readonly [K in TlType['kind']]: (type: TlType & { kind: K }, node: Code, plan: Plan) => Code };

/** For each form the call that writes the value at a node. */
const EMITTERS: Emitters = {
  int: (_, node) => code`r.int(${node})`,
  long: (_, node) => code`r.long(${node})`,
  double: (_, node) => code`r.double(${node})`,
  string: (_, node) => code`r.string(${node})`,
  bytes: (_, node) => code`r.bytes(${node})`,
  int128: (_, node) => code`r.fixed(${node}, 16)`,
  int256: (_, node) => code`r.fixed(${node}, 32)`,
  true: (_, node) => code`r.mustBeTrue(${node})`,
  bool: (_, node) => code`r.bool(${node})`,
  vector: (type, node, plan) => code`${identifierOf('ev', plan.vectorIndex(type))}(${node})`,
  boxed: (type, node, plan) => code`r.boxed(${node}, ${plan.typeIndex(type.type)})`,
  bare: (type, node, plan) => {
    const index = plan.indexOfName(type.constructor);
    return code`r.bare(${node}, ${index}, ${identifierOf('b', index)})`;
  },
  call: (_, node) => code`r.call(${node})`,
  object: (_, node) => code`r.object(${node})`,
};

function emitValue(type: TlType, node: Code, plan: Plan): Code {
  const emit = EMITTERS[type.kind] as (type: TlType, node: Code, plan: Plan) => Code;
  return emit(type, node, plan);
}

/** `e12`; and `b12`, the same without the number, for a definition that stands bare somewhere. */
export function emitEncoder(plan: Plan, definition: Definition): Code {
  const index = plan.indexOf(definition);
  const number = code`r.out.int32(${definition.crc | 0});`;
  if (!plan.bare.has(definition.name)) return emitFunction(identifierOf('e', index), plan, definition, [number]);
  const bare = emitFunction(identifierOf('b', index), plan, definition, []);
  return code`${bare}
function ${identifierOf('e', index)}(n) { ${number} ${identifierOf('b', index)}(n); }`;
}

function emitFunction(name: Code, plan: Plan, definition: Definition, first: readonly Code[]): Code {
  const body = [...first, ...emitMembers(plan, definition), ...emitBits(definition), ...emitFields(plan, definition)];
  return code`function ${name}(n) { ${comment(definition.name)}
${indent(code`${body}`)}
}`;
}

/** One pass over the object's members: each key finds its local, in whatever order they come. */
function emitMembers(plan: Plan, definition: Definition): Code[] {
  if (definition.fields.length === 0) return [code`r.nothing(n);`];
  const locals = definition.fields.map((field) => code`${identifierOf('f', field.name)} = 0`);
  const cases = definition.fields.flatMap((field) => emitCases(plan, field));
  assertDistinct(plan, definition);
  return [
    code`const t = r.cells;`,
    code`let ${join(locals, code`, `)};`,
    code`for (let m = n + 8, end = t[n + 3]; m < end; m = t[m + 3]) switch (t[m + 6]) {`,
    indent(code`${cases}`),
    code`  default: r.extra(n, m);`,
    code`}`,
  ];
}

/** The argument of a polymorphic function goes by its own name and by `_wrapped` (wire: TL and JSON). */
function emitCases(plan: Plan, field: Field): Code[] {
  const local = identifierOf('f', field.name);
  if (field.type.kind !== 'call') return [emitCase(plan, field.name, code`${local} = m`)];
  const once = code`${local} = r.once(${local}, m)`;
  return [emitCase(plan, field.name, once), emitCase(plan, '_wrapped', once)];
}

function emitCase(plan: Plan, name: string, assign: Code): Code {
  const at = plan.fieldNames.place(name);
  const ended = name === '_wrapped' ? code`break; ${comment(name)}` : code`break;`;
  return code`case ${plan.hashOf(name)}: r.key(n, m, ${at}, ${at + name.length}); ${assign}; ${ended}`;
}

/** Two names of one object with the same hash would be one case: no scheme has them, and none gets through. */
function assertDistinct(plan: Plan, definition: Definition): void {
  const hashes = new Set(['_cons', '_seqno', '_wrapped'].map((name) => plan.hashOf(name)));
  for (const { name } of definition.fields) hashes.add(plan.hashOf(name));
  if (hashes.size !== definition.fields.length + 3)
    throw new Error(`${definition.name}: two field names with one hash`);
}

/** Conditional fields: `null` is absent, and what is present sets its bit. */
function emitBits(definition: Definition): Code[] {
  const flags = definition.fields.filter((field) => field.isFlags);
  const declared = flags.map((field) => code`let ${identifierOf('bits', field.name)} = 0;`);
  const conditional = definition.fields.filter((field) => field.flag !== undefined);
  const agreed = flags.map((field) => {
    const bits = identifierOf('bits', field.name);
    const given = identifierOf('f', field.name);
    return code`if (${given} !== 0) ${bits} = r.flags(${given}, ${bits}, ${knownBits(definition, field.name)});`;
  });
  return [...declared, ...conditional.map(emitPresence), ...agreed];
}

function emitPresence(field: Field): Code {
  const local = identifierOf('f', field.name);
  const bits = identifierOf('bits', field.flag!.field);
  const bit = 1 << field.flag!.bit;
  if (field.type.kind === 'true')
    return code`if (${local} !== 0) { if (r.isTrue(${local})) ${bits} |= ${bit}; else ${local} = 0; }`;
  return code`if (${local} !== 0) { if (t[${local}] === 9) ${local} = 0; else ${bits} |= ${bit}; }`;
}

/** All bits of a flags field that the scheme gives a meaning, as a signed number. */
export function knownBits(definition: Definition, flags: string): number {
  return definition.fields.reduce((bits, { flag }) => (flag?.field === flags ? bits | (1 << flag.bit) : bits), 0);
}

/** The writes, in wire order. */
function emitFields(plan: Plan, definition: Definition): Code[] {
  return definition.fields.flatMap((field) => {
    const local = identifierOf('f', field.name);
    if (field.isFlags) return [code`r.out.int32(${identifierOf('bits', field.name)});`];
    const needed = code`${local} || r.missing(n, ${field.name})`;
    if (field.flag === undefined) return [emitRequired(plan, definition, field, needed)];
    const isShared = definition.fields.some(({ name, flag }) => name !== field.name && isSameBit(flag, field.flag!));
    const isPresent = code`(${identifierOf('bits', field.flag.field)} & ${1 << field.flag.bit}) !== 0`;
    // Where several fields share a bit, all of them or none.
    if (field.type.kind === 'true')
      return isShared ? [code`if (${isPresent} && ${local} === 0) r.missing(n, ${field.name});`] : [];
    if (isShared) return [code`if (${isPresent}) ${emitValue(field.type, needed, plan)};`];
    return [code`if (${local} !== 0) ${emitValue(field.type, local, plan)};`];
  });
}

function emitRequired(plan: Plan, definition: Definition, field: Field, needed: Code): Code {
  const local = identifierOf('f', field.name);
  const given = emitValue(field.type, local, plan);
  const how = standIn(definition, field);
  if (how === undefined) return code`${emitValue(field.type, needed, plan)};`;
  if (how === 'zero') return code`if (${local} === 0) r.out.long(0, 0); else ${given};`;
  const drawn = how === 'random' ? code`r.randomId()` : code`r.randomIds(${identifierOf('f', COUNTED)})`;
  return code`if (${local} !== 0 && t[${local}] !== 9) ${given}; else if (!${drawn}) r.missing(n, ${field.name});`;
}

function isSameBit(one: Field['flag'], other: NonNullable<Field['flag']>): boolean {
  return one !== undefined && one.field === other.field && one.bit === other.bit;
}

/** `ev3`: a vector, one function a type. */
export function emitVectorEncoder(plan: Plan, type: TlType & { kind: 'vector' }): Code {
  return code`function ${identifierOf('ev', plan.vectorIndex(type))}(n) {
  r.vector(n, ${type.isBoxed ? code`true` : code`false`});
  const t = r.cells;
  for (let m = n + 8, end = t[n + 3]; m < end; m = t[m + 3]) ${emitValue(type.item, code`m`, plan)};
}`;
}

/** A function that writes a value of a result type, for whoever answers calls. */
export function emitResultEncoder(plan: Plan, type: TlType): Code {
  return code`function (n) { ${emitValue(type, code`n`, plan)}; }`;
}
