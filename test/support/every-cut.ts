/**
 * EveryCut: a session before a connection that ends after byte n: key exchange, three requests, recovery.
 * In: a direction, a manner, n. Out: what broke a rule of the ledger, or did not recover. Never: a socket.
 *
 * On this made-up wire FIN and RST are both told to the session, and RST takes what was on its way to the client with
 * it; a stall is told to nobody.
 *
 * Chance is the same in every run, so that byte n is the same byte; and powers that were taken in an earlier run are not
 * taken again: they were nearly half of the time.
 */
import { DhGroup, type Powers } from '../../src/crypto/dh.ts';
import { makeFaults } from '../../src/testdc/faults/faults.ts';
import type { Manner } from '../../src/testdc/faults/path.ts';
import { DH_PRIME, G } from '../../src/testdc/keys/key-exchange.ts';
import { Trial } from './trial.ts';

export type Direction = 'up' | 'down';
export const DIRECTIONS: readonly Direction[] = ['up', 'down'];
export const MANNERS: readonly Manner[] = ['fin', 'rst', 'stall'];
/** With temporary keys there are two key exchanges and a binding to cut. */
export const SECRECY = ['never', 'made'] as const;
export type Secrecy = (typeof SECRECY)[number];

export interface Cut {
  readonly direction: Direction;
  readonly manner: Manner;
  readonly at: number;
  readonly secrecy: Secrecy;
}

/** Time for everything to end: the longest silence (15 s), the longest pause after it, a time-out. */
const PATIENCE_MS = 45_000;

const SEED = 1;
/** Powers kept: as many as all runs need, some hundred bytes each. */
const MOST_POWERS = 20_000;

/** A trial whose chance is the same each time. */
function sameTrial(secrecy: Secrecy): Trial {
  return new Trial({ session: { forwardSecrecy: secrecy }, seed: SEED });
}

/** The group both ends share remembers what it has worked out. */
function rememberPowers(group: DhGroup): void {
  const known = new Map<string, Powers>();
  const powers = group.powers.bind(group);
  const remembered = (secret: Uint8Array): Powers => {
    const name = Buffer.from(secret).toString('latin1');
    let found = known.get(name);
    if (found === undefined) {
      if (known.size >= MOST_POWERS) known.clear();
      found = withMemory(powers(secret));
      known.set(name, found);
    }
    return found;
  };
  Object.defineProperty(group, 'powers', { value: remembered });
}

/** Each caller gets a copy: keys are wiped. */
function withMemory(own: Powers): Powers {
  const known = new Map<string, Uint8Array>();
  return {
    public: own.public,
    shared(other) {
      const name = Buffer.from(other).toString('latin1');
      let found = known.get(name);
      if (found === undefined) {
        found = own.shared(other);
        known.set(name, found);
      }
      return Uint8Array.from(found);
    },
  };
}

rememberPowers(DhGroup.of(G, DH_PRIME));

/** Bytes that pass in each direction when nothing is cut. */
export async function lengths(secrecy: Secrecy): Promise<Record<Direction, number>> {
  const trial = sameTrial(secrecy);
  await threeRequests(trial);
  const { bytesIn, bytesOut } = trial.pair.dc.counters;
  return { up: bytesIn, down: bytesOut };
}

async function threeRequests(trial: Trial): Promise<void> {
  await trial.start();
  trial.sendMessage();
  await trial.advance(20);
  trial.push();
  trial.updateProfile();
  await trial.advance(20);
  trial.ask({ _cons: 'users.getUsers', id: [{ _cons: 'inputUserSelf' }] });
  await trial.advance(20);
}

/** One run. @returns what is wrong with it */
export async function cutOnce({ direction, manner, at, secrecy }: Cut): Promise<string[]> {
  const trial = sameTrial(secrecy);
  makeFaults(trial.pair.dc, `cut.${direction}.${manner} at=${at} connection=1`);
  await threeRequests(trial);
  await trial.advance(PATIENCE_MS);
  trial.push();
  // A stall behind the last byte took nothing: what is asked next finds it out, within its own ten seconds.
  const isBack = !(await trial.fails({ _cons: 'ping', ping_id: 1 }, manner === 'stall' ? 9 : 1));
  trial.judge();
  const wrong = isBack ? trial.wrong() : [...trial.wrong(), 'does not recover'];
  return wrong.map((sentence) => `${secrecy}, cut ${direction} by ${manner} at byte ${at}: ${sentence}`);
}

/** Every `step`th cut, beginning at `from`. */
export async function* everyCut(step: number, from = 1): AsyncGenerator<Cut> {
  for (const secrecy of SECRECY) {
    const total = await lengths(secrecy);
    let left = from;
    for (const direction of DIRECTIONS)
      for (const manner of MANNERS)
        for (let at = 1; at <= total[direction]; at++) {
          if (--left > 0) continue;
          left = step;
          yield { direction, manner, at, secrecy };
        }
  }
}
