/**
 * Acceptor: the listening sockets.
 * In: a host and a port. Out: accepted sockets. Never: reads or writes one.
 *
 * `localhost` is listened to on both families, because a client's resolver may prefer either.
 */
import type { AddressInfo, Server, ServerOpts } from 'node:net';

const BACKLOG = 4_096;
/** How long a connection is idle before the system asks whether its peer is there, ms (threats: Bytes and lines). */
const KEEP_ALIVE = 60_000;

/** The listening sockets of one port: one for each address that the host stands for. */
export class Acceptor {
  readonly #make: (options: ServerOpts) => Server;
  readonly #servers: Server[] = [];

  /** @param make a server for one address; how its sockets are to be set up is given */
  constructor(make: (options: ServerOpts) => Server) {
    this.#make = make;
  }

  /** Listens to a port (0: any that is free). @returns its addresses; rejects with the system's error */
  async listen(host: string, port: number): Promise<AddressInfo[]> {
    if (host !== 'localhost') return [await this.#open(host, port)];
    const first = await this.#open('127.0.0.1', port);
    try {
      return [first, await this.#open('::1', first.port)];
    } catch (error) {
      // A machine without IPv6 has one address less. A port taken there by another is an error: clients would reach that one.
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE' && port !== 0) throw error;
      return [first];
    }
  }

  #open(host: string, port: number): Promise<AddressInfo> {
    const server = this.#make({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE,
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: BACKLOG }, () => {
        server.off('error', reject);
        // Accepting can fail for a while (EMFILE, ENFILE); the listener stays.
        server.on('error', () => undefined);
        resolve(server.address() as AddressInfo);
      });
    });
  }

  /** Accepts nobody from here on; connections that were accepted stay. */
  close(): void {
    for (const server of this.#servers.splice(0)) if (server.listening) server.close();
  }
}
