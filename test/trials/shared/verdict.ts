/**
 * Verdict: the books of a shared session compared.
 * In: the ledger, what clients and the DC noted. Out: figures as lines, and what broke a rule.
 * Never: a fault taken for a reason where none was at work.
 */
import { systemEnv } from '../../../src/main/system-env.ts';
import type { Ledger } from '../../support/ledger.ts';
import type { DcReport } from '../soak/soak.ts';
import { Touched, type Seen, type Span } from '../soak/touched.ts';
import type { UnknownFigures, Unknowns } from '../soak/unknowns.ts';
import type { SharedClient } from './client.ts';
import type { Overtaken } from './order.ts';
import { satOut, type MethodWait } from './waits.ts';

/** What the DC says of a run. */
export interface SharedTold {
  readonly report: DcReport;
  readonly seen: Seen;
  readonly pauses: readonly Span[];
  /** Updates pushed. */
  readonly updates: number;
  readonly overtaken: readonly Overtaken[];
  readonly waits: readonly MethodWait[];
  /** Connections: now, the most at once, and how long there were more than sessions, ms. */
  readonly homes: { readonly open: number; readonly most: number; readonly longestOver: number };
}

export interface SharedVerdict {
  readonly lines: readonly string[];
  readonly wrong: readonly string[];
}

export interface Books {
  readonly ledger: Ledger;
  readonly clients: readonly SharedClient[];
  readonly unknowns: Unknowns;
  /** Of this process. */
  readonly pauses: readonly Span[];
  readonly told: SharedTold;
  readonly sessions: number;
  readonly hasFaults: boolean;
  readonly seconds: number;
  /** Requests not sent because a connection had too many open. */
  readonly heldBack: number;
  readonly gatewayExit: number | null;
  /** What the gateway said last. */
  readonly said: string;
}

const NEVER: ReadonlySet<string> = new Set([
  ...['SessionInUse', 'SessionNotFound', 'SessionLost', 'AuthKeyInvalid'],
  ...['InvalidRequest', 'InvalidSession', 'InvalidId', 'InternalError', 'WorkerCrashed'],
]);
/** A connection that is given up may stand beside its successor for so long, ms. */
const MOST_OVER = 5_000;

export function judged(books: Books): SharedVerdict {
  const { told, clients } = books;
  const openings = clients.flatMap((client) => client.openings);
  const pauses = [...told.pauses, ...books.pauses];
  const unknowns = books.unknowns.judged(told.seen, openings, pauses, systemEnv.now());
  const late = overtakenWithoutFault(books);
  return {
    lines: figuresOf(books, unknowns, late),
    wrong: [
      ...books.ledger.wrong,
      ...clients.flatMap((client) => client.wrong),
      ...refusedWrongly(books),
      ...late.map(({ connection, seq, by }) => `connection ${connection}: request ${seq} was read after ${by}`),
      ...dcWrong(books),
      ...gatewayWrong(books, unknowns),
    ],
  };
}

function gatewayWrong(
  { clients, gatewayExit, said, hasFaults, told, sessions }: Books,
  unknowns: UnknownFigures,
): string[] {
  const unexplained = unknowns.withoutFault - unknowns.paused;
  const closed = sum(clients.map(({ closedOnUs }) => closedOnUs));
  const behind =
    hasFaults || sessions > 1 ? [] : clients.filter((one) => one.isListening && one.lastUpdate < told.updates);
  return [
    ...(unexplained > 0 ? [`of ${unexplained} requests nobody can say what became, and no fault was there`] : []),
    ...(closed > 0 ? [`the gateway closed ${closed} connections`] : []),
    ...behind.map(
      ({ number, lastUpdate }) => `connection ${number} heard update ${lastUpdate} of ${told.updates} last`,
    ),
    ...(gatewayExit === 0 ? [] : [`the gateway ended with ${gatewayExit}:\n${said}`]),
  ];
}

/** A fault of the DC is no reason to refuse what a line says, or who says it. */
function refusedWrongly({ ledger, hasFaults }: Books): string[] {
  return [...ledger.outcomes]
    .filter(([name]) => !hasFaults || NEVER.has(name))
    .map(([name, count]) => `${count} requests ended with ${name}`);
}

function dcWrong({ told, sessions, hasFaults }: Books): string[] {
  const { report, homes } = told;
  return [
    ...report.violations.map((violation) => `violation: ${violation}`),
    ...report.bugs.map((bug) => `bug of the DC: ${bug}`),
    ...(homes.open <= sessions ? [] : [`${homes.open} connections to the DC at the end, for ${sessions} sessions`]),
    ...(homes.longestOver > MOST_OVER
      ? [`more connections to the DC than sessions for ${(homes.longestOver / 1000).toFixed(1)} s`]
      : []),
    ...(!hasFaults && report.homeConnectionsOfOneKey > 1
      ? [`${report.homeConnectionsOfOneKey} home connections of one key at once, and no fault was there`]
      : []),
    ...(!hasFaults && report.connections !== sessions
      ? [`${report.connections} connections were made to the DC, for ${sessions} sessions, and no fault was there`]
      : []),
  ];
}

/** A request that a later one has overtaken though no fault was at work between its asking and its reading. */
function overtakenWithoutFault({ told, clients }: Books): Overtaken[] {
  const touched = new Touched(told.seen, new Set(clients.map(({ part }) => part.user)));
  return told.overtaken.filter(({ connection, seq, method, at }) => {
    const { part, askedAt } = clients[connection]!;
    const { user } = part;
    const from = askedAt[seq]!;
    return touched.by({ user, from, until: at }) === undefined && !satOut(told.waits, { user, method, from, at });
  });
}

function figuresOf(
  { ledger, told, clients, seconds, heldBack }: Books,
  unknowns: UnknownFigures,
  late: readonly Overtaken[],
): string[] {
  const f = ledger.figures;
  const { report, homes } = told;
  const kinds = Object.entries(report.kinds);
  return [
    `${clients.length} connections: ${partsOf(clients)}`,
    `${f.asked} requests in ${seconds.toFixed(0)} s (${(f.asked / seconds).toFixed(0)}/s); held back ${heldBack}`,
    `results ${f.results}, rpc errors ${f.rpcErrors}, refused or timed out ${f.refused}, connection gone first ${f.orphaned}`,
    `not delivered ${f.notDelivered}; unknown ${f.unknown}, of these without a fault ${unknowns.withoutFault}; no fault at work in ${(100 * unknowns.freeShare).toFixed(1)} % of the time`,
    ...unknowns.described.map((one) => `  ${one}`),
    `updates ${f.updates} heard of ${told.updates} pushed, gap notices ${f.gaps}`,
    `lost ${f.lost}, doubled ${f.doubled}, misrouted ${f.misrouted}, answers of others ${sum(clients.map(({ wrong }) => wrong.length))}`,
    `overtaken ${told.overtaken.length}, of these without a fault ${late.length}`,
    `connections to the DC ${report.connections}, home connections of one key at once ${report.homeConnectionsOfOneKey} at most; at once ${homes.most} at most, more than sessions for ${homes.longestOver.toFixed(0)} ms at most, ${homes.open} at the end`,
    `violations ${report.violationCount}, caused by faults ${report.caused}; keys ${report.handshakes}`,
    `faults ${report.faults} of ${kinds.length} kinds: ${kinds.map(([name, count]) => `${name} ${count}`).join(', ')}`,
    `ends: ${endsOf(ledger)}`,
  ];
}

function partsOf(clients: readonly SharedClient[]): string {
  const counts = new Map<string, number>();
  for (const { part } of clients) {
    const name = `${part.kind} by ${part.naming}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
}

function endsOf({ outcomes }: Ledger): string {
  return [...outcomes]
    .toSorted((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
