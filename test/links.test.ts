/** Every link of the pages to a file or a heading of the repository leads somewhere. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs', 'scheme/README.md', 'deploy'];

/** The pages, by their paths in the repository. */
function pages(): string[] {
  return PAGES.flatMap((place) => (place.endsWith('.md') ? [place] : markdownIn(place)));
}

function markdownIn(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

/** What is in code blocks is no link and no heading. */
function proseOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8').replaceAll(/^```[^]*?^```/gm, '');
}

/** The anchors GitHub gives a page's headings. */
function anchorsOf(page: string): string[] {
  const headings = [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map((found) => found[1]!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('the links of the pages lead to files and headings that are there', () => {
  let count = 0;
  for (const page of pages()) {
    for (const [, target] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const [path, anchor] = target!.split('#') as [string, string | undefined];
      const file = path === '' ? page : join(dirname(page), path);
      assert.ok(existsSync(join(ROOT, file)), `${page}: ${target}`);
      if (anchor !== undefined) assert.ok(anchorsOf(file).includes(anchor), `${page}: ${target}`);
      count++;
    }
  }
  assert.ok(count > 40, `${count} links`);
});

/** `main/lanes/lane.ts` in the text: a file below the root, or below `src`. What is built is not there. */
test('the files that the pages name are there', () => {
  let count = 0;
  for (const page of pages().filter((name) => name !== 'CHANGELOG.md')) {
    for (const [, path] of proseOf(page).matchAll(/`([\w-]+(?:\/[\w.-]+)*\/[\w.-]+\.ts)`/g)) {
      assert.ok(existsSync(join(ROOT, path!)) || existsSync(join(ROOT, 'src', path!)), `${page}: ${path}`);
      count++;
    }
  }
  assert.ok(count > 20, `${count} files`);
});
