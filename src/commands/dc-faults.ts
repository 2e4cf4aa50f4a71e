/**
 * What `dc` and `demo` share about their data centre: a file of faults, and what is said of methods it lacks.
 * In: the name of a file, a running data centre. Out: sentences, faults that are played, lines on standard error.
 * Never: a fault nobody asked for.
 */
import { errorText } from '../error-text.ts';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Faults } from '../testdc/faults/faults.ts';
import type { TestDc } from '../testdc/test-dc.ts';

/** What is wrong with a file of faults: it cannot be read, or a line of it is not a fault. Empty if nothing is. */
export async function sentencesOnFaults(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  const { parseFaults } = await import('../testdc/faults/rule.ts');
  try {
    parseFaults(readFileSync(file, 'utf8'));
    return [];
  } catch (error) {
    return [`--faults: ${file}: ${errorText(error)}`];
  }
}

/** Starts the faults of the file; without a file, those that are ordered later. @param seed of their chance; drawn if not given */
export async function startFaults(dc: TestDc, file: string | undefined, seed: string | undefined): Promise<Faults> {
  const { Faults } = await import('../testdc/faults/faults.ts');
  const text = file === undefined ? '' : readFileSync(file, 'utf8');
  return new Faults(dc, text, seed === undefined ? randomInt(2 ** 32) : Number(seed));
}

/** Says once for each method that it is the test data centre that lacks it, not Telegram and not the caller. */
export function tellOfLacking(dc: TestDc): void {
  dc.on('lacking', (method) =>
    process.stderr.write(
      `METHOD_INVALID for ${method}: Telegram has it, the test data centre does not answer it (dc --methods lists what it answers)\n`,
    ),
  );
}
