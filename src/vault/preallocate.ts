/**
 * Preallocation: the vault's files have disk blocks for all that LMDB may write, before LMDB writes.
 * In: a file, and how many bytes LMDB may write to it. Out: blocks, or the system's error. Never: a shorter file than before.
 *
 * A write that fails inside LMDB can end the process: lmdb 3.5.6 formats the error message into too short a block (measured: on
 * a full tmpfs the process aborted with "corrupted size vs. prev_size" after some forty failures). So the file is extended with
 * zeros here, where `ENOSPC` is an error that can be caught, and LMDB overwrites blocks that exist.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes by which a data file grows at once if the disk has them: each change of the size costs one more sync. */
const STEP = 256 * 1024;
const ZEROS = Buffer.alloc(64 * 1024);
/** Bytes of LMDB's lock file. */
const LOCK_SIZE = 16 * 1024;
/** Bytes that LMDB writes into a new data file when it opens it: two pages of at most 16 KiB. */
const FIRST_PAGES = 32 * 1024;

/**
 * Preallocates what LMDB needs to open a vault: its lock file, which it mmaps (a page without a disk block raises SIGBUS), and,
 * for a new vault, the first pages of the data file, as a file that is written and removed.
 * `writeFileSync` repeats a short write: on a disk that is nearly full `write` takes a part and reports no error.
 * @throws what the system throws
 */
export function preallocateToOpen(folder: string, isNew: boolean): void {
  const fd = openSync(join(folder, 'lock.mdb'), 'a', 0o600);
  try {
    const { size } = fstatSync(fd);
    if (size < LOCK_SIZE) writeFileSync(fd, Buffer.alloc(LOCK_SIZE - size));
  } finally {
    closeSync(fd);
  }
  if (!isNew) return;
  const trial = join(folder, `preallocated.${process.pid}`);
  try {
    writeFileSync(trial, Buffer.alloc(FIRST_PAGES));
  } finally {
    rmSync(trial, { force: true });
  }
}

/** The data file of an open vault. */
export class PreallocatedFile {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'r+');
  }

  /** Inode of the file that was opened: a file that takes its name later has another. */
  get inode(): number {
    return fstatSync(this.#fd).ino;
  }

  /**
   * Makes sure that `need` bytes behind the first `used` can be written. To be called inside a write transaction: its lock keeps
   * other processes from using the same bytes.
   * @throws what the system throws: `ENOSPC`, `EDQUOT`, `EFBIG`, `EROFS`, `EIO`
   */
  reserve(used: number, need: number): void {
    const { size } = fstatSync(this.#fd);
    const wanted = used + need;
    if (size < wanted) this.#grow(size, wanted);
    // The blocks are there, but the disk may have become read-only: writing one unused byte tells.
    else writeSync(this.#fd, ZEROS, 0, 1, size - 1);
  }

  #grow(size: number, wanted: number): void {
    try {
      this.#fill(size, Math.ceil(wanted / STEP) * STEP);
    } catch (error) {
      ftruncateSync(this.#fd, size);
      if ((error as { code?: string }).code !== 'ENOSPC') throw error;
      this.#growExactly(size, wanted);
    }
  }

  #growExactly(size: number, wanted: number): void {
    try {
      this.#fill(size, wanted);
    } catch (error) {
      ftruncateSync(this.#fd, size);
      throw error;
    }
  }

  #fill(from: number, to: number): void {
    for (let at = from; at < to;) at += writeSync(this.#fd, ZEROS, 0, Math.min(ZEROS.length, to - at), at);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
