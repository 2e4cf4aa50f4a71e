/**
 * Mutants: is each rule held by a test? One line of the source is changed so that a rule falls, the tree is built, and the
 * tests that should care are run; whoever fails none is a rule that nothing holds.
 * In: `RULES`, words that choose among them (`node dist/test/trials/mutants.js session/floods`). Out: a line for each, and exit code 1
 * if one survives. Never: changes this tree: it works on a copy of what is committed, in a temporary folder.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Rule, RULES } from './rules.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** How long the tests of one rule may take, ms: whoever makes them hang is caught too. */
const PATIENCE = 240_000;

type Verdict = 'caught' | 'SURVIVED' | 'does not build' | 'is not there any more';

/** A tree like this one, as committed, built. */
function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-mutants-'));
  const tree = join(folder, 'tree');
  const cloned = spawnSync('git', ['clone', '--quiet', ROOT, tree], { encoding: 'utf8' });
  if (cloned.status !== 0) throw new Error(`the tree cannot be cloned: ${cloned.stderr}`);
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  // The kernel is built from no file that is changed here.
  cpSync(join(ROOT, 'dist'), join(tree, 'dist'), { recursive: true });
  if (!builds(tree)) throw new Error('the tree does not build as it is committed');
  return tree;
}

function builds(tree: string): boolean {
  const tsc = join(tree, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', tree], { stdio: 'ignore' }).status === 0;
}

/** The test files of a built tree whose path has one of the words, as `npm test -- WORD` takes them. */
function filesFor(tree: string, words: readonly string[]): string[] {
  const below = readdirSync(join(tree, 'dist/test'), { recursive: true, encoding: 'utf8' });
  const files = below.filter((file) => file.endsWith('.test.js') && words.some((word) => file.includes(word)));
  return files.map((file) => join(tree, 'dist/test', file));
}

function isCaught(tree: string, words: readonly string[]): boolean {
  const args = ['--test', '--test-concurrency=2', '--test-timeout=60000', ...filesFor(tree, words)];
  const run = spawnSync(process.execPath, args, {
    cwd: tree,
    stdio: 'ignore',
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  });
  return run.status !== 0;
}

function judge(tree: string, { file, find, replace, tests }: Rule): Verdict {
  const path = join(tree, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(find).length !== 2) return 'is not there any more';
  try {
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
    if (!builds(tree)) return 'does not build';
    return isCaught(tree, tests) ? 'caught' : 'SURVIVED';
  } finally {
    writeFileSync(path, text);
  }
}

function main(words: readonly string[]): void {
  const chosen = RULES.filter(
    ({ file, rule }) => words.length === 0 || words.some((word) => `${file} ${rule}`.includes(word)),
  );
  const tree = copy();
  const count = new Map<Verdict, number>();
  for (const one of chosen) {
    const verdict = judge(tree, one);
    count.set(verdict, (count.get(verdict) ?? 0) + 1);
    process.stdout.write(`${verdict}: ${one.file}: ${one.rule}\n`);
  }
  rmSync(join(tree, '..'), { recursive: true, force: true });
  process.stdout.write(`${[...count].map(([verdict, times]) => `${times} ${verdict}`).join(', ')}\n`);
  if (count.size > 1 || !count.has('caught')) process.exitCode = 1;
}

main(process.argv.slice(2));
