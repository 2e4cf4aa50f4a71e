/**
 * Tokens: who may speak where `--token-file` is set (wire.md 6).
 * In: the known tokens, and one a client showed. Out: yes or no, in constant time. Never: a token in clear once read.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface Tokens {
  knows(token: string): boolean;
}

/** @param text one token a line; empty lines and lines that begin with `#` do not count */
export function tokensOf(text: string): Tokens | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const digests = lines.filter((line) => line !== '' && !line.startsWith('#')).map(digest);
  if (digests.length === 0) return undefined;
  return {
    knows(token) {
      const shown = digest(token);
      // All are compared, whichever fits: the time tells nothing of which.
      return digests.filter((known) => timingSafeEqual(known, shown)).length > 0;
    },
  };
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
