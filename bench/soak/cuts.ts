/**
 * Every cut: the full set of `test/support/every-cut.ts`.
 * In: a step; 1 for every byte. Out: the count, and what broke a rule. Never: a run left out in silence.
 */
import { cutOnce, everyCut, lengths, SECRECY } from '../../test/support/every-cut.ts';

/** Sentences kept. */
const KEPT = 50;

export async function cuts(
  step: number,
  progress: (text: string) => void,
): Promise<{ lines: string[]; wrong: string[] }> {
  const begun = performance.now();
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  let total = 0;
  let broken = 0;
  for await (const cut of everyCut(step)) {
    const name = `${cut.direction} ${cut.manner}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    const sentences = await cutOnce(cut);
    if (sentences.length > 0) broken++;
    if (wrong.length < KEPT) wrong.push(...sentences);
    if (++total % 50 !== 0) continue;
    progress(`${total} cuts, ${broken} broken`);
    // Nothing here waits for the system: without this a signal would never be heard.
    await new Promise((done) => setImmediate(done));
  }
  const lines = [
    `${total} cuts in ${((performance.now() - begun) / 1000).toFixed(0)} s (step ${step}): ${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')}`,
  ];
  for (const secrecy of SECRECY) {
    const { up, down } = await lengths(secrecy);
    lines.push(`temporary keys ${secrecy}: ${up} bytes up, ${down} bytes down`);
  }
  lines.push(`${broken} broke a rule`);
  return { lines, wrong };
}
