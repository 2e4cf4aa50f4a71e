/**
 * Secrets of a whole test run: every process that a test starts speaks at the highest level into a folder, and the
 * folder is searched (threats: Secrets).
 * In: words that pick test files, none for all. Out: counts, and where which kind of secret stood. Never: a secret.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CONFESSED } from '../../support/child.ts';
import { Planted, sentences } from '../../support/planted.ts';
import { SEED_ACCOUNTS } from '../../../src/testdc/world/seed.ts';

const DIST = fileURLToPath(new URL('../..', import.meta.url));

/** What secrets look like that nobody told of: keys and hashes are drawn anew in each test. */
const LOOKS: readonly (readonly [string, RegExp])[] = [
  ['a key in base64', /[\w+/-]{340,}/g],
  ['a key in hex', /[\da-fA-F]{256,}/g],
  ['a key as numbers', /(?:\d{1,3}, ?){200,}/g],
  ['a phone number', /99966[123]\d{4}/g],
  ['a bot token', /\b\d{5,}:[\w-]{10,}/g],
  ['an api_hash or a key in hex', /\b[\da-f]{32,}\b/g],
  // But for the id of a request, which is its sender's to choose, and shown.
  ['a salt or a number as large', /(?<![.\d-]|"id":"?)-?\d{17,20}(?![.\d])/g],
];

/**
 * What these commands print on stdout is for who runs them: a session line, an exported string, a private state.
 * Everything else of theirs, and all of everybody else's, is searched.
 */
const OWN_ANSWERS = /\.cli\.(?:signin|sessions)\.out$|\.signin-cli\.\w*\.out$/;
/** Lines of the demo and of the test DC that say how to be its user, and who can sign in. */
const SHOWN =
  /^(?:a signed-in user: )?\{"session":\{"auth_key":.*|^ {2}[\w ]+: (?:phone \d+, code .*|bot token .*)$|^\{"id":.*/gm;

export async function secrets(
  words: readonly string[],
  progress: (text: string) => void,
): Promise<{ lines: string[]; wrong: string[] }> {
  const begun = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-transcript-'));
  try {
    const said = await runTests(filesOf(words), folder, progress);
    const { lines, wrong } = searchFolder(folder);
    return { lines: [said, ...lines, `${((performance.now() - begun) / 1000).toFixed(0)} s`], wrong };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function filesOf(words: readonly string[]): string[] {
  const all = readdirSync(join(DIST, 'test'), { recursive: true, encoding: 'utf8' });
  const tests = all.filter((name) => name.endsWith('.test.js')).map((name) => join(DIST, 'test', name));
  return tests.filter((file) => words.length === 0 || words.some((word) => relative(DIST, file).includes(word)));
}

/** @returns how many tests passed; some fail because their processes say more than they expect */
async function runTests(files: readonly string[], folder: string, progress: (text: string) => void): Promise<string> {
  const args = ['--test', '--test-concurrency=2', '--test-timeout=180000', '--test-reporter=tap', ...files];
  const env = { ...process.env, TEST_TRANSCRIPT: folder };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  let tail = '';
  const failed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    tail = `${tail}\n${line}`.slice(-2_000);
    const [, name] = /^ *not ok \d+ - (.*)/.exec(line) ?? [];
    if (name !== undefined) failed.push(name);
    progress(`${files.length} test files, ${failed.length} failures; ${line.slice(0, 80)}`);
  }
  const count = (what: string): string => new RegExp(`^# ${what} (\\d+)`, 'm').exec(tail)?.[1] ?? '?';
  const said = `${files.length} test files at the highest level of logging: ${count('pass')} tests passed, ${count('fail')} failed`;
  return [said, ...failed.map((name) => `  failed: ${name}`)].join('\n');
}

/** Searches every file for what was told and for what looks like a secret. */
export function searchFolder(folder: string): { lines: string[]; wrong: string[] } {
  const planted = plantedOf(folder);
  const names = readdirSync(folder).filter((name) => name !== CONFESSED && !OWN_ANSWERS.test(name));
  let bytes = 0;
  const wrong: string[] = [];
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8');
    bytes += text.length;
    const rest = /\.(?:demo|dc)\.out$/.test(name) ? text.replaceAll(SHOWN, '') : text;
    wrong.push(...sentences(planted.search(name, rest)), ...looksIn(name, rest));
  }
  if (bytes === 0) wrong.push('nothing was said');
  const forms = planted.names.reduce((sum, name) => sum + planted.formsOf(name).length, 0);
  const what = `${planted.names.length} secrets in ${forms} forms, ${LOOKS.length} looks`;
  return { lines: [`${names.length} outputs, ${(bytes / 1e6).toFixed(1)} MB, searched for ${what}`], wrong };
}

function looksIn(name: string, text: string): string[] {
  return LOOKS.flatMap(([what, look]) =>
    [...text.matchAll(look)].slice(0, 3).map(({ index }) => `${what} in ${name}: ${before(text, index)}…`),
  );
}

/** The line up to there. */
function before(text: string, index: number): string {
  return text.slice(Math.max(text.lastIndexOf('\n', index) + 1, index - 100), index);
}

/** Constants of the tests' accounts, and what tests made up. */
function plantedOf(folder: string): Planted {
  const planted = new Planted();
  for (const { firstName, phone, password, token } of SEED_ACCOUNTS)
    for (const [what, secret] of Object.entries({ phone, password, token }))
      if (secret !== undefined) planted.add(`${firstName}'s ${what}`, secret);
  const file = join(folder, CONFESSED);
  if (!existsSync(file)) return planted;
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const [name, secret] = line.split('\t') as [string, string];
    planted.add(`${name} ${planted.names.length}`, Buffer.from(secret, 'base64'));
  }
  return planted;
}
