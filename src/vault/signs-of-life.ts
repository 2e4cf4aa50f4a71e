/**
 * Signs of life: a socket in the vault's folder that a process listens on while it has names.
 * In: the folder, which process. Out: whether it lives. Never: a guess: where the socket says nothing, the
 * process must have been heard lately (`processes.ts`).
 *
 * Two containers on one volume see each other's files and not each other's PIDs, and both are PID 1. A socket dies with its
 * process, whatever killed it: the kernel then refuses who connects, though the file is still there. It answers for a
 * process that stands still as well.
 */
import { once } from 'node:events';
import { chmodSync, closeSync, lstatSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type Identity, isAlive, isInOtherNamespace } from './processes.ts';

/** `alive-<uuid of the process>` */
const PREFIX = 'alive-';

export class SignOfLife {
  readonly #folder: string;
  readonly #name: string;
  #server: Promise<Server | undefined> | undefined;
  /** Where the socket is; undefined if there is none. */
  place: string | undefined;

  constructor(folder: string, uuid: string) {
    this.#folder = folder;
    this.#name = PREFIX + uuid;
  }

  /** Begins to be there, before anything is said of names. Where sockets cannot be made there is none. */
  async give(): Promise<void> {
    this.#server ??= this.#listen();
    await this.#server;
  }

  async #listen(): Promise<Server | undefined> {
    if (process.platform !== 'linux') return undefined;
    const server = createServer((socket) => socket.destroy()).unref();
    // Without a descriptor nobody can be accepted: whoever asks is connected all the same, and this process goes on.
    server.on('error', () => undefined);
    try {
      await inFolder(this.#folder, async (path) => {
        server.listen(join(path, this.#name));
        await once(server, 'listening');
        chmodSync(join(path, this.#name), 0o600);
        this.place = placeOf(join(path, this.#name));
      });
      return server;
    } catch {
      return undefined;
    }
  }

  async end(): Promise<void> {
    const server = await this.#server;
    if (server === undefined) return;
    server.close();
    forgetSign(this.#folder, this.#name.slice(PREFIX.length));
  }
}

/** What the socket of a process says; undefined of one that has never had one, or whose file is gone. */
export type Sign = 'alive' | 'dead' | undefined;

/** @param place what the process said of its own socket */
export async function signOf(folder: string, uuid: string, place: string | undefined): Promise<Sign> {
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
    // So many ask at once that the kernel has no place for one more.
    if (code === 'EAGAIN') return 'alive';
    if (code !== 'ECONNREFUSED' || place === undefined) return undefined;
    return placeOf(join(folder, PREFIX + uuid)) === place ? 'dead' : undefined;
  }
}

export async function isLiving(folder: string, { identity, place, at }: Heard): Promise<boolean> {
  const sign = isInOtherNamespace(identity) ? await signOf(folder, identity.uuid, place) : undefined;
  return sign === undefined ? isAlive(identity, at, Date.now()) : sign === 'alive';
}

/** What a process says of itself. */
export interface Heard {
  readonly identity: Identity;
  readonly place: string | undefined;
  /** When it said so last, milliseconds since 1970. */
  readonly at: number;
}

export function sayOf(identity: Identity, { place }: SignOfLife): Buffer {
  return Buffer.from(JSON.stringify({ ...identity, place, at: Date.now() }));
}

export function heardIn(body: Buffer): Heard {
  const { place, at, ...identity } = JSON.parse(body.toString()) as Identity & Omit<Heard, 'identity'>;
  return { identity, place, at };
}

/** The same file by another mount that shares nothing with this one would refuse everybody: it has another device. */
function placeOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

/** What a dead process has left. */
export function forgetSign(folder: string, uuid: string): void {
  rmSync(join(folder, PREFIX + uuid), { force: true });
}

/** The path of a socket has at most 107 bytes; through a descriptor of its folder it is short, whatever the folder's is. */
async function inFolder<T>(folder: string, run: (path: string) => Promise<T>): Promise<T> {
  const fd = openSync(folder, 'r');
  try {
    return await run(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}
