/**
 * Pushing: updates that nobody asked for, so many a second.
 * In: a rate, the time, what pushes one. Out: pushes, and how many there were. Never: fewer because a timer was late.
 */
import type { DcSession } from '../protocol/dc-session.ts';
import type { DcEnv } from '../env.ts';
import type { TlObject } from '../tl/tl-value.ts';

export interface PushOptions {
  /** A user, or one session. */
  readonly to: bigint | DcSession;
  /** Pushes a second. */
  readonly rate: number;
  /** Default: until stopped. */
  readonly count?: number;
  /** The `Updates` object number n; default a private message from the echo, with its pts. */
  readonly update?: (n: number) => TlObject;
}

export interface Pushing {
  /** How many there were, when all were pushed or it was stopped. */
  readonly done: Promise<number>;
  readonly stop: () => void;
}

/** @param push pushes number n, from 0 on */
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
    // By the clock, not by the timer: a late timer catches up.
    const due = Math.min(most, Math.floor(((env.now() - begun) * options.rate) / 1000));
    for (; pushed < due; pushed++) push(pushed);
    if (pushed >= most) finish(pushed);
    else cancel = env.after(Math.min(1000, Math.max(5, 1000 / options.rate)), step);
  };
  cancel = env.after(0, step);
  return { done, stop };
}
