/**
 * Pushes updates at a rate.
 * In: a rate, the time, a function that pushes one. Out: pushes, and how many there were. Never: fewer because a timer was late.
 */
import type { DcSession } from '../protocol/dc-session.ts';
import type { DcEnv } from '../env.ts';
import type { TlObject } from '../tl/tl-value.ts';

/** What is to be pushed, and how fast. */
export interface PushOptions {
  /** A user, or one session. */
  readonly to: bigint | DcSession;
  /** Pushes a second. */
  readonly rate: number;
  /** How many in all; default: until stopped. */
  readonly count?: number;
  /** Makes the `Updates` object number n, from 0 on; default a private message from the echo, with its pts. */
  readonly update?: (n: number) => TlObject;
}

/** Pushes under way. */
export interface Pushing {
  /** Resolves with the number of pushes, when all were made or `stop` was called. */
  readonly done: Promise<number>;
  readonly stop: () => void;
}

/** Calls `push` with 0, 1, 2 … at a rate. */
export function pushAtRate(
  env: DcEnv,
  options: Pick<PushOptions, 'rate' | 'count'>,
  push: (n: number) => void,
): Pushing {
  const begun = env.now();
  const most = options.count ?? Infinity;
  let pushed = 0;
  let cancel = (): void => {};
  let finish: (count: number) => void;
  const done = new Promise<number>((resolve) => (finish = resolve));
  const stop = (): void => {
    cancel();
    finish(pushed);
  };
  const step = (): void => {
    // The clock says how many are due, so that a late timer catches up.
    const due = Math.min(most, Math.floor(((env.now() - begun) * options.rate) / 1000));
    for (; pushed < due; pushed++) push(pushed);
    if (pushed >= most) finish(pushed);
    else cancel = env.after(Math.min(1000, Math.max(5, 1000 / options.rate)), step);
  };
  cancel = env.after(0, step);
  return { done, stop };
}
