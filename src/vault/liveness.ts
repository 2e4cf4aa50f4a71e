/**
 * Liveness: a socket in the vault's folder on which a process listens while it has names, and what others learn from it.
 * In: the folder, what a process wrote about itself. Out: whether that process lives. Never: a guess: a process whose socket tells
 * nothing must have written its row lately (`processes.ts`).
 *
 * Two containers on one volume see each other's files but not each other's PIDs, and both are PID 1. A socket ends with its
 * process, whatever killed it: its file stays, and the kernel refuses connections to it. A process that is stopped or busy still
 * accepts them.
 */
import { once } from 'node:events';
import { chmodSync, closeSync, lstatSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type Identity, isAlive, isInOtherNamespace } from './processes.ts';

/** The socket's file is `alive-<uuid of the process>`. */
const PREFIX = 'alive-';

/** The socket of this process. Linux only: elsewhere there is none, and no error. */
export class LivenessSocket {
  readonly #folder: string;
  readonly #name: string;
  #server: Promise<Server | undefined> | undefined;
  /** Device and inode of the socket's file, `dev:ino`; undefined while there is no socket. */
  file: string | undefined;

  constructor(folder: string, uuid: string) {
    this.#folder = folder;
    this.#name = PREFIX + uuid;
  }

  /** Begins to listen, once. Where a socket cannot be made there is none, and no error. */
  async open(): Promise<void> {
    this.#server ??= this.#listen();
    await this.#server;
  }

  async #listen(): Promise<Server | undefined> {
    if (process.platform !== 'linux') return undefined;
    const server = createServer((socket) => socket.destroy()).unref();
    // When descriptors run out `accept` fails; the kernel still completes the connection, which is all that the other process needs.
    server.on('error', () => undefined);
    try {
      await inFolder(this.#folder, async (path) => {
        server.listen(join(path, this.#name));
        await once(server, 'listening');
        chmodSync(join(path, this.#name), 0o600);
        this.file = fileOf(join(path, this.#name));
      });
      return server;
    } catch {
      return undefined;
    }
  }

  /** Stops listening and removes the socket's file. */
  async close(): Promise<void> {
    const server = await this.#server;
    if (server === undefined) return;
    server.close();
    removeLivenessSocket(this.#folder, this.#name.slice(PREFIX.length));
  }
}

/** What the socket of a process tells; undefined of a process without a socket, or whose socket's file is gone. */
export type Liveness = 'alive' | 'dead' | undefined;

/**
 * Connects to the socket of a process.
 * @param file device and inode of the socket as its process wrote them: only this file's refusal tells that the process is dead
 */
export async function livenessOf(folder: string, uuid: string, file: string | undefined): Promise<Liveness> {
  if (process.platform !== 'linux') return undefined;
  try {
    await inFolder(folder, async (path) => {
      const socket = connect(join(path, PREFIX + uuid));
      try {
        await once(socket, 'connect');
      } finally {
        socket.destroy();
      }
    });
    return 'alive';
  } catch (error) {
    const { code } = error as { code?: string };
    // The socket's queue of connections is full, so somebody listens.
    if (code === 'EAGAIN') return 'alive';
    if (code !== 'ECONNREFUSED' || file === undefined) return undefined;
    return fileOf(join(folder, PREFIX + uuid)) === file ? 'dead' : undefined;
  }
}

/** Whether the process that wrote this row lives now: by its PID, by its socket if its PIDs cannot be seen here, or by the row's age. */
export async function isProcessAlive(folder: string, { identity, file, writtenAt }: ProcessRow): Promise<boolean> {
  const liveness = isInOtherNamespace(identity) ? await livenessOf(folder, identity.uuid, file) : undefined;
  return liveness === undefined ? isAlive(identity, writtenAt, Date.now()) : liveness === 'alive';
}

/** What a process writes about itself into its row of the vault. */
export interface ProcessRow {
  readonly identity: Identity;
  /** Device and inode of its socket, `dev:ino`; undefined if it has none. */
  readonly file: string | undefined;
  /** When it wrote the row last, Unix ms. */
  readonly writtenAt: number;
}

/** The body of this process's row: JSON of its identity, `place` (device and inode of the socket) and `at` (Unix ms). */
export function writeProcessRow(identity: Identity, { file }: LivenessSocket): Buffer {
  return Buffer.from(JSON.stringify({ ...identity, place: file, at: Date.now() }));
}

/** Reads the body of a process's row. */
export function readProcessRow(body: Buffer): ProcessRow {
  const { place, at, ...identity } = JSON.parse(body.toString()) as Identity & { place?: string; at: number };
  return { identity, file: place, writtenAt: at };
}

/**
 * Device and inode. Through a second mount that does not share sockets with the first, the same file refuses every connection; its
 * device differs there.
 */
function fileOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

/** Removes the socket's file of a process that is dead. */
export function removeLivenessSocket(folder: string, uuid: string): void {
  rmSync(join(folder, PREFIX + uuid), { force: true });
}

/** Runs with a short path to the folder, through a descriptor: the path of a socket has at most 107 bytes. */
async function inFolder<T>(folder: string, run: (path: string) => Promise<T>): Promise<T> {
  const fd = openSync(folder, 'r');
  try {
    return await run(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}
