/**
 * HTTP (http-and-msgpack: HTTP): `POST /v1/rpc` takes a request as a line does and answers with its one answer; `GET /livez`,
 * `/readyz`, `/metrics` for those who watch.
 * In: requests of HTTP/1.1. Out: responses. Never: CORS, a body parsed here, an answer to a `Host` that is not ours but
 * that of a probe.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ServerOpts, Socket } from 'node:net';
import type { ErrorName } from '../errors.ts';
import type { Admission, Listener } from '../main/clients/admission.ts';
import { Count } from '../telemetry/metrics.ts';
import type { NoticeFields } from '../main/clients/front.ts';
import { HostCheck, hostOf } from './host-check.ts';
import { HttpClient } from './http-client.ts';
import { type Exchange, refusal, writeResponse } from './http-exchange.ts';
import { statusOfError } from './http-status.ts';
import { targetOf } from './http-target.ts';
import type { Bearer } from './tokens.ts';

export interface HttpSettings {
  /** Names in `Host` that are right beside loopback. */
  readonly hosts: readonly string[];
  /** What `/metrics` says. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}

/** An idle connection keeps its session this long, ms; clients are told by `Keep-Alive`. */
const KEEP_ALIVE = 600_000;
const MOST_HEADERS = 64;
const HEADER_BYTES = 16_384;
/** Connections beyond what clients may have, for those who watch: when all places are taken, that is worth seeing. */
const MOST_WATCHERS = 16;

/** Answers of the listener's own that a connection may be owed; who asks on without taking them is cut. */
const MOST_OWED = 256;

const CLIENT = Symbol('client');
const OWED = Symbol('owed');
const EXCHANGE = Symbol('exchange');
type OwnSocket = Socket & { [CLIENT]?: HttpClient; [OWED]?: Set<ServerResponse> };
type OwnRequest = IncomingMessage & { [EXCHANGE]?: Exchange };

export class HttpListener implements Listener {
  readonly #admission: Admission;
  readonly #settings: HttpSettings;
  readonly #hosts: HostCheck;
  readonly #servers: Server[] = [];
  #watchers = 0;
  /** What is being read of the counters: whoever asks meanwhile hears the same. */
  #counters: ReturnType<HttpSettings['metrics']> | undefined;

  constructor(admission: Admission, settings: HttpSettings) {
    this.#admission = admission;
    this.#settings = settings;
    this.#hosts = new HostCheck(settings.hosts);
  }

  server(options: ServerOpts): Server {
    const { lineTimeout } = this.#admission.limits;
    const server = createServer(
      {
        ...options,
        keepAliveTimeout: KEEP_ALIVE,
        headersTimeout: lineTimeout,
        requestTimeout: lineTimeout,
        connectionsCheckingInterval: Math.min(5_000, lineTimeout),
        maxHeaderSize: HEADER_BYTES,
      },
      (request, response) => this.#request(request, response),
    );
    server.maxHeadersCount = MOST_HEADERS;
    // A client's FIN ends its requests, not their answers. Node's types do not know the switch.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on('connection', (socket) => this.#connected(socket));
    // Who sends its body only when told to is judged before; Node ends the connection behind a refusal.
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.#request(request, response, () => response.writeContinue()),
    );
    this.#servers.push(server);
    return server;
  }

  close(): void {
    for (const server of this.#servers.splice(0)) server.closeAllConnections();
  }

  #connected(socket: OwnSocket): void {
    if (!this.#admission.isRushed(socket.remoteAddress ?? '') && this.#admission.room()) {
      this.#admission.metrics.counts[Count.HTTP_CLIENTS]!++;
      socket[CLIENT] = new HttpClient(socket, this.#admission);
      this.#admission.enter(socket[CLIENT]);
    } else if (this.#watchers < MOST_WATCHERS) {
      this.#watchers++;
      socket.on('close', () => this.#watchers--);
    } else socket.destroy();
  }

  #request(request: IncomingMessage, response: ServerResponse, goOn = nothing): void {
    const { path, host = request.headers.host } = targetOf(request.url);
    // Orchestrators ask by the address of the moment; what they hear is no secret.
    if (!PROBES.has(path) && !this.#hosts.permits(host)) this.#refuseHost(response, host);
    else if (path === '/v1/rpc') this.#rpc(request, response, goOn);
    else this.#watch(path, request, response);
  }

  #refuseHost(response: ServerResponse, host: string | undefined): void {
    const name = host === undefined ? undefined : hostOf(host);
    const msg =
      name === undefined
        ? 'Host must be loopback, --host, or a name given by --http-host; there was none'
        : `Host "${name}" is no name of this gateway; --http-host ${name} makes it one`;
    this.#admission.metrics.ended('ProtocolMismatch');
    this.#write(response, 403, refusal('ProtocolMismatch', { msg }));
  }

  // POST /v1/rpc

  #rpc(request: IncomingMessage, response: ServerResponse, goOn: () => void): void {
    if (request.method !== 'POST') return this.#wrongMethod(response, 'POST');
    const unreadable = unreadableOf(request);
    if (unreadable !== undefined) return this.#refuse(response, 'ProtocolMismatch', { msg: unreadable });
    const bearer = this.#bearer(request);
    if (typeof bearer === 'string') return this.#refuse(response, bearer, this.#tokenFields(bearer));
    const refused = this.#noRoom(request);
    if (refused !== undefined) return this.#refuse(response, ...refused);
    const client = (request.socket as OwnSocket)[CLIENT];
    if (client === undefined)
      return this.#refuse(response, 'TooManyConnections', {
        limit: this.#admission.limits.maxConnections,
        retry_after: 1,
      });
    (request as OwnRequest)[EXCHANGE] = client.begin(response, bearer);
    request.on('data', takeBody).on('end', endBody);
    goOn();
  }

  /** Why a request is not taken though it is one, as far as that is known before its body has come. */
  #noRoom({ headers }: IncomingMessage): [ErrorName, NoticeFields] | undefined {
    const { limits } = this.#admission;
    if (Number(headers['content-length'] ?? 0) > limits.maxLine) return ['LineTooLong', { limit: limits.maxLine }];
    if (this.#admission.isOverloaded) return ['Overloaded', { retry_after: 1 }];
    if (!this.#admission.isServing)
      return ['ServerStopping', { retry_after: 1, msg: 'the gateway is starting or stopping' }];
    return undefined;
  }

  /** Who asks, or why it is not served. */
  #bearer({ headers, socket }: IncomingMessage): Bearer | ErrorName {
    const token = tokenOf(headers.authorization);
    const { tokens } = this.#admission;
    if (token === undefined) return tokens.areNeeded ? 'AuthRequired' : tokens.nobody;
    return this.#admission.judgeToken(token, socket.remoteAddress ?? '');
  }

  #tokenFields(refused: ErrorName): NoticeFields {
    if (refused === 'AuthRequired') return { msg: 'a token is needed: Authorization: Bearer <token>' };
    if (refused !== 'RateLimited') return {};
    return { limit: this.#admission.limits.tokenFailures, retry_after: 60, msg: 'too many wrong tokens from there' };
  }

  #refuse(response: ServerResponse, name: ErrorName, fields: NoticeFields): void {
    this.#admission.metrics.ended(name);
    // Whoever tries tokens has to connect anew for each, and connections are counted.
    if (name === 'RateLimited') response.shouldKeepAlive = false;
    const retryAfter = Number(fields['retry_after'] ?? 1);
    this.#write(response, statusOfError(name), refusal(name, fields), undefined, retryAfter);
  }

  // For those who watch.

  #watch(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (!PROBES.has(path) && path !== '/metrics') return this.#plain(response, 404, 'no such thing here\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.#wrongMethod(response, 'GET, HEAD');
    if (path === '/metrics') return this.#metrics(request, response);
    const isWell = path === '/livez' || this.#admission.gauges().isReady;
    return this.#plain(response, isWell ? 200 : 503, isWell ? 'ok\n' : 'not ready\n');
  }

  #wrongMethod(response: ServerResponse, allowed: string): void {
    response.setHeader('Allow', allowed);
    this.#plain(response, 405, allowed === 'POST' ? 'POST one request as JSON\n' : `${allowed} only\n`);
  }

  #metrics(request: IncomingMessage, response: ServerResponse): void {
    const bearer = this.#bearer(request);
    if (typeof bearer === 'string') return this.#refuse(response, bearer, this.#tokenFields(bearer));
    this.#counters ??= this.#settings.metrics().finally(() => (this.#counters = undefined));
    this.#counters.then(
      ({ text, type }) => this.#write(response, 200, text, type),
      () => this.#plain(response, 500, 'the counters could not be read\n'),
    );
  }

  #plain(response: ServerResponse, status: number, text: string): void {
    this.#write(response, status, text, 'text/plain; charset=utf-8');
  }

  /** An answer without a session. Node holds those that wait for others, however many they are. */
  #write(response: ServerResponse, ...answer: Answer): void {
    const socket = response.req.socket as OwnSocket;
    if (socket.destroyed) return;
    const owed = (socket[OWED] ??= new Set());
    owed.add(response);
    if (owed.size > MOST_OWED) return void socket.destroy();
    response.once('close', () => owed.delete(response));
    writeResponse(response, ...answer);
  }
}

type Answer = [status: number, body: Buffer | string, type?: string, retryAfter?: number];

const PROBES = new Set(['/livez', '/readyz']);

function nothing(): void {}

function tokenOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

/** What is wrong with the form of a body, before it has come. */
function unreadableOf({ headers }: IncomingMessage): string | undefined {
  // A page of another site can post text and forms without asking; for JSON its browser asks first, and gets no yes.
  if (!isJson(headers['content-type'])) return 'Content-Type must be application/json, in UTF-8';
  if (!/^(?:identity)?$/i.test(headers['content-encoding'] ?? ''))
    return 'a body is taken as it is, without Content-Encoding';
  return undefined;
}

function isJson(type = ''): boolean {
  if (type === 'application/json') return true;
  const [, parameters] = /^application\/json *(;.*)?$/i.exec(type) ?? [];
  if (parameters === undefined) return /^application\/json *$/i.test(type);
  const charset = /; *charset *= *"?([^";]*)/i.exec(parameters)?.[1];
  return charset === undefined || /^(?:utf-?8|us-ascii) *$/i.test(charset);
}

// One function for all requests: no closure for each.

function takeBody(this: IncomingMessage, chunk: Buffer): void {
  const exchange = (this as OwnRequest)[EXCHANGE]!;
  exchange.client.took(exchange, chunk);
}

function endBody(this: IncomingMessage): void {
  const exchange = (this as OwnRequest)[EXCHANGE]!;
  exchange.client.ended(exchange);
}
