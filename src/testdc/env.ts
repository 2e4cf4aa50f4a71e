/**
 * DcEnv: what the test DC takes from the world outside: the time, randomness, a job done later.
 * In: nothing. Out: the interface; `dc-server.ts` gives the machine's, tests a made-up one.
 * Never: a clock or a source of randomness of its own.
 */
export interface DcEnv {
  /** Unix time in milliseconds, with its fraction. */
  now(): number;
  /** Fills with secure random bytes. */
  fill(bytes: Uint8Array): void;
  /** Does a job in `ms` milliseconds; the function returned cancels it. */
  after(ms: number, job: () => void): () => void;
}

/** `n` secure random bytes. */
export function random(env: DcEnv, n: number): Buffer {
  const bytes = Buffer.alloc(n);
  env.fill(bytes);
  return bytes;
}

/** A secure random number, signed, of 64 bits. */
export function randomLong(env: DcEnv): bigint {
  return random(env, 8).readBigInt64LE();
}
