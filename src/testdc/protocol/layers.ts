/**
 * Layers: the schemes that clients are answered in (protocol: Invoking).
 * In: the newest scheme, and others by their layer. Out: a codec for a layer, results in that layer.
 * Never: files; a client whose layer has no scheme here is answered in the newest one.
 */
import type { Definition, Schema } from '../../tl/ir.ts';
import { ObjectCodec } from '../tl/tl-objects.ts';
import { TlObjectError } from '../tl/tl-value.ts';
import type { TlValue } from '../tl/tl-value.ts';

/** The oldest layer that is taken; Telegram has switched off older ones. */
const OLDEST = 1;

/** The codecs of all layers a test DC has schemes for. */
export class Layers {
  readonly #newest: ObjectCodec;
  readonly #byLayer = new Map<number, ObjectCodec>();

  constructor(newest: Schema, others: readonly Schema[] = []) {
    this.#newest = new ObjectCodec(newest);
    for (const schema of others) this.#byLayer.set(schema.layer, new ObjectCodec(schema));
  }

  /** The newest layer's number. */
  get newest(): number {
    return this.#newest.schema.layer;
  }

  /** The newest layer's codec, which answers are written for. */
  get main(): ObjectCodec {
    return this.#newest;
  }

  /** Whether a client may name this layer. */
  accepts(layer: number): boolean {
    return layer >= OLDEST && layer < 10_000;
  }

  /** The codec of a layer; the newest if there is no scheme of that layer. */
  codec(layer: number | undefined): ObjectCodec {
    return (layer === undefined ? undefined : this.#byLayer.get(layer)) ?? this.#newest;
  }

  /** TL bytes of a result in `codec`'s layer: fields that the layer lacks are left out; a value that it cannot hold at all is written in the newest. */
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

/** The `Updates` inside an object that only newer layers have around it, as `channels.joinChannel` has. */
function unwrapped(codec: ObjectCodec, value: TlValue): TlValue {
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array) return value;
  return codec.schema.byName.has(value._) ? value : (value['updates'] ?? value);
}
