/**
 * First byte: which kind of front a connection gets: 0x00 is msgpack (http-and-msgpack: msgpack), anything else is for JSON lines to judge.
 * In: the first bytes of a connection. Out: all of them to the front that fits. Never: a byte held back.
 */
import type { ErrorName } from '../errors.ts';
import type { Front, FrontOwner, FrontSettings, IdText, NoticeFields } from '../main/front.ts';
import { errorLine, JsonLines } from './json-lines.ts';
import { errorFrame, MsgpackFrames } from './msgpack-frames.ts';

class FirstByte implements Front {
  readonly #owner: FrontOwner;
  readonly #settings: FrontSettings;
  /** JSON lines until the first byte says otherwise: who says nothing is told so in JSON. */
  #front: Front;
  #isFresh = true;

  constructor(owner: FrontOwner, settings: FrontSettings) {
    this.#owner = owner;
    this.#settings = settings;
    this.#front = new JsonLines(owner, settings);
  }

  get isMsgpack(): boolean {
    return this.#front.isMsgpack;
  }

  take(chunk: Buffer): void {
    if (this.#isFresh && chunk.length > 0) {
      this.#isFresh = false;
      if (isMsgpack(chunk)) this.#front = new MsgpackFrames(this.#owner, this.#settings);
    }
    this.#front.take(chunk);
  }

  resume(): void {
    this.#front.resume();
  }

  end(): void {
    this.#front.end();
  }

  discard(): void {
    this.#isFresh = false;
    this.#front.discard();
  }

  mayHaveKey(bytes: Buffer, start: number, stop: number): boolean {
    return this.#front.mayHaveKey(bytes, start, stop);
  }

  notice(id: IdText | number, name: ErrorName, fields: NoticeFields): Buffer {
    return this.#front.notice(id, name, fields);
  }
}

function isMsgpack(chunk: Buffer): boolean {
  return chunk[0] === 0;
}

/** The kind of front of the port for lines: JSON or msgpack, by the first byte. As `FrontKind` of the main thread. */
export function lineFronts(settings: FrontSettings): {
  make(owner: FrontOwner): Front;
  line(id: number, name: ErrorName, fields: NoticeFields, heard: Buffer | undefined): Buffer;
} {
  return {
    make: (owner) => new FirstByte(owner, settings),
    line: (id, name, fields, heard) =>
      heard !== undefined && isMsgpack(heard) ? errorFrame(id, name, fields) : errorLine(id, name, fields),
  };
}
