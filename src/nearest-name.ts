/**
 * NearestName: which known name somebody meant who wrote another: for every "did you mean" of this program.
 * In: the names there are, a name that is none of them. Out: the nearest of them, or nothing where none is near.
 * Never: works long: a name is held against those of about its length and letters, and against so many at most.
 *
 * Case, blanks and `_ - .` count for nothing (`messages.SendMessage`, `send_message`), and who leaves the namespace out
 * means whatever has that name behind its own (`sendMessage`). For the rest it is Levenshtein's distance.
 */
import leven from 'leven';

/** Longer names are not compared, characters. */
const LONGEST = 96;
/** Names compared letter by letter at most: bounds the work that a client can cause. */
const MOST_COMPARED = 128;
/** Most names in one answer. */
const MOST = 3;
/** Distance of a name that differs in its namespace alone. */
const OTHER_NAMESPACE = 3;

/** A list of names that is asked often, prepared once. */
export class NearestNames {
  readonly #names: readonly string[];
  /** Each name without what does not count, then each name's part behind its namespace, if it has one. */
  readonly #plain: string[] = [];
  /** To which name each of them belongs. */
  readonly #owners: number[] = [];
  readonly #letters: Int32Array;
  readonly #whole: number;

  constructor(names: readonly string[]) {
    this.#names = names;
    for (const [i, name] of names.entries()) this.#enter(plainOf(name), i);
    this.#whole = this.#plain.length;
    for (const [i, name] of names.entries()) if (name.includes('.')) this.#enter(plainOf(behindNamespace(name)), i);
    this.#letters = Int32Array.from(this.#plain, lettersOf);
  }

  #enter(plain: string, owner: number): void {
    this.#plain.push(plain);
    this.#owners.push(owner);
  }

  /** The nearest name, or several that are equally near; best first. */
  find(wanted: string): string[] {
    if (wanted.length > LONGEST) return [];
    const hasNamespace = wanted.trim().includes('.');
    const plain = plainOf(wanted);
    const found = new Nearest();
    // Whoever gives a namespace means whole names; else both, the whole ones first.
    const stop = hasNamespace ? this.#whole : this.#plain.length;
    const tolerance = toleranceOf(plain.length);
    // The narrower the search the fewer are compared, so what is near is found before the patience ends.
    for (let changes = 0; changes <= tolerance && found.isEmpty; changes++) this.#compare(found, plain, changes, stop);
    if (hasNamespace && found.least >= OTHER_NAMESPACE) this.#sameBehind(found, plainOf(behindNamespace(wanted)));
    return [...new Set(found.owners.map((owner) => this.#names[owner]!))].slice(0, MOST);
  }

  /** Looks for names that are just so many changes away. */
  #compare(found: Nearest, plain: string, changes: number, stop: number): void {
    const letters = lettersOf(plain);
    for (let i = 0; i < stop && found.patience > 0; i++) {
      const other = this.#plain[i]!;
      // One change moves the length by one at most, and takes or brings one letter of the alphabet each.
      if (Math.abs(other.length - plain.length) > changes) continue;
      const differing = bitsOf(letters ^ this.#letters[i]!);
      if (differing > 2 * changes) continue;
      found.patience--;
      // Of two that are equally far the one of the same letters is nearer: letters change places more often than they change.
      if (leven(plain, other, { maxDistance: changes + 1 }) === changes)
        found.offer(this.#owners[i]!, changes + differing / 100);
    }
  }

  #sameBehind(found: Nearest, plain: string): void {
    for (let i = this.#whole; i < this.#plain.length; i++)
      if (this.#plain[i] === plain) found.offer(this.#owners[i]!, OTHER_NAMESPACE);
  }
}

/** The nearest names found so far, all equally near. */
class Nearest {
  least = Infinity;
  owners: number[] = [];
  patience = MOST_COMPARED;

  get isEmpty(): boolean {
    return this.owners.length === 0;
  }

  offer(owner: number, distance: number): void {
    if (distance > this.least) return;
    if (distance < this.least) this.owners = [];
    this.least = distance;
    this.owners.push(owner);
  }
}

/** The nearest names of a short list; best first, none if none is near. */
export function nearestNames(wanted: string, among: readonly string[]): string[] {
  return new NearestNames(among).find(wanted);
}

/** `; did you mean a, b?` for the end of a sentence, or nothing. */
export function didYouMean(wanted: string, among: readonly string[] | NearestNames): string {
  return hintOf(among instanceof NearestNames ? among.find(wanted) : nearestNames(wanted, among));
}

/** The hint for names that were found already. */
export function hintOf(near: readonly string[]): string {
  return near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`;
}

/** How many changes a name of this length may be away: two letters that changed places are two. */
function toleranceOf(length: number): number {
  if (length <= 3) return 1;
  return length <= 8 ? 2 : length <= 12 ? 3 : 4;
}

/** Letters and digits alone, in lower case. */
function plainOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function behindNamespace(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Which letters a name has, a bit each; digits and others share what is left of 32. */
function lettersOf(plain: string): number {
  let letters = 0;
  for (let i = 0; i < plain.length; i++) {
    const code = plain.charCodeAt(i) - 0x61;
    letters |= code >= 0 && code < 26 ? 1 << code : 1 << (26 + (plain.charCodeAt(i) % 6));
  }
  return letters;
}

function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x5555_5555);
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
