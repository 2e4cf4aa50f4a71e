/**
 * `npm run soak`: the ledger under faults, and every cut.
 * In: options. Out: verdict and figures on stdout; exit code 1 if a rule was broken. Never: a verdict without its seed.
 */
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Figures } from '../../support/ledger.ts';
import { thisMachine } from '../../../bench/machine.ts';
import { renderMachine } from '../../../bench/table.ts';
import { keys, type KeysVerdict } from '../keys/keys.ts';
import { SHARED_FLAGS, SHARED_HELP, sharedByFlags } from '../shared/flags.ts';
import { cuts } from './cuts.ts';
import { secrets } from './secrets.ts';
import { soak, type SoakResult } from './soak.ts';
import type { UnknownFigures } from './unknowns.ts';
import { vaultBits, vaultKills, type Verdict } from './vault.ts';

const HELP = `npm run soak -- [--minutes 10] [--rps 2000] [--clients 100] [--updates 100] [--seed N] [--faults all|none|FILE|TEXT] [-- ARGS OF serve]
npm run soak -- cuts [--step 1]      a connection cut at every byte of handshake and three requests
npm run soak -- secrets [WORD …]     all tests, or those whose path has a word, at the highest level of logging; then a search for secrets
npm run soak -- vault [--kills 1000] [--seed N]      kill -9 while sessions are written
npm run soak -- vault --bits [--step 1] [--from 0]   every bit of a small vault wrong once
npm run soak -- keys [--kills 200] [--open 4] [--plain] [--seed N]   kill -9 between send and answer of requests with idempotency keys
${SHARED_HELP}`;

async function main(argv: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const names = [
    'minutes',
    'rps',
    'clients',
    'updates',
    'seed',
    'faults',
    'step',
    'kills',
    'from',
    'open',
    ...SHARED_FLAGS,
  ];
  const options = {
    ...Object.fromEntries(names.map((name) => [name, text])),
    help: { type: 'boolean' } as const,
    bits: { type: 'boolean' } as const,
    plain: { type: 'boolean' } as const,
    apart: { type: 'boolean' } as const,
  };
  const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
  const flags = values as Record<string, string | undefined>;
  if (flags['help'] !== undefined) return console.log(HELP);
  for (const line of renderMachine(thisMachine())) console.log(line);
  if (positionals[0] === 'cuts') return report(await cuts(numberOf(flags, 'step', 1), progress));
  if (positionals[0] === 'secrets') return report(await secrets(positionals.slice(1), progress));
  const seed = numberOf(flags, 'seed', randomInt(2 ** 31));
  console.log(`seed ${seed}`);
  if (positionals[0] === 'vault') return report(await vault(flags, seed));
  if (positionals[0] === 'keys') return report(await keysByFlags(flags, seed));
  if (positionals[0] === 'shared') return report(await sharedByFlags(flags, seed, positionals.slice(1), progress));
  const result = await soak({
    minutes: numberOf(flags, 'minutes', 10),
    rps: numberOf(flags, 'rps', 2_000),
    clients: numberOf(flags, 'clients', 100),
    updates: numberOf(flags, 'updates', 100),
    faults: faultsOf(flags['faults'] ?? 'all'),
    seed,
    gateway: positionals,
    progress,
  });
  report({ lines: figuresOf(result), wrong: result.wrong });
}

async function vault(flags: Record<string, string | undefined>, seed: number): Promise<Verdict> {
  if (flags['bits'] === undefined) return vaultKills(numberOf(flags, 'kills', 1_000), seed, progress);
  return vaultBits(numberOf(flags, 'step', 1), numberOf(flags, 'from', 0), progress);
}

function keysByFlags(flags: Record<string, string | undefined>, seed: number): Promise<KeysVerdict> {
  const [kills, open] = [numberOf(flags, 'kills', 200), numberOf(flags, 'open', 4)];
  return keys({ kills, open, seed, isPlain: flags['plain'] !== undefined, progress });
}

/** A file's text, or the text itself. */
function faultsOf(named: string): string {
  if (named === 'none') return '';
  // Some thirty faults a second at 2 000 requests a second.
  if (named === 'all') return 'all rate=1.8';
  return existsSync(named) ? readFileSync(named, 'utf8') : named.replaceAll(';', '\n');
}

function numberOf(flags: Record<string, string | undefined>, name: string, otherwise: number): number {
  const value = flags[name] === undefined ? otherwise : Number(flags[name]);
  if (!(value >= 0)) throw new Error(`--${name} ${flags[name]}: expected a number`);
  return value;
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function report({ lines, wrong }: { lines: readonly string[]; wrong: readonly string[] }): void {
  progress('');
  for (const line of lines) console.log(line);
  for (const sentence of wrong) console.log(`  wrong: ${sentence}`);
  console.log(wrong.length === 0 ? 'verdict: every rule kept' : 'verdict: RULES BROKEN');
  if (wrong.length > 0) process.exitCode = 1;
}

function figuresOf(result: SoakResult): string[] {
  const { ledger, report: dc } = result;
  const f = ledger.figures;
  const kinds = Object.entries(dc.kinds);
  return [
    `${f.asked} requests in ${result.seconds.toFixed(0)} s (${(f.asked / result.seconds).toFixed(0)}/s); held back ${result.heldBack}`,
    `results ${f.results}, rpc errors ${f.rpcErrors}, refused or timed out ${f.refused}, connection gone first ${f.orphaned}`,
    `not delivered ${f.notDelivered}; ${unknownText(result.unknowns, f)}`,
    ...result.unknowns.described.map((one) => `  ${one}`),
    `updates ${f.updates} of ${result.pushed} pushed, gap notices ${f.gaps}`,
    `lost ${f.lost}, doubled ${f.doubled}, misrouted ${f.misrouted}`,
    `violations ${dc.violationCount}, caused by faults ${dc.caused}; connections ${dc.connections}, keys ${dc.handshakes}, sessions lost for good ${result.sessionsLost}`,
    `faults ${dc.faults} of ${kinds.length} kinds: ${kinds.map(([name, count]) => `${name} ${count}`).join(', ')}`,
    `ends: ${[...ledger.outcomes]
      .toSorted((a, b) => b[1] - a[1])
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
  ];
}

function unknownText({ withoutFault, paused, late, nameless, freeShare }: UnknownFigures, figures: Figures): string {
  const share = ((100 * withoutFault) / figures.asked).toFixed(4);
  const ofThese = paused === 0 ? '' : `, ${paused} while soak or DC stood still`;
  return `unknown ${figures.unknown}, of these without a fault ${withoutFault} (${share} %)${ofThese}, with one that came too late to be the reason ${late}; of clients without an account ${nameless}; no fault at work in ${(100 * freeShare).toFixed(1)} % of the clients' time`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
process.exit();
