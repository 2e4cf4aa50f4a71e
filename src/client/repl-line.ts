/**
 * A line of the repl: its words, and whether it may have a secret, so that the history must not have it.
 * In: the line. Out: words as a shell would split them. Never: stores a line.
 */

const WORD = /(?:[^\s'"]|'[^']*'|"(?:[^"\\]|\\.)*")+/g;
const PART = /'([^']*)'|"((?:[^"\\]|\\.)*)"|([^'"]+)/g;

/** Splits a line at blanks outside of quotes: `message='a b'` is one word. A quote that is not closed is dropped. */
export function shellWords(line: string): string[] {
  return (line.match(WORD) ?? []).map((word) =>
    word.replaceAll(
      PART,
      (_, single?: string, double?: string, bare?: string) =>
        single ?? (double === undefined ? bare! : double.replaceAll(/\\(.)/g, '$1')),
    ),
  );
}

/** Methods of signing in, and fields that give access to an account. */
const SECRET = /\bauth\.|passw|secret|token|code|api_hash|auth_key|\bsrp|phone/i;

/** Whether a line may have a secret. */
export function isSecret(line: string): boolean {
  return SECRET.test(line);
}
