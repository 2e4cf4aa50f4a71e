/**
 * A port of 127.0.0.1 that nobody listens on, for options that take no 0.
 * In: nothing. Out: its number. Never: a promise that it stays free.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** @returns a port that was free a moment ago */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
