/**
 * The plan of a compilation: every number that generated code refers to.
 * In: a `Schema`. Out: indexes of definitions, types and results; pools of constant text; the tables for `Directory`.
 * Never: code.
 */
import { hashName } from '../bytes/json-tape.ts';
import type { Definition, Schema, TlType } from './ir.ts';
import type { Tables } from './directory.ts';

/** Functions of the protocol that a client may call itself (wire: Errors). `msgs_state_req` stands among the types. */
const SERVICE_CALLS = new Set([
  'ping',
  'ping_delay_disconnect',
  'get_future_salts',
  'msgs_state_req',
  'rpc_drop_answer',
  'destroy_session',
]);
/** Results of calls that stand among the types, where a line names none. */
const SERVICE_RESULTS: Readonly<Record<string, TlType>> = { msgs_state_req: { kind: 'boxed', type: 'MsgsStateInfo' } };
/** Functions that the gateway alone calls (wire: Errors). */
const PROTOCOL_CALLS = new Set([
  'req_pq',
  'req_pq_multi',
  'req_pq_multi_new',
  'req_DH_params',
  'set_client_DH_params',
  'http_wait',
  'destroy_auth_key',
]);

/** One word for each type, the same for the same type. */
export function typeKey(type: TlType): string {
  if (type.kind === 'vector') return `${type.isBoxed ? 'Vector' : 'vector'}<${typeKey(type.item)}>`;
  if (type.kind === 'boxed') return type.type;
  return type.kind === 'bare' ? `%${type.constructor}` : `#${type.kind}`;
}

/** A growing text in which each piece stands once, at a multiple of `align`. */
export class TextPool {
  text = '';
  readonly #places = new Map<string, number>();
  readonly #align: number;

  constructor(align: number) {
    this.#align = align;
  }

  /** Where `piece` begins, in units of `align`. */
  place(piece: string): number {
    let at = this.#places.get(piece);
    if (at === undefined) {
      at = this.text.length / this.#align;
      this.text += piece.padEnd(Math.ceil(piece.length / this.#align) * this.#align);
      this.#places.set(piece, at);
    }
    return at;
  }
}

/** The numbers of one compilation; a vector or result type gets its number when it is first asked for. */
export class Plan {
  readonly schema: Schema;
  readonly definitions: readonly Definition[];
  /** Constant JSON, in words of eight bytes. */
  readonly texts = new TextPool(8);
  /** Constant msgpack, in words of eight bytes. */
  readonly packed = new TextPool(8);
  /** Field names, by byte. */
  readonly fieldNames = new TextPool(1);
  /** Result types of functions, in the order of `ResultKind`. */
  readonly results: TlType[] = [];
  /** Vector types that functions of their own read and write. */
  readonly vectors: (TlType & { kind: 'vector' })[] = [];
  readonly #hashes = new Map<string, number>();
  readonly #indexes = new Map<Definition, number>();
  readonly #typeIndexes = new Map<string, number>();
  readonly #resultIndexes = new Map<string, number>();
  readonly #vectorIndexes = new Map<string, number>();
  /** Definitions that stand somewhere without their number. */
  readonly bare = new Set<string>();

  constructor(schema: Schema) {
    this.schema = schema;
    this.definitions = schema.definitions;
    for (const [index, definition] of schema.definitions.entries()) {
      this.#indexes.set(definition, index);
      for (const field of definition.fields) this.#note(field.type);
      if (!definition.isFunction) this.typeIndex(definition.typeName);
    }
    for (const definition of schema.definitions) if (this.isCallable(definition)) this.#resultKind(definition);
  }

  #note(type: TlType): void {
    if (type.kind === 'boxed') this.typeIndex(type.type);
    if (type.kind === 'bare') this.bare.add(type.constructor);
    if (type.kind === 'vector') {
      this.vectorIndex(type);
      this.#note(type.item);
    }
  }

  indexOf(definition: Definition): number {
    return this.#indexes.get(definition)!;
  }

  indexOfName(name: string): number {
    const definition = this.schema.byName.get(name);
    if (definition === undefined) throw new Error(`the scheme has no ${name}`);
    return this.indexOf(definition);
  }

  /** Hash of a field name, as the tape makes it. */
  hashOf(name: string): number {
    let hash = this.#hashes.get(name);
    if (hash === undefined) {
      hash = hashName(Buffer.from(name));
      this.#hashes.set(name, hash);
    }
    return hash;
  }

  typeIndex(name: string): number {
    return indexIn(this.#typeIndexes, name);
  }

  vectorIndex(type: TlType & { kind: 'vector' }): number {
    const index = indexIn(this.#vectorIndexes, typeKey(type));
    if (index === this.vectors.length) this.vectors.push(type);
    return index;
  }

  isCallable(definition: Definition): boolean {
    if (SERVICE_CALLS.has(definition.name)) return true;
    return definition.isFunction && !PROTOCOL_CALLS.has(definition.name);
  }

  /** The decoder of a function's result: -1 if it is that of the call inside, -2 if it is no function. */
  #resultKind(definition: Definition): number {
    if (!definition.isFunction && SERVICE_RESULTS[definition.name] === undefined) return -2;
    if (definition.fields.some((field) => field.type.kind === 'call')) return -1;
    const type = SERVICE_RESULTS[definition.name] ?? definition.result;
    this.#note(type);
    const index = indexIn(this.#resultIndexes, typeKey(type));
    if (index === this.results.length) this.results.push(type);
    return index;
  }

  tables(hash: string): Tables {
    const all = this.definitions;
    const types = all.map((one) => (one.isFunction ? -1 : this.typeIndex(one.typeName)));
    const results = all.map((one) => this.#resultKind(one));
    return {
      layer: this.schema.layer,
      hash,
      names: all.map((one) => one.name),
      crcs: all.map((one) => one.crc),
      types,
      typeNames: [...this.#typeIndexes.keys()],
      results,
      callable: this.#where((one) => this.isCallable(one)),
      randomIds: this.#where((one) => one.isFunction && one.fields.some((field) => field.name === 'random_id')),
      cdnBits: all.flatMap((one, index) => (one.isFunction ? cdnBitOf(one).map((bit) => [index, bit]) : [])).flat(),
      updates: this.#where((one) => one.typeName === 'Updates' && !one.isFunction),
    };
  }

  #where(is: (definition: Definition) => boolean): number[] {
    return this.definitions.flatMap((one, index) => (is(one) ? [index] : []));
  }
}

/** The bit of `cdn_supported` in the flags that a function begins with; none of most. */
function cdnBitOf({ fields }: Definition): number[] {
  const flag = fields.find(({ name }) => name === 'cdn_supported')?.flag;
  return flag !== undefined && flag.field === fields[0]?.name ? [flag.bit] : [];
}

function indexIn(indexes: Map<string, number>, key: string): number {
  let index = indexes.get(key);
  if (index === undefined) {
    index = indexes.size;
    indexes.set(key, index);
  }
  return index;
}
