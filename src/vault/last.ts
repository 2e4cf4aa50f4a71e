/**
 * Last: the last transaction that a process has seen when it closed the vault.
 * In: its number. Out: the number, if the file is whole. Never: needed: without it nothing is refused.
 *
 * LMDB has two meta pages and believes the one with the higher number. One wrong bit in it can make it the lower: then
 * the state before the last transaction is there, whole in every other respect. This number says that one is missing.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './folder.ts';

const FILE = 'last';

/** @returns 0 if nothing is known */
export function lastTransaction(folder: string): number {
  try {
    const text = readFileSync(join(folder, FILE), 'latin1');
    const number = text.split(' ')[0]!;
    return text === lineOf(number) ? Number(number) : 0;
  } catch {
    return 0;
  }
}

/** @throws what the system throws */
export function noteTransaction(folder: string, number: number): void {
  if (number <= lastTransaction(folder)) return;
  writeWhole(join(folder, FILE), Buffer.from(lineOf(String(number))), true);
}

/** A new file begins to count anew. */
export function forgetTransaction(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
}

function lineOf(number: string): string {
  return `${number} ${createHash('sha256').update(number).digest('hex').slice(0, 16)}\n`;
}
