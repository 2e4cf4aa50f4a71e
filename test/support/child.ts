/**
 * What every process that a test starts has in common: a data folder that is nobody's home, and its transcript.
 * In: a child. Out: its environment; with TEST_TRANSCRIPT=DIR everything it says, a file a child, at the
 * highest level of logging. Never: a folder left behind, but that one.
 */
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const TRANSCRIPT = process.env['TEST_TRANSCRIPT'];

/** What the options of `serve` are called in the environment; flags of a test beat them. */
const LOUDEST = {
  MTPROTO2JSON_VERBOSE: 'true',
  MTPROTO2JSON_LOG_LEVEL: 'trace',
  MTPROTO2JSON_PRINT_TRACEBACKS: 'true',
  MTPROTO2JSON_SEND_TRACEBACKS: 'true',
} as const;

/** Folders of children that nobody has stopped. */
const left = new Set<string>();
process.on('exit', () => {
  for (const folder of left) rmSync(folder, { recursive: true, force: true });
});

/** A folder for what commands keep by themselves, and the environment that leads them there. */
export function ownData(): {
  environment: NodeJS.ProcessEnv;
  /** For an output that nobody else reads. */
  stdout: 'pipe' | 'ignore';
  remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-data-'));
  left.add(folder);
  const loudest = TRANSCRIPT === undefined ? {} : LOUDEST;
  return {
    environment: { ...process.env, ...loudest, XDG_DATA_HOME: folder },
    stdout: TRANSCRIPT === undefined ? 'ignore' : 'pipe',
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Writes what a child says into the folder of the transcript, if there is one: `TEST.PID.SCRIPT.COMMAND.out` and `.err`. */
export function transcribe(child: ChildProcess): void {
  if (TRANSCRIPT === undefined) return;
  mkdirSync(TRANSCRIPT, { recursive: true });
  const script = child.spawnargs.findIndex((arg) => arg.endsWith('.js'));
  const names = [process.argv[1] ?? 'test', child.spawnargs[script] ?? ''].map((file) => basename(file, '.js'));
  const command = /^\w+$/.exec(child.spawnargs[script + 1] ?? '')?.[0] ?? '';
  const file = join(TRANSCRIPT, `${names[0]}.${child.pid}.${names[1]}.${command}`);
  child.stdout?.pipe(createWriteStream(`${file}.out`));
  child.stderr?.pipe(createWriteStream(`${file}.err`));
}

/** Tells whoever runs the transcript of a secret that was made up for this run. */
export function confess(name: string, secret: Uint8Array): void {
  if (TRANSCRIPT === undefined) return;
  mkdirSync(TRANSCRIPT, { recursive: true });
  appendFileSync(join(TRANSCRIPT, CONFESSED), `${name}\t${Buffer.from(secret).toString('base64')}\n`);
}

/** The file of the transcript that is not to be searched. */
export const CONFESSED = 'planted';
