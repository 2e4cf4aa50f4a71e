/**
 * Secret file: a file with a key, a token or a passphrase, as operators, Docker and Kubernetes lay it down.
 * In: a path. Out: its bytes, and a sentence if others may read it. Never: a secret that others could have written; a
 * refusal of what is mounted so that nobody can change it.
 *
 * Docker and Kubernetes give secrets as symbolic links to files of mode 0444 or 0440 on a mount that is read-only: there
 * nobody has any use for "chmod it". What counts is the file that the links lead to, and who can come to it.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Rights of group and world: to read, to write, to go through a folder. */
const READ = 0o044;
const WRITE = 0o022;
const ENTER = 0o011;

/** A secret's bytes. */
export interface SecretFile {
  readonly content: Buffer;
  /** If others may read it: a sentence with what to do. */
  readonly warning: string | undefined;
}

/** What others can do with a file, from the file itself and all that leads to it. */
export interface Exposure {
  /** The file's own. */
  readonly mode: number;
  /** Of the folders it is in, innermost first. */
  readonly folderModes: readonly number[];
  readonly isReadOnly: boolean;
}

/** A file of a secret cannot be used. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
}

/** @throws SecretFileError if it cannot be read, or others may write it: a sentence that begins with the path */
export function readSecretFile(path: string): SecretFile {
  let real: string;
  let content: Buffer;
  try {
    real = realpathSync(path);
    if (!statSync(real).isFile()) throw new SecretFileError(`${path} is not a file`);
    content = readFileSync(real);
  } catch (error) {
    if (error instanceof SecretFileError) throw error;
    throw new SecretFileError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  const exposed = process.platform === 'win32' ? undefined : exposedTo(exposureOf(real));
  const mode = octal(statSync(real).mode);
  if (exposed === 'writers')
    throw new SecretFileError(`${path} can be written by others (${mode}); chmod it to 0600 (and what leads to it)`);
  const warning = exposed === 'readers' ? `${path} can be read by others (${mode}); chmod it to 0600` : undefined;
  return { content, warning };
}

/** Whom the file is open to beside its owner; undefined: to nobody, or it cannot be changed. */
export function exposedTo({ mode, folderModes, isReadOnly }: Exposure): 'writers' | 'readers' | undefined {
  if (isReadOnly || folderModes.some((folder) => (folder & ENTER) === 0)) return undefined;
  if ((mode & WRITE) !== 0) return 'writers';
  return (mode & READ) === 0 ? undefined : 'readers';
}

function exposureOf(real: string): Exposure {
  const folderModes: number[] = [];
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    folderModes.push(statSync(folder).mode);
    if (folder === dirname(folder)) break;
  }
  return { mode: statSync(real).mode, folderModes, isReadOnly: isReadOnlyIn(mounts(), real) };
}

/**
 * Whether a path is on a read-only mount. The mount's own flag: `access` tells who may not write for another reason first.
 * @param mountInfo as in `/proc/self/mountinfo` (proc(5)); a later mount hides an earlier one
 */
export function isReadOnlyIn(mountInfo: string, path: string): boolean {
  let best = { length: 0, isReadOnly: false };
  for (const line of mountInfo.split('\n')) {
    const [, , , , escaped, options] = line.split(' ');
    if (escaped === undefined || options === undefined) continue;
    // Blanks and line ends in a name stand as octal numbers.
    const point = escaped.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));
    const isOver = point === '/' || path === point || path.startsWith(`${point}/`);
    if (isOver && point.length >= best.length)
      best = { length: point.length, isReadOnly: options.split(',').includes('ro') };
  }
  return best.isReadOnly;
}

/** Empty where there is no `/proc`. */
function mounts(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

/** A line of text without its one end, as an editor or `echo` writes it. */
export function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
