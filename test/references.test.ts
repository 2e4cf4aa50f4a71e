/**
 * What the code refers to is in the repository: `protocol: Salts` names a heading of docs/protocol.md, `decisions: lanes` a page.
 * In: the comments of every source. Never: a reference to a document that a reader of the repository does not have.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['src', 'workers', 'bench', 'test'];
const PAGES = ['protocol', 'wire', 'threats', 'options', 'http-and-msgpack', 'architecture'];
/** A page and what stands behind it, in a comment. */
const REFERENCE = new RegExp(`\\b(${PAGES.join('|')}): ([A-Zm].*)`, 'g');

/** Each comment line of each source, with its place. */
function comments(): (readonly [place: string, text: string])[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('references.test.ts'))
      .map((name) => join(folder, name)),
  );
  return files.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => {
        const comment = /(?:^\s*\*|\/\*\*|\/\/) .*/.exec(line)?.[0];
        return comment === undefined ? [] : [[`${file}:${i + 1}`, comment] as const];
      }),
  );
}

function headingsOf(page: string): string[] {
  const text = readFileSync(join(ROOT, 'docs', `${page}.md`), 'utf8');
  return [...text.matchAll(/^##+ (.+)$/gm)].map((found) => found[1]!);
}

/** The headings that a text begins with, `; ` or ` to ` between them; what follows a heading's comma belongs to it. */
function named(text: string, headings: readonly string[]): string[] {
  const heading = headings.find((one) => text.startsWith(one) && !/^[\w-]/.test(text.slice(one.length)));
  if (heading === undefined) return [`nothing is called ${text.slice(0, 40)}`];
  const next = /^(?:, (?:steps?|codes?) [\d, and]+)?(?:; | to )([A-Z].*)/.exec(text.slice(heading.length))?.[1];
  return next === undefined ? [] : named(next, headings);
}

test('every reference names a heading under docs/', () => {
  const headings = new Map(PAGES.map((page) => [page, headingsOf(page)]));
  let count = 0;
  for (const [place, text] of comments())
    for (const [, page, rest] of text.matchAll(REFERENCE)) {
      assert.deepEqual(named(rest!, headings.get(page!)!), [], `${place}: ${page}`);
      count++;
    }
  assert.ok(count > 200, `${count} references`);
});

test('every decision that is named has its page', () => {
  const names = comments().flatMap(([place, text]) =>
    [...text.matchAll(/\bdecisions: ([a-z-]+)/g)].map((found) => [place, found[1]!] as const),
  );
  for (const [place, name] of names) assert.ok(existsSync(join(ROOT, 'docs/decisions', `${name}.md`)), place);
  assert.ok(names.length > 5);
});

test('no reference leads out of the repository', () => {
  const known = new Set(readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }));
  for (const [place, text] of comments())
    for (const [, name] of text.matchAll(/\b((?:[\w-]+\/)*[\w-]+\.md)\b/g)) {
      const isThere = existsSync(join(ROOT, name!)) || known.has(name!.replace(/^docs\//, ''));
      assert.ok(isThere, `${place}: ${name}`);
    }
});

test('no comment refers to a list that is nowhere: a letter and a number, a bare number of a chapter', () => {
  const lost = comments().flatMap(([place, text]) =>
    [...text.matchAll(/\((?:[A-Z]\d{1,2}|\d\.[1-9]\d?)(?:, [A-Z]\d{1,2})*\)/g)].map(([found]) => `${place}: ${found}`),
  );
  assert.deepEqual(lost, []);
});
