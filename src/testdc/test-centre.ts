/**
 * DataCentre: one DC: its keys, its key exchange, its sessions.
 * In: packets, from connections. Out: what connections are to send. Never: sockets.
 */
import { Opened, open } from '../crypto/envelope.ts';
import { Reader } from '../bytes/reader.ts';
import type { Counters } from './counters.ts';
import type { ConnectionCentre, DcConnection } from './wire/dc-connection.ts';
import { quickAckToken } from './wire/quick-ack.ts';
import { DcHandshakes } from './keys/dc-handshake.ts';
import type { FieldName, HandshakeSettings } from './keys/dc-handshake.ts';
import { DcSession } from './protocol/dc-session.ts';
import type { SessionHost, SessionTaps } from './protocol/dc-session.ts';
import type { DcEnv } from './env.ts';
import type { Invoking } from './protocol/invoking.ts';
import { KeyTable } from './keys/key-table.ts';
import { KnownKey } from './keys/known-key.ts';
import type { DcMemory } from './memory/memory.ts';
import type { Received } from './protocol/message-book.ts';
import type { ServerSession } from './protocol/server-session.ts';
import type { Rule, Violations } from './protocol/violations.ts';

/** Where a data centre and its sessions can be made to misbehave; each may be left out. */
export interface CentreTaps extends SessionTaps {
  /** One field of an answer of the key exchange, to be sent in place of the true `value`. */
  field?(connection: DcConnection | undefined, name: FieldName, value: Uint8Array): Uint8Array;
}

export interface TestCentreSettings {
  readonly id: number;
  readonly env: DcEnv;
  readonly invoking: Invoking;
  readonly violations: Violations;
  readonly counters: Counters;
  readonly handshake: Omit<HandshakeSettings, 'dcId' | 'env' | 'stores' | 'fault' | 'field'>;
  readonly taps: CentreTaps;
  readonly memory: DcMemory | undefined;
  /** Told of each new key and session, for those who wait for one. */
  madeKey(key: KnownKey): void;
  madeSession(session: DcSession): void;
  bug(error: unknown): void;
}

/** The least an encrypted packet can be: auth_key_id, msg_key, three blocks. */
const LEAST_PACKET = 8 + 16 + 48;
const OUTER = 24;
/** Sessions of one key, at most; beyond it the oldest without a connection is forgotten. */
const MOST_SESSIONS = 1_000;

export class TestCentre implements SessionHost, ConnectionCentre {
  readonly id: number;
  readonly env: DcEnv;
  readonly taps: CentreTaps;
  readonly keys: KeyTable;
  readonly #settings: TestCentreSettings;
  readonly #handshakes: DcHandshakes;
  readonly #opened = new Opened();
  /** The connection whose packet is being handled: violations name it. */
  #current: DcConnection | undefined;

  constructor(settings: TestCentreSettings) {
    this.id = settings.id;
    this.env = settings.env;
    this.#settings = settings;
    this.taps = settings.taps;
    this.keys = new KeyTable(settings.id, settings.memory);
    this.#handshakes = new DcHandshakes({
      ...settings.handshake,
      dcId: settings.id,
      env: settings.env,
      stores: ({ key, salt, expiresIn }) => this.#stores(new KnownKey(key, salt, expiresIn, settings.env)),
      fault: (detail) => this.#fault('key-exchange', detail),
      field: (name, value) => this.taps.field?.(this.#current, name, value) ?? value,
    });
  }

  #stores(known: KnownKey): boolean {
    if (!this.keys.add(known)) return false;
    this.#settings.counters.handshakes++;
    this.#settings.madeKey(known);
    return true;
  }

  /** One packet of a connection: an encrypted message, or one of the key exchange. */
  packet(connection: DcConnection, packet: Buffer, wantsQuickAck = false): void {
    this.#current = connection;
    if (packet.length < 20) {
      this.#fault('frame', `a packet of ${packet.length} bytes`);
      return connection.refuse(-404);
    }
    const idLow = packet.readInt32LE(0);
    const idHigh = packet.readInt32LE(4);
    if (idLow === 0 && idHigh === 0) return this.#plain(connection, packet);
    const known = this.#key(connection, idLow, idHigh);
    if (known === undefined) {
      this.#fault('key-unknown', `auth_key_id ${packet.readBigInt64LE().toString()}`);
      return connection.refuse(-404);
    }
    connection.key = known;
    this.#encrypted(connection, known, packet, wantsQuickAck);
  }

  /** The key of that number, unless it is unknown or dead. */
  #key({ key }: DcConnection, idLow: number, idHigh: number): KnownKey | undefined {
    const now = this.env.now();
    const isSame = key !== undefined && key.authKey.idLow === idLow && key.authKey.idHigh === idHigh;
    return isSame && key.isAlive(now) ? key : this.keys.find(idLow, idHigh, now);
  }

  /** 0 | msg_id | length | body; what stands behind the body is padding. */
  #plain(connection: DcConnection, packet: Buffer): void {
    const msgId = packet.readBigInt64LE(8);
    const length = packet.readInt32LE(16);
    if (length < 4 || length > packet.length - 20) {
      this.#fault('plain-message', `a body of ${length} bytes in ${packet.length - 20}`);
      return connection.refuse(-404);
    }
    if (msgId === 0n) this.#fault('plain-msg-id-zero', 'msg_id 0');
    else if ((msgId & 3n) !== 0n) this.#fault('msg-id-low-bits', `unencrypted msg_id ${msgId}`);
    const reply = this.#handshakes.take(packet.subarray(20, 20 + length));
    if (typeof reply === 'number') return connection.refuse(reply);
    return connection.plain(reply);
  }

  #encrypted(connection: DcConnection, key: KnownKey, packet: Buffer, wantsQuickAck: boolean): void {
    this.#settings.counters.packets++;
    // The padded transport's tail; elsewhere a length that AES blocks do not fit is an error of its own.
    const tail = (packet.length - OUTER) & 15;
    const end = packet.length - (connection.isPadded ? tail : 0);
    if (packet.length < LEAST_PACKET || !open(key.authKey, 'client', packet, 0, end, this.#opened)) {
      this.#fault('envelope', `msg_key, length or padding of a packet of ${packet.length} bytes`);
      return connection.refuse(-404);
    }
    const { head } = this.#opened;
    if (head.sessionLow === 0 && head.sessionHigh === 0) {
      this.#fault('session-id-zero', 'session_id 0');
      return connection.refuse(-404);
    }
    // Before `receive`: this decrypts once more, and overwrites what `open` left.
    if (wantsQuickAck) return this.#quick(connection, key, packet.subarray(0, end));
    this.#received(connection, key);
  }

  /** Answers that the packet has come, then takes it. */
  #quick(connection: DcConnection, key: KnownKey, packet: Buffer): void {
    connection.quickAck(quickAckToken(key.authKey.bytes, packet));
    open(key.authKey, 'client', packet, 0, packet.length, this.#opened);
    this.#received(connection, key);
  }

  #received(connection: DcConnection, key: KnownKey): void {
    const { head, bytes, start, end } = this.#opened;
    const session = this.#session(connection, key, head.sessionLow, head.sessionHigh);
    // A view of the kernel's memory, which any seal or open overwrites: nothing seals before the end of this turn.
    session.receive(head, bytes, start, end);
  }

  #session(connection: DcConnection, key: KnownKey, low: number, high: number): ServerSession {
    let { session } = connection;
    if (session === undefined || session.key !== key || session.idLow !== low || session.idHigh !== high)
      session = key.sessions.get(low, high);
    if (session === undefined) {
      const made = new DcSession(this, key, low, high);
      session = made;
      if (key.sessions.size >= MOST_SESSIONS) forgetOne(key);
      key.sessions.set(low, high, made);
      this.#settings.counters.sessions++;
      this.#settings.madeSession(made);
    }
    connection.carries(session);
    return session;
  }

  request(session: DcSession, received: Received, body: Reader): void {
    this.#settings.invoking.take(session, received, body);
  }

  /** Answers first, then forgets: the next packet under the key gets -404. */
  destroyKey(key: KnownKey): void {
    this.keys.remove(key);
  }

  knows(key: KnownKey): boolean {
    return this.keys.find(key.authKey.idLow, key.authKey.idHigh, this.env.now()) === key;
  }

  violation(rule: Rule, detail: string, connection: number): void {
    this.#settings.violations.note(rule, detail, connection);
  }

  #fault(rule: Rule, detail: string): void {
    this.violation(rule, detail, this.#current?.number ?? 0);
  }

  bug(error: unknown): void {
    this.#settings.bug(error);
  }
}

function forgetOne(key: KnownKey): void {
  for (const session of key.sessions.values()) {
    if (session.link !== undefined) continue;
    key.sessions.delete(session.idLow, session.idHigh);
    return;
  }
}
