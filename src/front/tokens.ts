/**
 * Tokens: who may speak where `--token-file` is set (options: What it guards).
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
  const tokens = linesOf(text).map(parse);
  if (tokens.length === 0) return undefined;
  return {
    knows: (token) => fitting(tokens, token).length > 0,
    mayExport: (token) => fitting(tokens, token).some(({ mayExport }) => mayExport),
  };
}

/** The first token of such a text, for a client that is to show one. */
export function firstToken(text: string): string | undefined {
  const [first] = linesOf(text);
  return first === undefined ? undefined : split(first).token;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

interface Known {
  readonly digest: Buffer;
  readonly mayExport: boolean;
}

function parse(line: string): Known {
  const { token, mayExport } = split(line);
  return { digest: digest(token), mayExport };
}

function split(line: string): { readonly token: string; readonly mayExport: boolean } {
  const [, token] = /^(\S.*?)\s+export$/.exec(line) ?? [];
  return { token: token ?? line, mayExport: token !== undefined };
}

/** All are compared, whichever fits: the time tells nothing of which. */
function fitting(tokens: readonly Known[], token: string): Known[] {
  const shown = digest(token);
  return tokens.filter((known) => timingSafeEqual(known.digest, shown));
}

/** What stands for a token where only its sameness counts. */
export function digestOf(token: string): string {
  return digest(token).toString('latin1');
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
