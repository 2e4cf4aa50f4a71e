/**
 * A lane that only notes what is put to it, for tests of one session of the main thread.
 * In: records. Out: their kinds, flags, tickets and bytes as text, in order. Never: a thread.
 */
import type { Lane } from '../../src/main/lanes/lane.ts';

/** One record as it was put. */
export interface Put {
  readonly kind: number;
  readonly flags: number;
  readonly text: string;
}

/** `until` resolves when a record of a kind was put. */
export function notedLane(): {
  lane: Lane;
  puts: Put[];
  /** The very bytes that were given, as long as they stay as they are. */
  given: Uint8Array[];
  kinds: () => number[];
  until: (kind: number) => Promise<void>;
} {
  const puts: Put[] = [];
  const given: Uint8Array[] = [];
  let wake = (): void => undefined;
  const put = (
    kind: number,
    _link: number,
    flags: number,
    _session: number,
    _ticket: number,
    bytes = Buffer.alloc(0),
    start = 0,
    stop = bytes.length,
  ): boolean => {
    puts.push({ kind, flags, text: Buffer.from(bytes.subarray(start, stop)).toString() });
    given.push(bytes);
    wake();
    return false;
  };
  return {
    lane: { put } as unknown as Lane,
    puts,
    given,
    kinds: () => puts.map(({ kind }) => kind),
    until: async (kind) => {
      while (!puts.some((one) => one.kind === kind)) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}
