/**
 * Layers: which scheme a client is spoken to in (protocol: Invoking).
 * In: the newest scheme, and others by their layer. Out: a codec for a layer, results in that layer.
 * Never: files; a layer without a scheme is answered by the newest one, that is, with what is the same.
 */
import type { Definition, Schema } from '../../tl/ir.ts';
import { ObjectCodec } from '../tl/tl-objects.ts';
import { TlObjectError } from '../tl/tl-value.ts';
import type { TlValue } from '../tl/tl-value.ts';

/** Layers before this one have been switched off. */
const OLDEST = 1;

export class Layers {
  readonly #newest: ObjectCodec;
  readonly #byLayer = new Map<number, ObjectCodec>();

  constructor(newest: Schema, others: readonly Schema[] = []) {
    this.#newest = new ObjectCodec(newest);
    for (const schema of others) this.#byLayer.set(schema.layer, new ObjectCodec(schema));
  }

  get newest(): number {
    return this.#newest.schema.layer;
  }

  /** The codec answers are written for. */
  get main(): ObjectCodec {
    return this.#newest;
  }

  accepts(layer: number): boolean {
    return layer >= OLDEST && layer < 10_000;
  }

  codec(layer: number | undefined): ObjectCodec {
    return (layer === undefined ? undefined : this.#byLayer.get(layer)) ?? this.#newest;
  }

  /** TL bytes of a result. In an older layer fields it lacks are left out; what cannot be said there is said in the newest. */
  encode(codec: ObjectCodec, definition: Definition, value: TlValue): Buffer {
    if (codec === this.#newest) return codec.encodeAs(definition.result, value);
    try {
      return codec.encodeAs(definition.result, unwrapped(codec, value), true);
    } catch (error) {
      const same = this.#newest.schema.byName.get(definition.name);
      if (!(error instanceof TlObjectError) || same === undefined) throw error;
      return this.#newest.encodeAs(same.result, value);
    }
  }

  /** TL bytes of an update for a client of this layer. */
  encodeUpdate(layer: number | undefined, value: TlValue): Buffer {
    const codec = this.codec(layer);
    return codec.encodeAs({ kind: 'object' }, value, codec !== this.#newest);
  }
}

/** `Updates` that only newer layers put into an object of their own, as `channels.joinChannel` does. */
function unwrapped(codec: ObjectCodec, value: TlValue): TlValue {
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array) return value;
  return codec.schema.byName.has(value._) ? value : (value['updates'] ?? value);
}
