/**
 * Asked: one request under an idempotency key, and all that became of it.
 * In: its answers, how often the DC carried it out. Out: what it counts as, what was wrong with it.
 * Never: a verdict by the time at which the gateway was killed: the rules hold at every one.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Answer } from '../../../bench/shared/line.ts';

export interface Asked {
  /** What the DC counts it by. */
  readonly token: string;
  readonly request: object;
  /** Answers from before the kill: none if it came first, two if it was asked twice at once. */
  readonly before: Answer[];
  /** The answers after it, in the order in which they were asked for. */
  readonly again: Answer[];
}

export type Fate = 'result' | 'DeliveryUnknown' | 'other';

/** What a client may take an answer for. */
export function fateOf(answer: Answer): Fate {
  if (answer['error'] === 'DeliveryUnknown') return 'DeliveryUnknown';
  const kind = (answer['message'] as Answer | undefined)?.['_cons'];
  return answer['message'] !== undefined && kind !== 'rpc_error' && kind !== 'rpc_timeout' ? 'result' : 'other';
}

/** Whether two answers say the same, whatever ids they carry. */
export function isSame(one: Answer, other: Answer): boolean {
  const told = ({ error, message }: Answer): unknown[] => [error, message];
  return isDeepStrictEqual(told(one), told(other));
}

/** A sentence each. @param executed how often the DC carried it out */
export function wrongOf({ token, before, again }: Asked, executed: number): string[] {
  const [retry, later] = again as [Answer, Answer];
  const wrong: string[] = [];
  const say = (sentence: string): void => void wrong.push(`${token} ${sentence}`);
  if (executed > 1) say(`was carried out ${executed} times`);
  // One that was not delivered is no outcome.
  for (const first of before.filter(({ delivered }) => delivered !== 'no'))
    if (!isSame(first, retry)) say(`was answered ${textOf(first)}, and then ${textOf(retry)}`);
  if (!isSame(retry, later)) say(`was answered ${textOf(retry)} to the first retry, ${textOf(later)} to the second`);
  if (fateOf(retry) === 'result' && executed === 0) say(`has a result and was never carried out`);
  if (fateOf(retry) === 'other') say(`was answered ${textOf(retry)}`);
  return wrong;
}

function textOf(answer: Answer): string {
  return JSON.stringify(answer).slice(0, 200);
}
