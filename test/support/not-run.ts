/**
 * Not run: what a test could not try on this machine, said where nobody overlooks it.
 * In: a sentence. Out: a line beside the test, and one in the closing lines of `npm test` (`src/setup.mjs` prints them).
 * Never: makes a test pass that was tried and failed.
 */
import { appendFileSync } from 'node:fs';
import type { TestContext } from 'node:test';

/** @param what the example, and what it lacks here */
export function noteNotRun(t: TestContext, what: string): void {
  t.diagnostic(`not run: ${what}`);
  const file = process.env['NOT_RUN_FILE'];
  if (file !== undefined) appendFileSync(file, `${what}\n`);
}
