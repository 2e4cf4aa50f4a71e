/**
 * Obfuscation (protocol: Transports): any transport inside AES-256-CTR, as WebSocket and MTProxy demand.
 * In: an inner transport, 64 random bytes. Out: the client's end of a transport.
 * Never: fake TLS (secrets that begin with `ee` are refused).
 */
import type { Writer } from '../bytes/writer.ts';
import { CtrStream } from '../crypto/ctr.ts';
import { sha256 } from '../crypto/kdf.ts';
import { int32 } from './framing.ts';
import type { PacketSink, Transport, TransportName } from './transport.ts';

/** The tag of each transport, init[56:60]; the full transport has none. */
const TAGS: Readonly<Record<Exclude<TransportName, 'full'>, number>> = {
  abridged: 0xefefefef | 0,
  intermediate: 0xeeeeeeee | 0,
  padded: 0xdddddddd | 0,
};

/** First words by which a server takes a connection for something else: HEAD, POST, GET, OPTI, TLS, padded, intermediate. */
const TAKEN = new Set([0x44414548, 0x54534f50, 0x20544547, 0x4954504f, 0x02010316, 0xdddddddd | 0, 0xeeeeeeee | 0]);

/** What a client sends before its first frame: random bytes that hold both keys, the transport's tag and the DC id. */
const INIT_LENGTH = 64;

/** What an MTProxy wants in the first bytes. */
export interface ObfuscationOptions {
  /** MTProxy secret: 16 bytes. */
  secret?: Uint8Array | undefined;
  /** DC id for an MTProxy: +10000 for test, negative for media. */
  dc?: number | undefined;
}

/** The client's end of a transport inside obfuscation. */
export class Obfuscated implements Transport {
  readonly #inner: Transport;
  readonly #encrypt: CtrStream;
  readonly #decrypt: CtrStream;
  /** What is sent before the first frame. */
  readonly #first: Uint8Array;

  /**
   * Around `inner`, whose name is `name`; throws RangeError for the full transport.
   * @param fill fills its argument with random bytes
   */
  constructor(
    inner: Transport,
    name: TransportName,
    fill: (bytes: Uint8Array) => void,
    options: ObfuscationOptions = {},
  ) {
    if (name === 'full') throw new RangeError('the full transport has no obfuscated form');
    const init = drawInit(fill, TAGS[name], options.dc);
    const { forward, backward } = streams(init, options.secret);
    this.#inner = inner;
    this.#encrypt = forward;
    this.#decrypt = backward;
    this.#first = Buffer.concat([init.subarray(0, 56), forward.apply(init).subarray(56)]);
  }

  open(out: Writer): void {
    out.raw(this.#first);
  }

  begin(out: Writer): number {
    return this.#inner.begin(out);
  }

  end(out: Writer, mark: number): void {
    this.#inner.end(out, mark);
    out.bytes.set(this.#encrypt.apply(out.bytes.subarray(mark, out.pos)), mark);
  }

  unpack(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    const plain = this.#decrypt.apply(bytes.subarray(start, end));
    this.#inner.unpack(plain, 0, plain.length, sink);
  }
}

/** Draws of `init` until it looks like no other protocol; each fails with a chance of 1/256. */
const TRIES = 100;

function drawInit(fill: (bytes: Uint8Array) => void, tag: number, dc: number | undefined): Buffer {
  const init = Buffer.alloc(INIT_LENGTH);
  for (let i = 0; i < TRIES; i++) {
    fill(init);
    if (init[0] === 0xef || TAKEN.has(int32(init, 0)) || int32(init, 4) === 0) continue;
    init.writeInt32LE(tag, 56);
    if (dc !== undefined) init.writeInt16LE(dc, 60);
    return init;
  }
  throw new Error('no first bytes without a look-alike: the random source is broken');
}

/** The key streams from client to server and back. */
function streams(init: Uint8Array, secret: Uint8Array | undefined): { forward: CtrStream; backward: CtrStream } {
  const one = init.slice(8, 56);
  return { forward: stream(one, secret), backward: stream(one.toReversed(), secret) };
}

function stream(keyAndIv: Uint8Array, secret: Uint8Array | undefined): CtrStream {
  const key = keyAndIv.subarray(0, 32);
  return new CtrStream(secret === undefined ? key : sha256(key, secret), keyAndIv.subarray(32, 48));
}

/** An MTProxy's secret, 16 bytes, and the transport it demands, if any. */
export interface Secret {
  secret: Uint8Array;
  name?: TransportName;
}

/** An MTProxy secret in hex or base64url: 16 bytes, or 17 that begin with `dd`. Throws RangeError. */
export function parseSecret(text: string): Secret {
  const bytes = /^([0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64url');
  if (bytes.length === 16) return { secret: bytes };
  if (bytes.length === 17 && bytes[0] === 0xdd) return { secret: bytes.subarray(1), name: 'padded' };
  if (bytes.length > 17 && bytes[0] === 0xee) throw new RangeError('MTProxy secrets for fake TLS are not supported');
  throw new RangeError('an MTProxy secret has 16 bytes, or 17 that begin with dd');
}
