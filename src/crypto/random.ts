/**
 * Secure random bytes from the operating system, drawn in bulk: a call costs a copy, not a system call.
 * In: a place. Out: that place filled. Never: the same bytes twice; what was given is zeroed in the pool.
 */
import { randomFillSync } from 'node:crypto';

const pool = new Uint8Array(8192);
let used = pool.length;

/** Fills `bytes`; the `fill` that seal, rsaPad and the transports take. */
export function fillRandom(bytes: Uint8Array): void {
  const n = bytes.length;
  if (n > 1024) {
    randomFillSync(bytes);
    return;
  }
  if (used + n > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  for (let i = 0; i < n; i++) {
    bytes[i] = pool[used]!;
    pool[used++] = 0;
  }
}
