/** How the sources are written, as far as a program can tell: heads, docstrings, names, lengths (CONTRIBUTING.md). */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

/** The sources, not the build this test runs from. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const MOST_LINES = 350;
/** Lines of a function: half of them have fewer than the first, nine in ten than the second, all up to the third. */
const FUNCTION_LINES = { median: 13, most: 50, ever: 60 };

interface Source {
  readonly path: string;
  readonly lines: readonly string[];
}

const SOURCES: readonly Source[] = ['src', 'workers'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('assembly'))
    .map((entry) => read(join(entry.parentPath, entry.name))),
);

function read(path: string): Source {
  return { path: relative(ROOT, path), lines: readFileSync(path, 'utf8').trimEnd().split('\n') };
}

/** What a file declares and exports itself, as the formatter writes it; what it passes on is another's. */
const EXPORTED =
  /^export (?:declare |abstract |async )*(function\*?|class|interface|type|enum|const|let) (?:enum )?([\w$]+)/;

test('there are sources, and exports in them', () => {
  assert.ok(SOURCES.length > 400);
  assert.ok(SOURCES.flatMap(exportsOf).length > 1_000);
});

test('every file opens with what it is', () => {
  const wrong = SOURCES.filter(({ lines }) => !lines[lines[0]!.startsWith('#!') ? 1 : 0]!.startsWith('/**'));
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
});

test('every exported function, class and interface says what it is', () => {
  const wrong = SOURCES.flatMap((source) =>
    exportsOf(source)
      .filter(({ kind, at }) => isDescribable(kind) && !isDescribed(source, at))
      .map(({ name, at }) => `${source.path}:${at + 1} ${name}`),
  );
  assert.deepEqual(wrong, []);
});

test('an exported name stands in one file', () => {
  const places = new Map<string, Set<string>>();
  for (const source of SOURCES)
    for (const { name } of exportsOf(source)) places.set(name, (places.get(name) ?? new Set()).add(source.path));
  const twice = [...places].filter(([, paths]) => paths.size > 1).map(([name, paths]) => [name, ...paths].join(' '));
  assert.deepEqual(twice, []);
});

test('a file has up to 350 lines', () => {
  const wrong = SOURCES.filter(({ lines }) => lines.length > MOST_LINES);
  assert.deepEqual(
    wrong.map(({ path, lines }) => `${path}: ${lines.length}`),
    [],
  );
});

test('functions are short', () => {
  const lengths = SOURCES.flatMap(functionsOf).sort((a, b) => a.length - b.length);
  const { median, most, ever } = FUNCTION_LINES;
  assert.ok(lengths.length > 2_000);
  assert.ok(lengths[Math.floor(lengths.length / 2)]!.length < median);
  assert.ok(lengths[Math.floor(lengths.length * 0.9)]!.length < most);
  assert.deepEqual(
    lengths.filter(({ length }) => length > ever),
    [],
  );
});

interface Exported {
  readonly name: string;
  readonly kind: string;
  /** The line, from 0. */
  readonly at: number;
}

function exportsOf({ lines }: Source): Exported[] {
  return lines.flatMap((line, at) => {
    const [, kind, name] = EXPORTED.exec(line) ?? [];
    return name === undefined ? [] : [{ name, kind: kind!, at }];
  });
}

function isDescribable(kind: string): boolean {
  return kind.startsWith('function') || kind === 'class' || kind === 'interface';
}

/** Whether a docstring ends right before a line; of overloads the first has it. */
function isDescribed({ lines }: Source, at: number): boolean {
  const before = lines[at - 1] ?? '';
  return before.endsWith('*/') || (EXPORTED.test(before) && before.endsWith(';'));
}

/** A function or a method that has more than one line: where its block opens, at most two steps in. */
const OPENS =
  /^(?:  )?(?:export |default |async |static |override |private |get |set |function\*? )*[#\w$]+(?:<.*>)?\(.*\{$/;

/** Functions and methods by their lines: the formatter closes a block at the depth of the line that opens it. */
function functionsOf({ path, lines }: Source): { at: string; length: number }[] {
  return lines.flatMap((line, at) => {
    if (!OPENS.test(line) || /^ *(?:if|for|while|switch|catch)\b/.test(line)) return [];
    const depth = line.length - line.trimStart().length;
    const end = lines.findIndex((one, i) => i > at && one.startsWith(`${' '.repeat(depth)}}`));
    return [{ at: `${path}:${at + 1}`, length: end - at + 1 }];
  });
}
