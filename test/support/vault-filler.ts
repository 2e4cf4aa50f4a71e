/**
 * A process that fills a vault until it is refused: `disk.test.ts` limits its files.
 * In: a folder. Out: one JSON line about what was written and what was said. Never: more than a few hundred records.
 */
import { openVault } from '../../src/vault/open.ts';
import { VaultError } from '../../src/vault/vault.ts';

const MOST = 500;
const vault = await openVault({ folder: process.argv[2]! });
const errors: VaultError[] = [];
let written = 0;
for (let i = 0; i < MOST && errors.length < 50; i++) {
  try {
    await vault.claim(`s${i}`);
    await vault.write(`s${i}`, new Uint8Array(9_000).fill(i));
    written++;
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    errors.push(error);
  }
}
const isAllThere = Array.from({ length: written }, (_, i) => vault.read(`s${i}`)).every(
  (record, i) => record?.length === 9_000 && record.every((byte) => byte === (i & 0xff)),
);
await vault.close();
const codes = [...new Set(errors.map(({ code }) => code))];
const faults = [...new Set(errors.map(({ fault }) => fault))];
process.stdout.write(JSON.stringify({ written, codes, faults, isAllThere }));
