/**
 * Name records: how NAME, NAMED and the flags of STORE are written and read: what a session wants of a stored name, what
 * came of it, and why its record is to be stored.
 * In: requests about names, faults, records of names, lists. Out: flags and bytes of these records, and what they said.
 * Never: looks into a session's record, or reads past the end of a list.
 */
import type { Writer } from '../bytes/writer.ts';
import type { RecordCursor } from './batch.ts';
import { NamedFlag, NameOp } from './records.ts';

/** Where a client's line belongs; on the wire, a `NameOp` of an attachment. */
export type MoveAction = 'speak' | 'takeover' | 'as' | 'detach';
/** What a session asks of the main thread about its name. `loggedOut` and `release` have no answer. */
export type NameAction = 'forget' | 'loggedOut' | 'release';
/** What the main thread answers: to `forget`, to an explicit STORE, or, unasked, what was found under the session's name. */
export type AnsweredAction = 'open' | 'forget' | 'store' | 'list';

const OPS: Readonly<Record<MoveAction | NameAction | AnsweredAction, number>> = {
  speak: NameOp.SPEAK,
  takeover: NameOp.TAKEOVER,
  as: NameOp.AS,
  detach: NameOp.DETACH,
  list: NameOp.LIST,
  forget: NameOp.FORGET,
  loggedOut: NameOp.LOGGED_OUT,
  release: NameOp.RELEASE,
  store: NameOp.STORE,
  open: NameOp.OPEN,
};
const ANSWERED = new Map<number, AnsweredAction>(
  (['open', 'list', 'forget', 'store'] as const).map((action) => [OPS[action], action]),
);
const MOVES = new Map<number, MoveAction>(
  (['speak', 'takeover', 'as', 'detach'] as const).map((action) => [OPS[action], action]),
);

/** The flags of a NAME record: a `NameOp`. */
export function nameFlags(action: MoveAction | NameAction | 'list'): number {
  return OPS[action];
}

/** Writes the bytes of a NAME record: `name length u16 LE | name | init`. @param init JSON text that goes with a client that moves */
export function writeName(out: Writer, name: string, init: Uint8Array = NOTHING): void {
  const text = Buffer.from(name);
  out.byte(text.length & 255);
  out.byte(text.length >> 8);
  out.raw(text);
  out.raw(init);
}

/** A NAME record of an attachment that its lane does not hold any longer, as the main thread hears it. */
export interface Move {
  readonly action: MoveAction;
  /** Empty for `detach`. */
  readonly name: string;
  /** The line that belongs elsewhere. */
  readonly ticket: number;
  /** A copy. */
  readonly init: Buffer;
}

/** The name in a NAME record. @throws RangeError for one that is cut short */
export function readName({ bytes, start, stop }: RecordCursor): string {
  return Buffer.from(bytes.subarray(start + 2, nameEnd(bytes, start, stop))).toString();
}

/** The move that a NAME record asks for; undefined if it asks for something else. @throws RangeError for one that is cut short */
export function readMove(record: RecordCursor): Move | undefined {
  const action = MOVES.get(record.flags);
  if (action === undefined) return undefined;
  const { bytes, start, stop, ticket } = record;
  return {
    action,
    name: readName(record),
    ticket,
    init: Buffer.from(bytes.subarray(nameEnd(bytes, start, stop), stop)),
  };
}

function nameEnd(bytes: Uint8Array, start: number, stop: number): number {
  const end = start + 2 + (bytes[start]! | (bytes[start + 1]! << 8));
  if (!(end <= stop)) throw new RangeError('a NAME record is cut short');
  return end;
}

/** Why a request was not granted: a name of the table of errors, and the system's code or another word behind it. */
export interface NameFault {
  readonly error: string;
  readonly reason?: string | undefined;
}

/** The reason of `SessionInUse` where another process was asked to leave, and has not. */
export const NOT_GIVEN_UP = 'not-given-up';

/** What the main thread found out about a name. */
export interface NameOutcome {
  readonly fault?: NameFault | undefined;
  /** The record is exactly where its session stopped. */
  readonly isClean?: boolean;
  /** The record stored under the name, empty if nothing is stored yet; or the list (`readNameList`). May hold keys. */
  readonly bytes?: Uint8Array;
}

/** A NAMED record, as the session hears it. */
export interface NameAnswer {
  /** Of the request that waits for it. */
  readonly ticket: number;
  readonly action: AnsweredAction;
  readonly fault: NameFault | undefined;
  readonly isClean: boolean;
  /** A view of the record: its reader copies what it needs, then the record is zeroed. Empty after a fault. */
  readonly bytes: Uint8Array;
}

/** The flags of a NAMED or LISTED record. @param op the `NameOp` that is answered */
export function namedFlags(op: number, { fault, isClean = false }: NameOutcome): number {
  return op | (fault === undefined ? 0 : NamedFlag.REFUSED) | (isClean ? NamedFlag.CLEAN : 0);
}

/** The bytes of a NAMED or LISTED record: those of the outcome, or the error's name and, behind a space, its reason. */
export function writeNamed({ fault, bytes = NOTHING }: NameOutcome): Uint8Array {
  return fault === undefined ? bytes : wordsOfFault(fault);
}

/** A fault as a record carries it: the error's name and, behind a space, its reason. */
export function wordsOfFault({ error, reason }: NameFault): Uint8Array {
  return Buffer.from(reason === undefined ? error : `${error} ${reason}`);
}

/** What a NAMED or LISTED record says. @throws RangeError for an answer to a request that has none */
export function readNamed(record: RecordCursor): NameAnswer {
  const { ticket, flags } = record;
  const action = ANSWERED.get(flags & NamedFlag.OP);
  if (action === undefined) throw new RangeError(`an answer to request ${flags & NamedFlag.OP} about a name`);
  const bytes = record.bytes.subarray(record.start, record.stop);
  const isRefused = (flags & NamedFlag.REFUSED) !== 0;
  return {
    ticket,
    action,
    fault: isRefused ? faultInWords(Buffer.from(bytes).toString()) : undefined,
    isClean: (flags & NamedFlag.CLEAN) !== 0,
    bytes: isRefused ? NOTHING : bytes,
  };
}

/** The fault that `wordsOfFault` wrote. */
export function faultInWords(text: string): NameFault {
  const space = text.indexOf(' ');
  return space < 0 ? { error: text } : { error: text.slice(0, space), reason: text.slice(space + 1) };
}

const NOTHING = new Uint8Array(0);

// --- what is stored under a name -------------------------------------------------------------------------------------

/**
 * Which STORE it is. `later`: it may wait for newer ones. `urgent`: nothing more is said to the client before it is stored.
 * `explicit`: the client asked for it, and NAMED answers it. `last`: the session has ended here, and the name is given up;
 * without bytes there is nothing to store.
 */
export type StoreKind = 'later' | 'urgent' | 'explicit' | 'last';

const STORE_FLAGS: Readonly<Record<StoreKind, number>> = { later: 0, urgent: 1, explicit: 2, last: 4 };
const STORE_KINDS = new Map((Object.keys(STORE_FLAGS) as StoreKind[]).map((kind) => [STORE_FLAGS[kind], kind]));

/** The flags of a STORE record. */
export function storeFlags(kind: StoreKind): number {
  return STORE_FLAGS[kind];
}

/** Which STORE it is, by its flags. @throws RangeError for flags that `storeFlags` does not give */
export function storeKind(flags: number): StoreKind {
  const kind = STORE_KINDS.get(flags);
  if (kind === undefined) throw new RangeError(`a STORE record with flags ${flags}`);
  return kind;
}

// --- the list of names -----------------------------------------------------------------------------------------------

/** One name of a list. */
export interface NameEntry {
  /** At most 65 535 bytes of UTF-8: `account/name.ts` allows 64 code points, 256 bytes. */
  readonly name: string;
  /** What is shown of its record; undefined for one that cannot be read. */
  readonly record: Uint8Array | undefined;
  /** Who has it: this process, another one, or nobody. */
  readonly owner: 'here' | 'elsewhere' | undefined;
  /** What is known of it while it is open here. */
  readonly open?: OpenState | undefined;
}

/** A session that is open in this process. */
export interface OpenState {
  readonly state: 'opening' | 'open' | 'waiting';
  /** Client connections that speak in it. */
  readonly connections: number;
  /** Since when, Unix ms. */
  readonly openedAt: number;
  /** In how many ms its data centre is tried again; 0 unless it waits. */
  readonly retryIn: number;
}

const ListFlag = { HERE: 1, ELSEWHERE: 2, BROKEN: 4, OPENING: 8, OPEN: 16, WAITING: 32 } as const;
const STATES = { opening: ListFlag.OPENING, open: ListFlag.OPEN, waiting: ListFlag.WAITING } as const;
const OPEN_FLAGS = ListFlag.OPENING | ListFlag.OPEN | ListFlag.WAITING;
/** Bytes of an `OpenState` beside its flag. */
const OPEN_LENGTH = 16;

/**
 * The bytes of a list: of each entry `flags u8 | name length u16 LE | name | record length u32 LE | record`, and behind one that is
 * open here `connections u32 LE | opened f64 LE | retry u32 LE`.
 */
export function writeNameList(entries: readonly NameEntry[]): Buffer {
  return Buffer.concat(entries.flatMap(partsOf));
}

function partsOf({ name, record, owner, open }: NameEntry): Uint8Array[] {
  const flags =
    (owner === 'here' ? ListFlag.HERE : 0) |
    (owner === 'elsewhere' ? ListFlag.ELSEWHERE : 0) |
    (record === undefined ? ListFlag.BROKEN : 0) |
    (open === undefined ? 0 : STATES[open.state]);
  const text = Buffer.from(name);
  const head = Buffer.from([flags, 0, 0]);
  head.writeUInt16LE(text.length, 1);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(record?.length ?? 0);
  return [head, text, length, record ?? NOTHING, ...(open === undefined ? [] : [writeOpen(open)])];
}

function writeOpen({ connections, openedAt, retryIn }: OpenState): Buffer {
  const bytes = Buffer.alloc(OPEN_LENGTH);
  bytes.writeUInt32LE(connections);
  bytes.writeDoubleLE(openedAt, 4);
  bytes.writeUInt32LE(retryIn, 12);
  return bytes;
}

function readOpen(view: DataView, at: number, flags: number): OpenState | undefined {
  const [state] = (Object.keys(STATES) as (keyof typeof STATES)[]).filter((one) => (flags & STATES[one]) !== 0);
  if (state === undefined) return undefined;
  return {
    state,
    connections: view.getUint32(at, true),
    openedAt: view.getFloat64(at + 4, true),
    retryIn: view.getUint32(at + 12, true),
  };
}

/** The entries of a list; their records are views of its bytes. @throws RangeError for bytes that end in the middle of one */
export function readNameList(bytes: Uint8Array): NameEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: NameEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const flags = view.getUint8(at);
    const textEnd = at + 3 + view.getUint16(at + 1, true);
    const end = textEnd + 4 + view.getUint32(textEnd, true);
    const isOpen = (flags & OPEN_FLAGS) !== 0;
    const next = isOpen ? end + OPEN_LENGTH : end;
    if (next > bytes.length) throw new RangeError('a list of names is cut short');
    entries.push({
      name: Buffer.from(bytes.subarray(at + 3, textEnd)).toString(),
      record: (flags & ListFlag.BROKEN) !== 0 ? undefined : bytes.subarray(textEnd + 4, end),
      owner: (flags & ListFlag.HERE) !== 0 ? 'here' : (flags & ListFlag.ELSEWHERE) !== 0 ? 'elsewhere' : undefined,
      ...(isOpen && { open: readOpen(view, end, flags) }),
    });
    at = next;
  }
  return entries;
}
