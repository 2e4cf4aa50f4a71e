/**
 * Msgpack frames: four bytes of length, big-endian, and one msgpack map (http-and-msgpack: msgpack).
 * In: stream bytes in any cut. Out: frames without their lengths, in order; error frames as bytes.
 * Never: unpacks a frame (but for the token), holds more than `maxLine` bytes, takes a length at its word before the
 * bytes for it are there, or reads on after a refusal.
 */
import { MsgpackTape } from '../bytes/msgpack-tape.ts';
import { packInt32, packString } from '../bytes/msgpack-write.ts';
import { COUNT, KIND, NODE, OBJECT, STRING } from '../bytes/tape.ts';
import { Writer } from '../bytes/writer.ts';
import type { ErrorName } from '../errors.ts';
import { errorFields } from './error-fields.ts';
import type { Front, FrontOwner, FrontSettings, IdText, NoticeFields } from '../main/front.ts';
import { packedMayHaveKey, packedRequestAs, packedRequestId } from '../bytes/packed-request-id.ts';
import { NamedLines } from './named-lines.ts';
import { Reassembly } from './reassembly.ts';

const HEAD = 4;
/** `session`, and `as` behind a length that takes more bytes than it needs. */
const OTHER_WORDS = [Buffer.from('session'), Buffer.from([0x02, 0x61, 0x73])];
/** The longest frame with a token, bytes: it is held before anything is known of the client. */
const MAX_TOKEN_FRAME = 4096;

/** The front of connections that begin with 0x00: cuts one connection's bytes by the length before each frame. */
export class MsgpackFrames implements Front {
  readonly isMsgpack = true;
  readonly #owner: FrontOwner;
  readonly #maxLine: number;
  #needsToken: boolean;
  #isDone = false;
  /** Before the first frame: where no token is needed, one that is shown all the same changes nothing. */
  #mayGreet = true;
  /** Of the frame that has begun: bytes of its length read so far, the length, and what is there of it. */
  #headRead = 0;
  #length = 0;
  readonly #held = new Reassembly();
  readonly #names = new NamedLines(Buffer.from([0xa2, 0x61, 0x73]), OTHER_WORDS, packedRequestAs);
  /** The owner knows of a frame that has begun. */
  #isTold = false;
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
      at = this.#readHead(chunk, at);
      if (this.#headRead < HEAD) return this.#unfinished();
      if (this.#length > (this.#needsToken ? MAX_TOKEN_FRAME : this.#maxLine)) return this.#tooLong();
      const stop = Math.min(chunk.length, at + this.#length - this.#held.length);
      if (stop - at + this.#held.length < this.#length) return this.#hold(chunk, at, stop);
      const goesOn = this.#frameEnds(chunk, at, stop);
      at = stop;
      if (!goesOn && !this.#isDone) {
        if (at < chunk.length) this.#rest = chunk.subarray(at);
        return;
      }
    }
  }

  #readHead(chunk: Buffer, from: number): number {
    let at = from;
    while (this.#headRead < HEAD && at < chunk.length) {
      this.#length = this.#length * 256 + chunk[at++]!;
      this.#headRead++;
    }
    return at;
  }

  /** @returns whether more may follow */
  #frameEnds(chunk: Buffer, start: number, stop: number): boolean {
    let bytes = chunk;
    let from = start;
    let to = stop;
    if (this.#held.bytes !== undefined) {
      this.#names.lookAtAll();
      this.#append(chunk, start, stop);
      bytes = this.#held.bytes;
      from = 0;
      to = this.#length;
    }
    this.#release();
    // A frame of nothing is let pass, as an empty line is.
    if (from === to) return true;
    if (this.#needsToken) return this.#token(bytes, from, to);
    if (this.#mayGreet) {
      this.#mayGreet = false;
      if (to - from <= MAX_TOKEN_FRAME && tokenOf(bytes, from, to) !== undefined) return true;
    }
    return this.#owner.message(bytes, from, to, packedRequestId(bytes, from, to), this.#names.nameOf(bytes, from, to));
  }

  #token(bytes: Buffer, start: number, stop: number): boolean {
    const token = tokenOf(bytes, start, stop);
    const isKnown = token !== undefined && this.#owner.admit(token);
    this.#needsToken = false;
    if (isKnown) return true;
    this.discard();
    this.#owner.refuse(token === undefined ? 'AuthRequired' : 'AuthFailed', {});
    return false;
  }

  #tooLong(): void {
    const { msg, name } = this.#needsToken
      ? { name: 'AuthRequired' as const, msg: 'a token is needed: the first frame is {"auth":"<token>"}' }
      : { name: 'LineTooLong' as const, msg: 'the frame is longer than this gateway takes; --max-line allows more' };
    this.discard();
    this.#owner.refuse(name, name === 'LineTooLong' ? { limit: this.#maxLine, msg } : { msg });
  }

  #hold(chunk: Buffer, start: number, stop: number): void {
    this.#append(chunk, start, stop);
    this.#unfinished();
  }

  #unfinished(): void {
    this.#isTold = true;
    this.#owner.unfinished(this.#headRead + (this.#held.bytes?.length ?? 0));
  }

  /** The block grows with what has come: of what was promised, sixteen times that at most. */
  #append(chunk: Buffer, start: number, stop: number): void {
    this.#held.add(chunk, start, stop, this.#length, this.#length);
  }

  #release(): void {
    this.#held.clear();
    this.#headRead = 0;
    this.#length = 0;
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#owner.unfinished(0);
  }

  resume(): void {
    const rest = this.#rest;
    if (rest === undefined) return;
    this.#rest = undefined;
    this.take(rest);
  }

  end(): void {
    if (this.#isDone) return;
    const pos = this.#held.length;
    const isWithin = this.#headRead > 0;
    this.discard();
    if (isWithin) this.#owner.reject('JSONDecodeError', { pos, msg: 'the connection ended within a frame' });
  }

  discard(): void {
    this.#isDone = true;
    this.#rest = undefined;
    this.#release();
  }

  mayHaveKey(bytes: Buffer, start: number, stop: number): boolean {
    return packedMayHaveKey(bytes, start, stop);
  }

  notice(id: IdText | number, name: ErrorName, fields: NoticeFields): Buffer {
    return errorFrame(id, name, fields);
  }
}

/** The token of `{"auth":"..."}`, or undefined if the frame is not that: a request beside it would be lost in silence. */
function tokenOf(bytes: Buffer, start: number, stop: number): string | undefined {
  const tape = new MsgpackTape();
  if (tape.read(bytes, start, stop) !== undefined) return undefined;
  const { cells } = tape;
  if (cells[KIND] !== OBJECT || cells[COUNT] !== 1 || tape.keyText(NODE) !== 'auth') return undefined;
  if (cells[NODE + KIND] !== STRING) return undefined;
  tape.text(NODE);
  return bytes.toString('utf8', tape.textStart, tape.textEnd);
}

/**
 * One error of the catalogue as a frame: the table's defaults, overridden by `fields`.
 * @param id a number, or the client's own id, packed
 */
export function errorFrame(id: IdText | number, name: ErrorName, fields: NoticeFields): Buffer {
  const members = Object.entries(errorFields(name, fields));
  const out = new Writer(256);
  out.zeros(HEAD);
  out.byte(0x80 | (members.length + 1));
  putValue(out, 'id');
  if (typeof id === 'number') packInt32(out, id);
  else out.ascii(id);
  for (const [key, value] of members) {
    putValue(out, key);
    putValue(out, value);
  }
  out.view.setUint32(0, out.pos - HEAD);
  return out.written();
}

/** Numbers of notices are whole and small. */
function putValue(out: Writer, value: string | number | boolean): void {
  if (typeof value === 'boolean') return out.byte(value ? 0xc3 : 0xc2);
  if (typeof value === 'number') return packInt32(out, value);
  const text = Buffer.from(value);
  packString(out, text.length);
  out.raw(text);
}
