/**
 * SchemeNames: which name of the scheme somebody meant who wrote another.
 * In: the directory's tables, a name that is none. Out: near names, and what a definition takes, as clients are told.
 * Never: on the way of a request that is right; each list of names is prepared when it is first asked for.
 */
import { NearestNames, nearestNames } from '../nearest-name.ts';
import type { Directory } from './directory.ts';

/** What is wanted: any definition, or a function that a client may call. Numbers from 0 on want a constructor of that type. */
export const ANY = -1;
export const CALLABLE = -2;

/** How many constructors of a type are named. */
const MOST_SHOWN = 8;

/** Names of one scheme that are near a wrong one, and what definitions take, for error texts. */
export class SchemeNames {
  readonly #directory: Directory;
  readonly #prepared = new Map<number, NearestNames>();
  readonly #fields: () => string;
  #fieldLists: readonly string[] | undefined;

  /** @param fields fields as `name:type`, or `name:?type` if required and yet left out at will; ` ` between those of a definition and `|` between definitions */
  constructor(directory: Directory, fields: () => string) {
    this.#directory = directory;
    this.#fields = fields;
  }

  /** Names near this one: of the wanted kind, or else of any. */
  near(name: string, wanted: number): string[] {
    const found = this.#of(wanted).find(name);
    return found.length > 0 || wanted === ANY ? found : this.#of(ANY).find(name);
  }

  #of(wanted: number): NearestNames {
    let names = this.#prepared.get(wanted);
    if (names === undefined) {
      names = new NearestNames(this.#list(wanted));
      this.#prepared.set(wanted, names);
    }
    return names;
  }

  #list(wanted: number): readonly string[] {
    const { names, callable } = this.#directory.tables;
    if (wanted === ANY) return names;
    if (wanted === CALLABLE) return callable.map((index) => names[index]!);
    return names.filter((_, index) => this.#directory.types[index] === wanted);
  }

  /** The constructors of a type by its name, the last of many as `…`; empty if it is no type. */
  constructorsOf(typeName: string): string[] {
    const type = this.#directory.tables.typeNames.indexOf(typeName);
    const all = type < 0 ? [] : this.#list(type);
    return all.length > MOST_SHOWN ? [...all.slice(0, MOST_SHOWN), '…'] : [...all];
  }

  /** Fields of a definition near this name. */
  nearFields(name: string, index: number): string[] {
    const names = this.#fieldsOf(index).flatMap((field) => (isCall(field) ? [field.name, '_wrapped'] : [field.name]));
    return nearestNames(name, names);
  }

  /**
   * Names of the fields that an object of a definition must have, in their order.
   * @param hasWrapped the argument of a polymorphic function is there, by its other name
   */
  required(index: number, hasWrapped: boolean): string[] {
    return this.#fieldsOf(index)
      .filter((field) => isRequired(field) && !(hasWrapped && isCall(field)))
      .map(({ name }) => name);
  }

  /** `messages.search takes peer:InputPeer q:string [from_id:InputPeer]`: what need not be there is in brackets. */
  shapeOf(index: number): string {
    const fields = this.#fieldsOf(index).filter(({ type }) => type !== '#');
    const words = (some: typeof fields): string[] =>
      some.map((field) => `${isCall(field) ? '_wrapped' : field.name}:${field.type.replace(/^(\w+\.\d+)?\?/, '')}`);
    const optional = words(fields.filter((field) => !isRequired(field)));
    const all = [...words(fields.filter(isRequired)), ...(optional.length > 0 ? [`[${optional.join(' ')}]`] : [])];
    return `${this.#directory.tables.names[index]} takes ${all.join(' ')}`;
  }

  #fieldsOf(index: number): Field[] {
    this.#fieldLists ??= this.#fields().split('|');
    const words = (this.#fieldLists[index] ?? '').split(' ').filter((word) => word !== '');
    return words.map((word) => {
      const colon = word.indexOf(':');
      return { name: word.slice(0, colon), type: word.slice(colon + 1) };
    });
  }
}

/** A field with its type as the line has it: `flags.3?true`, `!X`; `?long` if it may be left out without a flag. */
interface Field {
  readonly name: string;
  readonly type: string;
}

/** The argument of a polymorphic function: it goes by its own name and by `_wrapped`. */
function isCall({ type }: Field): boolean {
  return type.startsWith('!');
}

function isRequired({ type }: Field): boolean {
  return type !== '#' && !type.includes('?');
}
