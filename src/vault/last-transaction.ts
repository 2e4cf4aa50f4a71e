/**
 * Last transaction: the vault's file `last` has the number of the last transaction that a process saw when it closed the vault.
 * In: the number. Out: the number, if the file is whole. Never: a refusal because the file is missing or damaged.
 *
 * LMDB has two meta pages and opens with the one of the higher number. One wrong bit can make that number the lower one: LMDB
 * then shows the state before the last transaction, in which every page is right. Only this number tells that one is missing.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './atomic-file.ts';

const FILE = 'last';

/** The number in the file; 0 if there is no file, or its checksum is wrong. */
export function readLastTransaction(folder: string): number {
  try {
    const text = readFileSync(join(folder, FILE), 'latin1');
    const number = text.split(' ')[0]!;
    return text === lineOf(number) ? Number(number) : 0;
  } catch {
    return 0;
  }
}

/** Writes the number, unless a higher one is there. @throws what the system throws */
export function writeLastTransaction(folder: string, number: number): void {
  if (number <= readLastTransaction(folder)) return;
  writeAtomically(join(folder, FILE), Buffer.from(lineOf(String(number))), true);
}

/** Removes the file: a rebuilt data file begins to count at 1. */
export function removeLastTransaction(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
}

/** `number checksum`, where the checksum is 16 hex digits of the number's SHA-256. */
function lineOf(number: string): string {
  return `${number} ${createHash('sha256').update(number).digest('hex').slice(0, 16)}\n`;
}
