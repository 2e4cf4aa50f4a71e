/**
 * LaneEnv: what all sessions of this lane share, made once when its thread starts.
 * In: plain data from the main thread. Out: `Env`. Never: anything that could not be made again after a crash.
 */
import { randomFillSync } from 'node:crypto';
import { allowList } from '../src/address/allow-list.ts';
import { ClaimTable } from '../src/batch/claims.ts';
import { Reader } from '../src/bytes/reader.ts';
import { Writer } from '../src/bytes/writer.ts';
import { DerivedBytes } from '../src/crypto/derived-bytes.ts';
import { newHead, Opened } from '../src/crypto/envelope.ts';
import { parsePublicKey, type PublicKey } from '../src/crypto/rsa.ts';
import { JsonDialect } from '../src/dialect/json.ts';
import { compileInit } from '../src/session/delivery/init.ts';
import type { Env } from '../src/session/env.ts';
import { knownCalls } from '../src/session/known-calls.ts';
import type { SessionSettings } from '../src/session/settings.ts';
import { compileSource } from '../src/tl/compile.ts';

/** What crosses once to each lane. */
export interface LaneSettings {
  readonly session: SessionSettings;
  /** The compiled scheme: source and V8's cached code of it. */
  readonly codec: { readonly source: string; readonly cachedData: Uint8Array };
  /** The table of held keys, shared by all lanes. */
  readonly claims: SharedArrayBuffer;
  /** Random bytes of this process, `SECRET_LENGTH` of them; the same for all lanes and for whoever replaces a lost one. */
  readonly secret: Uint8Array;
}

/** Random bytes are drawn from the system in blocks: one system call a hundred messages. */
const RANDOM_BLOCK = 8192;

/** @param lane number of the lane @param settings see `LaneSettings` */
export function makeEnv(lane: number, settings: LaneSettings): Env {
  const { session } = settings;
  const dialect = new JsonDialect();
  const ownDialect = new JsonDialect();
  const keys = session.rsaKeys.map(parsePublicKey);
  const random = new RandomBlock();
  const base = {
    lane,
    codec: compileSource(settings.codec.source, settings.codec.cachedData),
    dialect,
    settings: session,
    claims: new ClaimTable(settings.claims, lane),
    reach: allowList(session.allowServer),
    keysFor: (server: { readonly rsa: string | undefined }): readonly PublicKey[] =>
      server.rsa === undefined ? keys : [parsePublicKey(server.rsa)],
    keyText: (): string => session.rsaKeys.join('\n'),
    fill: (bytes: Uint8Array): void => random.fill(bytes),
    random32: (): number => random.int32(),
    derived: new DerivedBytes(settings.secret),
    own: { dialect: ownDialect, request: ownDialect.makeRequest(), call: new Writer() },
    call: new Writer(),
    body: new Writer(),
    request: dialect.makeRequest(),
    serverFields: dialect.makeServerFields(),
    sessionFields: dialect.makeSessionFields(),
    optionFields: dialect.makeOptionFields(),
    head: newHead(),
    opened: new Opened(),
  };
  const initPrefix = session.init === undefined ? new Uint8Array(0) : compileInit(base, session.init);
  return { ...base, initPrefix, calls: knownCalls(base.codec) };
}

/** Secure random bytes from a block that is zeroed as it is used. */
class RandomBlock {
  readonly #block = new Uint8Array(RANDOM_BLOCK);
  readonly #reader = new Reader(this.#block, RANDOM_BLOCK);

  fill(bytes: Uint8Array): void {
    if (bytes.length > RANDOM_BLOCK / 8) {
      randomFillSync(bytes);
      return;
    }
    const at = this.#take(bytes.length);
    bytes.set(this.#block.subarray(at, at + bytes.length));
    this.#block.fill(0, at, at + bytes.length);
  }

  int32(): number {
    this.#reader.pos = this.#take(4);
    const value = this.#reader.int32();
    this.#block.fill(0, this.#reader.pos - 4, this.#reader.pos);
    return value;
  }

  #take(n: number): number {
    if (this.#reader.pos + n > RANDOM_BLOCK) {
      randomFillSync(this.#block);
      this.#reader.pos = 0;
    }
    const at = this.#reader.pos;
    this.#reader.pos = at + n;
    return at;
  }
}
