/**
 * Canned: an answer that is given many times, and made and written as TL bytes once, so that a bench measures clients.
 * In: a function that makes the value. Out: TL bytes in a layer. Never: a decision on whether the value is still true;
 * the caller says so by its version.
 */
import type { ObjectCodec } from './tl-objects.ts';
import type { TlValue } from './tl-value.ts';

/** TL bytes of one answer, by layer. */
type Written = Map<ObjectCodec, Uint8Array>;

/** One canned answer, as a method returns it. */
export class Canned {
  readonly #written: Written;
  readonly #make: () => TlValue;

  constructor(written: Written, make: () => TlValue) {
    this.#written = written;
    this.#make = make;
  }

  /** The TL bytes in a codec's layer; made, and written by `write`, the first time they are asked for. */
  bytes(codec: ObjectCodec, write: (value: TlValue) => Uint8Array): Uint8Array {
    let bytes = this.#written.get(codec);
    if (bytes === undefined) this.#written.set(codec, (bytes = write(this.#make())));
    return bytes;
  }
}

/** Canned answers by name, each kept as long as its version stays the same; beyond a bound all are forgotten. */
export class Cans {
  readonly #most: number;
  readonly #cans = new Map<string, { version: string; written: Written }>();

  constructor(most: number) {
    this.#most = most;
  }

  /** The answer of a name and version. `make` is not kept with it, since it may hold on to a whole session. */
  get(name: string, version: string, make: () => TlValue): Canned {
    let can = this.#cans.get(name);
    if (can?.version !== version) {
      if (this.#cans.size >= this.#most) this.#cans.clear();
      this.#cans.set(name, (can = { version, written: new Map() }));
    }
    return new Canned(can.written, make);
  }
}
