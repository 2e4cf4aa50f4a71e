/**
 * RawClient: the smallest MTProto client that can be right or wrong on purpose.
 * In: a test's commands, down to single ids and numbers. Out: packets on a socket, what came back.
 * Never: the gateway's session code, a retry, or a repair that the test did not ask for.
 *
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Reader } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { AuthKey } from '../../src/crypto/auth-key.ts';
import { DhGroup } from '../../src/crypto/dh.ts';
import { newHead, open, Opened, seal } from '../../src/crypto/envelope.ts';
import { factorPq } from '../../src/crypto/factor.ts';
import { igeDecrypt, igeEncrypt } from '../../src/crypto/ige.ts';
import { parsePublicKey, rsaPad } from '../../src/crypto/rsa.ts';
import { ObjectCodec } from '../../src/testdc/tl/tl-objects.ts';
import type { TlObject, TlValue } from '../../src/testdc/tl/tl-value.ts';
import { loadScheme } from '../../src/tl/load.ts';
import { makeTransport } from '../../src/transport/make.ts';
import type { Transport } from '../../src/transport/transport.ts';

/** The project's scheme, read once. */
export const codec = new ObjectCodec(loadScheme());

/** A message as it came. */
export interface Came {
  readonly msgId: bigint;
  readonly seqNo: number;
  /** Constructor number of the body. */
  readonly crc: number;
  readonly body: Buffer;
  /** Whether it came inside of a container. */
  readonly contained: boolean;
}

/** What `call` throws on an rpc_error. */
export class RawRpcError extends Error {
  override readonly name = 'RawRpcError';
  readonly code: number;
  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

export interface ConnectOptions {
  host?: string;
  transport?: Transport;
  /** Write every byte on its own. */
  byteByByte?: boolean;
}

export interface SendOptions {
  msgId?: bigint;
  seqNo?: number;
  salt?: bigint;
  sessionId?: bigint;
  /** Default: whether the body is a function of the API. */
  content?: boolean;
}

export interface MakeKeyOptions {
  pem: string;
  dcId?: number;
  /** Seconds; makes a temporary key. */
  expiresIn?: number;
  /** Changes queries and inner data before they are sent, by their constructor's name. */
  change?: (name: string, value: TlObject) => TlObject;
  /** The secret b, 256 bytes, for the server's g_a; default random. */
  secret?: (gA: Uint8Array) => Uint8Array;
  /** Overrides the padding by RSA. */
  pad?: (data: Buffer) => Uint8Array;
}

export class RawClient {
  readonly socket: Socket;
  authKey: AuthKey | undefined;
  salt = 0n;
  sessionId = randomBytes(8).readBigInt64LE() | 1n;
  /** Seconds the server is ahead, from the key exchange. */
  timeOffset = 0;
  /** Acknowledge content-related messages as they come. */
  acks = true;
  /** Everything that came, in order, containers taken apart. */
  readonly came: Came[] = [];
  /** Transport codes that came. */
  readonly statuses: number[] = [];
  /** Quick acks and other words of the transport. */
  isClosed = false;
  #count = 0;
  #lastId = 0n;
  readonly #port: number;
  readonly #transport: Transport;
  readonly #byteByByte: boolean;
  #listeners = new Set<() => void>();
  readonly #opened = new Opened();

  private constructor(socket: Socket, options: ConnectOptions) {
    this.socket = socket;
    this.#port = socket.remotePort!;
    this.#transport = options.transport ?? makeTransport('intermediate');
    this.#byteByByte = options.byteByByte ?? false;
    const out = new Writer(64);
    this.#transport.open(out);
    this.#write(out.written());
    socket.on('data', (chunk: Buffer) => this.#data(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** Connects; intermediate unless another transport is given. */
  static async connect(port: number, options: ConnectOptions = {}): Promise<RawClient> {
    const socket = connect({ port, host: options.host ?? '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket, options);
  }

  /** Connects with this one's key, salt and session: as after a cut. */
  async reconnect(): Promise<RawClient> {
    this.close();
    const next = await RawClient.connect(this.#port);
    next.authKey = this.authKey;
    next.salt = this.salt;
    next.sessionId = this.sessionId;
    next.timeOffset = this.timeOffset;
    next.#count = this.#count;
    next.#lastId = this.#lastId;
    return next;
  }

  close(): void {
    this.socket.destroy();
  }

  // ---- the key exchange (protocol: Key exchange) ----

  /** Makes a key and goes on under it. Throws on any answer but the right one. */
  async makeKey(options: MakeKeyOptions): Promise<AuthKey> {
    const change = options.change ?? ((_name, value) => value);
    const nonce = randomBytes(16);
    const resPq = await this.ask(change('req_pq_multi', { _: 'req_pq_multi', nonce }), 'resPQ');
    const serverNonce = resPq['server_nonce'] as Buffer;
    const pq = resPq['pq'] as Buffer;
    const { p, q } = factorPq(pq);
    const newNonce = randomBytes(32);
    const key = parsePublicKey(options.pem);
    const fingerprint = (resPq['server_public_key_fingerprints'] as bigint[])[0]!;
    const dc = options.dcId ?? 2;
    const temp: TlObject = {
      _: 'p_q_inner_data_temp_dc',
      pq,
      p,
      q,
      nonce,
      server_nonce: serverNonce,
      new_nonce: newNonce,
      dc,
      expires_in: options.expiresIn ?? 0,
    };
    const { expires_in: _, ...permanent } = temp;
    const inner = codec.encode(
      change('inner', options.expiresIn === undefined ? { ...permanent, _: 'p_q_inner_data_dc' } : temp),
    );
    const encrypted = (options.pad ?? ((data) => rsaPad(data, key, fill)))(inner);
    const params = await this.ask(
      change('req_DH_params', {
        _: 'req_DH_params',
        nonce,
        server_nonce: serverNonce,
        p,
        q,
        public_key_fingerprint: fingerprint,
        encrypted_data: encrypted,
      }),
      'server_DH_params_ok',
    );
    const sn = sha1(serverNonce, newNonce);
    const aesKey = Buffer.concat([sha1(newNonce, serverNonce), sn.subarray(0, 12)]);
    const aesIv = Buffer.concat([sn.subarray(12), sha1(newNonce, newNonce), newNonce.subarray(0, 4)]);
    const plain = Buffer.from(igeDecrypt(aesKey, aesIv, params['encrypted_answer'] as Buffer));
    const answer = codec.decode(new Reader(plain, 20));
    this.timeOffset = (answer['server_time'] as number) - Date.now() / 1000;
    const group = DhGroup.of(answer['g'] as number, answer['dh_prime'] as Buffer);
    let retryId = 0n;
    for (let attempt = 0; attempt < 6; attempt++) {
      const powers = group.powers(options.secret?.(leftPad(answer['g_a'] as Buffer)) ?? randomBytes(256));
      const data = codec.encode(
        change('client_DH_inner_data', {
          _: 'client_DH_inner_data',
          nonce,
          server_nonce: serverNonce,
          retry_id: retryId,
          g_b: powers.public,
        }),
      );
      const padded = Buffer.concat([sha1(data), data, randomBytes((16 - ((20 + data.length) % 16)) % 16)]);
      const done = await this.ask(
        change('set_client_DH_params', {
          _: 'set_client_DH_params',
          nonce,
          server_nonce: serverNonce,
          encrypted_data: igeEncrypt(aesKey, aesIv, padded),
        }),
      );
      const made = AuthKey.from(powers.shared(leftPad(answer['g_a'] as Buffer)));
      const aux = sha1(made.bytes).subarray(0, 8);
      const n = ['dh_gen_ok', 'dh_gen_retry', 'dh_gen_fail'].indexOf(done._) + 1;
      const hash = sha1(newNonce, Buffer.of(n), aux).subarray(4);
      if (!hash.equals(done[`new_nonce_hash${n}`] as Buffer)) throw new Error(`${done._}: wrong hash`);
      if (n === 3) throw new Error('dh_gen_fail');
      if (n === 1) {
        this.authKey = made;
        this.salt = newNonce.readBigInt64LE() ^ serverNonce.readBigInt64LE();
        return made;
      }
      retryId = aux.readBigInt64LE();
    }
    throw new Error('dh_gen_retry without end');
  }

  /** Sends a query of the key exchange and waits for its answer. */
  async ask(query: TlObject, expected?: string): Promise<TlObject> {
    const from = this.came.length;
    this.plain(codec.encode(query));
    const came = await this.until(() => this.came.slice(from).find((one) => one.msgId !== 0n));
    const answer = codec.decode(new Reader(came.body));
    if (expected !== undefined && answer._ !== expected) throw new Error(`${answer._} in place of ${expected}`);
    return answer;
  }

  /** Sends an unencrypted message. */
  plain(body: Uint8Array, msgId = this.nextId(), padding = 0): void {
    const out = new Writer(body.length + 32);
    out.bigInt64(0n);
    out.bigInt64(msgId);
    out.int32(body.length);
    out.raw(body);
    out.zeros(padding);
    this.frame(out.written());
  }

  // ---- messages ----

  /** A msg_id by the server's clock, above all before. */
  nextId(): bigint {
    const now = Date.now() / 1000 + this.timeOffset;
    const seconds = Math.floor(now);
    let id = (BigInt(seconds) << 32n) | (BigInt(Math.floor((now - seconds) * 0x1_0000_0000)) & ~3n);
    if (id <= this.#lastId) id = this.#lastId + 4n;
    this.#lastId = id;
    return id;
  }

  nextSeqNo(content: boolean): number {
    const seqNo = this.#count * 2 + (content ? 1 : 0);
    if (content) this.#count++;
    return seqNo;
  }

  /** Sends one message in its own packet; the answer is its msg_id. */
  send(body: TlObject | Uint8Array, options: SendOptions = {}): bigint {
    const bytes = body instanceof Uint8Array ? body : codec.encode(body);
    const msgId = options.msgId ?? this.nextId();
    const seqNo = options.seqNo ?? this.nextSeqNo(options.content ?? isApi(bytes));
    this.packet(bytes, msgId, seqNo, options);
    return msgId;
  }

  /** Sends several messages in a container; the answer is their msg_ids and the container's. */
  sendContainer(
    bodies: readonly (TlObject | Uint8Array)[],
    each: readonly SendOptions[] = [],
    own: SendOptions = {},
  ): { ids: bigint[]; containerId: bigint } {
    const out = new Writer(4096);
    out.int32(0x73f1f8dc);
    out.int32(bodies.length);
    const ids = bodies.map((body, i) => {
      const bytes = body instanceof Uint8Array ? body : codec.encode(body);
      const msgId = each[i]?.msgId ?? this.nextId();
      out.bigInt64(msgId);
      out.int32(each[i]?.seqNo ?? this.nextSeqNo(each[i]?.content ?? isApi(bytes)));
      out.int32(bytes.length);
      out.raw(bytes);
      return msgId;
    });
    const containerId = this.send(Buffer.from(out.written()), { content: false, ...own });
    return { ids, containerId };
  }

  /** Seals a body and sends the packet. */
  packet(body: Uint8Array, msgId: bigint, seqNo: number, options: SendOptions = {}): void {
    const head = newHead();
    [head.saltLow, head.saltHigh] = halves(options.salt ?? this.salt);
    [head.sessionLow, head.sessionHigh] = halves(options.sessionId ?? this.sessionId);
    [head.msgIdLow, head.msgIdHigh] = halves(msgId);
    head.seqNo = seqNo;
    const out = new Writer(body.length + 128);
    seal(this.authKey!, 'client', head, body, 0, body.length, fill, out);
    this.frame(out.written());
  }

  /** Frames a packet and sends it. */
  frame(packet: Uint8Array): void {
    const out = new Writer(packet.length + 32);
    const mark = this.#transport.begin(out);
    out.raw(packet);
    this.#transport.end(out, mark);
    this.#write(out.written());
  }

  #write(bytes: Uint8Array): void {
    if (!this.#byteByByte) this.socket.write(Buffer.from(bytes));
    else for (const byte of bytes) this.socket.write(Uint8Array.of(byte));
  }

  /** Sends `invokeWithLayer(initConnection(query))` and waits for the result. */
  init(query: TlObject = { _: 'help.getConfig' }, layer = codec.schema.layer): Promise<TlValue> {
    return this.call(withInit(query, layer), query._);
  }

  /** Sends a request and waits for its result, decoded by the request's type. Throws RawRpcError. */
  async call(query: TlObject, resultOf = query._): Promise<TlValue> {
    return this.result(this.send(query, { content: true }), resultOf);
  }

  /** Waits for the rpc_result of a message. */
  async result(msgId: bigint, resultOf: string): Promise<TlValue> {
    const came = await this.until(() =>
      this.came.find((one) => one.crc === 0xf35c6d01 && one.body.readBigInt64LE(4) === msgId),
    );
    let bytes = came.body.subarray(12);
    if (bytes.readUInt32LE() === 0x3072cfa1) bytes = gunzipSync(new Reader(bytes, 4).view());
    const error = bytes.readUInt32LE() === 0x2144ca19 ? codec.decode(new Reader(bytes)) : undefined;
    if (error !== undefined) throw new RawRpcError(error['error_code'] as number, error['error_message'] as string);
    return codec.decodeAs(codec.schema.byName.get(resultOf)!.result, new Reader(bytes));
  }

  /** Waits for a message of a constructor, from the `from`th that came on. */
  async message(name: string, from = 0): Promise<TlObject & { msgId: bigint; seqNo: number }> {
    const { crc } = codec.schema.byName.get(name)!;
    const came = await this.until(() => this.came.slice(from).find((one) => one.crc === crc));
    return Object.assign(codec.decode(new Reader(came.body)), { msgId: came.msgId, seqNo: came.seqNo });
  }

  /** Waits for the transport code. */
  status(): Promise<number> {
    return this.until(() => this.statuses[0]);
  }

  /** Waits until the DC has closed the connection. */
  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.socket, 'close');
  }

  /** Resolves as soon as `look` finds something; rejects when the connection closes before, or after ten seconds. */
  until<T>(look: () => T | undefined): Promise<T> {
    return new Promise((done, failed) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(check);
        const names = this.came.map(({ crc }) => codec.schema.byCrc.get(crc)?.name ?? crc.toString(16));
        failed(new Error(`nothing came in ten seconds that was waited for; what came: ${names.join(' ')}`));
      }, 10_000);
      const check = (): void => {
        const found = look();
        if (found === undefined && !this.isClosed) return;
        clearTimeout(timer);
        this.#listeners.delete(check);
        if (found === undefined) failed(new Error(`closed while waiting; statuses ${this.statuses.join(' ')}`));
        else done(found);
      };
      this.#listeners.add(check);
      check();
    });
  }

  // ---- what comes ----

  #data(chunk: Buffer): void {
    this.#transport.unpack(chunk, 0, chunk.length, {
      packet: (bytes, start, end) => this.#packet(Buffer.from(bytes.subarray(start, end))),
      status: (code) => this.statuses.push(code),
      broken: (why) => this.socket.destroy(new Error(why)),
    });
    this.#wake();
  }

  #packet(packet: Buffer): void {
    // The padded transport leaves its padding on; an encrypted packet's length says how much.
    if (packet.readBigInt64LE() !== 0n) packet = packet.subarray(0, packet.length - ((packet.length - 24) & 15));
    if (packet.readBigInt64LE() === 0n) {
      const body = Buffer.from(packet.subarray(20, 20 + packet.readInt32LE(16)));
      this.came.push({ msgId: packet.readBigInt64LE(8), seqNo: 0, crc: body.readUInt32LE(), body, contained: false });
      return;
    }
    if (!open(this.authKey!, 'server', packet, 0, packet.length, this.#opened))
      throw new Error('the DC sent a packet that does not open');
    const { head, bytes, start, end } = this.#opened;
    const msgId = (BigInt(head.msgIdHigh) << 32n) | BigInt(head.msgIdLow >>> 0);
    this.#message(msgId, head.seqNo, Buffer.from(bytes.slice(start, end)), false);
  }

  #message(msgId: bigint, seqNo: number, body: Buffer, contained: boolean): void {
    const crc = body.readUInt32LE();
    if (crc === 0x73f1f8dc) return this.#container(body);
    this.came.push({ msgId, seqNo, crc, body, contained });
    if (crc === 0xedab447b) this.salt = body.readBigInt64LE(20);
    if ((seqNo & 1) === 1 && this.acks) this.send({ _: 'msgs_ack', msg_ids: [msgId] }, { content: false });
  }

  #container(body: Buffer): void {
    const reader = new Reader(body, 4);
    for (let left = reader.int32(); left > 0; left--) {
      const msgId = reader.bigInt64();
      const seqNo = reader.int32();
      this.#message(msgId, seqNo, Buffer.from(reader.raw(reader.int32())), true);
    }
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The wrappers of a first request. */
export function withInit(query: TlObject, layer = codec.schema.layer): TlObject {
  return {
    _: 'invokeWithLayer',
    layer,
    query: {
      _: 'initConnection',
      api_id: 1,
      device_model: 'raw',
      system_version: '1',
      app_version: '1',
      system_lang_code: 'en',
      lang_pack: '',
      lang_code: 'en',
      query,
    },
  };
}

function fill(bytes: Uint8Array): void {
  bytes.set(randomBytes(bytes.length));
}

function sha1(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function leftPad(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(256 - bytes.length), bytes]);
}

function halves(value: bigint): [number, number] {
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}

/** TDLib's rule: API requests are content-related, service messages are not. */
const SERVICE = new Set([
  0x62d6b459, 0xda69fb52, 0x7d861a08, 0x58e4a740, 0xb921bd04, 0x7abe77ec, 0xf3427b8c, 0xe7512126, 0x9299359f,
  0xd1435160,
]);

function isApi(body: Uint8Array): boolean {
  return !SERVICE.has(Buffer.from(body.buffer, body.byteOffset, 4).readUInt32LE());
}
