/**
 * Pair: a lane's sessions and the test DC with a made-up clock and a made-up wire between them.
 * In: client lines, cuts, time. Out: the lines clients got, what the DC noted. Never: a socket, a real timer, a thread.
 *
 * Both ends draw their random bytes from one seed. A process that fails prints the seed its pairs began with:
 * `PAIR_SEED=n node dist/test/session/…` runs a file with the same chance once more.
 */
import { randomInt } from 'node:crypto';
import { BLOCK_HEAD, blockHead, RecordCursor, writeHeader } from '../../src/batch/batch.ts';
import { makeClaims } from '../../src/batch/claims.ts';
import { DownFlag, readCentre, readDial, writeLinkUp } from '../../src/batch/link-records.ts';
import { FormFlag, attachFlags, MannerFlag, type Speaking, writeAttach } from '../../src/batch/attach-records.ts';
import { keyedFlags, readEndedKey, readKey, writeKeyed } from '../../src/batch/key-records.ts';
import { type OpenState, readMove } from '../../src/batch/name-records.ts';
import {
  DetachedFlag,
  GoneFlag,
  HEADER_LENGTH,
  In,
  NameOp,
  OpenFlag,
  Out,
  padded,
  StandingFlag,
} from '../../src/batch/records.ts';
import { eventPlace } from '../../src/batch/log-flags.ts';
import { requestFlags } from '../../src/batch/request-flags.ts';
import { COUNTERS_LENGTH, ENTRY_LENGTH, entryAttachment, idsFrom } from '../../src/batch/save-records.ts';
import { isBadLine } from '../../src/batch/reply-flags.ts';
import { SECRET_LENGTH } from '../../src/crypto/derived-bytes.ts';
import { DhGroup } from '../../src/crypto/dh.ts';
import type { SessionSettings } from '../../src/session/settings.ts';
import { LazyVault } from '../../src/main/names/lazy-vault.ts';
import type { KeyOwner } from '../../src/main/names/open-key.ts';
import { RequestKeys } from '../../src/main/names/request-keys.ts';
import { Ledger, type Ticket } from '../../src/main/sessions/ledger.ts';
import { SavedSession } from '../../src/main/sessions/saved-session.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { EVENT_NAMES } from '../../src/telemetry/events.ts';
import { ANSWERS } from '../../src/testdc/answers/table.ts';
import type { TestCentre } from '../../src/testdc/test-centre.ts';
import { DcSession } from '../../src/testdc/protocol/dc-session.ts';
import type { DcConnection } from '../../src/testdc/wire/dc-connection.ts';
import { DH_PRIME, G } from '../../src/testdc/keys/key-exchange.ts';
import { Layers } from '../../src/testdc/protocol/layers.ts';
import { Dice } from '../../src/testdc/faults/dice.ts';
import { ServerKey } from '../../src/testdc/keys/server-key.ts';
import { TestDc, type TestDcSettings } from '../../src/testdc/test-dc.ts';
import { compileCodec } from '../../src/tl/compile.ts';
import { loadScheme } from '../../src/tl/load.ts';
import { makeEnv } from '../../workers/lane-env.ts';
import { LaneSessions } from '../../workers/lane-sessions.ts';
import { MemoryStore, MemoryVault } from './memory-vault.ts';
import { Shelf } from './shelf.ts';

const schema = loadScheme();
const codec = compileCodec(schema);
const serverKey = await ServerKey.make();
const silent = await createLog({ level: 'silent' });

/** The seed of this process's first pair; each further one has the next number. */
const FIRST_SEED = Number(process.env['PAIR_SEED'] ?? randomInt(2 ** 32));
let pairs = 0;

process.on('exit', (code) => {
  if (code !== 0 && pairs > 0) process.stdout.write(`# pairs of this process: PAIR_SEED=${FIRST_SEED}\n`);
});

/** How one client speaks in one session. */
interface Attached {
  readonly number: number;
  readonly client: number;
  readonly session: number;
  speaking: Speaking;
  readonly ledger: Ledger;
  isLeft: boolean;
}

interface Client {
  current: Attached;
  form: number;
  isBare: boolean;
}

const NOTHING = new Uint8Array(0);
const MOVES = new Set<number>([NameOp.SPEAK, NameOp.TAKEOVER, NameOp.AS, NameOp.DETACH]);

function formOf({ style }: SessionSettings): number {
  return (style.int64AsString ? FormFlag.INT64_TEXT : 0) | (style.flagsAsBool ? FormFlag.BOOLS : 0);
}

/** A record on its way to the lane. */
interface Going {
  kind: number;
  link: number;
  flags: number;
  session: number;
  ticket: number;
  bytes: Uint8Array;
}

/** One TCP connection of a session, as the wire sees it. */
interface Line {
  name: string;
  session: number;
  link: number;
  attempt: number;
  connection: DcConnection | undefined;
  /** Bytes that still pass; then the connection is cut. */
  toDc: number;
  toClient: number;
  /** Where bytes go that never arrive. */
  swallowed: Buffer[] | undefined;
}

interface Timer {
  at: number;
  job: () => void;
}

export interface PairOptions {
  dc?: Partial<TestDcSettings>;
  session?: Partial<SessionSettings>;
  /** Of the chance of both ends, 32 bits; another for each pair if not given. */
  seed?: number;
  /** Connections are refused while this answers true. */
  isDown?: () => boolean;
  /** Why they are, beside that they were never up: `DownFlag`. */
  downFlag?: number;
  /** How many keys may be in use at once. */
  keys?: number;
}

/** Random bytes that are the same for the same seed. */
function fillFrom(seed: number): (bytes: Uint8Array) => void {
  const dice = new Dice(seed);
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = dice.below(256);
  };
}

/** `initConnection` parameters that make every call welcome. */
export const INIT = JSON.stringify({ api_id: 1 });

export class Pair {
  now = 1_795_000_000_000;
  readonly dc: TestDc;
  readonly centre: TestCentre;
  /** Every line each client got. */
  readonly lines = new Map<number, string[]>();
  /** Log entries of the lane. */
  readonly log: Record<string, unknown>[] = [];
  /** News of connections to data centres. */
  readonly centres: Record<string, unknown>[] = [];
  /** Errors of data centres, as they are counted: code and text without numbers. */
  readonly rpcErrors: string[] = [];
  readonly gone: number[] = [];
  /** Sessions whose end met a bug. */
  readonly faulty: number[] = [];
  /** Addresses of each dial, as the record has them. */
  readonly dialled: string[] = [];
  badLines = 0;
  /** Kept sessions. */
  readonly shelf = new Shelf(
    ({ kind, session, ticket, flags, bytes }) => this.#put(kind, flags, session, ticket, Buffer.from(bytes)),
    (session) => this.#unname(session),
    (session) => this.#openState(session),
  );
  /** Outcomes of requests with idempotency keys, and what the main thread does about them. */
  keyVault: MemoryVault;
  readonly #keyStore = new MemoryStore();
  readonly #keyOwners = new Map<number, KeyOwner>();
  #keys: RequestKeys;
  /** Cuts the next connection after so many bytes. */
  cutNext: { toDc?: number; toClient?: number } | undefined;
  #lane: LaneSessions;
  #claims: SharedArrayBuffer;
  /** Of the process: it outlives its threads. */
  readonly #secret = new Uint8Array(SECRET_LENGTH);
  readonly #saved = new Map<number, SavedSession>();
  readonly #clients = new Map<number, Client>();
  /** By the number of the attachment; those that a client has left stay. */
  readonly #attachments = new Map<number, Attached>();
  /** Names that open sessions were given, and those that they still have. */
  readonly #given = new Map<number, string>();
  readonly #names = new Map<number, string>();
  /** When sessions with a name were opened. */
  readonly #openedAt = new Map<number, number>();
  readonly #bare = new Set<number>();
  /** Sessions that stay open with nobody there: something is stored, or a key was made. */
  readonly #lingering = new Set<number>();
  #lastNumber = 1000;
  /** The next batch is run, and nothing of it applied: its thread died. Then its sessions go on in another. */
  loseNext = false;
  /** Called before each batch. */
  onBatch: () => void = () => undefined;
  /** Called behind each batch, before what the lane said is heard: what is sent now crosses it. */
  meanwhile: () => void = () => undefined;
  readonly #options: PairOptions;
  readonly #fill: (bytes: Uint8Array) => void;
  /** By session and link, `1/0`. */
  readonly #links = new Map<string, Line>();
  #going: Going[] = [];
  #timers: Timer[] = [];
  #wakeAt = Infinity;

  constructor(options: PairOptions = {}) {
    this.#options = options;
    const seed = options.seed ?? FIRST_SEED + pairs++;
    this.#fill = fillFrom(seed);
    // Apart from the other bytes: what it takes of them would change all that a seed is known for.
    fillFrom(~seed)(this.#secret);
    this.#claims = makeClaims(options.keys ?? 256);
    this.dc = new TestDc({
      env: {
        now: () => this.now,
        fill: this.#fill,
        after: (ms, job) => this.#after(ms, job),
      },
      serverKey,
      layers: new Layers(schema, undefined),
      group: DhGroup.of(G, DH_PRIME),
      answers: ANSWERS,
      environment: 'production',
      acceptsOldPadding: false,
      zeroTop: 'no',
      gzipFrom: Infinity,
      outcome: undefined,
      onRequest: undefined,
      taps: {},
      ...options.dc,
    });
    this.centre = this.dc.addCentre(2);
    this.dc.addCentre(4);
    // Port numbers are the only address on this wire. DC n listens on 440 + n.
    for (const id of [2, 4]) this.dc.addresses.push({ id, host: '127.0.0.1', port: 440 + id });
    this.#lane = this.#makeLane();
    this.keyVault = new MemoryVault(this.#keyStore, () => this.now);
    this.#keys = this.#makeKeys();
  }

  #makeKeys(): RequestKeys {
    const vault = this.keyVault;
    const setTimer = (job: () => void, after: number): Timer => {
      const timer = { at: this.now + after, job };
      this.#timers.push(timer);
      return timer;
    };
    const env = {
      now: () => this.now,
      ticks: () => 0,
      setTimer,
      setIdleTimer: setTimer,
      setRepeated: setTimer,
      clearTimer: (timer: object | undefined) => (this.#timers = this.#timers.filter((one) => one !== timer)),
    };
    const lazy = new LazyVault(
      () => Promise.resolve(vault),
      silent,
      () => undefined,
    );
    return new RequestKeys(lazy, silent, env);
  }

  #keyOwner(session: number): KeyOwner {
    const known = this.#keyOwners.get(session);
    if (known !== undefined) return known;
    const owner: KeyOwner = {
      number: session,
      name: this.#names.get(session),
      lane: {
        keyed: (number, ticket, finding) =>
          this.#put(In.KEYED, keyedFlags(finding), number, ticket, Buffer.from(writeKeyed(finding))),
      },
      standingOf: (ticket) => {
        for (const one of this.#attachments.values()) {
          const found = one.session === session ? one.ledger.find(ticket) : undefined;
          if (found !== undefined) return found;
        }
        return undefined;
      },
    };
    this.#keyOwners.set(session, owner);
    return owner;
  }

  #makeLane(): LaneSessions {
    const env = makeEnv(0, { session: this.#settings(), codec, claims: this.#claims, secret: this.#secret });
    const word = Buffer.alloc(4);
    const random32 = (): number => {
      this.#fill(word);
      return word.readInt32LE(0);
    };
    return new LaneSessions({ ...env, fill: this.#fill, random32 });
  }

  /** The thread is gone: links are hung up, and a new one takes the sessions as they were saved. */
  lose(): void {
    this.#lane = this.#makeLane();
    this.#going = [];
    for (const name of this.#links.keys()) this.#hangUp(name);
    for (const session of this.#saved.keys()) this.#resume(session);
  }

  #resume(session: number): void {
    const saved = this.#saved.get(session)!;
    const attached = [...this.#attachments.values()].filter((one) => one.session === session);
    this.#open(session, this.#given.get(session), this.#bare.has(session));
    if (!saved.isEmpty) this.#put(In.RESUME, 0, session, 0, saved.resume());
    for (const one of attached) this.#attach(one);
    for (const { number, ledger } of attached)
      for (const ticket of ledger.all())
        if (ticket.isTaken) this.#put(In.AGAIN, 0, number, ticket.number, ticket.again());
    this.shelf.again(session);
    this.#keys.resumed(this.#keyOwner(session));
    for (const { number, ledger } of attached)
      for (const ticket of ledger.all())
        if (!ticket.isTaken) this.#put(In.REQUEST, 0, number, ticket.number, ticket.bytes);
  }

  #open(session: number, name: string | undefined, isBare: boolean): void {
    const flags = (name === undefined ? 0 : OpenFlag.NAMED) | (isBare ? OpenFlag.BARE : 0);
    this.#put(In.OPEN, flags, session, 0, name ?? '');
  }

  #attach({ number, session, speaking }: Attached): void {
    this.#put(In.ATTACH, attachFlags(speaking), number, session, writeAttach(speaking));
  }

  /** A client speaks in a session. */
  #enter(client: number, session: number, number: number, init: Uint8Array, more: Partial<Speaking> = {}): Attached {
    const manner = this.#clients.get(client)?.form ?? formOf(this.#settings());
    const speaking: Speaking = {
      ...{ manner, client, hasLines: false, isMute: false, isStateless: false, init },
      ...more,
    };
    const attached = { number, client, session, speaking, ledger: new Ledger({ ticks: () => 0 }), isLeft: false };
    this.#attachments.set(number, attached);
    this.#attach(attached);
    return attached;
  }

  /** The session of a name, opened if it is not. */
  #named(name: string): number {
    for (const [session, other] of this.#names) if (other === name) return session;
    const session = ++this.#lastNumber;
    this.#begin(session, name, false);
    if (this.shelf.kept.has(name)) this.#lingering.add(session);
    this.shelf.claim(session, name);
    void this.keyVault.claim(name);
    return session;
  }

  #begin(session: number, name: string | undefined, isBare: boolean): void {
    this.#saved.set(session, new SavedSession());
    if (name !== undefined) {
      this.#names.set(session, name);
      this.#given.set(session, name);
      this.#openedAt.set(session, this.now);
    }
    if (isBare) this.#bare.add(session);
    this.#open(session, name, isBare);
  }

  /** A session has lost its name: nobody else finds it. */
  #unname(session: number): void {
    this.#names.delete(session);
    this.#lingering.delete(session);
  }

  /** What a list tells of an open session. */
  #openState(session: number): OpenState {
    const clients = [...this.#attachments.values()]
      .filter((one) => one.session === session)
      .map(({ client }) => client);
    return { state: 'open', connections: new Set(clients).size, openedAt: this.#openedAt.get(session)!, retryIn: 0 };
  }

  /** The session that a client speaks in now. */
  sessionOf(client: number): number {
    return this.#clients.get(client)?.current.session ?? client;
  }

  /** What of an attachment was not taken runs in another. */
  #move(from: Attached, session: number, init: Uint8Array): void {
    const client = this.#clients.get(from.client)!;
    client.current = this.#enter(from.client, session, ++this.#lastNumber, init);
    for (const ticket of from.ledger.takeUntaken()) this.#adopt(client.current, ticket);
    this.#leave(from);
  }

  #adopt({ ledger, number }: Attached, ticket: Ticket): void {
    ledger.adopt(ticket);
    this.#put(In.REQUEST, ticket.requestFlags, number, ticket.number, ticket.bytes);
  }

  /** A client speaks there no longer; a session of its own ends with that. */
  #leave(from: Attached): void {
    from.isLeft = true;
    if (from.ledger.size > 0) return;
    this.#attachments.delete(from.number);
    const isLast = ![...this.#attachments.values()].some((one) => one.session === from.session);
    if (!isLast || this.#lingering.has(from.session)) return this.#put(In.DETACH, 0, from.number, 0, '');
    this.#end(from.session);
  }

  #end(session: number): void {
    this.#saved.delete(session);
    this.#names.delete(session);
    this.#lingering.delete(session);
    this.#put(In.CLOSE, 0, session, 0, '');
  }

  /** Where lines belong that a lane does not hold any longer. */
  #moved(record: RecordCursor): void {
    const from = this.#attachments.get(record.session);
    const move = readMove(record);
    if (from === undefined || move === undefined) return;
    const { action, name, ticket, init } = move;
    // Behind the block: what of it was taken stands there.
    this.#behind.push(() => {
      if (action === 'as' || from.speaking.isStateless) return this.#movedAlone(from, name, ticket);
      const session = action === 'detach' ? ++this.#lastNumber : this.#named(name);
      if (action === 'detach') this.#begin(session, undefined, false);
      this.#move(from, session, init);
    });
  }

  #movedAlone(from: Attached, name: string, number: number): void {
    this.#adopt(this.#mute(from.client, name), from.ledger.close(number)!);
  }

  /** How a client speaks by single lines in the session of a name. */
  #mute(client: number, name: string): Attached {
    const session = this.#named(name);
    const all = [...this.#attachments.values()];
    const there = all.find(
      (one) => one.client === client && one.session === session && one.speaking.isMute && !one.isLeft,
    );
    return there ?? this.#enter(client, session, ++this.#lastNumber, NOTHING, { isMute: true, isStateless: true });
  }

  #detached(number: number, isBare: boolean): void {
    this.#behind.push(() => {
      const from = this.#attachments.get(number);
      if (from === undefined) return;
      const client = this.#clients.get(from.client);
      if (from.speaking.isMute) {
        const name = this.#given.get(from.session)!;
        const untaken = from.ledger.takeUntaken();
        this.#leave(from);
        for (const ticket of untaken) this.#adopt(this.#mute(from.client, name), ticket);
        return;
      }
      if (client?.current !== from) return this.#leave(from);
      const isSettled = (from.speaking.manner & MannerFlag.SETTLED) !== 0 || !this.#given.has(from.session);
      if (isBare || isSettled) client.isBare = isBare;
      const session = ++this.#lastNumber;
      this.#begin(session, undefined, client.isBare);
      this.#move(from, session, isBare || isSettled ? NOTHING : from.speaking.init);
    });
  }

  readonly #behind: (() => void)[] = [];

  #settings(): SessionSettings {
    return {
      dataCentres: [2, 4].map((id) => ({ id, host: '127.0.0.1', port: 440 + id, test: false })),
      home: { id: 2, test: false },
      rsaKeys: [this.dc.publicKeyPem],
      transport: 'intermediate',
      obfuscated: false,
      forwardSecrecy: 'never',
      init: INIT,
      style: { int64AsString: false, flagsAsBool: false },
      allowServer: [],
      verbose: false,
      logsRequests: false,
      sendTracebacks: false,
      ...this.#options.session,
    };
  }

  #after(ms: number, job: () => void): () => void {
    const timer = { at: this.now + ms, job };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** A client comes. @param isStateless each of its lines goes its own way, as over HTTP */
  open(session: number, isStateless = false): void {
    this.lines.set(session, []);
    this.#begin(session, undefined, false);
    const current = this.#enter(session, session, session, NOTHING, { isStateless, isMute: isStateless });
    this.#clients.set(session, { current, form: current.speaking.manner, isBare: false });
  }

  /** A client sends a line. @returns the ticket */
  line(session: number, text: string | object, mayExport = false): number {
    const line = Buffer.from(typeof text === 'string' ? text : JSON.stringify(text));
    const { ledger, number: attachment } = this.#clients.get(session)!.current;
    const flags = requestFlags(mayExport);
    const { number } = ledger.open('1', line, 0, line.length, flags);
    this.#put(In.REQUEST, flags, attachment, number, line);
    return number;
  }

  /** A client sends a line that the main thread has found to be for the session of this name. */
  lineAs(client: number, name: string, object: object): void {
    const line = Buffer.from(JSON.stringify({ as: name, ...object }));
    const { ledger, number: attachment } = this.#mute(client, name);
    const { number } = ledger.open('1', line, 0, line.length);
    this.#put(In.REQUEST, 0, attachment, number, line);
  }

  /** The whole process ends without a word, and another one begins: its clients are gone, what was kept is not clean. */
  die(): void {
    this.#claims = makeClaims(256);
    this.#fill(this.#secret);
    this.#lane = this.#makeLane();
    this.#going = [];
    for (const name of this.#links.keys()) this.#hangUp(name);
    this.#saved.clear();
    this.#names.clear();
    this.#attachments.clear();
    this.#clients.clear();
    this.shelf.die();
    this.keyVault.die();
    this.keyVault = new MemoryVault(this.#keyStore, () => this.now);
    this.#keyOwners.clear();
    this.#keys = this.#makeKeys();
  }

  /** A client goes; with the last one of a session that session ends, as if nothing lingered. */
  close(client: number): void {
    for (const one of [...this.#attachments.values()].filter((each) => each.client === client)) {
      one.ledger.drain();
      this.#attachments.delete(one.number);
      const isLast = ![...this.#attachments.values()].some((each) => each.session === one.session);
      if (isLast) this.#end(one.session);
      else this.#put(In.DETACH, 0, one.number, 0, '');
    }
    this.#clients.delete(client);
  }

  /** The connection of a session is lost. */
  cut(client: number, link = 0): void {
    const session = this.sessionOf(client);
    const line = this.#links.get(`${session}/${link}`);
    if (line?.connection === undefined) return;
    this.dc.disconnected(line.connection);
    this.#links.delete(line.name);
    this.#going = this.#going.filter(
      (one) => one.session !== session || one.link !== link || one.kind !== In.LINK_BYTES,
    );
    this.#put(In.LINK_DOWN, 0, session, line.attempt, 'ECONNRESET', link);
  }

  /** The server's half of the only session there is. */
  serverSession(): DcSession {
    const [key] = this.centre.keys.values();
    const [session] = key!.sessions.values();
    if (!(session instanceof DcSession)) throw new Error('the data centre has no session');
    return session;
  }

  /** From now on nothing a session sends arrives. @returns what it sent */
  deafen(session: number): Buffer[] {
    const swallowed: Buffer[] = [];
    this.#links.get(`${this.sessionOf(session)}/0`)!.swallowed = swallowed;
    return swallowed;
  }

  /** One line in a batch of its own, with as little around it as can be: for counting what it costs. */
  feed(session: number, text: Buffer): void {
    const { ledger, number: attachment } = this.#clients.get(session)!.current;
    const { number } = ledger.open('1', text, 0, text.length);
    this.#put(In.REQUEST, 0, attachment, number, text);
    this.#batch();
  }

  /** Sends and runs until everything is quiet; the answers so far, parsed, and forgotten here. */
  async ask(session: number, text: string | object): Promise<Record<string, unknown>[]> {
    this.line(session, text);
    await this.run();
    return this.take(session);
  }

  /** The lines a client got since the last time. */
  take(session: number): Record<string, unknown>[] {
    return this.lines
      .get(session)!
      .splice(0)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Delivers everything, until nobody has anything more to say at this moment. */
  async run(): Promise<void> {
    for (let quiet = 0; quiet < 2;) {
      const hadWork = this.#going.length > 0 || this.#wakeAt <= this.now;
      if (hadWork) this.#batch();
      for (let i = 0; i < 10; i++) await Promise.resolve();
      quiet = hadWork || this.#going.length > 0 ? 0 : quiet + 1;
    }
  }

  /** Lets time pass, stopping wherever somebody wanted to be woken. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      await this.run();
      const first = Math.min(this.#wakeAt, ...this.#timers.map((timer) => timer.at));
      if (first > end) break;
      this.now = Math.max(this.now, first);
      const due = this.#timers.filter((timer) => timer.at <= this.now);
      this.#timers = this.#timers.filter((timer) => timer.at > this.now);
      for (const timer of due) timer.job();
    }
    this.now = end;
    await this.run();
  }

  #put(kind: number, flags: number, session: number, ticket: number, bytes: string | Uint8Array, link = 0): void {
    this.#going.push({
      kind,
      link,
      flags,
      session,
      ticket,
      bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
    });
  }

  #batch(): void {
    this.onBatch();
    const going = this.#going;
    this.#going = [];
    const length = going.reduce((sum, one) => sum + HEADER_LENGTH + padded(one.bytes.length), 0);
    const slot = new Uint8Array(length);
    const view = new DataView(slot.buffer);
    let at = 0;
    for (const one of going) {
      writeHeader(view, at, one.kind, one.link, one.flags, one.session, one.ticket, one.bytes.length);
      slot.set(one.bytes, at + HEADER_LENGTH);
      at += HEADER_LENGTH + padded(one.bytes.length);
    }
    const block = this.#lane.run(slot, length, this.now);
    this.meanwhile();
    if (this.loseNext) {
      this.loseNext = false;
      return this.lose();
    }
    const head = blockHead(block);
    this.#wakeAt = head.wakeAt;
    const cursor = new RecordCursor(block, BLOCK_HEAD, head.length);
    while (cursor.next()) this.#apply(cursor);
    for (const act of this.#behind.splice(0)) act();
  }

  #apply(r: RecordCursor): void {
    const bytes = Buffer.from(r.bytes.subarray(r.start, r.stop));
    if (r.kind === Out.SAVE) {
      for (let at = COUNTERS_LENGTH; at < idsFrom(r); at += ENTRY_LENGTH)
        this.#attachments.get(entryAttachment(r, at))?.ledger.took(r, at);
      this.#saved.get(r.session)?.takeCounters(r);
    }
    if (r.kind === Out.SAVE_SESSION) this.#saved.get(r.session)?.takeSession(bytes);
    if (r.kind === Out.REPLY) this.#replied(r, bytes.toString());
    if (r.kind === Out.NOTICE) this.lines.get(this.#attachments.get(r.session)?.client ?? -1)?.push(bytes.toString());
    if (r.kind === Out.UPDATE)
      for (const { client, session, speaking, isLeft } of this.#attachments.values())
        if (session === r.session && !isLeft && !speaking.isMute && (speaking.manner & MannerFlag.FORM) === r.flags)
          this.lines.get(client)?.push(bytes.toString());
    if (r.kind === Out.SPEAKS) this.#speaks(r.session, r.flags);
    if (r.kind === Out.DETACHED) this.#detached(r.session, (r.flags & DetachedFlag.BARE) !== 0);
    if (r.kind === Out.REPLY && isBadLine(r.flags)) this.badLines++;
    if (r.kind === Out.KEY_MADE && this.#names.has(r.session)) this.#lingering.add(r.session);
    if (r.kind === Out.STANDING && (r.flags & StandingFlag.LOST) !== 0) this.#lingering.delete(r.session);
    if (r.kind === Out.KEY) this.#keys.ask(this.#keyOwner(r.session), readKey(r));
    if (r.kind === Out.OUTCOME) this.#keys.ended(r.session, r.ticket, readEndedKey(r));
    if (r.kind === Out.DIAL) this.#dial(r);
    if (r.kind === Out.SEND) this.#send(`${r.session}/${r.link}`, bytes);
    if (r.kind === Out.HANG_UP) this.#hangUp(`${r.session}/${r.link}`);
    if (r.kind === Out.GONE) {
      this.gone.push(r.session);
      if ((r.flags & GoneFlag.FAULT) !== 0) {
        this.faulty.push(r.session);
        this.#keys.lost(this.#keyOwner(r.session));
      }
      this.#keys.gone(this.#keyOwner(r.session));
    }
    if (r.kind === Out.NAME) this.#name(r);
    if (r.kind === Out.STORE) this.shelf.store(r.session, r.ticket, r.flags, bytes);
    if (r.kind === Out.CENTRE) {
      const { event, fields } = readCentre(r);
      this.centres.push({ event, ...fields });
    }
    if (r.kind === Out.RPC_ERROR) this.rpcErrors.push(`${r.ticket | 0} ${bytes.toString()}`);
    if (r.kind === Out.LOG)
      this.log.push({ event: EVENT_NAMES[eventPlace(r.flags)!], ...(JSON.parse(bytes.toString()) as object) });
  }

  #replied(r: RecordCursor, line: string): void {
    const attached = this.#attachments.get(r.session);
    if (attached?.ledger.close(r.ticket) === undefined) return;
    const say = (): void => void this.lines.get(attached.client)?.push(line);
    if (this.#keys.holds(attached.session, r.ticket)) this.#keys.sayLater(attached.session, r.ticket, say);
    else say();
    if (attached.isLeft) this.#leave(attached);
  }

  #speaks(number: number, manner: number): void {
    const attached = this.#attachments.get(number);
    if (attached === undefined) return;
    attached.speaking = { ...attached.speaking, manner, init: NOTHING };
    const client = this.#clients.get(attached.client);
    if (client !== undefined) client.form = manner & MannerFlag.FORM;
  }

  #name(r: RecordCursor): void {
    if (r.flags === NameOp.LIST) this.shelf.list(r.session, r.ticket);
    else if (MOVES.has(r.flags)) this.#moved(r);
    else this.shelf.request(r.session, r.ticket, r.flags);
  }

  #dial(record: RecordCursor): void {
    const { session, link, ticket: attempt } = record;
    const [address, ...others] = readDial(record).addresses;
    const { port } = address;
    this.dialled.push([address.host, ...others.map((one) => `${one.host}/${one.port}`)].join(' '));
    if (this.#options.isDown?.() === true)
      return this.#put(
        In.LINK_DOWN,
        DownFlag.NEVER_UP | (this.#options.downFlag ?? 0),
        session,
        attempt,
        'ECONNREFUSED',
        link,
      );
    const { toDc = Infinity, toClient = Infinity } = this.cutNext ?? {};
    this.cutNext = undefined;
    const name = `${session}/${link}`;
    const line: Line = { name, session, link, attempt, connection: undefined, toDc, toClient, swallowed: undefined };
    line.connection = this.dc.connect(this.dc.centres.get(port - 440)!, {
      write: (bytes) => this.#fromDc(line, bytes),
      end: () => this.#ended(line),
      reset: () => this.#reset(line),
    });
    this.#links.set(name, line);
    this.#put(In.LINK_UP, 0, session, attempt, writeLinkUp(address), link);
  }

  #fromDc(line: Line, bytes: Buffer): void {
    if (this.#links.get(line.name) !== line) return;
    const passing = bytes.subarray(0, line.toClient);
    line.toClient -= passing.length;
    this.#put(In.LINK_BYTES, 0, line.session, line.attempt, Buffer.from(passing), line.link);
    if (line.toClient === 0) this.#ended(line);
  }

  #ended(line: Line): void {
    if (this.#links.get(line.name) !== line) return;
    this.#links.delete(line.name);
    this.dc.disconnected(line.connection!);
    this.#put(In.LINK_DOWN, 0, line.session, line.attempt, 'FIN', line.link);
  }

  /** What was on its way to the client is gone with the connection. */
  #reset(line: Line): void {
    if (this.#links.get(line.name) !== line) return;
    this.#going = this.#going.filter(
      (one) => one.session !== line.session || one.link !== line.link || one.kind !== In.LINK_BYTES,
    );
    this.#ended(line);
  }

  #send(name: string, bytes: Buffer): void {
    const line = this.#links.get(name);
    if (line === undefined) return;
    if (line.swallowed !== undefined) return void line.swallowed.push(bytes);
    const passing = bytes.subarray(0, line.toDc);
    line.toDc -= passing.length;
    line.connection!.feed(Buffer.from(passing));
    if (line.toDc === 0) this.#ended(line);
  }

  #hangUp(name: string): void {
    const line = this.#links.get(name);
    if (line === undefined) return;
    this.#links.delete(name);
    this.dc.disconnected(line.connection!);
  }
}
