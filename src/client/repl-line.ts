/**
 * A line of the repl: its words, and whether it may be remembered.
 * In: text. Out: words as a shell would have them. Never: keeps a line.
 */

const WORD = /(?:[^\s'"]|'[^']*'|"(?:[^"\\]|\\.)*")+/g;
const PART = /'([^']*)'|"((?:[^"\\]|\\.)*)"|([^'"]+)/g;

/** Words, quotes holding blanks together: `message='a b'`. A quote that is not closed is left out. */
export function shellWords(line: string): string[] {
  return (line.match(WORD) ?? []).map((word) =>
    word.replaceAll(
      PART,
      (_, single?: string, double?: string, bare?: string) =>
        single ?? (double === undefined ? bare! : double.replaceAll(/\\(.)/g, '$1')),
    ),
  );
}

/** Logins, and fields that hold what opens an account. */
const SECRET = /\bauth\.|passw|secret|token|code|api_hash|auth_key|\bsrp|phone/i;

/** Whether a line may hold what nobody is to find in a file. */
export function isSecret(line: string): boolean {
  return SECRET.test(line);
}
