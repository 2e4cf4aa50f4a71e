/**
 * Left out: the required fields that a message need not have, and what is written in their place (wire: TL and JSON).
 * In: a definition, one of its fields. Out: what stands in for it. Never: fields behind a flag, which are then absent.
 */
import type { Definition, Field } from './ir.ts';

/** The vector that a vector of `random_id`s goes with: as many as it has items. */
export const COUNTED = 'id';

/** What stands in for a field: 0; a random number; a random number for each item of the field `COUNTED`. */
export type StandIn = 'zero' | 'random' | 'random each';

/** What is written for a required field that is left out; undefined if it may not be. */
export function standIn({ fields }: Definition, { name, type, flag }: Field): StandIn | undefined {
  if (flag !== undefined) return undefined;
  // Methods of the original's examples have gained this field since; 0 is "nothing cached".
  if (name === 'hash' && type.kind === 'long') return 'zero';
  if (name !== 'random_id') return undefined;
  if (type.kind === 'long') return 'random';
  const isOfLongs = type.kind === 'vector' && type.isBoxed && type.item.kind === 'long';
  return isOfLongs && fields.some(isCounted) ? 'random each' : undefined;
}

function isCounted({ name, type, flag }: Field): boolean {
  return name === COUNTED && type.kind === 'vector' && flag === undefined;
}
