/**
 * Centre finding: what all attempts at one data centre say together.
 * In: the answer of each of its addresses and ports. Out: one finding, each reason told once. Never: a socket.
 */
import type { CentreAnswer } from './data-centre.ts';
import { type Finding, ok, warning, wrong } from './finding.ts';

/** One address and port, and what came of it. */
export interface Attempt {
  readonly host: string;
  readonly port: number;
  readonly answer: CentreAnswer;
}

/**
 * Sums the attempts at one data centre up.
 * @param dc as people call it, without the offset of the test environment
 * @param isNeeded new sessions go there: without it the gateway is no use
 */
export function centreFinding(dc: number, attempts: readonly Attempt[], isNeeded: boolean): Finding {
  const failed = attempts.flatMap(({ answer }) => ('why' in answer ? [answer] : []));
  const reached = attempts.length - failed.length;
  const name = `data centre ${dc}`;
  const finding = (make: typeof wrong, text: string): Finding => ({
    ...make('dc', text, unique(failed.map(({ todo }) => todo)).join('; ')),
    attempts: attempts.map(toldOf),
  });
  if (failed.length === 0)
    return {
      ...ok('dc', `${name} at ${placesOf(attempts)} answers, with a key that is trusted`),
      attempts: attempts.map(toldOf),
    };
  const level = isNeeded && reached === 0 ? wrong : warning;
  if (attempts.length === 1) return finding(level, `${name} at ${placesOf(attempts)} ${failed[0]!.why}`);
  const reasons = reasonsOf(failed.map(({ why }) => why));
  if (reached === 0) return finding(level, `${name} is not reached at any of ${placesOf(attempts)}: ${reasons}`);
  return finding(level, `${name} answers at ${reached} of ${placesOf(attempts)}; elsewhere: ${reasons}`);
}

/** `149.154.175.50:443`, `6 places (2 addresses, ports 443, 80, 5222)`. */
function placesOf(attempts: readonly Attempt[]): string {
  const [first, ...others] = attempts;
  if (first !== undefined && others.length === 0) return `${first.host}:${first.port}`;
  const hosts = unique(attempts.map(({ host }) => host));
  const ports = unique(attempts.map(({ port }) => port));
  const addresses = hosts.length === 1 ? hosts[0]! : `${hosts.length} addresses`;
  return `${attempts.length} places (${addresses}, ${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')})`;
}

/** Each once, with how often it was met where there are several. */
function reasonsOf(whys: readonly string[]): string {
  const all = unique(whys);
  const times = (why: string): number => whys.filter((one) => one === why).length;
  return all.map((why) => (all.length === 1 ? why : `${why} (${times(why)})`)).join('; ');
}

function toldOf({ host, port, answer }: Attempt): NonNullable<Finding['attempts']>[number] {
  return 'why' in answer ? { host, port, ok: false, why: answer.why } : { host, port, ok: true };
}

function unique<T>(all: readonly T[]): T[] {
  return [...new Set(all)];
}
