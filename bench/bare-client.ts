/**
 * The bare client: as little MTProto as can be right, for the floor under every figure.
 * In: calls as ready TL bytes. Out: when each was answered. Never: TL or JSON of an answer, a repeat, a reconnect.
 *
 * What it does do is what every client must: seal and open each packet, ids and sequence numbers in order, an
 * acknowledgement for every answer. Calls of one turn leave in one container, as the gateway's do.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Writer } from '../src/bytes/writer.ts';
import type { AuthKey } from '../src/crypto/auth-key.ts';
import { newHead, open, Opened, seal } from '../src/crypto/envelope.ts';
import { fillRandom } from '../src/crypto/random.ts';
import { RawClient } from '../test/support/raw-client.ts';

const MSG_CONTAINER = 0x73f1f8dc;
const RPC_RESULT = 0xf35c6d01;
const MSGS_ACK = 0x62d6b459;
const VECTOR = 0x1cb5c415;
/** Before a message in a container. */
const INNER = 16;

const packet = new Writer(64 * 1024);
const body = new Writer(64 * 1024);
const head = newHead();
const opened = new Opened();

interface Waiting {
  readonly expected: number;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

export class BareClient {
  readonly #socket: Socket;
  readonly #key: AuthKey;
  readonly #salt: readonly [number, number];
  readonly #session = [randomBytes(4).readInt32LE(), randomBytes(4).readInt32LE() | 1] as const;
  readonly #offset: number;
  /** By the low half of the request's msg_id: two that are open at once never share it in practice, and are checked. */
  readonly #waiting = new Map<number, Waiting>();
  /** Calls of this turn, their msg_ids following; acknowledgements due. */
  #calls: { body: Uint8Array; waiting: Waiting }[] = [];
  #acks: number[] = [];
  #count = 0;
  #lastLow = 0;
  #lastHigh = 0;
  #rest: Buffer = Buffer.alloc(0);
  #isScheduled = false;

  private constructor(raw: RawClient) {
    this.#socket = raw.socket;
    this.#key = raw.authKey!;
    this.#offset = raw.timeOffset;
    this.#salt = [Number(BigInt.asIntN(32, raw.salt)), Number(BigInt.asIntN(32, raw.salt >> 32n))];
    raw.socket.removeAllListeners('data');
    raw.socket.on('data', (chunk: Buffer) => this.#received(chunk));
    raw.socket.on('close', () => this.#fail(new Error('the DC closed the connection')));
  }

  /** Connects, makes a key and names its layer. */
  static async connect(port: number, pem: string): Promise<BareClient> {
    const raw = await RawClient.connect(port);
    await raw.makeKey({ pem });
    await raw.init();
    return new BareClient(raw);
  }

  /** Makes a call; resolves when a result came that begins with `expected`, rejects on any other. */
  call(bytes: Uint8Array, expected: number): Promise<void> {
    return new Promise((done, failed) => {
      this.#calls.push({ body: bytes, waiting: { expected, done, failed } });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // Runs when all promises of this turn have gone on: their calls leave together.
      process.nextTick(() => this.#flush());
    });
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #flush(): void {
    this.#isScheduled = false;
    const calls = this.#calls;
    this.#calls = [];
    body.clear();
    const isAlone = calls.length === 1 && this.#acks.length === 0;
    if (isAlone) this.#single(calls[0]!);
    else this.#container(calls);
    head.msgIdLow = this.#lastLow;
    head.msgIdHigh = this.#lastHigh;
    [head.saltLow, head.saltHigh] = this.#salt;
    [head.sessionLow, head.sessionHigh] = this.#session;
    packet.clear();
    packet.int32(0);
    seal(this.#key, 'client', head, body.bytes, 0, body.pos, fillRandom, packet);
    packet.patchInt32(0, packet.pos - 4);
    this.#socket.write(Buffer.from(packet.written()));
  }

  #single({ body: bytes, waiting }: { body: Uint8Array; waiting: Waiting }): void {
    this.#nextId();
    head.seqNo = this.#count++ * 2 + 1;
    this.#waiting.set(this.#lastLow, waiting);
    body.raw(bytes);
  }

  #container(calls: readonly { body: Uint8Array; waiting: Waiting }[]): void {
    body.int32(MSG_CONTAINER);
    body.int32(calls.length + (this.#acks.length > 0 ? 1 : 0));
    if (this.#acks.length > 0) this.#acknowledge();
    for (const { body: bytes, waiting } of calls) {
      this.#inner(this.#count++ * 2 + 1, bytes.length);
      this.#waiting.set(this.#lastLow, waiting);
      body.raw(bytes);
    }
    this.#nextId();
    head.seqNo = this.#count * 2;
  }

  #acknowledge(): void {
    this.#inner(this.#count * 2, 12 + this.#acks.length * 4);
    body.int32(MSGS_ACK);
    body.int32(VECTOR);
    body.int32(this.#acks.length / 2);
    for (const half of this.#acks) body.int32(half);
    this.#acks = [];
  }

  #inner(seqNo: number, length: number): void {
    this.#nextId();
    body.long(this.#lastLow, this.#lastHigh);
    body.int32(seqNo);
    body.int32(length);
  }

  /** A msg_id by the server's clock, above all before (protocol: Message ids). */
  #nextId(): void {
    const now = Date.now() / 1000 + this.#offset;
    const high = Math.floor(now);
    const low = (((now - high) * 0x1_0000_0000) & ~3) >>> 0;
    const isLater = high > this.#lastHigh || (high === this.#lastHigh && low > this.#lastLow >>> 0);
    if (isLater) [this.#lastHigh, this.#lastLow] = [high, low | 0];
    else this.#lastLow = (this.#lastLow + 4) | 0;
  }

  #received(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 4) {
      const end = at + 4 + bytes.readInt32LE(at);
      if (end > bytes.length) break;
      this.#packet(bytes, at + 4, end);
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }

  #packet(bytes: Buffer, start: number, end: number): void {
    if (!open(this.#key, 'server', bytes, start, end, opened)) throw new Error('a packet that does not open');
    const view = new DataView(opened.bytes.buffer, opened.bytes.byteOffset, opened.end);
    if (view.getUint32(opened.start, true) !== MSG_CONTAINER) {
      return this.#message(view, opened.head.msgIdLow, opened.head.msgIdHigh, opened.head.seqNo, opened.start);
    }
    let at = opened.start + 8;
    for (let left = view.getInt32(opened.start + 4, true); left > 0; left--) {
      const seqNo = view.getInt32(at + 8, true);
      this.#message(view, view.getInt32(at, true), view.getInt32(at + 4, true), seqNo, at + INNER);
      at += INNER + view.getInt32(at + 12, true);
    }
  }

  #message(view: DataView, low: number, high: number, seqNo: number, at: number): void {
    if ((seqNo & 1) === 1) this.#acks.push(low, high);
    if (view.getUint32(at, true) !== RPC_RESULT) return;
    const request = view.getInt32(at + 4, true);
    const waiting = this.#waiting.get(request);
    if (waiting === undefined) return;
    this.#waiting.delete(request);
    const result = view.getUint32(at + 12, true);
    if (result === waiting.expected) waiting.done();
    else waiting.failed(new Error(`answered 0x${result.toString(16)}`));
  }

  #fail(error: Error): void {
    for (const { failed } of this.#waiting.values()) failed(error);
    this.#waiting.clear();
  }
}
