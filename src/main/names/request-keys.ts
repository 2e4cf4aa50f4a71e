/**
 * Request keys: idempotency keys of requests in stored sessions (wire: Idempotency keys): one request with a key goes, once; who comes
 * with the key again gets its outcome.
 * In: KEY and OUTCOME records; sessions that end, threads that are lost. Out: KEYED records; answers held until what they say is stored.
 * Never: a request let go before its key is noted on the disk; one let go whose key may have been used.
 */
import { type EndedKey, type KeyFinding, type KeyQuestion, OMITTED_OUTCOME } from '../../batch/key-records.ts';
import { errorText } from '../../error-text.ts';
import type { Log } from '../../telemetry/log.ts';
import { OUTCOME_LIFE, type Outcomes } from '../../vault/outcomes.ts';
import { VaultError } from '../../vault/vault.ts';
import type { MainEnv } from '../env.ts';
import { type KeyRow, readKeyRow, writeKeyRow } from './key-row.ts';
import type { LazyVault } from './lazy-vault.ts';
import { type KeyAsker, type KeyOwner, OpenKey, placeInSession } from './open-key.ts';
import { refusalOfVault } from './refusal-of-vault.ts';

/** How long a client waits for a write that does not end, ms. */
const PATIENCE = 5_000;
/** Bytes of an outcome that is stored; of one with more it is known only that there was one. */
const MOST_OUTCOME = 1 << 20;
/** How many outcomes that could not be written are held in memory. */
const MOST_UNWRITTEN = 1_000;
const NOTHING = new Uint8Array(0);
const FRESH: KeyFinding = { verdict: 'fresh' };
const LATE: KeyFinding = { verdict: 'refused', fault: { error: 'VaultWriteFailed', reason: 'ETIMEDOUT' } };

/** All keys whose requests are open, and how they end. One for the gateway. */
export class RequestKeys {
  readonly #vault: LazyVault;
  readonly #log: Log;
  readonly #env: MainEnv;
  readonly #open = new Map<string, OpenKey>();
  /** By the request that was first. */
  readonly #byPlace = new Map<string, OpenKey>();
  /** Outcomes that the disk did not take, by id; undefined: the key is free. */
  readonly #unwritten = new Map<string, KeyRow | undefined>();

  constructor(vault: LazyVault, log: Log, env: MainEnv) {
    this.#vault = vault;
    this.#log = log;
    this.#env = env;
  }

  // --- questions -------------------------------------------------------------------------------------------------------

  /** A request asks whether it may go; a thread that was lost may have asked the same. */
  ask(owner: KeyOwner, question: KeyQuestion): void {
    if (owner.name !== undefined) this.#ask({ ...question, owner }, owner.name);
  }

  #ask(asker: KeyAsker, name: string): void {
    const id = `${name}\0${asker.key}`;
    const open = this.#open.get(id);
    if (open === undefined) return this.#begin(new OpenKey(id, name, asker));
    if (open.stage !== 'ending' && open.place === placeInSession(asker.owner.number, asker.ticket)) {
      open.first = asker;
      if (open.stage === 'granted') say(asker, FRESH);
      if (open.stage === 'left') say(asker, LATE);
      return;
    }
    if (!isSame(open.first.fingerprint, asker.fingerprint)) return say(asker, { verdict: 'reused' });
    open.waiting = [...open.waiting.filter((one) => !isOneRequest(one, asker)), asker];
    say(asker, { verdict: 'waits' });
  }

  #begin(open: OpenKey): void {
    this.#open.set(open.id, open);
    this.#byPlace.set(open.place, open);
    void this.#note(open);
  }

  /** Finds out what is known of a key, and notes it if nothing is. */
  async #note(open: OpenKey): Promise<void> {
    let finding: KeyFinding;
    try {
      const { outcomes } = await this.#vault.get();
      finding = this.#known(outcomes, open) ?? (await this.#noted(outcomes, open));
    } catch (error) {
      this.#log.write('vault write failed', { reason: errorText(error) });
      finding = { verdict: 'refused', fault: refusalOfVault(error) };
    }
    if (finding.verdict === 'fresh') this.#grant(open);
    else {
      if (open.stage === 'noting') say(open.first, finding);
      this.#close(open);
    }
  }

  /** What is stored of a key; undefined if nothing is, or its day is over. */
  #known(outcomes: Outcomes, { id, name, first }: OpenKey): KeyFinding | undefined {
    const row = this.#unwritten.has(id) ? this.#unwritten.get(id) : storedRow(outcomes, name, first.key);
    if (row === undefined || this.#env.now() - row.since >= OUTCOME_LIFE) return undefined;
    if (row.fingerprint.length > 0 && !isSame(row.fingerprint, first.fingerprint)) return { verdict: 'reused' };
    return row.outcome.length === 0 ? { verdict: 'unknown' } : { verdict: 'done', outcome: row.outcome };
  }

  async #noted(outcomes: Outcomes, open: OpenKey): Promise<KeyFinding> {
    open.since = this.#env.now();
    const { since, name, first } = open;
    const row = writeKeyRow({ since, fingerprint: first.fingerprint, outcome: NOTHING });
    const late = this.#env.setTimer(() => this.#leave(open), PATIENCE);
    try {
      await outcomes.write(name, first.key, row);
      this.#unwritten.delete(open.id);
      return FRESH;
    } finally {
      this.#env.clearTimer(late);
    }
  }

  /** The disk does not answer: the request is refused, and the key is freed if it is noted after all. */
  #leave(open: OpenKey): void {
    if (open.stage !== 'noting') return;
    open.stage = 'left';
    say(open.first, LATE);
  }

  #grant(open: OpenKey): void {
    if (open.stage === 'left') return this.#end(open, { end: 'free', outcome: Buffer.alloc(0) });
    open.stage = 'granted';
    say(open.first, FRESH);
  }

  // --- ends ------------------------------------------------------------------------------------------------------------

  /** How a request ended that was let go. @param session its number */
  ended(session: number, ticket: number, ended: EndedKey): void {
    const open = this.#byPlace.get(placeInSession(session, ticket));
    if (open?.stage === 'granted') this.#end(open, ended);
  }

  #end(open: OpenKey, ended: EndedKey): void {
    // What is noted of the key says that already.
    if (ended.end === 'unknown') return this.#close(open);
    open.stage = 'ending';
    void this.#store(open, ended);
  }

  async #store(open: OpenKey, { end, outcome }: EndedKey): Promise<void> {
    const { id, name, since, first } = open;
    const kept = outcome.length > MOST_OUTCOME ? OMITTED_OUTCOME : outcome;
    const row = end === 'free' ? undefined : { since, fingerprint: first.fingerprint, outcome: kept };
    const late = this.#env.setTimer(() => release(open), PATIENCE);
    try {
      const { outcomes } = await this.#vault.get();
      await (row === undefined ? outcomes.remove(name, first.key) : outcomes.write(name, first.key, writeKeyRow(row)));
    } catch (error) {
      this.#log.write('vault write failed', { reason: errorText(error) });
      this.#keepUnwritten(id, row);
    }
    this.#env.clearTimer(late);
    release(open);
    this.#close(open);
  }

  /** A session is forgotten, and the outcomes of its requests with it. */
  forgotten(name: string): void {
    for (const id of this.#unwritten.keys()) if (id.startsWith(`${name}\0`)) this.#unwritten.delete(id);
  }

  #keepUnwritten(id: string, row: KeyRow | undefined): void {
    this.#unwritten.set(id, row);
    if (this.#unwritten.size > MOST_UNWRITTEN) this.#unwritten.delete(this.#unwritten.keys().next().value!);
  }

  /** Nothing is open under the key any more: those that waited ask once more, in their order. */
  #close(open: OpenKey): void {
    this.#open.delete(open.id);
    if (this.#byPlace.get(open.place) === open) this.#byPlace.delete(open.place);
    for (const asker of open.waiting) this.#ask(asker, open.name);
  }

  // --- answers that wait for the disk ----------------------------------------------------------------------------------

  /** Whether the answer to a request waits until its outcome is stored. @param session its number */
  holds(session: number, ticket: number): boolean {
    return this.#open.size > 0 && this.#byPlace.get(placeInSession(session, ticket))?.stage === 'ending';
  }

  /** Says the answer of a request that `holds` when its outcome is stored, or cannot be. */
  sayLater(session: number, ticket: number, answer: () => void): void {
    this.#byPlace.get(placeInSession(session, ticket))!.held.push(answer);
  }

  /** Says all answers that wait for the disk: the gateway waits no longer. */
  sayHeld(): void {
    for (const open of this.#all()) release(open);
  }

  // --- sessions --------------------------------------------------------------------------------------------------------

  /** The session has ended in good order: what was let go and not told of by its lane has never come there. */
  gone(owner: KeyOwner): void {
    this.#endOf(owner, () => 'free');
  }

  /** The session ends with its thread: what of it had left may have been carried out. */
  lost(owner: KeyOwner): void {
    this.#endOf(owner, (ticket) => (owner.standingOf(ticket)?.isSent === false ? 'free' : 'unknown'));
  }

  #endOf(owner: KeyOwner, endOf: (ticket: number) => 'free' | 'unknown'): void {
    for (const open of this.#all()) {
      open.waiting = open.waiting.filter((one) => one.owner !== owner);
      if (open.first.owner !== owner) continue;
      if (open.stage === 'noting') open.stage = 'left';
      if (open.stage === 'granted') this.#end(open, { end: endOf(open.first.ticket), outcome: Buffer.alloc(0) });
    }
  }

  /** The session goes on in another thread: a request whose client has gone is not put again, and nobody will hear of its outcome. */
  resumed(owner: KeyOwner): void {
    for (const open of this.#all()) {
      const isOwed = (asker: KeyAsker): boolean =>
        asker.owner !== owner || owner.standingOf(asker.ticket) !== undefined;
      open.waiting = open.waiting.filter(isOwed);
      if (open.stage === 'granted' && !isOwed(open.first)) this.#close(open);
    }
  }

  /** A request is given up, for it may kill threads. */
  crashed(owner: KeyOwner, ticket: number, isSent: boolean): void {
    this.ended(owner.number, ticket, { end: isSent ? 'unknown' : 'free', outcome: Buffer.alloc(0) });
  }

  #all(): readonly OpenKey[] {
    return this.#open.size === 0 ? NONE : [...this.#open.values()];
  }
}

const NONE: readonly OpenKey[] = [];

/** A row that cannot be read says that something was begun. */
function storedRow(outcomes: Outcomes, name: string, key: string): KeyRow | undefined {
  try {
    const bytes = outcomes.read(name, key);
    return bytes && readKeyRow(bytes);
  } catch (error) {
    if (error instanceof VaultError && error.fault === 'VaultRecordBroken') return readKeyRow(NOTHING);
    throw error;
  }
}

function say({ owner, ticket }: KeyAsker, finding: KeyFinding): void {
  owner.lane.keyed(owner.number, ticket, finding);
}

/** Says what has waited for the outcome. */
function release({ held }: OpenKey): void {
  for (const answer of held.splice(0)) answer();
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function isOneRequest(a: KeyAsker, b: KeyAsker): boolean {
  return a.owner === b.owner && a.ticket === b.ticket;
}
