/**
 * HTTP listener: the servers that HTTP is spoken on.
 * In: what Node is to be told of a socket; the gateway. Out: connections and requests, to `http-requests.ts`. Never: a judgement.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ServerOpts } from 'node:net';
import type { Admission, Listener } from '../main/clients/admission.ts';
import { HttpRequests, type HttpSettings } from './http-requests.ts';

/** How long an idle connection keeps its session, ms; clients are told by `Keep-Alive`. */
const KEEP_ALIVE = 600_000;
const MOST_HEADERS = 64;
const HEADER_BYTES = 16_384;
/** How often Node looks for requests that are late, at most, ms. */
const LOOK_EVERY = 5_000;

/** The listener for HTTP: one server for each address, one set of watchers and counters for all. */
export class HttpListener implements Listener {
  readonly name = 'HTTP';
  readonly port: number;
  readonly #settings: HttpSettings;
  readonly #servers: Server[] = [];
  #requests: HttpRequests | undefined;

  constructor(port: number, settings: HttpSettings) {
    this.port = port;
    this.#settings = settings;
  }

  server(options: ServerOpts, admission: Admission): Server {
    const requests = (this.#requests ??= new HttpRequests(admission, this.#settings));
    const { lineTimeout } = admission.limits;
    const server = createServer(
      {
        ...options,
        keepAliveTimeout: KEEP_ALIVE,
        headersTimeout: lineTimeout,
        requestTimeout: lineTimeout,
        connectionsCheckingInterval: Math.min(LOOK_EVERY, lineTimeout),
        maxHeaderSize: HEADER_BYTES,
      },
      (request, response) => requests.request(request, response),
    );
    server.maxHeadersCount = MOST_HEADERS;
    // A client's FIN ends its requests, not their answers. Node's types do not know the switch.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on('connection', (socket) => requests.connected(socket));
    // Who sends its body only when told to is judged before; Node ends the connection behind a refusal.
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      requests.request(request, response, () => response.writeContinue()),
    );
    this.#servers.push(server);
    return server;
  }

  close(): void {
    for (const server of this.#servers.splice(0)) server.closeAllConnections();
  }
}
