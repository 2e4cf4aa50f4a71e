/**
 * SOCKS: data centres reached through a SOCKS5 proxy (RFC 1928, 1929), by the `socks` package.
 * In: the proxy, an address. Out: a socket, and word when it stands. Never: a name looked up here, or credentials in an error.
 */
import { connect, type Socket } from 'node:net';
import { SocksClient } from 'socks';

/** A SOCKS5 proxy, with credentials if it wants any. */
export interface Socks {
  readonly host: string;
  readonly port: number;
  readonly userId?: string;
  readonly password?: string;
}

const DEFAULT_PORT = 1080;

/** `socks5://user:password@host:port`; the port is 1080 if it is not said. @throws RangeError */
export function parseSocks(text: string): Socks {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^socks5h?:$/.test(url.protocol) || url.hostname === '' || url.pathname.length > 1)
    throw new RangeError('a proxy is named socks5://user:password@host:port');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  if (url.username === '') return { host, port };
  return { host, port, userId: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

/**
 * A connection through the proxy. The socket is the one to the proxy from the start, so that it can be destroyed at any time.
 * @param timeout ms for the whole @param up called when the far end is reached: data is that end's from then on
 * @param refused called before the socket closes because the proxy would not
 */
export function connectThrough(
  proxy: Socks,
  host: string,
  port: number,
  timeout: number,
  up: () => void,
  refused: () => void,
): Socket {
  const socket = connect({ host: proxy.host, port: proxy.port, noDelay: true });
  socket.once('connect', () => {
    const client = new SocksClient({
      command: 'connect',
      proxy: { ...proxy, type: 5 },
      destination: { host, port },
      timeout,
    });
    client.once('established', up);
    client.once('error', refused);
    client.connect(socket);
  });
  return socket;
}
