/**
 * What generated encoders call for what has parts: members, flags, vectors, objects, functions (values without parts:
 * `scalar-encoding.ts`).
 * In: nodes of one line's tape. Out: bytes in a Writer, or an EncodeError with the path of the culprit.
 * Never: an object per value, a path before there is an error, a number rounded.
 *
 * Generated code reads members into locals first (a node, or 0 for "not there": node 0 is the line itself),
 * then writes them in wire order, so the client's order does not matter.
 */
import {
  ARRAY,
  COUNT,
  END,
  FALSE,
  HASH,
  hashName,
  KIND,
  NEXT,
  NODE,
  NULL,
  OBJECT,
  START,
  STRING,
  STRING_ESCAPED,
  TRUE,
} from '../bytes/json-tape.ts';
import type { Tape } from '../bytes/tape.ts';
import { Writer } from '../bytes/writer.ts';
import { hintOf, nearestNames } from '../nearest-name.ts';
import { EncodeError, type EncodeErrorMore, type RandomSource } from './codec.ts';
import { VECTOR } from './decoding.ts';
import type { Directory } from './directory.ts';
import { ScalarEncoding } from './scalar-encoding.ts';
import { ANY, CALLABLE, SchemeNames } from './scheme-names.ts';

const BOOL_TRUE = 0x997275b5 | 0;
const BOOL_FALSE = 0xbc799737 | 0;
/** Functions inside each other, at most: more is no use to anyone (threats: Values). */
export const MAX_WRAPPERS = 16;

const CONS = Buffer.from('_cons');
const CONS_HASH = hashName(CONS);
const SEQNO = Buffer.from('_seqno');
const SEQNO_HASH = hashName(SEQNO);
/** How other libraries name what is `_cons` here. */
const OTHER_CONS: ReadonlySet<string> = new Set([
  '_',
  '@type',
  '_type',
  '@',
  'cons',
  'constructor',
  '_constructor',
  'method',
]);
/** How many bytes of a name that the scheme lacks a client is shown. */
const SHOWN_NAME = 64;
/** How many constructors of a type a sentence names. */
const FEW = 3;
const TRUE_NAME = Buffer.from('true');
const BOOL_TRUE_NAME = Buffer.from('boolTrue');
const BOOL_FALSE_NAME = Buffer.from('boolFalse');

/** An encoder: writes the TL bytes of the object at a node, its constructor number first unless it is bare. */
export type Encode = (node: number) => void;

/** The `r` of generated encoders: the tape they read, where they write, which functions they have met. */
export class Encoding extends ScalarEncoding {
  /** Functions met so far, outermost first. */
  depth = 0;
  readonly crcs = new Uint32Array(MAX_WRAPPERS + 1);
  readonly offsets = new Uint32Array(MAX_WRAPPERS + 1);
  /** Definition of the innermost function. */
  innermost = -1;

  readonly directory: Directory;
  readonly #schemeNames: SchemeNames;
  /** Set by `compile.ts` once the generated functions exist. */
  encoders: readonly Encode[] = [];
  results: readonly Encode[] = [];
  readonly #callable: Uint8Array;
  /** Field names one behind the other, for `key`. */
  names: Buffer = Buffer.alloc(0);

  /** @param fields as `SchemeNames` takes them */
  constructor(directory: Directory, fields: () => string) {
    super();
    this.directory = directory;
    this.#schemeNames = new SchemeNames(directory, fields);
    this.#callable = new Uint8Array(directory.tables.names.length);
    for (const index of directory.tables.callable) this.#callable[index] = 1;
  }

  /** Points the encoding at a value of a line. @param random without it no `random_id` may be left out */
  begin(tape: Tape, root: number, rootName: string, out: Writer, random?: RandomSource): void {
    this.tape = tape;
    this.cells = tape.cells;
    this.out = out;
    this.depth = 0;
    this.root = root;
    this.rootName = rootName;
    this.random = random;
  }

  /** Checks that a member whose key has the right hash has the right key too: `names[start..stop)`. */
  key(parent: number, member: number, start: number, stop: number): void {
    if (!this.tape.hasKey(member, this.names, start, stop)) this.extra(parent, member);
  }

  /** Judges a member that no field claims: `_cons` and `_seqno` may be there, others are refused. */
  extra(parent: number, member: number): void {
    const hash = this.cells[member + HASH];
    if (hash === CONS_HASH && this.tape.hasKey(member, CONS)) return;
    // Read by the dialect, and only on the message itself.
    if (hash === SEQNO_HASH && parent === this.root && this.depth === 1 && this.tape.hasKey(member, SEQNO)) return;
    this.#unknownField(parent, member);
  }

  #unknownField(parent: number, member: number): never {
    const got = this.tape.keyText(member);
    const cons = this.#consOf(parent);
    const name = cons < 0 ? '' : this.#nameAt(cons);
    const near = this.#schemeNames.nearFields(got, this.directory.byName(Buffer.from(name)));
    return this.fail('UnknownField', member, `no such field${hintOf(near)}`, { got, ...meaning(near) });
  }

  /** Judges an object of a definition without fields: `_cons` and nothing else. */
  nothing(node: number): void {
    if (this.cells[node + COUNT] === 1) return;
    for (let m = node + NODE, end = this.cells[node + NEXT]!; m < end; m = this.cells[m + NEXT]!) this.extra(node, m);
  }

  /** Takes a member that may go by two names (`_wrapped` is the other), and refuses the second. */
  once(before: number, member: number): number {
    if (before !== 0) this.fail('InvalidField', member, 'given twice, under two names');
    return member;
  }

  /** Refuses an object by the first required field that it lacks; all others are named too. */
  missing(parent: number, field: string): never {
    const path = `${this.tape.path(this.root, parent, this.rootName)}.${field}`;
    const cons = this.#consOf(parent);
    const index = cons < 0 ? -1 : this.directory.byName(Buffer.from(this.#nameAt(cons)));
    if (index < 0) throw new EncodeError('MissingField', path, `${path}: missing`);
    const given = this.#keysOf(parent);
    const others = this.#schemeNames
      .required(index, given.includes('_wrapped'))
      .filter((name) => name !== field && !given.includes(name));
    const also = others.length === 0 ? '' : `, ${others.length === 1 ? 'as is' : 'as are'} ${others.join(', ')}`;
    const whole = ` \`mtproto2json scheme show ${this.directory.tables.names[index]}\` shows all it takes`;
    throw new EncodeError('MissingField', path, `${path}: missing${also}; ${this.#schemeNames.shapeOf(index)}`, {
      whole,
    });
  }

  #keysOf(node: number): string[] {
    const keys: string[] = [];
    for (let m = node + NODE, end = this.cells[node + NEXT]!; m < end; m = this.cells[m + NEXT]!)
      keys.push(this.tape.keyText(m));
    return keys;
  }

  /** A `flags` that the client gave. It must agree with the fields that are present; bits that the scheme does not know are kept. */
  flags(node: number, computed: number, known: number): number {
    const given = this.integer(node, '#');
    if (!(given >= -0x8000_0000 && given <= 0xffff_ffff)) this.fail('InvalidField', node, 'expected 32 bits of flags');
    if (((given ^ computed) & known) !== 0)
      this.fail('InvalidField', node, 'does not agree with the fields that are present');
    return given | 0;
  }

  /** `flags.N?true`: whether the bit is to be set. */
  isTrue(node: number): boolean {
    const kind = this.cells[node + KIND];
    if (kind === TRUE) return true;
    if (kind === FALSE || kind === NULL) return false;
    if (kind === OBJECT && this.#isBareObject(node, TRUE_NAME)) return true;
    return this.wrong(node, 'true');
  }

  /** `true` that no flag stands for: zero bytes, but the value must be given. */
  mustBeTrue(node: number): void {
    if (!this.isTrue(node)) this.wrong(node, 'true');
  }

  bool(node: number): void {
    const kind = this.cells[node + KIND];
    if (kind === TRUE) this.out.int32(BOOL_TRUE);
    else if (kind === FALSE) this.out.int32(BOOL_FALSE);
    else if (kind === OBJECT && this.#isBareObject(node, BOOL_TRUE_NAME)) this.out.int32(BOOL_TRUE);
    else if (kind === OBJECT && this.#isBareObject(node, BOOL_FALSE_NAME)) this.out.int32(BOOL_FALSE);
    else this.wrong(node, 'Bool');
  }

  /** Whether an object is `{"_cons":name}` and nothing else. */
  #isBareObject(node: number, name: Uint8Array): boolean {
    const member = node + NODE;
    if (this.cells[node + COUNT] !== 1 || this.cells[member + HASH] !== CONS_HASH || !this.tape.hasKey(member, CONS))
      return false;
    const kind = this.cells[member + KIND];
    if ((kind !== STRING && kind !== STRING_ESCAPED) || this.tape.text(member) !== name.length) return false;
    const { textBytes, textStart } = this.tape;
    for (let i = 0; i < name.length; i++) if (textBytes[textStart + i] !== name[i]) return false;
    return true;
  }

  /** Writes the head of a vector; its items are the caller's. */
  vector(node: number, isBoxed: boolean): void {
    if (this.cells[node + KIND] !== ARRAY) this.wrong(node, 'array');
    if (isBoxed) this.out.int32(VECTOR);
    this.out.int32(this.cells[node + COUNT]!);
  }

  /** Writes an object: any constructor of one type. */
  boxed(node: number, type: number): void {
    const index = this.#definition(node, type);
    if (this.directory.types[index] !== type) this.#wrongType(node, this.directory.tables.typeNames[type]!, index);
    this.encoders[index]!(node);
  }

  /** Writes an object: any constructor whatever. */
  object(node: number): void {
    const index = this.#definition(node, ANY);
    if (this.directory.types[index]! < 0) this.#wrongType(node, 'a constructor', index);
    this.encoders[index]!(node);
  }

  /** Writes an object of one constructor without its number; it has its `_cons` all the same. */
  bare(node: number, index: number, encode: Encode): void {
    const found = this.#definition(node, this.directory.types[index]!);
    if (found !== index) this.#wrongType(node, this.directory.tables.names[index]!, found);
    encode(node);
  }

  /** Writes a function call, alone or inside another. */
  call(node: number): void {
    if (this.cells[node + KIND] !== OBJECT) {
      if (this.depth === 0) this.fail('InvalidMessage', node, `expected object, got ${this.tape.kindName(node)}`);
      this.wrong(node, 'a method');
    }
    const index = this.#definition(node, CALLABLE);
    if (this.#callable[index] === 0) this.#notAMethod(node, this.directory.tables.names[index]!);
    if (this.depth > MAX_WRAPPERS) this.fail('InvalidMessage', node, `more than ${MAX_WRAPPERS} wrappers`);
    this.crcs[this.depth] = this.directory.tables.crcs[index]!;
    this.offsets[this.depth] = this.out.pos;
    this.innermost = index;
    this.depth++;
    this.encoders[index]!(node);
  }

  #notAMethod(node: number, got: string): never {
    return this.fail('NotAMethod', node, `${got} is not a method`, { got });
  }

  /** The definition that an object's `_cons` names. @param wanted a type, `ANY` or `CALLABLE` */
  #definition(node: number, wanted: number): number {
    const t = this.cells;
    if (t[node + KIND] !== OBJECT) this.wrong(node, wanted < 0 ? 'object' : this.directory.tables.typeNames[wanted]!);
    const member = this.#consOf(node);
    if (member < 0) this.#noCons(node);
    const tape = this.tape;
    if (t[member + KIND] === STRING) {
      const index = this.directory.byName(tape.bytes, t[member + START]! + 1, t[member + END]! - 1);
      if (index >= 0) return index;
    } else if (t[member + KIND] !== STRING_ESCAPED) this.wrong(member, 'string');
    else if (tape.text(member) >= 0) {
      const index = this.directory.byName(tape.textBytes, tape.textStart, tape.textEnd);
      if (index >= 0) return index;
    }
    return this.#unknown(node, this.#nameAt(member), wanted);
  }

  /** A name that the scheme does not have as a constructor. */
  #unknown(node: number, got: string, wanted: number): never {
    const ofType = this.#schemeNames.constructorsOf(got);
    if (ofType.length > 0) {
      const didYouMean = ofType.join(', ');
      const first = ofType.length > FEW ? `${ofType.slice(0, FEW).join(', ')}, …` : didYouMean;
      const what = `${got} is a type; here one of its constructors is wanted: ${first}`;
      return this.fail('UnknownConstructor', node, what, { got, didYouMean });
    }
    const near = this.#schemeNames.near(got, wanted);
    const shown = near.length > 0 || isName(got) ? got : 'string';
    const what = `no such constructor or method in layer ${this.directory.tables.layer}${hintOf(near)}`;
    return this.fail('UnknownConstructor', node, what, { got: shown, ...meaning(near) });
  }

  /** An object that does not say what it is, or not by the name that is wanted here. */
  #noCons(node: number): never {
    const other = this.#otherCons(node);
    const path = `${this.tape.path(this.root, node, this.rootName)}._cons`;
    if (other === undefined) throw new EncodeError('MissingField', path, `${path}: missing`);
    const text = `${path}: missing; what an object is stands in "_cons" here, not in "${other}"`;
    throw new EncodeError('MissingField', path, text, { got: other, didYouMean: '_cons' });
  }

  #otherCons(node: number): string | undefined {
    for (let m = node + NODE, end = this.cells[node + NEXT]!; m < end; m = this.cells[m + NEXT]!) {
      const key = this.tape.keyText(m);
      if (OTHER_CONS.has(key) || nearestNames(key, ['_cons']).length > 0) return key;
    }
    return undefined;
  }

  /** A string as a client is shown it: its beginning. */
  #nameAt(member: number): string {
    const { tape } = this;
    const length = tape.text(member);
    if (length < 0) return '';
    const shown = Math.min(length, SHOWN_NAME);
    const { textBytes, textStart } = tape;
    const text = Buffer.from(textBytes.buffer, textBytes.byteOffset + textStart, shown).toString('utf8');
    return shown < length ? `${text.replace(/\uFFFD+$/, '')}…` : text;
  }

  #consOf(node: number): number {
    const t = this.cells;
    for (let m = node + NODE, end = t[node + NEXT]!; m < end; m = t[m + NEXT]!) {
      if (t[m + HASH] === CONS_HASH && this.tape.hasKey(m, CONS)) return m;
    }
    return -1;
  }

  #wrongType(node: number, wanted: string, found: number): never {
    const got = this.directory.tables.names[found]!;
    const type = this.directory.tables.typeNames.indexOf(wanted);
    const near = type < 0 ? [] : this.#schemeNames.near(got, type).filter((name) => name !== got);
    const what = `expected ${wanted}, got ${got}${hintOf(near)}`;
    return this.fail('InvalidField', node, what, { got, ...meaning(near) });
  }
}

/** What looks like no name may be a secret that was put in the wrong place: it is not said again. */
function isName(text: string): boolean {
  return /^[A-Za-z][A-Za-z_.]{0,63}\d{0,3}$/.test(text);
}

function meaning(near: readonly string[]): EncodeErrorMore {
  return near.length === 0 ? {} : { didYouMean: near.join(', ') };
}
