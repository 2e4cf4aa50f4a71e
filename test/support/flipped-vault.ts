/**
 * A small vault with one bit wrong: what then opens, and what is said.
 * In: a bit. Out: sentences about what broke a rule. Never: a vault outside the folder it is given.
 *
 * The rule: at most the record that the bit is in is refused, by its name; every other is what was written, and can be
 * claimed and written again. A crash ends the process, and with it the test.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openVault } from '../../src/vault/open.ts';
import type { Vault } from '../../src/vault/vault.ts';

/** Beside each other in a leaf, and one on pages of its own. */
export const RECORDS: Readonly<Record<string, Uint8Array>> = {
  a: new Uint8Array(500).fill(1),
  bot1: new Uint8Array(5000).fill(2),
  c: new Uint8Array(700).fill(3),
};

export interface SmallVault {
  /** By name, as far as LMDB uses them. */
  readonly files: Readonly<Record<'data.mdb' | 'key' | 'last', Buffer>>;
}

/** The most ends of one run, for the report. */
export interface Flips {
  bits: number;
  whole: number;
  refused: number;
  rebuilt: number;
}

export async function smallVault(): Promise<SmallVault> {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-flips-'));
  try {
    const vault = await openVault({ folder });
    for (const [name, record] of Object.entries(RECORDS)) {
      await vault.claim(name);
      await vault.release(name, record);
    }
    await vault.close();
    const data = readFileSync(join(folder, 'data.mdb'));
    return {
      files: {
        'data.mdb': used(data),
        key: readFileSync(join(folder, 'key')),
        last: readFileSync(join(folder, 'last')),
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without the zeros behind the last page, which are room and nothing else. */
function used(data: Buffer): Buffer {
  let end = data.length;
  while (data[end - 1] === 0) end--;
  return data.subarray(0, Math.ceil(end / 4096) * 4096);
}

export class FlippedVault {
  readonly #folder = mkdtempSync(join(tmpdir(), 'mtproto2json-flips-'));
  readonly #small: SmallVault;
  readonly flips: Flips = { bits: 0, whole: 0, refused: 0, rebuilt: 0 };

  constructor(small: SmallVault) {
    this.#small = small;
  }

  /** @param writes also claim and write what can be read @returns what broke a rule */
  async flip(file: keyof SmallVault['files'], bit: number, writes: boolean): Promise<string[]> {
    const wrong = Buffer.from(this.#small.files[file]);
    wrong[bit >> 3]! ^= 1 << (bit & 7);
    const sentences = await this.withFiles({ ...this.#small.files, [file]: wrong }, writes, 1);
    return sentences.map((sentence) => `bit ${bit} of ${file}: ${sentence}`);
  }

  /** @param most records that may be refused */
  async withFiles(files: Readonly<Record<string, Uint8Array>>, writes: boolean, most: number): Promise<string[]> {
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(this.#folder, name), content, { mode: 0o600 });
    this.flips.bits++;
    let rebuilt = false;
    try {
      const vault = await openVault({ folder: this.#folder, warn: () => (rebuilt = true) });
      if (rebuilt) this.flips.rebuilt++;
      try {
        return await this.#judge(vault, writes, most);
      } finally {
        await vault.close();
      }
    } catch (error) {
      return [`did not open: ${(error as Error).message}`];
    } finally {
      if (rebuilt || writes) this.#clear();
    }
  }

  async #judge(vault: Vault, writes: boolean, most: number): Promise<string[]> {
    const kept = new Map((await vault.list()).map(({ name, record }) => [name, record]));
    const sentences: string[] = [];
    const refused = Object.keys(RECORDS).filter((name) => kept.get(name) === undefined);
    for (const [name, record] of Object.entries(RECORDS)) {
      const found = kept.get(name);
      if (!kept.has(name)) sentences.push(`${name} is missing`);
      else if (found !== undefined && !Buffer.from(found).equals(record)) sentences.push(`${name} is another`);
    }
    if (refused.length > most) sentences.push(`${refused.join(' and ')} are refused`);
    this.flips[refused.length === 0 ? 'whole' : 'refused']++;
    if (writes) sentences.push(...(await this.#writeAll(vault, refused)));
    return sentences;
  }

  async #writeAll(vault: Vault, refused: readonly string[]): Promise<string[]> {
    const sentences: string[] = [];
    for (const name of Object.keys(RECORDS).filter((one) => !refused.includes(one))) {
      if ((await vault.claim(name)) === undefined) sentences.push(`${name} cannot be claimed`);
      await vault.write(name, new Uint8Array(900));
      await vault.release(name, new Uint8Array(6000).fill(9));
      if (vault.read(name)?.length !== 6000) sentences.push(`${name} cannot be written`);
    }
    return sentences;
  }

  #clear(): void {
    for (const name of readdirSync(this.#folder)) rmSync(join(this.#folder, name), { recursive: true });
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
