/**
 * Residents: sessions that the gateway opens at its own start, and keeps open with nobody there.
 * In: their names from the vault, those used last first; ends of such sessions; the time. Out: sessions begun, a few at a time, and
 * again after a pause that grows. Never: one whose account is lost; waited for by whoever asks whether the gateway is ready.
 */
import type { MainEnv, Timer } from '../env.ts';
import type { Limits } from '../limits/limits.ts';
import type { OpenSession } from './open-session.ts';

/** How long until a resident that has ended is opened again, ms; twice as long each time, up to `MOST_WAIT`. */
const FIRST_WAIT = 5_000;
const MOST_WAIT = 300_000;
/** How often the next ones are begun, ms. */
const EVERY = 50;

/** Who opens sessions (`Router`). */
interface Opener {
  named(name: string, isTakeover: boolean, client: number): OpenSession;
}

/** Who knows which they are (`SessionRegistry`). */
interface ResidentNames {
  residents(): Promise<string[]>;
}

/** One for the gateway. */
export class Residents {
  readonly #opener: Opener;
  readonly #names: ResidentNames;
  readonly #env: MainEnv;
  readonly #atOnce: number;
  /** Names that are still to be opened at the start. */
  #waiting: string[] = [];
  /** How often each has ended without being open for long. */
  readonly #failures = new Map<string, number>();
  readonly #adopted = new WeakSet<OpenSession>();
  /** How many have ended and are to be opened again. */
  #ended = 0;
  readonly #timers = new Set<Timer>();
  #isStopped = false;

  constructor(opener: Opener, names: ResidentNames, env: MainEnv, { dialsPerSecond }: Pick<Limits, 'dialsPerSecond'>) {
    this.#opener = opener;
    this.#names = names;
    this.#env = env;
    this.#atOnce = Math.max(1, Math.round((dialsPerSecond * EVERY) / 1_000));
  }

  /** Residents that are to be opened, or opened again. */
  get waiting(): number {
    return this.#waiting.length + this.#ended;
  }

  /** Opens all there are. A vault that cannot be read has said so in the log, and in the health. */
  async start(): Promise<void> {
    try {
      this.#waiting = await this.#names.residents();
    } catch {
      return;
    }
    this.#next();
  }

  /** No faster than connections may be begun: who is first in the dialler's line is whoever a client waits for. */
  #next(): void {
    if (this.#isStopped) return;
    for (const name of this.#waiting.splice(0, this.#atOnce)) this.#open(name);
    if (this.#waiting.length > 0) this.#after(EVERY, () => this.#next());
  }

  #open(name: string): void {
    const session = this.#opener.named(name, false, 0);
    // The lane says so too, once it has read the record; until then nothing may end it. Whoever is there may have said otherwise.
    if (session.attachments.size === 0 && !session.isStored) session.isResident = true;
    this.adopt(session);
  }

  /** A session is a resident from here on: it is opened again when it ends. */
  adopt(session: OpenSession): void {
    const { name } = session;
    if (name === undefined || this.#adopted.has(session)) return;
    this.#adopted.add(session);
    const since = this.#env.now();
    session.whenEnded(() => this.#isOver(session, name, since));
  }

  #isOver(session: OpenSession, name: string, since: number): void {
    if (this.#isStopped || !session.isResident || session.isLost) return void this.#failures.delete(name);
    const wasOpen = this.#env.now() - since > MOST_WAIT;
    const failures = wasOpen ? 0 : (this.#failures.get(name) ?? 0);
    this.#failures.set(name, failures + 1);
    this.#ended++;
    this.#after(Math.min(MOST_WAIT, FIRST_WAIT * 2 ** failures), () => {
      this.#ended--;
      this.#open(name);
    });
  }

  #after(wait: number, due: () => void): void {
    const timer = this.#env.setIdleTimer(() => {
      this.#timers.delete(timer);
      due();
    }, wait);
    this.#timers.add(timer);
  }

  /** Opens none any more. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting = [];
    this.#ended = 0;
    for (const timer of this.#timers) this.#env.clearTimer(timer);
    this.#timers.clear();
  }
}
