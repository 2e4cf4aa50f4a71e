/**
 * Lines of the load generator: requests written from a template, answers judged by their first bytes.
 * In: a request with `$ID` where its id goes, and how a right answer goes on behind its id. Out: bytes; a verdict.
 * Never: JSON.parse: a line costs a copy of the template and 16 digits, an answer a comparison of some 50 bytes.
 *
 * An id is 16 digits below 2^53, so that it stays exact as a double: `1`, 2 of the run, 5 of the client, 8 of the request.
 */

const ID_LENGTH = 16;
const CLIENT_DIGITS = 8;
const NUMBER_DIGITS = ID_LENGTH - CLIENT_DIGITS;
/** So many numbers can a request of one client have. */
export const NUMBERS = 10 ** NUMBER_DIGITS;
const MARK = '$ID';
const HEAD = Buffer.from('{"id":');
const ZERO = 0x30;
const NOTICE = Buffer.from('{"id":0,');

/** What a line turned out to be, where it answers no request of this client and run. */
export const WRONG = -1;
export const NOTICED = -2;
export const FOREIGN = -3;

/** The digits before a request's own: the same for all requests of one client in one run. */
export function idPrefix(run: number, client: number): Buffer {
  return Buffer.from(`1${String(run).padStart(2, '0')}${String(client).padStart(5, '0')}`);
}

/** Writes the 8 digits of a request's number. */
function writeNumber(bytes: Uint8Array, at: number, value: number): void {
  let rest = value;
  for (let i = at + NUMBER_DIGITS - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    bytes[i] = ZERO + rest - next * 10;
    rest = next;
  }
}

/** Requests and answers of one client in one run. */
export class Lines {
  readonly length: number;
  /** How far into a line it must be seen to be judged. */
  readonly headLength: number;
  /** Whether the line judged last went on as expected behind its id. */
  isRight = false;
  readonly #template: Buffer;
  readonly #numberAt: number;
  readonly #prefix: Buffer;
  readonly #expected: Buffer;

  /**
   * @param request one line without its end, `$ID` where the id stands
   * @param expected how a right answer goes on behind its id, `,"message":{"_cons":"pong"` for example
   */
  constructor(request: string, expected: string, prefix: Buffer) {
    const at = Buffer.byteLength(request.slice(0, request.indexOf(MARK)));
    this.#template = Buffer.from(request.replace(MARK, `${prefix.toString()}${'0'.repeat(NUMBER_DIGITS)}`) + '\n');
    this.#numberAt = at + CLIENT_DIGITS;
    this.#prefix = prefix;
    this.#expected = Buffer.from(expected);
    this.length = this.#template.length;
    this.headLength = HEAD.length + ID_LENGTH + this.#expected.length;
  }

  /** Writes request `number` at `at`. */
  write(into: Buffer, at: number, number: number): void {
    this.#template.copy(into, at);
    writeNumber(into, at + this.#numberAt, number);
  }

  /** Judges a line by its first bytes, `start..end`. @returns the request's number (see `isRight`), or what else it is */
  judge(bytes: Uint8Array, start: number, end: number): number {
    if (starts(bytes, start, end, NOTICE)) return NOTICED;
    if (!starts(bytes, start, end, HEAD)) return WRONG;
    let at = start + HEAD.length;
    if (!starts(bytes, at, end, this.#prefix)) return isId(bytes, at, end) ? FOREIGN : WRONG;
    at += CLIENT_DIGITS;
    let number = 0;
    for (const stop = at + NUMBER_DIGITS; at < stop; at++) number = number * 10 + bytes[at]! - ZERO;
    this.isRight = starts(bytes, at, end, this.#expected);
    return number;
  }
}

function starts(bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): boolean {
  if (end - at < wanted.length) return false;
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}

/** Whether 16 digits stand here: an id of this generator, of another client or run. */
function isId(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < ID_LENGTH + 1 || bytes[at + ID_LENGTH] !== 0x2c) return false;
  for (let i = at; i < at + ID_LENGTH; i++) if (bytes[i]! < ZERO || bytes[i]! > ZERO + 9) return false;
  return true;
}
