/**
 * Processes that write one vault and are killed with -9 at random moments; each new one says what it found.
 * In: how many kills, a seed. Out: counts, and what broke a rule. Never: a process left behind.
 *
 * The rule: what was acknowledged to a process is found by the next in that version or a later one; a removed name is
 * gone or newer; no record is broken; a dead process's names can be claimed. Two write at once, so that a vault is also
 * opened while the other writes it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from './random.ts';

const WRITER = fileURLToPath(new URL('./vault-writer.js', import.meta.url));
/** In a soak half of the processes live this long at most, ms: some are killed while they open the vault. */
const LONGEST = 400;
/** The others, and all in a test, live until they have so many writes acknowledged at most, however slow the machine is. */
const MOST_WRITES = 20;

/** The slot of the process that looks when all others are dead. */
const LAST = 9;

/** What is known of a name. */
interface Known {
  version: number;
  /** It may be gone: a removal was begun. */
  mayBeGone: boolean;
}

export interface Kills {
  kills: number;
  acknowledged: number;
  /** Records looked at by the process after. */
  found: number;
  /** Killed before the vault was open. */
  early: number;
  readonly wrong: string[];
}

/** Versions only grow: each process begins above all before it. */
const VERSIONS_A_PROCESS = 1_000;

/** @param mayTime half of the processes are killed at a random time, not after a number of writes */
export async function killRounds(
  kills: number,
  seed: number,
  progress: (done: number) => void,
  mayTime = true,
): Promise<Kills> {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-kills-'));
  const rounds = new Rounds(folder, seed, mayTime);
  try {
    await Promise.all(
      [0, 1].map(async (slot) => {
        for (let i = slot; i < kills; i += 2) {
          await rounds.round(slot);
          progress(rounds.result.kills);
        }
      }),
    );
    await rounds.last();
    return rounds.result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Rounds {
  readonly result: Kills = { kills: 0, acknowledged: 0, found: 0, early: 0, wrong: [] };
  readonly #folder: string;
  readonly #random: Random;
  readonly #known = new Map<string, Known>();
  readonly #mayTime: boolean;
  #started = 0;

  constructor(folder: string, seed: number, mayTime: boolean) {
    this.#folder = folder;
    this.#mayTime = mayTime;
    this.#random = new Random(seed);
  }

  /** One process from its start to its end. */
  async round(slot: number): Promise<void> {
    const writer = this.#start(slot);
    if (!this.#mayTime || this.#random.chance(0.5)) await writer.kept(1 + this.#random.below(MOST_WRITES));
    else {
      await new Promise((done) => setTimeout(done, this.#random.below(LONGEST)));
      if (!writer.isOpen) this.result.early++;
    }
    writer.child.kill('SIGKILL');
    await writer.ended;
    this.result.kills++;
  }

  /** Nobody writes any more: everything must be there. */
  async last(): Promise<void> {
    const writer = this.#start(LAST);
    await writer.opened;
    writer.child.kill('SIGKILL');
    await writer.ended;
  }

  #start(slot: number): Writer {
    const before = new Map([...this.#known].map(([name, known]) => [name, { ...known }]));
    const base = ++this.#started * VERSIONS_A_PROCESS;
    return new Writer([this.#folder, String(slot), String(base + this.#random.below(10))], {
      line: (words) => this.#line(words),
      foundAll: (found) => this.#compare(slot, before, found),
      died: (words) => this.result.wrong.push(words),
    });
  }

  #line([what, name = '', version = '']: readonly string[]): void {
    const known = this.#known.get(name) ?? { version: 0, mayBeGone: true };
    this.#known.set(name, known);
    if (what === 'kept') {
      this.result.acknowledged++;
      Object.assign(known, { version: Number(version), mayBeGone: false });
    } else if (what === 'removing' || what === 'removed') known.mayBeGone = true;
    if (what === 'refused') this.result.wrong.push(`${name} could not be claimed after its owner's death`);
  }

  /** @param before as it was known when the process was started */
  #compare(slot: number, before: ReadonlyMap<string, Known>, found: ReadonlyMap<string, number>): void {
    this.result.found += found.size;
    for (const [name, version] of found) if (version === -1) this.result.wrong.push(`${name} is broken`);
    for (const [name, { version, mayBeGone }] of before) {
      const there = found.get(name);
      // The other slot's process may be removing and writing just now; its own successor looks again when it is dead.
      const isStill = slot === LAST || name.startsWith(`slot${slot}-`);
      if (there === undefined && isStill && !mayBeGone)
        this.result.wrong.push(`${name} is lost, version ${version}, said slot ${slot}`);
      if (there !== undefined && there !== -1 && there < version)
        this.result.wrong.push(`${name} has version ${there}, acknowledged was ${version}, said slot ${slot}`);
    }
  }
}

interface Listener {
  readonly line: (words: readonly string[]) => void;
  readonly foundAll: (found: ReadonlyMap<string, number>) => void;
  readonly died: (words: string) => void;
}

class Writer {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly opened: Promise<void>;
  isOpen = false;
  readonly #found = new Map<string, number>();
  #open: () => void = () => {};
  #kept = 0;
  #keptEnough: () => void = () => {};
  #part = '';

  constructor(args: readonly string[], listener: Listener) {
    this.child = spawn(process.execPath, [WRITER, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    this.child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    this.child.stdout!.on('data', (chunk: Buffer) => this.#hear(chunk.toString(), listener));
    this.opened = new Promise((done) => (this.#open = done));
    this.ended = once(this.child, 'close').then(() => this.#open());
    this.child.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL')
        listener.died(`a writer ended by itself (${code ?? signal}): ${said.trim().slice(0, 500)}`);
    });
  }

  /** Resolves when so many writes are acknowledged, or the process has ended. */
  async kept(count: number): Promise<void> {
    const enough = new Promise<void>((done) => {
      this.#keptEnough = () => (this.#kept >= count ? done() : undefined);
      this.#keptEnough();
    });
    await Promise.race([enough, this.ended]);
  }

  #hear(text: string, listener: Listener): void {
    const lines = (this.#part + text).split('\n');
    this.#part = lines.pop()!;
    for (const line of lines) {
      const words = line.split(' ');
      if (words[0] === 'found') this.#found.set(words[1]!, Number(words[2]));
      else if (words[0] === 'found-all') this.#begin(listener);
      else if (words[0] === 'warn') listener.died(line);
      else {
        listener.line(words);
        if (words[0] === 'kept') this.#kept++;
      }
    }
    this.#keptEnough();
  }

  #begin(listener: Listener): void {
    this.isOpen = true;
    listener.foundAll(this.#found);
    this.#open();
  }
}
