/**
 * Make folder: a folder of this user's alone, and those it is in.
 * In: a path. Out: a folder. Never: a wait without end, whatever the file system answers.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder, 0700, and those it is in.
 * One folder after the other, from the outermost: Node's own `recursive` never ends where a file system says ENOENT to every
 * new folder, as /proc does.
 * @throws what the system throws
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
}
