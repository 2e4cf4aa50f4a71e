/**
 * State lock: one process at a time has a folder of state.
 * In: the folder. Out: nothing, or a sentence. Never: a lock that outlives its process: it is a socket that somebody listens
 * on, and what a dead process has left of it is taken over.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError } from '../config/config.ts';
import { makeFolder } from '../make-folder.ts';

/** Longest path of a Unix socket that every system takes, bytes. */
const LONGEST = 95;
/** A process that takes a dead one's socket over is done within milliseconds; after this long it has died at it, ms. */
const TURN_MS = 10_000;

/**
 * Claims the folder for as long as this process lives; makes it if it is missing.
 * @throws ConfigError if another process has it, or it cannot be made
 */
export async function lockState(folder: string): Promise<Server> {
  const path = socketOf(folder);
  try {
    return await listen(path);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'EADDRINUSE') throw new ConfigError([`--state ${folder} cannot be used (${code ?? String(error)})`]);
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false)
    throw new ConfigError([`${path} should be a socket of the demo, but is a file: move it away`]);
  const server = await takeOver(path);
  if (server !== undefined) return server;
  throw new ConfigError([`another demo uses ${folder}: stop it, or give this one another --state`]);
}

/**
 * Listens where a dead process has left its socket. One process at a time looks and removes: the second of two that found
 * it dead would remove the socket that the first has made since.
 * @returns undefined if somebody lives there, or is taking it over
 */
async function takeOver(path: string): Promise<Server | undefined> {
  const turn = `${path}.turn`;
  if (!hasTurn(turn)) return undefined;
  try {
    if (await isAnswered(path)) return undefined;
    rmSync(path, { force: true });
    return await listen(path);
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}

/** Makes a folder that only one process can make. One that is old was left by a process that died in its turn. */
function hasTurn(turn: string): boolean {
  const since = lstatSync(turn, { throwIfNoEntry: false })?.mtimeMs;
  if (since !== undefined && Date.now() - since > TURN_MS) rmSync(turn, { recursive: true, force: true });
  try {
    mkdirSync(turn);
    return true;
  } catch {
    return false;
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
