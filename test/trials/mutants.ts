/**
 * Mutants: is each rule held by a test? One place of the source is changed so that a rule falls, that file alone is compiled
 * into a copy of what is built, and the tests of its folder are run until one is red. Whoever turns none red is a rule that
 * nothing holds.
 * In: `RULES`, words that choose among them (`node dist/test/trials/mutants.js session/floods`). Out: a line for each, with the test
 * file that was red, and exit code 1 if one survives. Never: changes this tree, or believes a file that is red without a change.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { placeOf, testsOf } from './rules/place.ts';
import { type Rule, RULES } from './rules.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** How long one test file may take, ms: whoever makes it hang is caught too. */
const PATIENCE = 90_000;
/** How long the test files of one rule may take in all, ms: no further one is begun then. */
const TIME = 60_000;
/** So many rules are judged at once, each in a copy of its own. */
const AT_ONCE = 2;
/** What the compiler is told beside the file and the folders: one file by itself, its types not checked. */
const ONE_FILE =
  '--ignoreConfig --noCheck --noResolve --target es2023 --module nodenext --rewriteRelativeImportExtensions --verbatimModuleSyntax --isolatedModules';

/** A folder that looks like this tree, with a `dist` of its own. */
function copy(folder: string, number: number): string {
  const tree = join(folder, String(number));
  mkdirSync(tree);
  for (const name of readdirSync(ROOT))
    if (name !== 'dist' && name !== '.git') symlinkSync(join(ROOT, name), join(tree, name));
  cpSync(join(ROOT, 'dist'), join(tree, 'dist'), { recursive: true });
  return tree;
}

/** The test files of the rule's folder: those it names first, then the one named like the changed file, then the others. */
function filesFor(rule: Rule): string[] {
  const { file, first } = rule;
  const folder = testsOf(rule);
  const below = readdirSync(join(ROOT, 'dist/test', folder), { recursive: true, encoding: 'utf8' });
  const files = below.filter((name) => name.endsWith('.test.js')).map((name) => `${folder}/${name}`);
  const words = [...first, `/${basename(file, '.ts')}.test.js`];
  const named = words.flatMap((word) => files.filter((name) => name.includes(word)));
  return [...new Set([...named, ...files])];
}

/** Runs one test file. @returns whether a test of it failed, or it did not end in time */
async function isRed(tree: string, file: string): Promise<boolean> {
  // Its own group: a file that is stopped leaves no process behind that it started.
  const child = spawn(process.execPath, ['--test-reporter=tap', join('dist/test', file)], {
    cwd: tree,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let hasFailed = false;
  const stop = (): void => {
    hasFailed = true;
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  const timer = setTimeout(stop, PATIENCE);
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString();
    if (/^ *not ok /m.test(said)) stop();
    said = said.slice(said.lastIndexOf('\n') + 1);
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return hasFailed || code !== 0;
}

/** Test files that were red with a change, and whether they are red without one. */
const redAnyway = new Map<string, Promise<boolean>>();

/** Runs the files one by one until one is red. @returns it */
async function firstRed(tree: string, untouched: string, files: readonly string[]): Promise<string | undefined> {
  const end = performance.now() + TIME;
  for (const file of files) {
    if (performance.now() > end) return undefined;
    if (!(await isRed(tree, file))) continue;
    if (!redAnyway.has(file)) redAnyway.set(file, isRed(untouched, file));
    if (await redAnyway.get(file)) process.stdout.write(`not believed, red without a change: ${file}\n`);
    else return file;
  }
  return undefined;
}

/** @returns how it went: begins with `caught`, or not */
async function judge(tree: string, untouched: string, rule: Rule): Promise<string> {
  const file = placeOf(ROOT, rule);
  if (file === undefined) return 'is not there any more';
  const text = readFileSync(join(ROOT, file), 'utf8');
  const built = join('dist', file.replace(/\.ts$/, '.js'));
  const changed = join(tree, 'changed');
  const source = join(changed, file);
  mkdirSync(dirname(source), { recursive: true });
  writeFileSync(
    source,
    text.replace(rule.find, () => rule.replace),
  );
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const args = [tsc, ...ONE_FILE.split(' '), '--rootDir', changed, '--outDir', join(tree, 'dist'), source];
    if (spawnSync(process.execPath, args, { stdio: 'ignore' }).status !== 0) return 'does not compile';
    const red = await firstRed(tree, untouched, filesFor(rule));
    return red === undefined ? 'SURVIVED' : `caught by ${red}`;
  } finally {
    rmSync(changed, { recursive: true, force: true });
    cpSync(join(ROOT, built), join(tree, built));
  }
}

async function main(words: readonly string[]): Promise<void> {
  const built = spawnSync(process.execPath, [join(ROOT, 'src/setup.mjs'), '--build'], { stdio: 'inherit' });
  if (built.status !== 0) throw new Error('the tree does not build as it is');
  const chosen = RULES.filter(
    ({ file, rule }) => words.length === 0 || words.some((word) => `${file} ${rule}`.includes(word)),
  );
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-mutants-'));
  const untouched = copy(folder, AT_ONCE);
  const waiting = [...chosen];
  let caught = 0;
  const work = async (_: unknown, number: number): Promise<void> => {
    const tree = copy(folder, number);
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const verdict = await judge(tree, untouched, one);
      if (verdict.startsWith('caught')) caught++;
      process.stdout.write(`${verdict}: ${one.file}: ${one.rule}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`${caught} of ${chosen.length} caught\n`);
  if (caught < chosen.length) process.exitCode = 1;
}

await main(process.argv.slice(2));
