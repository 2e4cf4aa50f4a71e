/**
 * Tokens: who may speak where `--token-file` is set (options: What it guards).
 * In: the known tokens, and one a client showed. Out: who that is, or that it is none, in constant time. Never: a token in
 * clear once read.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Whoever is served. */
export interface Bearer {
  /** Stands for the token where only its sameness counts; empty if none was shown. */
  readonly digest: string;
  /** It may see keys of kept sessions. */
  readonly mayExport: boolean;
}

/** The tokens of `--token-file`, or none where the gateway serves everybody. */
export interface Tokens {
  /** Nobody is served without one. */
  readonly areNeeded: boolean;
  /** Who shows none, where none is needed. */
  readonly nobody: Bearer;
  /** Who shows this token; undefined if it is not known. Where none is needed any will do. */
  judge(token: string): Bearer | undefined;
}

/**
 * @param text one token a line, behind it the word `export` if who shows it may see keys; empty lines and lines that begin
 * with `#` do not count. Undefined: no token is needed
 * @param allowExport whoever is served may see keys
 */
export function tokensOf(text: string | undefined, allowExport = false): Tokens {
  const known = text === undefined ? undefined : linesOf(text).map(parse);
  return {
    areNeeded: known !== undefined,
    nobody: { digest: '', mayExport: allowExport },
    judge(token) {
      const shown = digestOf(token);
      const fitting = known && fittingOf(known, shown);
      if (fitting?.length === 0) return undefined;
      const mayExport = allowExport || fitting?.some((one) => one.mayExport) === true;
      return { digest: shown.toString('latin1'), mayExport };
    },
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
  return { digest: digestOf(token), mayExport };
}

function split(line: string): { readonly token: string; readonly mayExport: boolean } {
  const [, token] = /^(\S.*?)\s+export$/.exec(line) ?? [];
  return { token: token ?? line, mayExport: token !== undefined };
}

/** All are compared, whichever fits: the time tells nothing of which. */
function fittingOf(tokens: readonly Known[], shown: Buffer): Known[] {
  return tokens.filter((known) => timingSafeEqual(known.digest, shown));
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
