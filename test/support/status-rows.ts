/**
 * Status rows: the tables of statuses in docs/http-and-msgpack.md.
 * In: the heading a table stands below. Out: its rows. Never: another table of the page.
 */
import { readFileSync } from 'node:fs';

const PAGE = readFileSync(new URL('../../../docs/http-and-msgpack.md', import.meta.url), 'utf8');

/** Of each status the words that its row has as code. @param heading with its `#`, as far as it is its own */
export function statusRows(heading: string): (readonly [status: number, words: string[]])[] {
  const start = PAGE.indexOf(`\n#${heading}`) + 1;
  if (start === 0) throw new RangeError(`no heading ${heading}`);
  const end = PAGE.indexOf('\n### ', start + heading.length);
  return [...PAGE.slice(start, end).matchAll(/^\| (\d{3}) \|(.*)\|$/gm)].map(
    ([, status, text]) => [Number(status), [...text!.matchAll(/`(\w+)`/g)].map(([, word]) => word!)] as const,
  );
}
