/**
 * The vault's ordeals: killed writers, and every bit wrong once.
 * In: counts and a seed. Out: figures, and what broke a rule. Never: a run left out in silence.
 */
import { FlippedVault, smallVault } from '../../support/flipped-vault.ts';
import { killRounds } from '../../support/killed-vault.ts';

export interface Verdict {
  readonly lines: string[];
  readonly wrong: string[];
}

/** Sentences kept. */
const KEPT = 50;
/** Of so many bits one is also followed by writes. */
const WRITES = 13;

export async function vaultKills(kills: number, seed: number, progress: (text: string) => void): Promise<Verdict> {
  const begun = performance.now();
  const result = await killRounds(kills, seed, (done) => progress(`${done} kills`));
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  return {
    lines: [
      `${result.kills} times kill -9 in ${seconds} s, two writers on one vault, seed ${seed}; before it was open: some ${result.early}`,
      `${result.acknowledged} writes acknowledged, ${result.found} records found by the process after`,
      `${result.wrong.length} broke a rule`,
    ],
    wrong: result.wrong.slice(0, KEPT),
  };
}

/** @param step 1 for every bit */
export async function vaultBits(step: number, from: number, progress: (text: string) => void): Promise<Verdict> {
  const begun = performance.now();
  const small = await smallVault();
  const vault = new FlippedVault(small);
  const wrong: string[] = [];
  const sizes: string[] = [];
  try {
    for (const file of ['key', 'last', 'data.mdb'] as const) {
      const bits = small.files[file].length * 8;
      sizes.push(`${file} ${bits}`);
      for (let bit = from; bit < bits; bit += step) {
        wrong.push(...(await vault.flip(file, bit, bit % WRITES === 0)));
        if (vault.flips.bits % 500 === 0) progress(`${vault.flips.bits} bits, ${wrong.length} wrong`);
      }
    }
  } finally {
    vault.end();
  }
  const { bits, whole, refused, rebuilt } = vault.flips;
  return {
    lines: [
      `${bits} bits flipped, one at a time, in ${((performance.now() - begun) / 1000).toFixed(0)} s (step ${step}; bits there are: ${sizes.join(', ')})`,
      `all records loaded ${whole}, one refused by name ${refused}; files rebuilt ${rebuilt}; crashes 0`,
      `${wrong.length} broke a rule`,
    ],
    wrong: wrong.slice(0, KEPT),
  };
}
