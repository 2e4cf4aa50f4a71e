/**
 * HTTP exchange: one request over HTTP with its body as far as it has come, and how a response is written.
 * In: a response of Node's, a status, a body. Out: the response. Never: a session, or a judgement.
 */
import type { ServerResponse } from 'node:http';
import type { ErrorName } from '../errors.ts';
import type { NoticeFields } from '../main/clients/front.ts';
import { errorLine } from './json-lines.ts';
import type { Bearer } from './tokens.ts';

export const EMPTY = Buffer.alloc(0);

/** Whose request it is. */
interface Asker {
  took(exchange: Exchange, chunk: Buffer): void;
  ended(exchange: Exchange): void;
}

/** One request: its response, and its body as far as it has come. */
export class Exchange {
  readonly response: ServerResponse;
  readonly client: Asker;
  readonly bearer: Bearer;
  body: Buffer = EMPTY;
  length = 0;
  /** It has its answer, or will never get one. */
  isOver = false;

  constructor(response: ServerResponse, client: Asker, bearer: Bearer) {
    this.response = response;
    this.client = client;
    this.bearer = bearer;
  }
}

/** A response as short as it can be. */
export function writeResponse(
  response: ServerResponse,
  status: number,
  body: Buffer | string,
  type = 'application/json',
  retryAfter = 1,
): void {
  const headers: Record<string, string | number> = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
  if (status === 503 || status === 429) headers['Retry-After'] = retryAfter;
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
  response.writeHead(status, headers);
  response.end(body);
}

/** An error of what answers no request that was read. The connection stays: HTTP has ends of its own. */
export function refusal(name: ErrorName, fields: NoticeFields): Buffer {
  const id = name === 'LineTooLong' ? -2 : name === 'ServerStopping' ? 0 : -1;
  return errorLine(id, name, { closing: false, ...fields });
}
