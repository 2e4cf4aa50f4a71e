/**
 * Compiles a scheme: `Schema` -> source -> functions.
 * In: a schema, or source made earlier with V8's cached data of it. Out: a `Codec`.
 * Never: reads files, or evaluates text that `emit.ts` did not make.
 *
 * The main thread generates once and hands `source` and `cachedData` to its workers, which need neither the
 * scheme's text nor the generator. Functions are compiled by V8 when first called.
 */
import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { asciiWords, packedWords } from '../bytes/writer.ts';
import { CompiledCodec } from './compiled-codec.ts';
import { CompiledForm } from './compiled-form.ts';
import { Decoding, type Decode } from './decoding.ts';
import { MsgpackDecoding } from './decoding-msgpack.ts';
import { Directory, type Tables } from './directory.ts';
import { layoutOf, type LayoutTables } from './layout.ts';
import { Walk } from './walk.ts';
import { code, join, identifierOf, type Code } from './emit.ts';
import { emitDecoder, emitResultDecoder, emitVectorDecoder } from './emit-decode.ts';
import { emitEncoder, emitResultEncoder, emitVectorEncoder } from './emit-encode.ts';
import { emitPacker, emitResultPacker, emitVectorPacker } from './emit-msgpack.ts';
import { Encoding, type Encode } from './encoding.ts';
import { MsgpackEncoding } from './encoding-msgpack.ts';
import type { Codec, MessageForm } from './codec.ts';
import type { Definition, Schema } from './ir.ts';
import { standIn } from './left-out.ts';
import { Plan } from './plan.ts';

/** A compiled scheme: its codec, and what another thread needs to have it too. */
export interface Compiled {
  readonly codec: Codec;
  readonly source: string;
  /** V8's code cache of `source`: makes the next compilation of it (in a worker) skip the parser. */
  readonly cachedData: Buffer;
}

/** Compiles a scheme; `cachedData` of an earlier run is used if it fits and ignored if it does not. */
export function compileCodec(schema: Schema, cachedData?: Buffer): Compiled {
  const source = generateSource(schema);
  const script = compileScript(source, cachedData);
  return { codec: makeCodec(script), source, cachedData: script.createCachedData() };
}

/** Compiles source that `generateSource` made: what a worker does. */
export function compileSource(source: string, cachedData?: Uint8Array): Codec {
  return makeCodec(compileScript(source, cachedData));
}

function compileScript(source: string, cachedData?: Uint8Array): Script {
  try {
    return new Script(source, {
      filename: 'scheme.generated.js',
      ...(cachedData && { cachedData: Buffer.from(cachedData.buffer, cachedData.byteOffset, cachedData.length) }),
    });
  } catch (error) {
    // Only a bug of the emitters brings us here: the source is what tells which.
    process.stderr.write(`${source}\n`);
    throw error;
  }
}

/** What the generated script evaluates to. */
interface Generated {
  readonly tables: Tables;
  readonly fieldNames: string;
  /** Called when somebody first reads by field name. */
  readonly layout: () => LayoutTables;
  /** Called when somebody has written a field that is none, or left one out. */
  readonly fields: () => string;
  readonly texts: string;
  readonly packed: string;
  readonly encoding: (r: Encoding) => { encoders: Encode[]; results: Encode[] };
  readonly decoding: (r: Decoding, T: Float64Array) => { decoders: Decode[]; results: Decode[] };
  readonly packing: (r: Decoding, T: Float64Array) => { decoders: Decode[]; results: Decode[] };
}

function makeCodec(script: Script): Codec {
  const generated = script.runInThisContext() as Generated;
  const directory = new Directory(generated.tables);
  const encoding = makeEncoding(generated, new Encoding(directory, generated.fields));
  const decoding = new Decoding(directory);
  Object.assign(decoding, generated.decoding(decoding, asciiWords(generated.texts)));
  return new CompiledCodec(directory, encoding, decoding, {
    msgpack: () => makeMsgpack(script, directory),
    walk: () => new Walk(directory, generated.layout()),
  });
}

function makeEncoding<E extends Encoding>(generated: Generated, encoding: E): E {
  encoding.names = Buffer.from(generated.fieldNames, 'latin1');
  return Object.assign(encoding, generated.encoding(encoding));
}

/** The script is run again: its functions then learn their types apart from those that serve JSON. */
function makeMsgpack(script: Script, directory: Directory): MessageForm {
  const generated = script.runInThisContext() as Generated;
  const encoding = makeEncoding(generated, new MsgpackEncoding(directory, generated.fields));
  const decoding = new MsgpackDecoding(directory);
  Object.assign(decoding, generated.packing(decoding, packedWords(generated.packed)));
  return new CompiledForm(directory, encoding, decoding);
}

/** The whole source: tables, pools, and three functions each definition. */
export function generateSource(schema: Schema): string {
  const plan = new Plan(schema);
  const encoders = plan.definitions.map((definition) => emitEncoder(plan, definition));
  const decoders = plan.definitions.map((definition) => emitDecoder(plan, definition));
  const packers = plan.definitions.map((definition) => emitPacker(plan, definition));
  const tables = emitTables(plan.tables(schemaHash(schema)));
  const numbers = plan.definitions.map((_, index) => index);
  return code`(function () {
'use strict';
return {
  tables: ${tables},
  encoding(r) {
${[...encoders, ...plan.vectors.map((type) => emitVectorEncoder(plan, type))]}
    return {
      encoders: ${list(numbers.map((index) => identifierOf('e', index)))},
      results: ${list(plan.results.map((type) => emitResultEncoder(plan, type)))},
    };
  },
  decoding(r, T) {
${[...decoders, ...plan.vectors.map((type) => emitVectorDecoder(plan, type))]}
    return {
      decoders: ${list(numbers.map((index) => identifierOf('d', index)))},
      results: ${list(plan.results.map((type) => emitResultDecoder(plan, type)))},
    };
  },
  packing(r, T) {
${[...packers, ...plan.vectors.map((type) => emitVectorPacker(plan, type))]}
    return {
      decoders: ${list(numbers.map((index) => identifierOf('m', index)))},
      results: ${list(plan.results.map((type) => emitResultPacker(plan, type)))},
    };
  },
  fields() { return ${fieldsOf(plan)}; },
  layout() { return ${emitLayout(layoutOf(plan))}; },
  fieldNames: ${plan.fieldNames.text},
  texts: ${plan.texts.text},
  packed: ${plan.packed.text},
};
})()
`.text;
}

/** All fields that a client may write, `name:type` as in their lines, as `SchemeNames` takes them. */
function fieldsOf(plan: Plan): string {
  return plan.definitions.map((definition) => wordsOf(definition).join(' ')).join('|');
}

function wordsOf(definition: Definition): string[] {
  const leftOut = definition.fields.filter((field) => standIn(definition, field) !== undefined);
  return definition.text
    .split(' ')
    .filter((word) => /^\w+:/.test(word))
    .map((word) => (leftOut.some(({ name }) => word.startsWith(`${name}:`)) ? word.replace(':', ':?') : word));
}

function list(items: readonly Code[]): Code {
  return code`[${join(items, code`, `)}]`;
}

function emitTables(tables: Tables): Code {
  const numbers = (values: readonly number[]): Code => list(values.map((value) => code`${value}`));
  return code`{
    layer: ${tables.layer},
    hash: ${tables.hash},
    names: ${tables.names.join(' ')}.split(' '),
    typeNames: ${tables.typeNames.join(' ')}.split(' '),
    crcs: ${numbers(tables.crcs)},
    types: ${numbers(tables.types)},
    results: ${numbers(tables.results)},
    callable: ${numbers(tables.callable)},
    randomIds: ${numbers(tables.randomIds)},
    cdnBits: ${numbers(tables.cdnBits)},
    updates: ${numbers(tables.updates)},
  }`;
}

function emitLayout({ names, starts, fields, vectors }: LayoutTables): Code {
  const numbers = (values: readonly number[]): Code => code`${values.join(' ')}.split(' ').map(Number)`;
  return code`{
    names: ${names.join(' ')}.split(' '),
    starts: ${numbers(starts)},
    fields: ${numbers(fields)},
    vectors: ${numbers(vectors)},
  }`;
}

/** SHA-256 over the lines, hex: what the cached data of a scheme is kept under. */
export function schemaHash(schema: Schema): string {
  const hash = createHash('sha256').update(`${schema.layer}\n`);
  for (const { name, crc, text } of schema.definitions) hash.update(`${name}#${crc.toString(16)} ${text}\n`);
  return hash.digest('hex');
}

/** The generated functions of one definition, as people read them (`scheme show`). */
export function showCode(schema: Schema, name: string): string {
  const definition = schema.byName.get(name);
  if (definition === undefined) throw new Error(`the scheme has no ${name}`);
  const plan = new Plan(schema);
  const vectors = vectorsOf(definition).map((type) => [
    emitVectorEncoder(plan, type),
    emitVectorDecoder(plan, type),
    emitVectorPacker(plan, type),
  ]);
  return code`${[emitEncoder(plan, definition), emitDecoder(plan, definition), emitPacker(plan, definition), ...vectors.flat()]}
`.text;
}

function vectorsOf(definition: Definition): (Definition['result'] & { kind: 'vector' })[] {
  return definition.fields.flatMap(({ type }) => (type.kind === 'vector' ? [type] : []));
}
