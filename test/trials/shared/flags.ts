/**
 * Flags of `npm run soak -- shared`: one named session, many connections, the ledger.
 * In: flags as text. Out: figures and what was wrong. Never: a run without its seed said before.
 */
import { existsSync, readFileSync } from 'node:fs';
import { outlived } from './faults.ts';
import { shared } from './shared.ts';
import type { SharedVerdict } from './verdict.ts';

export const SHARED_HELP = `npm run soak -- shared [--seconds 120] [--rps 1000] [--http 64] [--lines 20] [--msgpack 5] [--updates 20] [--faults all|none|FILE|TEXT] [--rate 0.1] [--apart] [--seed N] [-- ARGS OF serve]
                                     one named session for all connections; --apart: one each`;
/** What it takes beside the seed. */
export const SHARED_FLAGS = ['seconds', 'http', 'lines', 'msgpack', 'rate'] as const;

type Flags = Readonly<Record<string, string | boolean | undefined>>;

export function sharedByFlags(
  flags: Flags,
  seed: number,
  gateway: readonly string[],
  progress: (text: string) => void,
): Promise<SharedVerdict> {
  const number = (name: string, otherwise: number): number => numberOf(flags, name, otherwise);
  return shared({
    connections: { http: number('http', 64), lines: number('lines', 20), msgpack: number('msgpack', 5) },
    seconds: number('seconds', 120),
    rps: number('rps', 1_000),
    updates: number('updates', 20),
    faults: faultsOf(String(flags['faults'] ?? 'all'), number('rate', 0.1)),
    isApart: flags['apart'] !== undefined,
    seed,
    gateway,
    progress,
  });
}

/** A file's text, or the text itself. */
function faultsOf(named: string, rate: number): string {
  if (named === 'none') return '';
  if (named === 'all') return outlived(rate);
  return existsSync(named) ? readFileSync(named, 'utf8') : named.replaceAll(';', '\n');
}

function numberOf(flags: Flags, name: string, otherwise: number): number {
  const value = flags[name] === undefined ? otherwise : Number(flags[name]);
  if (!(value >= 0)) throw new Error(`--${name} ${String(flags[name])}: expected a number`);
  return value;
}
