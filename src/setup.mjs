/**
 * Set-up: what `npm run demo`, `npm start` and `npm test` go through on a bare clone.
 * In: a command. Out: dependencies installed, `dist/` built and fresh, then the command run.
 * Never: imports anything that is not part of Node, because nothing else is there yet.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Before anything else: below this version what follows fails with a stack trace. */
function checkNode() {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = wanted.split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  process.stderr.write(
    `mtproto2json needs Node ${wanted} or newer, and this is Node ${process.versions.node}: install a newer one from https://nodejs.org\n`,
  );
  process.exit(2);
}

checkNode();

const installStamp = join(root, 'node_modules', '.mtproto2json-stamp');
const buildStamp = join(root, 'dist', '.mtproto2json-stamp');
const sourceFolders = ['src', 'workers', 'bench', 'test'];

/** Every file below a folder, in a fixed order. */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted();
}

/** SHA-256 over names and contents; the state of a tree in one word. */
function digest(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function isFresh(stamp, state) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === state;
}

/** Runs a command with its output shown on stderr, so that stdout stays the command's own. */
function run(command, args) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.error) throw done.error;
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** `npm ci` installs what the lock says and never rewrites it: a clone stays clean. */
function install() {
  const state = digest([join(root, 'package.json'), join(root, 'package-lock.json')].filter(existsSync));
  if (isFresh(installStamp, state)) return;
  process.stderr.write('setup: installing dependencies (a minute or two, the first time)\n');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(installStamp, state);
}

function build() {
  const sources = sourceFolders.flatMap((folder) => filesBelow(join(root, folder)));
  const state = digest([...sources, join(root, 'tsconfig.json')]);
  if (isFresh(buildStamp, state)) return;
  process.stderr.write('setup: building\n');
  removeStale();
  mkdirSync(join(root, 'dist'), { recursive: true });
  run(process.execPath, [join(root, 'src/crypto/kernel/build.mjs')]);
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root]);
  makeRunnable();
  rmSync(join(root, 'dist/.cache'), { recursive: true, force: true });
  run(process.execPath, [join(root, 'dist/src/tl/cache.js')]);
  writeFileSync(buildStamp, state);
}

/** A test whose source is gone must not go on passing from `dist`. */
function removeStale() {
  for (const file of filesBelow(join(root, 'dist'))) {
    if (!file.endsWith('.js')) continue;
    const source = join(root, relative(join(root, 'dist'), file).replace(/\.js$/, '.ts'));
    if (existsSync(source)) continue;
    rmSync(file);
    rmSync(join(root, 'dist/.tsbuildinfo'), { force: true });
  }
}

/** npx makes commands runnable when it first meets this folder, and not again for files that were built anew. */
function makeRunnable() {
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const file of Object.values(bin)) chmodSync(join(root, file), 0o755);
}

function lint() {
  run(process.execPath, [
    join(root, 'node_modules/oxlint/bin/oxlint'),
    '--type-aware',
    '--deny-warnings',
    ...sourceFolders,
  ]);
  run(process.execPath, [join(root, 'node_modules/oxfmt/bin/oxfmt'), '--check', '.']);
}

/** Node's own runner on the built files; two files at a time (its default is one on two cores). */
function test(patterns) {
  const wanted = patterns.length > 0 ? patterns : [''];
  const files = [...new Set(wanted.flatMap(expand))];
  const args = ['--test', '--test-concurrency=2', '--test-timeout=180000', '--test-reporter=spec', ...files];
  const notRun = join(root, 'dist', '.not-run');
  rmSync(notRun, { force: true });
  const done = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NOT_RUN_FILE: notRun },
  });
  if (existsSync(notRun)) process.stdout.write(`not run here:\n${readFileSync(notRun, 'utf8')}`);
  process.exit(done.status ?? 1);
}

/** A word picks the test files whose path holds it: `npm test -- crypto`. */
function expand(word) {
  return filesBelow(join(root, 'dist/test')).filter(
    (file) => file.endsWith('.test.js') && relative(root, file).includes(word),
  );
}

/** In this same process, so that a signal meant for the command reaches it. */
async function hand(script, args) {
  const file = join(root, script);
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

const [command, ...rest] = process.argv.slice(2);
install();
if (command === '--build' && rest.includes('--clean')) rmSync(join(root, 'dist'), { recursive: true, force: true });
if (command !== '--lint') build();
if (command === '--lint') lint();
else if (command === '--test') {
  if (rest.length === 0) lint();
  test(rest);
} else if (command === '--bench') await hand('dist/bench/main.js', rest);
else if (command === '--soak') await hand('dist/test/trials/soak/main.js', rest);
else if (command !== undefined && command !== '--build') await hand('dist/src/bin/mtproto2json.js', [command, ...rest]);
