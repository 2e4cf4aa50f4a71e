/**
 * DcHandshakes: the server half of the key exchange (protocol: Key exchange), written from the description alone.
 * In: bodies of unencrypted messages, the time. Out: the answer's body, or a transport code; a new
 * key through `stores`. Never: a socket, or anything of the client's handshake.
 *
 * Answers are remembered for ten minutes by their query: a query sent again verbatim, on whatever
 * connection, gets the same answer.
 */
import { AuthKey } from '../../crypto/auth-key.ts';
import type { DhGroup } from '../../crypto/dh.ts';
import { Reader } from '../../bytes/reader.ts';
import { REQ_DH_PARAMS, REQ_PQ, REQ_PQ_MULTI, skipQuery } from './handshake-queries.ts';
import { Writer } from '../../bytes/writer.ts';
import type { DcEnv } from '../env.ts';
import { random } from '../env.ts';
import type { DhHalf, TmpAes } from './key-exchange.ts';
import {
  DH_PRIME,
  G,
  drawHalf,
  firstSalt,
  isGoodPublic,
  dhGenHash,
  padTo256,
  sha1Of,
  tmpAes,
  unwrap,
  wrap,
} from './key-exchange.ts';
import { openInnerData, WRONG_DATA } from './inner-data.ts';
import type { InnerDataSettings } from './inner-data.ts';
import type { Pq } from './pq.ts';
import { drawPq } from './pq.ts';

/** What a key exchange has agreed upon. */
export interface MadeKey {
  readonly key: AuthKey;
  readonly salt: bigint;
  /** Seconds a temporary key lives; 0 for a permanent one. */
  readonly expiresIn: number;
}

/** How an exchange ends; anything but `ok` is for tests. */
export type Outcome = 'ok' | 'retry' | 'fail';

/** What key exchanges are given by their data centre. */
export interface HandshakeSettings extends InnerDataSettings {
  readonly group: DhGroup;
  readonly env: DcEnv;
  /** Whether g_a is drawn to begin with a zero byte, and then sent as 256 bytes (`padded`) or without the zero (`minimal`). */
  readonly zeroTop: 'no' | 'padded' | 'minimal';
  /** How the exchange ends; asked each time a client has sent a g_b. */
  outcome(): Outcome;
  /** Stores the key. False if a key of that number exists: the client is then told to try again. */
  stores(key: MadeKey): boolean;
  /** Notes what the client did against the protocol. */
  fault(detail: string): void;
  /** The field to send for `value`, in an answer: `value` itself, but for tests. */
  field(name: FieldName, value: Uint8Array): Uint8Array;
}

/** Fields of the server's answers, by step. `answer` is the encrypted one, `inner` what is inside of it. */
export type FieldName =
  | `resPQ.${'nonce' | 'server_nonce' | 'pq' | 'fingerprint'}`
  | `params.${'nonce' | 'server_nonce' | 'answer'}`
  | `inner.${'nonce' | 'server_nonce' | 'g' | 'dh_prime' | 'g_a' | 'server_time' | 'hash' | 'padding'}`
  | `gen.${'nonce' | 'server_nonce' | 'hash' | 'constructor'}`;

/** How long an exchange and its answers are remembered, ms, and how many of each at most. */
const REMEMBERED_MS = 600_000;
const MOST = 20_000;

/** One exchange under way; what a step has not brought yet is undefined. */
interface Exchange {
  /** Unix milliseconds of its req_pq. */
  readonly born: number;
  readonly nonce: Buffer;
  readonly serverNonce: Buffer;
  readonly pq: Pq;
  newNonce: Buffer | undefined;
  /** Seconds that a temporary key is to live; 0 for a permanent one. */
  expiresIn: number;
  aes: TmpAes | undefined;
  half: DhHalf | undefined;
  /** auth_key_aux_hash of the try before; 0 at the first. */
  retryId: bigint;
  /** Whether dh_gen_ok or dh_gen_fail was said. */
  isOver: boolean;
}

/** An answer's body, or a transport code. */
type Reply = Uint8Array | number;

/** The key exchanges of one data centre, on all its connections. */
export class DcHandshakes {
  readonly #settings: HandshakeSettings;
  readonly #exchanges = new Map<string, Exchange>();
  readonly #answers = new Map<string, { born: number; reply: Reply }>();

  constructor(settings: HandshakeSettings) {
    this.#settings = settings;
  }

  /** Answers the body of an unencrypted message; bytes behind the query are padding and are ignored. */
  take(body: Uint8Array): Reply {
    this.#forget();
    const reader = new Reader(body);
    try {
      return this.#once(body, reader);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'TlReadError') throw error;
      return this.#refuse(`the query does not parse: ${error.message}`);
    }
  }

  /** The answer that was given before, or else the next step's. */
  #once(body: Uint8Array, reader: Reader): Reply {
    const query = skipQuery(reader);
    if (query === undefined) return this.#refuse('not a query of the key exchange');
    const name = sha1Of(body.subarray(0, reader.pos)).toString('latin1');
    const known = this.#answers.get(name);
    if (known !== undefined) return known.reply;
    const reply = this.#step(query, new Reader(body, 4));
    this.#answers.set(name, { born: this.#settings.env.now(), reply });
    return reply;
  }

  /** Finds the query's exchange, and makes its next step. */
  #step(query: number, reader: Reader): Reply {
    if (query === REQ_PQ || query === REQ_PQ_MULTI) return this.#resPq(reader);
    const nonce = Buffer.from(reader.raw(16));
    const exchange = this.#exchanges.get(Buffer.from(reader.raw(16)).toString('latin1'));
    if (exchange === undefined || !exchange.nonce.equals(nonce)) return this.#refuse('nonces of no exchange');
    return query === REQ_DH_PARAMS ? this.#dhParams(exchange, reader) : this.#clientDh(exchange, reader);
  }

  /** resPQ#05162463 nonce:int128 server_nonce:int128 pq:string server_public_key_fingerprints:Vector<long> */
  #resPq(reader: Reader): Reply {
    const { env, serverKey } = this.#settings;
    const nonce = Buffer.from(reader.raw(16));
    const serverNonce = random(env, 16);
    const pq = drawPq(env);
    this.#exchanges.set(serverNonce.toString('latin1'), {
      born: env.now(),
      nonce,
      serverNonce,
      pq,
      newNonce: undefined,
      expiresIn: 0,
      aes: undefined,
      half: undefined,
      retryId: 0n,
      isOver: false,
    });
    const out = this.#start('resPQ', int(0x05162463), nonce, serverNonce);
    out.string(this.#field('resPQ.pq', pq.pq));
    out.int32(0x1cb5c415);
    out.int32(1);
    out.raw(this.#field('resPQ.fingerprint', serverKey.fingerprint));
    return out.written();
  }

  /** req_DH_params: p q public_key_fingerprint encrypted_data -> server_DH_params_ok#d0e8075c */
  #dhParams(exchange: Exchange, reader: Reader): Reply {
    const { env, serverKey, group, zeroTop } = this.#settings;
    if (exchange.newNonce !== undefined) return this.#refuse('a second, different req_DH_params');
    const p = Buffer.from(reader.view());
    const q = Buffer.from(reader.view());
    if (!p.equals(exchange.pq.p) || !q.equals(exchange.pq.q)) return this.#refuse('wrong p or q');
    if (!serverKey.fingerprint.equals(reader.raw(8))) return this.#refuse('fingerprint of another key');
    const inner = openInnerData(Buffer.from(reader.view()), exchange, this.#settings);
    if ('detail' in inner) return this.#refuse(inner.detail, inner.code);
    exchange.newNonce = inner.newNonce;
    exchange.expiresIn = inner.expiresIn;
    exchange.aes = tmpAes(inner.newNonce, exchange.serverNonce);
    exchange.half = drawHalf(group, env, zeroTop !== 'no');
    const answer = this.#start('inner', int(0xb5890dba), exchange.nonce, exchange.serverNonce);
    answer.raw(this.#field('inner.g', int(G)));
    answer.string(this.#field('inner.dh_prime', DH_PRIME));
    answer.string(this.#field('inner.g_a', zeroTop === 'minimal' ? withoutZeros(exchange.half.gA) : exchange.half.gA));
    answer.raw(this.#field('inner.server_time', int(Math.floor(env.now() / 1000))));
    const out = this.#start('params', int(0xd0e8075c), exchange.nonce, exchange.serverNonce);
    out.string(this.#field('params.answer', this.#wrap(answer.written(), exchange.aes)));
    return out.written();
  }

  /** set_client_DH_params: encrypted_data -> dh_gen_ok / dh_gen_retry / dh_gen_fail */
  #clientDh(exchange: Exchange, reader: Reader): Reply {
    const { aes, half, newNonce } = exchange;
    if (aes === undefined || half === undefined || newNonce === undefined)
      return this.#refuse('set_client_DH_params too early');
    if (exchange.isOver) return this.#refuse('the exchange has ended');
    const gB = this.#clientInner(exchange, unwrap(Buffer.from(reader.view()), aes));
    if (typeof gB === 'number') return gB;
    const bytes = half.shared(gB);
    const outcome = this.#finish(exchange, bytes);
    exchange.isOver = outcome !== 'retry';
    exchange.retryId = sha1Of(bytes).readBigInt64LE();
    const [crc, n] = DH_GEN[outcome];
    const out = this.#start('gen', this.#field('gen.constructor', int(crc)), exchange.nonce, exchange.serverNonce);
    out.raw(this.#field('gen.hash', dhGenHash(newNonce, n, bytes)));
    return out.written();
  }

  #field(name: FieldName, value: Uint8Array): Uint8Array {
    return this.#settings.field(name, value);
  }

  /** A writer with what every answer begins with: its constructor and both nonces. */
  #start(
    step: 'resPQ' | 'params' | 'inner' | 'gen',
    crc: Uint8Array,
    nonce: Uint8Array,
    serverNonce: Uint8Array,
  ): Writer {
    const out = new Writer(512);
    out.raw(crc);
    out.raw(this.#field(`${step}.nonce`, nonce));
    out.raw(this.#field(`${step}.server_nonce`, serverNonce));
    return out;
  }

  /** `IGE(SHA1(answer) + answer + 0..15 random bytes)`. */
  #wrap(answer: Uint8Array, aes: TmpAes): Uint8Array {
    const { env } = this.#settings;
    const padding = random(env, (16 - ((20 + answer.length) % 16)) % 16);
    return wrap(answer, this.#field('inner.hash', sha1Of(answer)), this.#field('inner.padding', padding), aes);
  }

  /** Ends an exchange with its 256 bytes of key: stores the key, unless a test wants another end. */
  #finish(exchange: Exchange, bytes: Buffer): Outcome {
    const outcome = this.#settings.outcome();
    if (outcome !== 'ok') return outcome;
    const salt = firstSalt(exchange.newNonce!, exchange.serverNonce);
    const made = this.#settings.stores({ key: AuthKey.from(bytes), salt, expiresIn: exchange.expiresIn });
    return made ? 'ok' : 'retry';
  }

  /** client_DH_inner_data#6643b654 nonce server_nonce retry_id:long g_b:string */
  #clientInner(exchange: Exchange, wrapped: { hash: Buffer; rest: Buffer } | undefined): Buffer | number {
    if (wrapped === undefined) return this.#refuse('client_DH_inner_data: wrong length');
    const reader = new Reader(wrapped.rest);
    if (reader.uint32() !== 0x6643b654) return this.#refuse('client_DH_inner_data does not open');
    const nonce = reader.raw(16);
    const serverNonce = reader.raw(16);
    const retryId = reader.bigInt64();
    const gB = Buffer.from(reader.view());
    if (!sha1Of(wrapped.rest.subarray(0, reader.pos)).equals(wrapped.hash))
      return this.#refuse('client_DH_inner_data: wrong hash');
    if (reader.left > 15) return this.#refuse('client_DH_inner_data: more than 15 bytes of padding');
    if (!exchange.nonce.equals(nonce) || !exchange.serverNonce.equals(serverNonce))
      return this.#refuse('client_DH_inner_data: wrong nonces');
    if (retryId !== exchange.retryId) return this.#refuse('client_DH_inner_data: wrong retry_id');
    if (!isGoodPublic(gB)) return this.#refuse('g_b out of range');
    return padTo256(gB);
  }

  #refuse(detail: string, code = WRONG_DATA): number {
    this.#settings.fault(detail);
    return code;
  }

  /** Forgets old exchanges and answers; Maps keep the order of insertion, so the oldest stand in front. */
  #forget(): void {
    const before = this.#settings.env.now() - REMEMBERED_MS;
    for (const table of [this.#exchanges, this.#answers])
      for (const [name, { born }] of table) {
        if (born >= before && table.size <= MOST) break;
        table.delete(name);
      }
  }
}

/** Constructor number of each end, and the n of its new_nonce_hash. */
const DH_GEN: Record<Outcome, readonly [number, 1 | 2 | 3]> = {
  ok: [0x3bcbf734, 1],
  retry: [0x46dc1fb9, 2],
  fail: [0xa69dae02, 3],
};

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  return bytes;
}

function withoutZeros(bytes: Buffer): Buffer {
  let at = 0;
  while (bytes[at] === 0) at++;
  return bytes.subarray(at);
}
