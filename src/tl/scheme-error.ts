/**
 * SchemeError: what is wrong with a scheme, and where.
 * In: a file's name, its text, an offset in it. Out: an Error that reads `api.tl:12:7: …`.
 * Never: thrown by anything that runs once the scheme is loaded.
 */

/** A fault of a scheme at a place of its text. */
export class SchemeError extends Error {
  override readonly name = 'SchemeError';
  readonly file: string;
  /** Both from 1; the column counts UTF-16 units. */
  readonly line: number;
  readonly column: number;

  constructor(what: string, file: string, text: string, at: number) {
    const before = text.slice(0, at);
    const line = before.split('\n').length;
    const column = at - before.lastIndexOf('\n');
    super(`${file}:${line}:${column}: ${what}`);
    this.file = file;
    this.line = line;
    this.column = column;
  }
}
