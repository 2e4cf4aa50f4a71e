/**
 * Memory pressure: a ladder of measures as the process comes near its limit (threats: The process), so that the system never ends it.
 * In: what the process holds, now and then. Out: which measures are in force. Never: a measure taken here.
 */
import { totalmem } from 'node:os';

/** Parts of the limit from which on a measure is in force. */
export const MemoryStep = {
  /** Nobody new is let in. */
  CLOSED: 0.85,
  /** The client with the most unread bytes is disconnected, one at each look. */
  CUT: 0.92,
  /** New requests are refused. */
  REFUSE: 0.95,
} as const;

/** Part of what the system or its container allows that the process may hold. */
const SHARE = 0.8;

/** One for the process. */
export class MemoryPressure {
  readonly #limit: number;
  readonly #held: () => number;
  /** The part of the limit that was held at the last look. */
  part = 0;

  /** @param limit bytes @param held bytes the process holds now; may throw */
  constructor(limit: number, held: () => number = () => process.memoryUsage.rss()) {
    this.#limit = limit;
    this.#held = held;
  }

  look(): void {
    try {
      this.part = this.#held() / this.#limit;
    } catch {
      // With no descriptor left the memory cannot be read: what was seen last holds.
    }
  }

  /** Whether a measure is in force. @param step of `MemoryStep` */
  hasReached(step: number): boolean {
    return this.part >= step;
  }
}

/** Bytes this process may hold: a share of the container's limit, or of the machine's memory. */
export function memoryLimit(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  const total = totalmem();
  return SHARE * (constrained > 0 && constrained < total ? constrained : total);
}
