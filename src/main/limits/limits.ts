/**
 * Limits: every number the main thread holds its peers to, in one place, with where it comes from.
 * In: nothing. Out: defaults; tests and the configuration override them. Never: read anywhere but through a `Limits`.
 */

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
  /** A line that was begun must end in this time, ms. */
  readonly lineTimeout: number;
  /** The token must come in this time, ms. */
  readonly tokenTimeout: number;
  /** Open requests of one connection before it is no longer read. */
  readonly openRequests: number;
  /** Bytes of its open requests, likewise: a data centre that answers after 80 ms still takes 100 MB a second. */
  readonly openBytes: number;
  /** Unreadable lines in a row. */
  readonly badLines: number;
  /** Unread bytes of one client at which reading for it stops, and those it may have for `unreadTimeout` at most. */
  readonly unreadMark: number;
  readonly unreadMost: number;
  readonly unreadTimeout: number;
  /** Bytes a DC connection has not taken at which its client is no longer read. */
  readonly linkMark: number;
  readonly connectTimeout: number;
  /** The same for one of several addresses of a server. */
  readonly addressTimeout: number;
  /** Connections to data centres begun in any second, under way to one address, and key exchanges at once. */
  readonly dialsPerSecond: number;
  readonly dialsPerAddress: number;
  readonly handshakesAtOnce: number;
  /** Bytes, and a little for each record, that one batch to a lane holds before all that comes waits for its session's turn. */
  readonly laneMark: number;
  /** A worker must be there in this time, ms, and a batch back in that (decisions: lanes). */
  readonly startTimeout: number;
  readonly batchTimeout: number;
  /** Old generation a lane's thread may have, MiB; 0: what V8 takes for its own. */
  readonly laneHeap: number;
  /** A worker that is lost so soon after its start runs one record a batch for as long, to find the one that kills it, ms. */
  readonly carefulFor: number;
  /** A lane that is lost so often within `laneDeathsWithin` ms without anyone being found at fault loses its sessions. */
  readonly laneDeaths: number;
  readonly laneDeathsWithin: number;
  /** Open requests may end in this time when the gateway stops, ms. */
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
  openRequests: 256,
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
