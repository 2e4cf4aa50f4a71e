/**
 * Rule: the form in which `rules/*.ts` say what tests must hold.
 * In: a file, and changes of it. Out: `Rule`s. Never: reads the file.
 */

export interface Rule {
  readonly file: string;
  /** What no longer holds when the change is made. */
  readonly rule: string;
  /** Stands once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Words of the test files that are run first; then come the one named like the file and the rest of its folder. */
  readonly first: readonly string[];
}

/** A rule, the text that keeps it, and what is put in its place. */
export type Change = readonly [rule: string, find: string, replace: string];

/**
 * @param file from the root of the tree
 * @param first words of the test files that are run first, divided by blanks
 */
export function rulesOf(file: string, first: string, changes: readonly Change[]): Rule[] {
  const words = first.split(' ').filter((word) => word !== '');
  return changes.map(([rule, find, replace]) => ({ file, rule, find, replace, first: words }));
}
