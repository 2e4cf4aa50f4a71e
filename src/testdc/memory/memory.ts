/**
 * Memory: what a test DC knows again after it was killed: keys, who is signed in with them, the accounts.
 * In: entries, as things happen. Out: the interface; `memory-file.ts` keeps entries in a file. Never: messages, codes,
 * flood waits, sessions: what a client can do without, or is told anew.
 */
import type { Password } from '../world/password.ts';
import type { Person } from '../world/peers.ts';

/** Somewhere that entries outlive the process. */
export interface DcMemory {
  /** Everything that still counts, each thing once, in no order. */
  readonly recalled: readonly MemoryEntry[];
  /** The entry is safe when this returns: only then is a client told what it says. @throws Error if it cannot be kept */
  keep(entry: MemoryEntry): void;
}

/** A key of a DC, by number. */
export interface KeyRef {
  readonly dc: number;
  readonly id: bigint;
}

/** The DC's private RSA key. */
export interface ServerEntry {
  readonly what: 'server';
  readonly pem: string;
}

export interface PortEntry {
  readonly what: 'port';
  readonly dc: number;
  readonly port: number;
}

export interface KeyEntry extends KeyRef {
  readonly what: 'key';
  /** 256 bytes. */
  readonly key: Uint8Array;
  /** The first one; later ones are drawn anew, and clients told. */
  readonly salt: bigint;
  /** Of a temporary key: Unix milliseconds. */
  readonly expiresAt?: number;
  /** Of a key that was given, not made: as if `initConnection` had been said. */
  readonly layer?: number;
}

export interface BindEntry extends KeyRef {
  readonly what: 'bind';
  /** The permanent key's number. */
  readonly to: bigint;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Who is signed in with a key; without `user` nobody is any more. */
export interface UserEntry extends KeyRef {
  readonly what: 'user';
  readonly user?: bigint;
  /** Unix milliseconds. */
  readonly at: number;
  readonly from?: KeyRef;
  readonly isRevoked?: boolean;
}

export interface ForgetEntry extends KeyRef {
  readonly what: 'forget';
}

export interface PersonEntry {
  readonly what: 'person';
  readonly id: bigint;
  readonly person: Omit<Person, 'password'>;
  readonly password?: Pick<Password, 'salt1' | 'salt2' | 'verifier' | 'hint'>;
}

/** The signed-in user that a command shows. */
export interface DemoEntry extends KeyRef {
  readonly what: 'demo';
  readonly session: bigint;
}

export type MemoryEntry =
  | ServerEntry
  | PortEntry
  | KeyEntry
  | BindEntry
  | UserEntry
  | ForgetEntry
  | PersonEntry
  | DemoEntry;

/** Keys that nobody is signed in with, at most; the oldest go. */
const MOST_IDLE = 1_000;

/** Entries as they came, to those that still count at this time, Unix milliseconds. */
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

/** Entries of one place: the last one counts. */
function placeOf(entry: MemoryEntry): string {
  if (entry.what === 'server') return 'server';
  if (entry.what === 'port' || entry.what === 'demo') return `${entry.what} ${entry.dc}`;
  return entry.what === 'person' ? `person ${entry.id}` : `${entry.what} ${refOf(entry)}`;
}

function refOf({ dc, id }: KeyRef): string {
  return `${dc} ${id}`;
}

function drop(table: Map<string, MemoryEntry>, entry: KeyEntry): void {
  for (const what of ['key', 'bind', 'user']) table.delete(`${what} ${refOf(entry)}`);
}

/** Binding may move it. */
function expiryOf(table: Map<string, MemoryEntry>, entry: KeyEntry): number {
  const bound = table.get(`bind ${refOf(entry)}`) as BindEntry | undefined;
  return entry.expiresAt === undefined ? Infinity : (bound?.expiresAt ?? entry.expiresAt);
}

function isIdle(table: Map<string, MemoryEntry>, entry: KeyEntry): boolean {
  return (
    entry.expiresAt === undefined && (table.get(`user ${refOf(entry)}`) as UserEntry | undefined)?.user === undefined
  );
}
