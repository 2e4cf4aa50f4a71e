/**
 * Room: the file has blocks on the disk for all that a transaction may write, before it writes.
 *
 * A write that fails inside LMDB is not only an error there: lmdb 3.5.6 formats its message into too short a block
 * (measured: on a full tmpfs the process aborted with "corrupted size vs. prev_size" after some forty failures). So the
 * file is made longer here first, with zeros, where `ENOSPC` is only an error; LMDB then overwrites blocks it has.
 * In: the end of what LMDB uses. Out: room, or what the system said. Never: called outside of a write transaction, since
 * only its lock keeps other processes from using the same end.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** Grown by this at a time, if the disk has it: each growth changes the file's size, which costs a sync more. */
const STEP = 256 * 1024;
const ZEROS = Buffer.alloc(64 * 1024);

export class Room {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'r+');
  }

  /** Of the file that was opened; another of the same name has another. */
  get inode(): number {
    return fstatSync(this.#fd).ino;
  }

  /**
   * @param used bytes that LMDB uses @param need bytes it may write behind them
   * @throws what the system throws: `ENOSPC`, `EDQUOT`, `EFBIG`, `EROFS`, `EIO`
   */
  reserve(used: number, need: number): void {
    const { size } = fstatSync(this.#fd);
    const wanted = used + need;
    if (size < wanted) this.#grow(size, wanted);
    // Enough room, but may it be written? One byte that nobody uses says.
    else writeSync(this.#fd, ZEROS, 0, 1, size - 1);
  }

  #grow(size: number, wanted: number): void {
    try {
      this.#fill(size, Math.ceil(wanted / STEP) * STEP);
    } catch (error) {
      ftruncateSync(this.#fd, size);
      if ((error as { code?: string }).code !== 'ENOSPC') throw error;
      this.#exactly(size, wanted);
    }
  }

  #exactly(size: number, wanted: number): void {
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
