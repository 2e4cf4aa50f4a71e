/**
 * HTTP requests (http-and-msgpack: HTTP): each goes where the table of `http-paths.ts` says: to a session, through the `HttpClient` of
 * its connection, or it is answered here, for those who watch.
 * In: connections and requests of HTTP/1.1. Out: responses; bodies to the connection's `HttpClient`. Never: CORS, a body parsed here, an
 * answer to a `Host` that is not ours but that of a probe.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorName } from '../errors.ts';
import type { Admission } from '../main/clients/admission.ts';
import { Count } from '../telemetry/metrics.ts';
import type { NoticeFields } from '../main/front.ts';
import { HostCheck, hostOf } from './host-check.ts';
import type { Asking, Unserved } from './http-ask.ts';
import { HttpClient } from './http-client.ts';
import { type Exchange, refusalBody, writeResponse } from './http-exchange.ts';
import { ALL_PATHS, type Own, endpointOf } from './http-paths.ts';
import { statusOfError } from './http-status.ts';
import { requestTarget } from './http-target.ts';
import { description } from './openapi.ts';
import type { Bearer } from '../main/clients/tokens.ts';

/** What HTTP is told beside what it is told by the gateway. */
export interface HttpSettings {
  /** Names in `Host` that are right beside loopback. */
  readonly hosts: readonly string[];
  /** What `/metrics` says. */
  readonly metrics: (admission: Admission) => Promise<{ readonly type: string; readonly text: string }>;
}

/** Connections beyond what clients may have, for those who watch: when all places are taken, that is worth seeing. */
const MOST_WATCHERS = 16;
/** Answers of the listener's own that a connection may be owed; who asks on without taking them is cut. */
const MOST_OWED = 256;

const CLIENT = Symbol('client');
const OWED = Symbol('owed');
const EXCHANGE = Symbol('exchange');
type OwnSocket = Socket & { [CLIENT]?: HttpClient; [OWED]?: Set<ServerResponse> };
type OwnRequest = IncomingMessage & { [EXCHANGE]?: Exchange };

/** One for all servers of a listener. */
export class HttpRequests {
  readonly #admission: Admission;
  readonly #settings: HttpSettings;
  readonly #hosts: HostCheck;
  #watchers = 0;
  /** The counters while they are read: whoever asks meanwhile hears the same. */
  #counters: ReturnType<HttpSettings['metrics']> | undefined;
  readonly #own: Readonly<Record<Own, (request: IncomingMessage, response: ServerResponse) => void>> = {
    live: (_request, response) => this.#probe(response, true),
    ready: (_request, response) => this.#probe(response, this.#admission.gauges().isReady),
    metrics: (request, response) => this.#metrics(request, response),
    description: (request, response) => this.#describe(request, response),
  };

  constructor(admission: Admission, settings: HttpSettings) {
    this.#admission = admission;
    this.#settings = settings;
    this.#hosts = new HostCheck(settings.hosts);
  }

  /** Takes a connection in, lets it watch, or drops it. */
  connected(socket: OwnSocket): void {
    if (!this.#admission.isRushed(socket.remoteAddress ?? '') && this.#admission.takePlace()) {
      this.#admission.metrics.counts[Count.HTTP_CLIENTS]!++;
      socket[CLIENT] = new HttpClient(socket, this.#admission);
      this.#admission.enter(socket[CLIENT]);
    } else if (this.#watchers < MOST_WATCHERS) {
      this.#watchers++;
      socket.on('close', () => this.#watchers--);
    } else socket.destroy();
  }

  /** Answers a request, or hands it to the client of its connection. @param goOn called when its body may come */
  request(request: IncomingMessage, response: ServerResponse, goOn = nothing): void {
    const { path, host = request.headers.host } = requestTarget(request.url);
    const found = endpointOf(path);
    if (found?.endpoint.isForAnyHost !== true && !this.#hosts.permits(host)) return this.#refuseHost(response, host);
    if (found === undefined) return this.#refuse(response, 'ProtocolMismatch', NO_PATH, 404);
    const { endpoint, parameters } = found;
    const operation = endpoint.operations.get(request.method!);
    if (operation === undefined) {
      response.setHeader('Allow', endpoint.allowed);
      const msg = `${endpoint.path} takes ${endpoint.allowed}, not ${request.method}`;
      return this.#refuse(response, 'ProtocolMismatch', { msg }, 405);
    }
    const { does } = operation;
    if (typeof does === 'string') this.#own[does](request, response);
    else this.#ask(does, parameters, request, response, goOn);
  }

  #refuseHost(response: ServerResponse, host: string | undefined): void {
    const name = host === undefined ? undefined : hostOf(host);
    const msg =
      name === undefined
        ? 'Host must be loopback, --host, or a name given by --http-host; there was none'
        : `Host "${name}" is no name of this gateway; --http-host ${name} makes it one`;
    this.#refuse(response, 'ProtocolMismatch', { msg }, 403);
  }

  // For a session.

  #ask(
    asking: Asking,
    parameters: readonly string[],
    request: IncomingMessage,
    response: ServerResponse,
    goOn: () => void,
  ): void {
    const unreadable = asking.body !== undefined ? unreadableOf(request) : undefined;
    if (unreadable !== undefined) return this.#refuse(response, 'ProtocolMismatch', { msg: unreadable });
    const bearer = this.#bearer(request);
    if ('refused' in bearer) return this.#refuse(response, bearer.refused, bearer.fields);
    const ask = asking.ask(parameters, request.headers);
    if ('refused' in ask) return this.#refuse(response, ask.refused, ask.fields, asking.statusOfError(ask.refused));
    const refused = this.#noRoom(request);
    if (refused !== undefined) return this.#refuse(response, ...refused);
    const client = (request.socket as OwnSocket)[CLIENT];
    if (client === undefined)
      return this.#refuse(response, 'TooManyConnections', {
        limit: this.#admission.limits.maxConnections,
        retry_after: 1,
      });
    const exchange = client.begin(response, bearer, ask);
    goOn();
    if (asking.body !== undefined) {
      (request as OwnRequest)[EXCHANGE] = exchange;
      request.on('data', takeBody).on('end', endBody);
    } else {
      response.setHeader('Cache-Control', 'no-store');
      request.resume();
      client.ended(exchange);
    }
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
  #bearer({ headers, socket }: IncomingMessage): Bearer | Unserved {
    const token = tokenOf(headers.authorization);
    const { tokens } = this.#admission;
    if (token === undefined) return tokens.areNeeded ? NO_TOKEN : tokens.nobody;
    return this.#admission.judgeToken(token, socket.remoteAddress ?? '');
  }

  #refuse(response: ServerResponse, name: ErrorName, fields: NoticeFields, status = statusOfError(name)): void {
    this.#admission.metrics.ended(name);
    // Whoever tries tokens has to connect anew for each, and connections are counted.
    if (name === 'RateLimited') response.shouldKeepAlive = false;
    const retryAfter = Number(fields['retry_after'] ?? 1);
    this.#write(response, status, refusalBody(name, fields), undefined, retryAfter);
  }

  // For those who watch.

  #probe(response: ServerResponse, isWell: boolean): void {
    this.#plain(response, isWell ? 200 : 503, isWell ? 'ok\n' : 'not ready\n');
  }

  #describe({ headers }: IncomingMessage, response: ServerResponse): void {
    const { text, tag } = description();
    response.setHeader('ETag', tag);
    if (isKnownTag(headers['if-none-match'], tag)) this.#write(response, 304, text);
    else this.#write(response, 200, text);
  }

  #metrics(request: IncomingMessage, response: ServerResponse): void {
    const bearer = this.#bearer(request);
    if ('refused' in bearer) return this.#refuse(response, bearer.refused, bearer.fields);
    this.#counters ??= this.#settings.metrics(this.#admission).finally(() => (this.#counters = undefined));
    this.#counters.then(
      ({ text, type }) => this.#write(response, 200, text, type),
      () => this.#plain(response, 500, 'the counters could not be read\n'),
    );
  }

  #plain(response: ServerResponse, status: number, text: string): void {
    this.#write(response, status, text, 'text/plain; charset=utf-8');
  }

  /** Writes an answer without a session. Node holds those that wait for others, however many they are, so they are counted. */
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

const NO_PATH: NoticeFields = { msg: `no such path; there are: ${ALL_PATHS}` };

const NO_TOKEN: Unserved = {
  refused: 'AuthRequired',
  fields: { msg: 'a token is needed: Authorization: Bearer <token>' },
};

type Answer = [status: number, body: Buffer | string, type?: string, retryAfter?: number];

function nothing(): void {}

/** Whether a client has what it asks for: one of its tags is this one (RFC 9110, 13.1.2). */
function isKnownTag(header: string | undefined, tag: string): boolean {
  const tags = (header ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return tags.includes(tag) || tags.includes('*');
}

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

// Listeners for all requests: no closure for each.

function takeBody(this: IncomingMessage, chunk: Buffer): void {
  const exchange = (this as OwnRequest)[EXCHANGE]!;
  exchange.client.took(exchange, chunk);
}

function endBody(this: IncomingMessage): void {
  const exchange = (this as OwnRequest)[EXCHANGE]!;
  exchange.client.ended(exchange);
}
