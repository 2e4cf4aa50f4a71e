/**
 * Limits: every number the main thread holds its peers to, in one place, with where it comes from.
 * In: nothing. Out: defaults; tests and the configuration override them. Never: read anywhere but through a `Limits`.
 */

/** The numbers by name; each says its unit. */
export interface Limits {
  /** Client connections at once; the descriptors may allow fewer. */
  readonly maxConnections: number;
  /** Connections a second from one address, loopback ones only if said so; and tokens that were wrong in a minute. */
  readonly acceptsPerSecond: number;
  readonly limitsLoopback: boolean;
  readonly tokenFailures: number;
  /** Bytes the process may hold, and how often that is looked at, ms. */
  readonly memory: number;
  readonly memoryEvery: number;
  /** Descriptors this process may have, and how many of them are kept for files, threads and refusals. */
  readonly descriptors: number;
  readonly descriptorReserve: number;
  /** Longest client message, bytes. */
  readonly maxLine: number;
  /** Bytes of unfinished lines of all clients together. */
  readonly unfinishedBudget: number;
  /** How long a line that was begun may take to end, ms. */
  readonly lineTimeout: number;
  /** How long a connection may take to show its token, ms. */
  readonly tokenTimeout: number;
  /** Stored sessions that single lines of one connection name, at once. */
  readonly namesPerConnection: number;
  /** Open requests of one connection in one session from which on it is not read. */
  readonly openRequests: number;
  /** The same of a connection that speaks in several sessions, in all of them together. */
  readonly openInAll: number;
  /** Bytes of open requests of one connection from which on it is not read: a data centre that answers after 80 ms takes 100 MB a second. */
  readonly openBytes: number;
  /** Unreadable lines in a row that end a connection. */
  readonly badLines: number;
  /** Unread bytes of one client at which reading for it stops, and those it may have for `unreadTimeout` at most. */
  readonly unreadMark: number;
  readonly unreadMost: number;
  readonly unreadTimeout: number;
  /** Bytes a DC connection has not taken at which its client is no longer read. */
  readonly linkMark: number;
  /** How long a connection to a data centre may take to stand, ms. */
  readonly connectTimeout: number;
  /** How long a connection to one of several addresses of a server may take to stand, ms. */
  readonly addressTimeout: number;
  /** Connections to data centres begun in any second, under way to one address, and key exchanges at once. */
  readonly dialsPerSecond: number;
  readonly dialsPerAddress: number;
  readonly handshakesAtOnce: number;
  /** How long a named session stays open behind its last connection, ms. */
  readonly linger: number;
  /** Bytes, and a little for each record, that one batch to a lane holds before all that comes waits for its session's turn. */
  readonly laneMark: number;
  /** How long a worker may take to start, and a batch to come back, ms (decisions: lanes). */
  readonly startTimeout: number;
  readonly batchTimeout: number;
  /** The most old generation of a lane's thread, MiB; 0: V8's own default. */
  readonly laneHeap: number;
  /** A worker lost within this time of its start is followed by one that runs one record a batch for as long, to find the one that kills, ms. */
  readonly carefulFor: number;
  /** A lane lost this often within `laneDeathsWithin` ms, with nobody found at fault, loses its sessions. */
  readonly laneDeaths: number;
  readonly laneDeathsWithin: number;
  /** How long open requests may take to end when the gateway stops, ms. */
  readonly drainTimeout: number;
  /** How often the clocks of lines, tokens and unread answers are looked at, ms. */
  readonly reapEvery: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const LIMITS: Limits = Object.freeze({
  maxConnections: 1_000_000,
  acceptsPerSecond: 200,
  limitsLoopback: false,
  tokenFailures: 5,
  memory: Infinity,
  memoryEvery: 250,
  descriptors: 1024,
  descriptorReserve: 64,
  maxLine: 4 * MIB,
  unfinishedBudget: 256 * MIB,
  lineTimeout: 30_000,
  tokenTimeout: 2_000,
  namesPerConnection: 10_000,
  openRequests: 256,
  openInAll: 16_384,
  openBytes: 8 * MIB,
  badLines: 1_000,
  unreadMark: MIB,
  unreadMost: 8 * MIB,
  unreadTimeout: 30_000,
  linkMark: MIB,
  connectTimeout: 10_000,
  addressTimeout: 5_000,
  dialsPerSecond: 200,
  dialsPerAddress: 64,
  handshakesAtOnce: 64,
  linger: 60_000,
  laneMark: MIB,
  startTimeout: 15_000,
  batchTimeout: 5_000,
  laneHeap: 0,
  carefulFor: 5_000,
  laneDeaths: 5,
  laneDeathsWithin: 60_000,
  drainTimeout: 10_000,
  reapEvery: 500,
});
