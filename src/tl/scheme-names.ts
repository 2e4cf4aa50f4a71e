/**
 * SchemeNames: which name of the scheme somebody meant who wrote another.
 * In: the directory's tables, a name that is none. Out: near names, as clients are told of them. Never: on the way of a
 * request that is right; each list of names is prepared when it is first asked for.
 */
import { NearestNames, nearestNames } from '../nearest-name.ts';
import type { Directory } from './directory.ts';

/** Any definition; functions that a client may call. Above: a constructor of that type. */
export const ANY = -1;
export const CALLABLE = -2;

/** Of a type's constructors. */
const MOST_SHOWN = 8;

export class SchemeNames {
  readonly #directory: Directory;
  readonly #prepared = new Map<number, NearestNames>();
  readonly #fields: () => string;
  #fieldLists: readonly string[] | undefined;

  /** @param fields names of fields, ` ` between those of a definition and `|` between definitions */
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
    this.#fieldLists ??= this.#fields().split('|');
    return nearestNames(name, (this.#fieldLists[index] ?? '').split(' '));
  }
}
