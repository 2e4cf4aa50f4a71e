/**
 * Name records: how NAME, NAMED and the flags of STORE are written and read: what a session wants of a stored name, what
 * came of it, and why its record is to be stored.
 * In: requests about names, faults, records of names, lists. Out: flags and bytes of these records, and what they said.
 * Never: looks into a session's record, or reads past the end of a list.
 */
import type { RecordCursor } from './batch.ts';
import { NamedFlag, NameOp } from './records.ts';

/**
 * What a session asks of the main thread about a name; on the wire, a `NameOp`. `store` is an explicit STORE: NAMED answers
 * it, no NAME asks it. `loggedOut` and `release` have no answer.
 */
export type NameAction = 'attach' | 'takeover' | 'new' | 'list' | 'forget' | 'loggedOut' | 'release' | 'store';

const OPS: Readonly<Record<NameAction, number>> = {
  attach: NameOp.ATTACH,
  takeover: NameOp.TAKEOVER,
  new: NameOp.NEW,
  list: NameOp.LIST,
  forget: NameOp.FORGET,
  loggedOut: NameOp.LOGGED_OUT,
  release: NameOp.RELEASE,
  store: NameOp.STORE,
};
const ANSWERED = new Map<number, NameAction>(
  (['attach', 'takeover', 'new', 'list', 'forget', 'store'] as const).map((action) => [OPS[action], action]),
);

/** The flags of a NAME record: a `NameOp`. */
export function nameFlags(action: NameAction): number {
  return OPS[action];
}

/** Why a request was not granted: a name of the table of errors, and the system's code or another word behind it. */
export interface NameFault {
  readonly error: string;
  readonly reason?: string | undefined;
}

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
  readonly action: NameAction;
  readonly fault: NameFault | undefined;
  readonly isClean: boolean;
  /** A view of the record: its reader copies what it needs, then the record is zeroed. Empty after a fault. */
  readonly bytes: Uint8Array;
}

/** The flags of a NAMED record. @param op the `NameOp` that is answered */
export function namedFlags(op: number, { fault, isClean = false }: NameOutcome): number {
  return op | (fault === undefined ? 0 : NamedFlag.REFUSED) | (isClean ? NamedFlag.CLEAN : 0);
}

/** The bytes of a NAMED record: those of the outcome, or the error's name and, behind a space, its reason. */
export function writeNamed({ fault, bytes = NOTHING }: NameOutcome): Uint8Array {
  if (fault === undefined) return bytes;
  return Buffer.from(fault.reason === undefined ? fault.error : `${fault.error} ${fault.reason}`);
}

/** What a NAMED record says. @throws RangeError for an answer to a request that has none */
export function readNamed(record: RecordCursor): NameAnswer {
  const { ticket, flags } = record;
  const action = ANSWERED.get(flags & NamedFlag.OP);
  if (action === undefined) throw new RangeError(`an answer to request ${flags & NamedFlag.OP} about a name`);
  const bytes = record.bytes.subarray(record.start, record.stop);
  const isRefused = (flags & NamedFlag.REFUSED) !== 0;
  return {
    ticket,
    action,
    fault: isRefused ? faultIn(Buffer.from(bytes).toString()) : undefined,
    isClean: (flags & NamedFlag.CLEAN) !== 0,
    bytes: isRefused ? NOTHING : bytes,
  };
}

function faultIn(text: string): NameFault {
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
}

const ListFlag = { HERE: 1, ELSEWHERE: 2, BROKEN: 4 } as const;

/** The bytes of a list: of each entry `flags u8 | name length u16 LE | name | record length u32 LE | record`. */
export function writeNameList(entries: readonly NameEntry[]): Buffer {
  return Buffer.concat(entries.flatMap(partsOf));
}

function partsOf({ name, record, owner }: NameEntry): Uint8Array[] {
  const flags =
    (owner === 'here' ? ListFlag.HERE : 0) |
    (owner === 'elsewhere' ? ListFlag.ELSEWHERE : 0) |
    (record === undefined ? ListFlag.BROKEN : 0);
  const text = Buffer.from(name);
  const head = Buffer.from([flags, 0, 0]);
  head.writeUInt16LE(text.length, 1);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(record?.length ?? 0);
  return [head, text, length, record ?? NOTHING];
}

/** The entries of a list; their records are views of its bytes. @throws RangeError for bytes that end in the middle of one */
export function readNameList(bytes: Uint8Array): NameEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: NameEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const flags = view.getUint8(at);
    const nameEnd = at + 3 + view.getUint16(at + 1, true);
    const end = nameEnd + 4 + view.getUint32(nameEnd, true);
    if (end > bytes.length) throw new RangeError('a list of names is cut short');
    entries.push({
      name: Buffer.from(bytes.subarray(at + 3, nameEnd)).toString(),
      record: (flags & ListFlag.BROKEN) !== 0 ? undefined : bytes.subarray(nameEnd + 4, end),
      owner: (flags & ListFlag.HERE) !== 0 ? 'here' : (flags & ListFlag.ELSEWHERE) !== 0 ? 'elsewhere' : undefined,
    });
    at = end;
  }
  return entries;
}
