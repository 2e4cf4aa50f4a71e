/**
 * TestCentre: one data centre of a test DC: its keys, key exchanges and sessions.
 * In: packets, from connections. Out: answers, through the connections. Never: sockets.
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

/** What a data centre is given by the test DC it belongs to. */
export interface TestCentreSettings {
  readonly id: number;
  readonly env: DcEnv;
  readonly invoking: Invoking;
  readonly violations: Violations;
  readonly counters: Counters;
  readonly handshake: Omit<HandshakeSettings, 'dcId' | 'env' | 'stores' | 'fault' | 'field'>;
  readonly taps: CentreTaps;
  readonly memory: DcMemory | undefined;
  /** Told of each key that an exchange has made. */
  madeKey(key: KnownKey): void;
  /** Told of each new session. */
  madeSession(session: DcSession): void;
  /** Notes an exception of the data centre's own code. */
  bug(error: unknown): void;
}

/** Bytes of an encrypted packet, at least: auth_key_id, msg_key, three blocks. */
const LEAST_PACKET = 8 + 16 + 48;
/** Bytes before the ciphertext: auth_key_id, msg_key. */
const OUTER = 24;
/** Sessions of one key, at most; beyond it the oldest one without a connection is forgotten. */
const MOST_SESSIONS = 1_000;

/** One data centre, with a number of its own. */
export class TestCentre implements SessionHost, ConnectionCentre {
  readonly id: number;
  readonly env: DcEnv;
  readonly taps: CentreTaps;
  readonly keys: KeyTable;
  readonly #settings: TestCentreSettings;
  readonly #handshakes: DcHandshakes;
  readonly #opened = new Opened();
  /** The connection whose packet is being handled, which violations name. */
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

  /** Stores a key of the exchange; false if a key of its number exists. */
  #stores(known: KnownKey): boolean {
    if (!this.keys.add(known)) return false;
    this.#settings.counters.handshakes++;
    this.#settings.madeKey(known);
    return true;
  }

  /** Handles one packet of a connection: an encrypted message, or one of the key exchange. */
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

  /** The key of an auth_key_id, unless it is unknown, forgotten or expired. */
  #key({ key }: DcConnection, idLow: number, idHigh: number): KnownKey | undefined {
    const now = this.env.now();
    const isSame = key !== undefined && key.authKey.idLow === idLow && key.authKey.idHigh === idHigh;
    return isSame && key.isAlive(now) ? key : this.keys.find(idLow, idHigh, now);
  }

  /** An unencrypted message: 0 | msg_id | length | body, and padding behind it. */
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

  /** Opens a packet under `key`, and hands it to its session. */
  #encrypted(connection: DcConnection, key: KnownKey, packet: Buffer, wantsQuickAck: boolean): void {
    this.#settings.counters.packets++;
    // The padded transport leaves up to 15 bytes behind the blocks; in any other a length of no whole blocks is an error.
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
    // The token of a quick ack decrypts the packet once more and overwrites what `open` has left.
    if (wantsQuickAck) return this.#quick(connection, key, packet.subarray(0, end));
    this.#received(connection, key);
  }

  /** Sends a quick ack, then opens the packet again and takes it. */
  #quick(connection: DcConnection, key: KnownKey, packet: Buffer): void {
    connection.quickAck(quickAckToken(key.authKey.bytes, packet));
    open(key.authKey, 'client', packet, 0, packet.length, this.#opened);
    this.#received(connection, key);
  }

  #received(connection: DcConnection, key: KnownKey): void {
    const { head, bytes, start, end } = this.#opened;
    const session = this.#session(connection, key, head.sessionLow, head.sessionHigh);
    // `bytes` is a view of the kernel's memory, which any seal or open overwrites: nothing seals before the end of this turn.
    session.receive(head, bytes, start, end);
  }

  /** The session of that session_id, made if it is new, and bound to the connection. */
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

  /** Answers an API request of a session. */
  request(session: DcSession, received: Received, body: Reader): void {
    this.#settings.invoking.take(session, received, body);
  }

  /** Forgets a key: the next packet under it is answered by -404. */
  destroyKey(key: KnownKey): void {
    this.keys.remove(key);
  }

  /** Whether a key is one of this data centre's, and alive. */
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

/** Forgets the oldest session of a key that has no connection. */
function forgetOne(key: KnownKey): void {
  for (const session of key.sessions.values()) {
    if (session.link !== undefined) continue;
    key.sessions.delete(session.idLow, session.idHigh);
    return;
  }
}
