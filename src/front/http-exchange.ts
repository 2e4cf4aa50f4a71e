/**
 * HTTP exchange: one request over HTTP with its body as far as it has come, and how a response is written.
 * In: a response of Node's, a status, a body. Out: the response. Never: a session, or a judgement.
 */
import type { ServerResponse } from 'node:http';
import { type ErrorName, idWithoutRequest, NoRequestId } from '../errors.ts';
import type { NoticeFields } from '../main/front.ts';
import { errorLine } from './json-lines.ts';
import type { Bearer } from '../main/clients/tokens.ts';
import type { Ask, Unserved } from './http-ask.ts';

/** A body of which nothing has come, or that is needed no longer. */
export const NO_BODY = Buffer.alloc(0);

/** Who takes the body of a request. */
interface Asker {
  took(exchange: Exchange, chunk: Buffer): void;
  ended(exchange: Exchange): void;
}

/** One request: its response, and its body as far as it has come. */
export class Exchange {
  readonly response: ServerResponse;
  readonly client: Asker;
  readonly bearer: Bearer;
  readonly ask: Ask;
  body: Buffer = NO_BODY;
  length = 0;
  /** It has its answer, or will never get one. */
  isOver = false;

  constructor(response: ServerResponse, client: Asker, bearer: Bearer, ask: Ask) {
    this.response = response;
    this.client = client;
    this.bearer = bearer;
    this.ask = ask;
  }

  /** The body is whole: makes the line of it that is asked. @returns why there is none */
  makeLine(): Unserved | undefined {
    const made = this.ask.line?.(this.body.subarray(0, this.length));
    if (made === undefined || 'refused' in made) return made;
    this.body = made;
    this.length = made.length;
    return undefined;
  }

  /**
   * Takes a piece of the body: the first as it is, further ones into one block that grows.
   * @param most bytes that the whole may have @returns how many bytes more are held than before
   */
  add(chunk: Buffer, most: number): number {
    const held = this.body.length;
    const length = this.length + chunk.length;
    if (this.length === 0) this.body = chunk;
    else {
      if (held < length) this.#grow(Math.min(Math.max(length, this.length * 2), most));
      chunk.copy(this.body, this.length);
    }
    this.length = length;
    return this.body.length - held;
  }

  #grow(capacity: number): void {
    const grown = Buffer.allocUnsafeSlow(capacity);
    this.body.copy(grown, 0, 0, this.length);
    this.body = grown;
  }
}

/** What a 401 asks for (RFC 9110, 11.6.1): a token of this gateway's, or a login at Telegram, which no client renews by itself. */
export type AuthScheme = 'Bearer' | 'Telegram';

/** Writes a response with as few headers as it can have. @param retryAfter seconds, for 429 and 503; 0: nothing is said */
export function writeResponse(
  response: ServerResponse,
  status: number,
  body: Buffer | string,
  type = 'application/json',
  retryAfter = 1,
  challenge: AuthScheme = 'Bearer',
): void {
  const headers: Record<string, string | number> = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
  if ((status === 503 || status === 429) && retryAfter > 0) headers['Retry-After'] = retryAfter;
  if (status === 401) headers['WWW-Authenticate'] = challenge;
  response.writeHead(status, headers);
  response.end(body);
}

/** What a request is numbered that gives no `id`. */
const USUAL_ID = 1;

/**
 * The body for a request that was refused before its `id` was read, or that a path asks, which has none.
 * The connection stays: HTTP has ends of its own.
 */
export function refusalBody(name: ErrorName, fields: NoticeFields): Buffer {
  const id = idWithoutRequest(name);
  return errorLine(id === NoRequestId.UNUSABLE ? USUAL_ID : id, name, { closing: false, ...fields });
}
