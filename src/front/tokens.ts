/**
 * Tokens: who may speak where `--token-file` is set (wire.md 6).
 * In: the known tokens, and one a client showed. Out: yes or no, in constant time. Never: a token in clear once read.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface Tokens {
  knows(token: string): boolean;
  /** Whether who shows it may see keys of kept sessions. */
  mayExport(token: string): boolean;
}

/**
 * @param text one token a line, behind it the word `export` if who shows it may see keys; empty lines and lines that begin
 * with `#` do not count
 */
export function tokensOf(text: string): Tokens | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#')).map(parse);
  if (tokens.length === 0) return undefined;
  return {
    knows: (token) => fitting(tokens, token).length > 0,
    mayExport: (token) => fitting(tokens, token).some(({ mayExport }) => mayExport),
  };
}

interface Known {
  readonly digest: Buffer;
  readonly mayExport: boolean;
}

function parse(line: string): Known {
  const [, token] = /^(\S.*?)\s+export$/.exec(line) ?? [];
  return { digest: digest(token ?? line), mayExport: token !== undefined };
}

/** All are compared, whichever fits: the time tells nothing of which. */
function fitting(tokens: readonly Known[], token: string): Known[] {
  const shown = digest(token);
  return tokens.filter((known) => timingSafeEqual(known.digest, shown));
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
