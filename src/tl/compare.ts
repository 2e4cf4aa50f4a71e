/**
 * Compares two schemes by name: what was added, removed, changed.
 * In: definitions before and after. Out: a list in the order of the new one, removals last.
 */
import { printDefinition } from './print.ts';
import type { ParsedDefinition } from './syntax.ts';

/** One definition of the two schemes that differs, as its lines of TL. */
export type Change =
  | { readonly kind: 'added'; readonly after: string }
  | { readonly kind: 'removed'; readonly before: string }
  | { readonly kind: 'changed'; readonly before: string; readonly after: string };

/** Definitions as `printDefinition` writes them; a moved line is no change. */
export function compareSchemes(before: readonly ParsedDefinition[], after: readonly ParsedDefinition[]): Change[] {
  const old = new Map(before.map((one) => [keyOf(one), printDefinition(one)]));
  const changes: Change[] = [];
  for (const one of after) {
    const text = printDefinition(one);
    const was = old.get(keyOf(one));
    old.delete(keyOf(one));
    if (was === undefined) changes.push({ kind: 'added', after: text });
    else if (was !== text) changes.push({ kind: 'changed', before: was, after: text });
  }
  for (const text of old.values()) changes.push({ kind: 'removed', before: text });
  return changes;
}

/** A constructor that becomes a function is another thing. */
function keyOf(one: ParsedDefinition): string {
  return `${one.isFunction ? 'f' : 'c'} ${one.name}`;
}
