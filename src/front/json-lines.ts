/**
 * JSON lines: one JSON object a line (wire: Connections).
 * In: stream bytes in any cut. Out: lines without their ends, in order; error lines as bytes.
 * Never: parses JSON (but for the token line), holds more than `maxLine` bytes, or reads on after a refusal.
 */
import type { ErrorName } from '../errors.ts';
import { errorFields } from './error-fields.ts';
import type { Front, FrontOwner, FrontSettings, IdText, NoticeFields } from '../main/front.ts';
import { NamedLines } from './named-lines.ts';
import { Reassembly } from './reassembly.ts';
import { requestId } from '../bytes/request-id.ts';
import { requestMayHaveKey } from '../bytes/request-key.ts';
import { requestAs } from '../bytes/request-session.ts';

const LF = 0x0a;
const CR = 0x0d;
const BRACE = 0x7b;
const BRACKET = 0x5b;
/** The byte order mark, which editors and Windows' shells put before the first line. */
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** The longest token line, bytes: it is held before anything is known of the client. */
const MAX_TOKEN_LINE = 4096;
/** What browsers and other HTTP clients send, where a request should stand (threats: Addresses and neighbours). */
const FOREIGN = /^(?:(?:GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|TRACE|CONNECT|PRI) |Host:)/i;

/** Of `as` and `session`, some letter of which may be written with an escape. */
const OTHER_WORDS = ['"session"', '\\u00'].map((word) => Buffer.from(word));

/** A whole request line of HTTP/1, as far as it takes to know one; its answer is one that HTTP clients show. */
const HTTP_REQUEST = /^(GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|TRACE|CONNECT) /;

/** The front of the port for lines: cuts one connection's bytes at each newline. */
export class JsonLines implements Front {
  readonly isMsgpack = false;
  readonly #owner: FrontOwner;
  readonly #maxLine: number;
  #needsToken: boolean;
  /** Before the first byte of the first line: white space is let pass, then `{` must come. */
  #isFresh = true;
  /** Bytes of a byte order mark that the connection has begun with; 3 once there cannot be one. */
  #marked = 0;
  /** Before the first line: where no token is needed, one that is shown all the same changes nothing. */
  #mayGreet = true;
  #isDone = false;
  /** The verb of an HTTP request that came where the first line should stand. */
  #verb: string | undefined;
  /** A line that has begun. */
  readonly #held = new Reassembly();
  readonly #names = new NamedLines(Buffer.from('"as"'), OTHER_WORDS, requestAs);
  /** Length of the line before, bytes: parts of a file come one after another, so the next is likely as long. */
  #usual = 0;
  /** The rest of a chunk behind a message after which no more was wanted. */
  #rest: Buffer | undefined;

  constructor(owner: FrontOwner, settings: FrontSettings) {
    this.#owner = owner;
    this.#maxLine = settings.maxLine;
    this.#needsToken = settings.needsToken;
  }

  take(chunk: Buffer): void {
    let at = 0;
    this.#names.look(chunk);
    while (!this.#isDone && at < chunk.length) {
      if (this.#isFresh && (at = this.#firstByte(chunk, at)) === chunk.length) return;
      if (this.#isDone) return;
      const end = chunk.indexOf(LF, at);
      if (end === -1) return this.#hold(chunk, at, chunk.length);
      const goesOn = this.#lineEnds(chunk, at, end);
      at = end + 1;
      if (!goesOn && !this.#isDone) {
        if (at < chunk.length) this.#rest = chunk.subarray(at);
        return;
      }
    }
  }

  resume(): void {
    const rest = this.#rest;
    if (rest === undefined) return;
    this.#rest = undefined;
    this.take(rest);
  }

  end(): void {
    if (this.#isDone) return;
    const { bytes, length } = this.#held;
    this.discard();
    if (bytes === undefined || bytes.subarray(0, length).toString('latin1').trim() === '') return;
    this.#owner.reject('JSONDecodeError', { pos: length, msg: 'the connection ended within a line' });
  }

  discard(): void {
    this.#isDone = true;
    this.#rest = undefined;
    this.#release();
  }

  mayHaveKey(bytes: Buffer, start: number, stop: number): boolean {
    return requestMayHaveKey(bytes, start, stop);
  }

  notice(id: IdText | number, name: ErrorName, fields: NoticeFields): Buffer {
    const line = errorLine(id, name, fields);
    return this.#verb === undefined || name !== 'ProtocolMismatch' ? line : httpAnswer(line, this.#verb);
  }

  /** Judges the first byte that is no white space; what cannot be ours is refused before its line has ended. */
  #firstByte(chunk: Buffer, from: number): number {
    let at = this.#pastMark(chunk, from);
    while (at < chunk.length && (chunk[at] === 0x20 || chunk[at] === 0x09 || chunk[at] === CR || chunk[at] === LF))
      at++;
    if (at === chunk.length) return at;
    this.#isFresh = false;
    this.#verb = HTTP_REQUEST.exec(chunk.toString('latin1', at, at + 8))?.[1];
    // A list of requests is told that it is one where requests are told what is wrong with them.
    if (chunk[at] !== BRACE && chunk[at] !== BRACKET)
      this.#mismatch(chunk[at] === 0 ? 'msgpack begins with the first byte of the connection' : undefined);
    return at;
  }

  /** @returns where the first line stands; behind the chunk if that ends within a mark */
  #pastMark(chunk: Buffer, from: number): number {
    let at = from;
    while (this.#marked < BYTE_ORDER_MARK.length && at < chunk.length) {
      if (chunk[at] === BYTE_ORDER_MARK[this.#marked]) {
        this.#marked++;
        at++;
      } else this.#marked = BYTE_ORDER_MARK.length;
    }
    return at;
  }

  #mismatch(msg?: string): void {
    this.discard();
    this.#owner.refuse('ProtocolMismatch', msg === undefined ? {} : { msg });
  }

  /** @returns whether more may follow */
  #lineEnds(chunk: Buffer, start: number, end: number): boolean {
    if (this.#held.bytes === undefined) return this.#line(chunk, start, end);
    this.#names.lookAtAll();
    if (!this.#append(chunk, start, end)) return false;
    const { bytes, length } = this.#held;
    this.#usual = length + (length >> 4);
    this.#release();
    return this.#line(bytes, 0, length);
  }

  #line(bytes: Buffer, start: number, end: number): boolean {
    const stop = end > start && bytes[end - 1] === CR ? end - 1 : end;
    if (stop === start) return true;
    if (stop - start > this.#maxLine) return this.#tooLong();
    if (this.#needsToken) return this.#token(bytes, start, stop);
    if (this.#mayGreet) {
      this.#mayGreet = false;
      if (greets(bytes.subarray(start, stop))) return true;
    }
    if (bytes[start] !== BRACE && FOREIGN.test(bytes.toString('latin1', start, Math.min(stop, start + 16)))) {
      this.#mismatch();
      return false;
    }
    const as = this.#names.nameOf(bytes, start, stop);
    return this.#owner.message(bytes, start, stop, requestId(bytes, start, stop), as);
  }

  #token(bytes: Buffer, start: number, stop: number): boolean {
    const token = tokenOf(bytes.toString('utf8', start, Math.min(stop, start + MAX_TOKEN_LINE)));
    const isKnown = token !== undefined && this.#owner.admit(token);
    this.#needsToken = false;
    if (isKnown) return true;
    this.discard();
    this.#owner.refuse(token === undefined ? 'AuthRequired' : 'AuthFailed', {});
    return false;
  }

  #tooLong(): false {
    this.discard();
    this.#owner.refuse('LineTooLong', { limit: this.#maxLine });
    return false;
  }

  #hold(chunk: Buffer, start: number, end: number): void {
    if (this.#append(chunk, start, end)) this.#owner.unfinished(this.#held.bytes!.length);
  }

  /** Adds to the line that has begun, if it does not become too long. */
  #append(chunk: Buffer, start: number, end: number): boolean {
    const length = this.#held.length + end - start;
    // One byte more than the line may have is let in: it can still turn out to be the CR.
    const most = this.#needsToken ? MAX_TOKEN_LINE : this.#maxLine + 1;
    if (length <= most) {
      this.#held.add(chunk, start, end, this.#usual, most);
      return true;
    }
    if (!this.#needsToken) return this.#tooLong();
    this.discard();
    this.#owner.refuse('AuthRequired', {});
    return false;
  }

  #release(): void {
    if (this.#held.bytes === undefined) return;
    this.#held.clear();
    this.#owner.unfinished(0);
  }
}

/** Whether a line shows a token and asks for nothing. */
function greets(line: Buffer): boolean {
  return line.length <= MAX_TOKEN_LINE && line.includes('"auth"') && tokenOf(line.toString('utf8')) !== undefined;
}

/** The token of `{"auth":"..."}`, or undefined if the line is not that: a request beside it would be lost in silence. */
function tokenOf(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return undefined;
    const auth = 'auth' in value ? value.auth : undefined;
    return typeof auth === 'string' ? auth : undefined;
  } catch {
    return undefined;
  }
}

/**
 * One line of the catalogue: the table's defaults, overridden by `fields`.
 * @param id a number, or the JSON text of the client's own id
 */
export function errorLine(id: IdText | number, name: ErrorName, fields: NoticeFields): Buffer {
  const rest = JSON.stringify(errorFields(name, fields));
  return Buffer.from(`{"id":${id},${rest.slice(1)}\n`);
}

/** The line as an answer of HTTP's, so that `curl` and browsers show it. Every answer is the last of its connection. */
function httpAnswer(line: Buffer, verb: string): Buffer {
  const head =
    'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${line.length}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n`;
  return verb === 'HEAD' ? Buffer.from(head) : Buffer.concat([Buffer.from(head), line]);
}
