/**
 * Rights: whether this user can use the files it is given, and others cannot.
 * In: the vault's folder, what reading the options warned of. Out: findings. Never: writes to find out.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Finding, ok, warning, wrong } from './finding.ts';

/**
 * Who may read the secrets, and whether the vault can be written. Files that cannot be read are errors of the options already.
 * @param vault the folder that is or will be the vault; undefined if there is to be none
 * @param warnings sentences about files that others may read
 * @param mayWrite whether this user may make files in a folder
 */
export function checkRights(
  vault: string | undefined,
  warnings: readonly string[],
  mayWrite: (folder: string) => boolean = mayWriteIn,
): Finding[] {
  const open = warnings.map((text) => warning('rights', text, 'let only the user that runs the gateway read it'));
  if (vault !== undefined && !mayWrite(nearestFolder(vault))) {
    const text = `this user may not write in ${nearestFolder(vault)}, and the vault is to be ${vault}`;
    return [...open, wrong('rights', text, 'chown it to the user that runs the gateway, or give another --vault')];
  }
  if (open.length > 0) return open;
  return [ok('rights', vault === undefined ? 'files can be read' : `files can be read, and ${vault} can be written`)];
}

/** The folder itself, or the innermost of those it is in that is there. */
function nearestFolder(path: string): string {
  const whole = resolve(path);
  return existsSync(whole) || whole === dirname(whole) ? whole : nearestFolder(dirname(whole));
}

function mayWriteIn(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
