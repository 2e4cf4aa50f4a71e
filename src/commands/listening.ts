/**
 * Listening: why a port cannot be had, and what to do about it.
 * In: the error of listening. Out: an error with a sentence that names the option; any other error as it came.
 * Never: more than one short look at who has the port.
 */
import { connect } from 'node:net';
import type { Config } from '../config/config.ts';

/** How long the program that has the port may take to answer, ms. */
const LOOK = 500;

/** An error of the start in words that name the option; any other error as it came. */
export async function explainListening(error: unknown, config: Pick<Config, 'host' | 'httpPort'>): Promise<unknown> {
  const { code, port, address, syscall } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (syscall === 'getaddrinfo') return new Error(`--host ${config.host}: no address has that name (${code})`);
  if (syscall !== 'listen' || port === undefined || address === undefined) return error;
  const flag = port === config.httpPort ? '--http-port' : '--port';
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  if (code === 'EADDRINUSE') {
    const who = (await isGateway(address, port)) ? 'another mtproto2json' : 'another program';
    return new Error(`${flag} ${port}: ${who} listens on ${place}: stop it, or give another ${flag}`);
  }
  if (code === 'EACCES')
    return new Error(`${flag} ${port}: this user may not listen there: give a ${flag} of 1024 or more`);
  return new Error(`--host ${config.host}: ${place} is no address of this machine that can be listened on (${code})`);
}

/** A line that is no request is answered by a gateway with a line that has `id` and `error`. */
async function isGateway(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (isOne: boolean): void => {
      socket.destroy();
      resolve(isOne);
    };
    let heard = '';
    socket.setTimeout(LOOK, () => end(false));
    socket.on('connect', () => socket.write('{}\n'));
    socket.on('error', () => end(false)).on('close', () => end(false));
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      if (heard.includes('\n') || heard.length > LOOK) end(/^\{"id":-?\d+,.*"error":/.test(heard));
    });
  });
}
