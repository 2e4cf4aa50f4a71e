/**
 * A process that writes a vault until it is killed: `killed-vault.ts` starts it.
 * In: folder, slot, seed. Out: a line for what it found at its start, and one for each thing that was acknowledged,
 * written before anything else is done. Never: ends by itself.
 */
import { writeSync } from 'node:fs';
import { openVault } from '../../src/vault/open.ts';
import { Random } from './random.ts';

const [folder, slot, seed] = process.argv.slice(2) as [string, string, string];
const NAMES = 6;
const random = new Random(Number(seed));

/** To the pipe at once: the next instruction may be the last. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** The version, and a size and filling that follow from it. */
function recordOf(version: number): Buffer {
  const record = Buffer.alloc(16 + ((version * 7919) % 6000), version & 0xff);
  record.writeUInt32LE(version);
  return record;
}

/** @returns -1 for a record that nobody wrote */
function versionOf(record: Uint8Array | undefined): number {
  if (record === undefined) return -1;
  const version = Buffer.from(record).readUInt32LE(0);
  return recordOf(version).equals(record) ? version : -1;
}

const vault = await openVault({ folder, warn: (sentence) => say(`warn ${sentence}`) });
const versions = new Map<string, number>();
for (const { name, record } of await vault.list()) {
  say(`found ${name} ${versionOf(record)}`);
  versions.set(name, versionOf(record));
}
say('found-all');

async function life(name: string): Promise<void> {
  let version = Math.max(versions.get(name) ?? 0, Number(seed) % 1_000_000);
  for (;;) {
    const claim = await vault.claim(name);
    if (claim === undefined) say(`refused ${name}`);
    for (let i = random.below(6); i >= 0; i--) {
      await vault.write(name, recordOf(++version));
      say(`kept ${name} ${version}`);
    }
    if (random.chance(0.1)) {
      say(`removing ${name}`);
      await vault.remove(name);
      say(`removed ${name} ${version}`);
    } else {
      await vault.release(name, recordOf(++version));
      say(`kept ${name} ${version}`);
    }
  }
}

await Promise.all(Array.from({ length: NAMES }, (_, i) => life(`slot${slot}-${i}`)));
