/**
 * What every process that a test starts has in common: a data folder that is nobody's home, and its transcript.
 * In: a child. Out: its environment; with MTPROTO2JSON_TEST_TRANSCRIPT=DIR everything it says, a file a child, at the
 * highest level of logging. Never: a folder left behind, but that one.
 */
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const TRANSCRIPT = process.env['MTPROTO2JSON_TEST_TRANSCRIPT'];

/** What the options of `serve` are called in the environment; flags of a test beat them. */
const LOUDEST = {
  MTPROTO2JSON_VERBOSE: 'true',
  MTPROTO2JSON_LOG_LEVEL: 'trace',
  MTPROTO2JSON_PRINT_TRACEBACKS: 'true',
  MTPROTO2JSON_SEND_TRACEBACKS: 'true',
} as const;

/** A folder for what commands keep by themselves, and the environment that leads them there. */
export function ownData(): {
  environment: NodeJS.ProcessEnv;
  /** For an output that nobody else reads. */
  stdout: 'pipe' | 'ignore';
  remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-data-'));
  const loudest = TRANSCRIPT === undefined ? {} : LOUDEST;
  return {
    environment: { ...process.env, ...loudest, XDG_DATA_HOME: folder },
    stdout: TRANSCRIPT === undefined ? 'ignore' : 'pipe',
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Writes what a child says into the folder of the transcript, if there is one. */
export function transcribe(child: ChildProcess): void {
  if (TRANSCRIPT === undefined) return;
  mkdirSync(TRANSCRIPT, { recursive: true });
  const test = basename(process.argv[1] ?? 'test', '.js');
  for (const [name, stream] of [['out', child.stdout] as const, ['err', child.stderr] as const])
    stream?.pipe(createWriteStream(join(TRANSCRIPT, `${test}.${child.pid}.${name}`)));
}
