/**
 * DcMemory: what a test DC knows again after it was killed: keys, who is signed in with them, the accounts.
 * In: entries, as things happen. Out: the interface, and which entries still count; `memory-file.ts` keeps them in a file.
 * Never: messages, codes, flood waits, sessions: what a client can do without, or is told anew.
 */
import type { Password } from '../world/password.ts';
import type { Person } from '../world/peers.ts';

/** Keeps entries beyond the process. */
export interface DcMemory {
  /** All entries that still counted when the memory was opened, in no order. */
  readonly recalled: readonly MemoryEntry[];
  /** Keeps an entry, which is safe when this returns: clients are told of it only then. @throws Error if it cannot be kept */
  keep(entry: MemoryEntry): void;
}

/** Names a key of a DC. */
export interface KeyRef {
  /** The DC's number. */
  readonly dc: number;
  /** auth_key_id as one signed number. */
  readonly id: bigint;
}

/** The private RSA key, as PEM. */
export interface ServerEntry {
  readonly what: 'server';
  readonly pem: string;
}

/** The port that a DC has got by the system's choice. */
export interface PortEntry {
  readonly what: 'port';
  readonly dc: number;
  readonly port: number;
}

/** A key that a DC knows. */
export interface KeyEntry extends KeyRef {
  readonly what: 'key';
  /** 256 bytes. */
  readonly key: Uint8Array;
  /** The first salt; later ones are drawn anew, and clients are told. */
  readonly salt: bigint;
  /** Unix milliseconds; a permanent key has none. */
  readonly expiresAt?: number;
  /** The layer of a key that was given, not made: as if `initConnection` had named it. */
  readonly layer?: number;
}

/** A temporary key was bound. */
export interface BindEntry extends KeyRef {
  readonly what: 'bind';
  /** The permanent key's number. */
  readonly to: bigint;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Who is signed in with a key; without `user` nobody is. */
export interface UserEntry extends KeyRef {
  readonly what: 'user';
  readonly user?: bigint;
  /** Unix milliseconds of the sign-in. */
  readonly at: number;
  /** The key at another DC that the authorization was carried from. */
  readonly from?: KeyRef;
  /** Whether another session has signed the key out. */
  readonly isRevoked?: boolean;
}

/** A key was forgotten: no entry of it counts any more. */
export interface ForgetEntry extends KeyRef {
  readonly what: 'forget';
}

/** A person is new, or has changed. */
export interface PersonEntry {
  readonly what: 'person';
  readonly id: bigint;
  readonly person: Omit<Person, 'password'>;
  readonly password?: Pick<Password, 'salt1' | 'salt2' | 'verifier' | 'hint'>;
}

/** The key and session_id of the demo user that the command shows. */
export interface DemoEntry extends KeyRef {
  readonly what: 'demo';
  readonly session: bigint;
}

/** One thing to be kept. */
export type MemoryEntry =
  | ServerEntry
  | PortEntry
  | KeyEntry
  | BindEntry
  | UserEntry
  | ForgetEntry
  | PersonEntry
  | DemoEntry;

/** Permanent keys without a login, at most; the oldest go. */
const MOST_IDLE = 1_000;

/** The entries that still count at `now`, Unix milliseconds, of all in the order they came. */
export function fold(entries: Iterable<MemoryEntry>, now: number): MemoryEntry[] {
  const table = new Map<string, MemoryEntry>();
  for (const entry of entries)
    if (entry.what === 'forget') for (const what of ['key', 'bind', 'user']) table.delete(`${what} ${refOf(entry)}`);
    else table.set(placeOf(entry), entry);
  for (const entry of table.values()) if (entry.what === 'key' && expiryOf(table, entry) <= now) drop(table, entry);
  const idle = [...table.values()].filter((entry) => entry.what === 'key' && isIdle(table, entry));
  for (const entry of idle.slice(0, Math.max(0, idle.length - MOST_IDLE))) drop(table, entry as KeyEntry);
  return [...table.values()];
}

/** What an entry is about: of all about one thing the last counts. */
function placeOf(entry: MemoryEntry): string {
  if (entry.what === 'server') return 'server';
  if (entry.what === 'port' || entry.what === 'demo') return `${entry.what} ${entry.dc}`;
  return entry.what === 'person' ? `person ${entry.id}` : `${entry.what} ${refOf(entry)}`;
}

/** A key's DC and number as a text. */
function refOf({ dc, id }: KeyRef): string {
  return `${dc} ${id}`;
}

/** Drops all entries of a key. */
function drop(table: Map<string, MemoryEntry>, entry: KeyEntry): void {
  for (const what of ['key', 'bind', 'user']) table.delete(`${what} ${refOf(entry)}`);
}

/** Unix milliseconds at which a key expires, as its last binding says, else its exchange. */
function expiryOf(table: Map<string, MemoryEntry>, entry: KeyEntry): number {
  const bound = table.get(`bind ${refOf(entry)}`) as BindEntry | undefined;
  return entry.expiresAt === undefined ? Infinity : (bound?.expiresAt ?? entry.expiresAt);
}

/** Whether a key is permanent and nobody is signed in with it. */
function isIdle(table: Map<string, MemoryEntry>, entry: KeyEntry): boolean {
  return (
    entry.expiresAt === undefined && (table.get(`user ${refOf(entry)}`) as UserEntry | undefined)?.user === undefined
  );
}
