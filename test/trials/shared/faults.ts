/**
 * Faults that a named session outlives: all but those after which Telegram knows its key no more.
 * In: how often. Out: text of the fault language. Never: a fault that no shared session could go on after.
 */
import { KINDS } from '../../../src/testdc/faults/table.ts';

/** They sign the key out, or say so: a client would sign in again. */
const ENDING: ReadonlySet<string> = new Set(['transport.404-twice', 'rpc.401', 'rpc.401-lost', 'rpc.406-duplicated']);

/** @param rate 1 is the usual chance of each */
export function outlived(rate: number): string {
  return Object.keys(KINDS)
    .filter((name) => !ENDING.has(name))
    .map((name) => `${name} rate=${rate}`)
    .join('\n');
}
