/**
 * Moved position: where a body is wrong, when its line has more in front than the body has.
 * In: a refusal with `pos` in the line. Out: the same with `pos` in the body. Never: another answer changed.
 */
import { ERRORS, OUTCOMES, type ErrorName } from '../errors.ts';

/** The answer for whoever sent the body; undefined if it may go as it is. @param shift how many bytes further back the body stands in the line */
export function movedPosition(answer: Buffer, outcome: number, shift: number): Buffer | undefined {
  const name = OUTCOMES[outcome]!;
  if (!(name in ERRORS) || !ERRORS[name as ErrorName].fields.includes('pos')) return undefined;
  const text = answer.toString('latin1');
  // No text of a refusal has quotes without a backslash.
  const moved = text.replace(/,"pos":(\d+)/, (_, pos: string) => `,"pos":${Math.max(0, Number(pos) - shift)}`);
  return Buffer.from(moved, 'latin1');
}
