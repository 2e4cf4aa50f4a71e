/**
 * State lock: one process at a time has a folder of state.
 * In: the folder. Out: nothing, or a sentence. Never: a lock that outlives its process: it is a socket that somebody listens
 * on, and what a dead process has left of it is taken over.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError } from '../config/config.ts';
import { makeFolder } from '../make-folder.ts';

/** The longest path that a Unix socket may have on every system, bytes. */
const LONGEST = 100;

/**
 * Takes the folder, which is made if it is not there, for as long as this process lives.
 * @throws ConfigError if another process has it, or it cannot be made
 */
export async function lockState(folder: string): Promise<Server> {
  const path = socketOf(folder);
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await listen(path);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'EADDRINUSE') throw new ConfigError([`--state ${folder} cannot be used (${code ?? String(error)})`]);
      if (!isFirst || (await isAnswered(path)))
        throw new ConfigError([
          `another demo has this state (${folder}): stop that one, or give this one a --state of its own`,
        ]);
      rmSync(path, { force: true });
    }
  }
}

function socketOf(folder: string): string {
  try {
    makeFolder(resolve(folder));
  } catch (error) {
    throw new ConfigError([`--state ${folder} cannot be made (${(error as { code?: string }).code ?? 'unknown'})`]);
  }
  const real = realpathSync(folder);
  const name = createHash('sha256').update(real).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return `\\\\.\\pipe\\mtproto2json-${name}`;
  const inside = join(real, 'lock');
  return Buffer.byteLength(inside) <= LONGEST ? inside : join(tmpdir(), `mtproto2json-${name}`);
}

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  await once(server, 'listening');
  return server.unref();
}

/** Whether somebody is alive behind the socket. */
async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
