/**
 * The resolved scheme: what the parser's lines mean, ready for the emitters and the test DC.
 * In: parsed definitions (`parse.ts`). Out: `Schema`. Never: text of a `.tl` file, generated code.
 */

/** A type of a field or a result, as it stands on the wire. */
export type TlType =
  | { kind: 'int' } // also `#` when it is no flags field
  | { kind: 'long' }
  | { kind: 'double' }
  | { kind: 'string' }
  | { kind: 'bytes' }
  | { kind: 'int128' }
  | { kind: 'int256' }
  | { kind: 'true' } // zero bytes; only behind a flag
  | { kind: 'bool' }
  /** `isBoxed`: `Vector<t>` with 1cb5c415 before the count; else `vector<t>`, count alone. */
  | { kind: 'vector'; isBoxed: boolean; item: TlType }
  /** Any constructor of a type, by its number: `InputPeer`. */
  | { kind: 'boxed'; type: string }
  /** One constructor without its number: `%Message`, `future_salt`. */
  | { kind: 'bare'; constructor: string }
  /** `!X`: any function call; the result type of the definition is then that of the call. */
  | { kind: 'call' }
  /** `X` as a result, or `Object`: whatever constructor stands there. */
  | { kind: 'object' };

/** One field of a definition, in wire order. */
export interface Field {
  readonly name: string;
  readonly type: TlType;
  /** A `name:#` field that later fields refer to: computed from presence, never shown. */
  readonly isFlags: boolean;
  /** `name:flags.N?type`: the flags field's name and the bit. */
  readonly flag?: { readonly field: string; readonly bit: number };
}

/** A constructor or a function. */
export interface Definition {
  readonly name: string;
  /** Constructor number, unsigned. */
  readonly crc: number;
  readonly fields: readonly Field[];
  /** Result type of a function; for a constructor its own boxed type. */
  readonly result: TlType;
  /** Name of the boxed type as written: `InputPeer`, `Vector<User>`, `X`. */
  readonly typeName: string;
  readonly isFunction: boolean;
  /** The line of the file it came from, without comment: for `scheme show` and error texts. */
  readonly text: string;
}

/** A whole scheme: both files together. */
export interface Schema {
  /** From `// LAYER N`; 0 if the file had none. */
  readonly layer: number;
  readonly definitions: readonly Definition[];
  readonly byName: ReadonlyMap<string, Definition>;
  readonly byCrc: ReadonlyMap<number, Definition>;
  /** Constructors of each boxed type. */
  readonly types: ReadonlyMap<string, readonly Definition[]>;
}
