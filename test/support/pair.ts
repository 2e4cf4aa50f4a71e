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
import { HEADER_LENGTH, In, Out, padded } from '../../src/batch/records.ts';
import { eventPlace } from '../../src/batch/log-flags.ts';
import { openFlags, requestFlags } from '../../src/batch/request-flags.ts';
import { storeKind } from '../../src/batch/name-records.ts';
import { isBadLine } from '../../src/batch/reply-flags.ts';
import { SECRET_LENGTH } from '../../src/crypto/derived-bytes.ts';
import { DhGroup } from '../../src/crypto/dh.ts';
import type { SessionSettings } from '../../src/session/settings.ts';
import { Ledger } from '../../src/main/sessions/ledger.ts';
import { SavedSession } from '../../src/main/sessions/saved-session.ts';
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
import { Shelf } from './shelf.ts';

const schema = loadScheme();
const codec = compileCodec(schema);
const serverKey = await ServerKey.make();

/** The seed of this process's first pair; each further one has the next number. */
const FIRST_SEED = Number(process.env['PAIR_SEED'] ?? randomInt(2 ** 32));
let pairs = 0;

process.on('exit', (code) => {
  if (code !== 0 && pairs > 0) process.stdout.write(`# pairs of this process: PAIR_SEED=${FIRST_SEED}\n`);
});

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
  /** Addresses of each dial, as the record has them. */
  readonly dialled: string[] = [];
  badLines = 0;
  /** Kept sessions. */
  readonly shelf = new Shelf(({ session, ticket, flags, bytes, leave }) =>
    this.#put(leave === true ? In.LEAVE : In.NAMED, flags, session, ticket, bytes),
  );
  /** Cuts the next connection after so many bytes. */
  cutNext: { toDc?: number; toClient?: number } | undefined;
  #lane: LaneSessions;
  #claims: SharedArrayBuffer;
  /** Of the process: it outlives its threads. */
  readonly #secret = new Uint8Array(SECRET_LENGTH);
  readonly #saved = new Map<number, SavedSession>();
  readonly #ledgers = new Map<number, Ledger>();
  /** The next batch is run, and nothing of it applied: its thread died. Then its sessions go on in another. */
  loseNext = false;
  /** Called before each batch. */
  onBatch: () => void = () => undefined;
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
    for (const [session, saved] of this.#saved) {
      if (saved.isEmpty) this.#put(In.OPEN, openFlags('bodies'), session, 0, '');
      else this.#put(In.RESUME, 0, session, 0, saved.resume());
      for (const ticket of this.#ledgers.get(session)!.all()) {
        if (ticket.isTaken) this.#put(In.AGAIN, 0, session, ticket.number, ticket.again());
        else this.#put(In.REQUEST, 0, session, ticket.number, ticket.bytes);
      }
    }
  }

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

  /** A client comes. */
  open(session: number): void {
    this.lines.set(session, []);
    this.#saved.set(session, new SavedSession());
    this.#ledgers.set(session, new Ledger({ ticks: () => 0 }));
    this.#put(In.OPEN, openFlags('bodies'), session, 0, '');
  }

  /** A client sends a line. @returns the ticket */
  line(session: number, text: string | object, mayExport = false): number {
    const line = Buffer.from(typeof text === 'string' ? text : JSON.stringify(text));
    const { number } = this.#ledgers.get(session)!.open('1', line, 0, line.length);
    this.#put(In.REQUEST, requestFlags(mayExport), session, number, line);
    return number;
  }

  /** The whole process ends without a word, and another one begins: its clients are gone, what was kept is not clean. */
  die(): void {
    this.#claims = makeClaims(256);
    this.#fill(this.#secret);
    this.#lane = this.#makeLane();
    this.#going = [];
    for (const name of this.#links.keys()) this.#hangUp(name);
    this.#saved.clear();
    this.#ledgers.clear();
    this.shelf.die();
  }

  /** A client goes. */
  close(session: number): void {
    this.#saved.delete(session);
    this.#put(In.CLOSE, 0, session, 0, '');
  }

  /** The connection of a session is lost. */
  cut(session: number, link = 0): void {
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
    this.#links.get(`${session}/0`)!.swallowed = swallowed;
    return swallowed;
  }

  /** One line in a batch of its own, with as little around it as can be: for counting what it costs. */
  feed(session: number, text: Buffer): void {
    const { number } = this.#ledgers.get(session)!.open('1', text, 0, text.length);
    this.#put(In.REQUEST, 0, session, number, text);
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
      for (let i = 0; i < 5; i++) await Promise.resolve();
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
    if (this.loseNext) {
      this.loseNext = false;
      return this.lose();
    }
    const head = blockHead(block);
    this.#wakeAt = head.wakeAt;
    const cursor = new RecordCursor(block, BLOCK_HEAD, head.length);
    while (cursor.next()) this.#apply(cursor);
  }

  #apply(r: RecordCursor): void {
    const bytes = Buffer.from(r.bytes.subarray(r.start, r.stop));
    if (r.kind === Out.SAVE) {
      this.#ledgers.get(r.session)?.took(r);
      this.#saved.get(r.session)?.takeCounters(r);
    }
    if (r.kind === Out.SAVE_SESSION) this.#saved.get(r.session)?.takeSession(bytes);
    if (r.kind === Out.REPLY) this.#ledgers.get(r.session)!.close(r.ticket);
    if (r.kind === Out.REPLY || r.kind === Out.UPDATE) this.lines.get(r.session)?.push(bytes.toString());
    if (r.kind === Out.REPLY && isBadLine(r.flags)) this.badLines++;
    if (r.kind === Out.DIAL) this.#dial(r);
    if (r.kind === Out.SEND) this.#send(`${r.session}/${r.link}`, bytes);
    if (r.kind === Out.HANG_UP) this.#hangUp(`${r.session}/${r.link}`);
    if (r.kind === Out.GONE) this.gone.push(r.session);
    if (r.kind === Out.NAME) this.shelf.named(r.session, r.ticket, r.flags, bytes.toString());
    if (r.kind === Out.STORE) this.shelf.store(r.session, r.ticket, storeKind(r.flags), bytes);
    if (r.kind === Out.CENTRE) {
      const { event, fields } = readCentre(r);
      this.centres.push({ event, ...fields });
    }
    if (r.kind === Out.RPC_ERROR) this.rpcErrors.push(`${r.ticket | 0} ${bytes.toString()}`);
    if (r.kind === Out.LOG)
      this.log.push({ event: EVENT_NAMES[eventPlace(r.flags)!], ...(JSON.parse(bytes.toString()) as object) });
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
