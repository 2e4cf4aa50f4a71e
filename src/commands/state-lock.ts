/**
 * State lock: one process at a time has a folder of state.
 * In: the folder. Out: nothing, or a sentence. Never: a lock that outlives its process: it is a socket that somebody listens
 * on, and what a dead process has left of it is taken over.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError } from '../config/config.ts';
import { makeFolder } from '../make-folder.ts';

/** The longest path that a Unix socket may have on every system, bytes. */
const LONGEST = 95;

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
      if (!isFirst || (await isAnswered(path)) || !(await removeDead(path))) throw taken(folder);
    }
  }
}

function taken(folder: string): ConfigError {
  return new ConfigError([
    `another demo has this state (${folder}): stop that one, or give this one a --state of its own`,
  ]);
}

/**
 * Removes the socket of a process that has died. It is put aside first: of two processes that found it dead, the second
 * would otherwise remove the socket that the first has made since.
 * @returns false if somebody is alive behind it after all; it stands where it stood then
 * @throws ConfigError if it is no socket
 */
async function removeDead(path: string): Promise<boolean> {
  const aside = `${path}.${randomBytes(3).toString('hex')}`;
  try {
    if (!lstatSync(path).isSocket())
      throw new ConfigError([`${path} is not the socket that a demo makes there: move it away`]);
    renameSync(path, aside);
  } catch (error) {
    // Somebody else has removed it.
    if ((error as { code?: string }).code === 'ENOENT') return true;
    throw error;
  }
  const isAlive = await isAnswered(aside);
  if (isAlive) renameSync(aside, path);
  else rmSync(aside, { force: true });
  return !isAlive;
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
