/**
 * What the parser makes of a `.tl` file: definitions as they are written, names not looked up yet.
 * Made by `parse.ts`; read by `crc.ts`, `print.ts`, `compare.ts` and `resolve.ts`.
 */

/** A type as written: `int`, `#`, `!X`, `%Message`, `Vector<User>`, `auth.SentCode`. */
export interface TypeExpression {
  readonly name: string;
  /** `%T`: without the constructor number. */
  readonly isBare: boolean;
  /** `!X`: a function call. */
  readonly isCall: boolean;
  /** `User` of `Vector<User>` and of `Vector User`. */
  readonly arguments: readonly TypeExpression[];
}

/** One field of a definition, its type not looked up yet. */
export interface ParsedField {
  readonly name: string;
  readonly type: TypeExpression;
  /** `flags.3?`: the field and the bit. */
  readonly flag?: { readonly field: string; readonly bit: number };
  /** Offset in the file's text. */
  readonly at: number;
}

/** A constructor or a function, as its line says it. */
export interface ParsedDefinition {
  readonly name: string;
  /** Number as written behind `#`, unsigned; absent when the line has none and its CRC-32 counts. */
  readonly id?: number;
  /** `X` of `{X:Type}`. */
  readonly generics: readonly string[];
  readonly fields: readonly ParsedField[];
  /** `?`, `# [ t ]`, `4*[ int ]`: the body of a core line, which has no fields of the usual form. */
  readonly core?: string;
  readonly result: TypeExpression;
  readonly isFunction: boolean;
  /** The line ends in `// foreign`: its number is not the CRC-32 of its text, and that is meant. */
  readonly isForeign: boolean;
  /** Offset in the file's text. */
  readonly at: number;
  /** As written, white space made single, without comments. */
  readonly text: string;
}

/** One file: its definitions in their order, and its layer. */
export interface ParsedScheme {
  readonly fileName: string;
  /** The whole text: error places are offsets into it. */
  readonly text: string;
  /** From `// LAYER N`; 0 if there is none. */
  readonly layer: number;
  readonly definitions: readonly ParsedDefinition[];
}
