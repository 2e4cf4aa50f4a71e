/**
 * The trial of idempotency keys: kill -9 of the gateway between send and answer, then the same request again, in turn to one that is
 * started behind the kill and to one that has stood by with the vault open (threats: The process).
 * In: how many kills, requests open at each, a seed. Out: how often each was carried out, what its retries were told.
 * Never: a request that does no harm twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../../../bench/process.ts';
import { startGateway } from '../../../bench/rig.ts';
import { Line, type Answer } from '../../../bench/shared/line.ts';
import { Dice } from '../../../src/testdc/faults/dice.ts';
import { fillVault, type SignedIn } from '../../support/filled-vault.ts';
import { fateOf, isSame, wrongOf, type Asked } from './asked.ts';

export interface KeysOptions {
  readonly kills: number;
  /** Requests open at each kill. */
  readonly open: number;
  readonly seed: number;
  /** Without keys: what the same comes to then. Some are carried out twice, or the trial sees nothing. */
  readonly isPlain: boolean;
  progress(text: string): void;
}

export interface KeysVerdict {
  readonly lines: readonly string[];
  readonly wrong: readonly string[];
}

interface DcBook {
  readonly executed: readonly (readonly [token: string, count: number])[];
  readonly reads: readonly (readonly [token: string, count: number])[];
  readonly violations: readonly string[];
}

/** When the gateway is killed: so soon after the lines are written, when the DC has read one, when it answers one, when all are answered. */
const MOMENTS = ['asked', 'read', 'answered', 'heard'] as const;
type Moment = (typeof MOMENTS)[number];

const NAME = 'keys';
/** The DC carries out what it has read so late that the kill comes first, ms. */
const HOLD = 60;
/** After lines are written, and after the DC says that it answers, the kill comes within so many ms. */
const SOON = { asked: 4, answered: 3 } as const;
/** A retry that was not delivered is asked again so often, after so many ms. */
const TRIES = 50;
const REST = 200;

export async function keys(options: KeysOptions): Promise<KeysVerdict> {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-keys-'));
  const dc = await Child.start('counting DC', fileURLToPath(new URL('./dc.js', import.meta.url)), {
    args: [join(folder, 'dc.pem')],
    ready: /^listening on .*:(\d+)$/,
    ipc: true,
  });
  const trial = new Trial(options, folder, dc);
  try {
    const { user } = await ordered<{ user: SignedIn }>(dc, { user: true }, 'user');
    await fillVault(join(folder, 'vault'), new Map([[NAME, user]]));
    return await trial.run();
  } finally {
    await trial.stop();
    dc.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A gateway, and a client that speaks in the session. */
interface Stage {
  readonly gateway: Child;
  readonly line: Line;
}

class Trial {
  readonly #options: KeysOptions;
  readonly #folder: string;
  readonly #dc: Child;
  readonly #dice: Dice;
  readonly #asked: Asked[] = [];
  #stage: Stage | undefined;
  /** Started with the one before it, for the next kill: most of the time of a trial is what starts take. */
  #standby: Promise<Child> | undefined;

  constructor(options: KeysOptions, folder: string, dc: Child) {
    this.#options = options;
    this.#folder = folder;
    this.#dc = dc;
    this.#dice = new Dice(options.seed);
  }

  async run(): Promise<KeysVerdict> {
    const { kills } = this.#options;
    let stage = await this.#start();
    for (let i = 0; i < kills; i++) {
      this.#options.progress(`kill ${i + 1} of ${kills}`);
      stage = await this.#round(stage, momentOf(i), i);
    }
    return this.#judged(await ordered<DcBook>(this.#dc, { book: true }, 'executed'));
  }

  async #start(): Promise<Stage> {
    const gateway = await this.#nextGateway();
    const line = await Line.to(Number(gateway.match[1]));
    this.#stage = { gateway, line };
    // Connected: what follows is sent at once.
    await line.ask({ session: { name: NAME }, message: { _cons: 'updates.getState' } });
    return this.#stage;
  }

  /** The one that stands by, or a new one, and beside that another to stand by. */
  async #nextGateway(): Promise<Child> {
    const standby = this.#standby;
    this.#standby = undefined;
    if (standby !== undefined) return standby;
    const start = (): Promise<Child> =>
      startGateway(this.#folder, this.#dc, { gateway: ['--vault', join(this.#folder, 'vault')] });
    this.#standby = start();
    // Both are up before the next kill: whoever stands by has seen the other alive.
    const [started] = await Promise.all([start(), this.#standby]);
    return started;
  }

  /** One kill, another gateway, two retries. @returns that gateway */
  async #round({ gateway, line }: Stage, moment: Moment, number: number): Promise<Stage> {
    await ordered(this.#dc, { hold: moment === 'read' ? HOLD : 0 }, 'held');
    const asked = Array.from({ length: this.#options.open }, (_, i) => this.#one(number, i));
    this.#asked.push(...asked);
    const said = moment === 'read' || moment === 'answered' ? this.#dcSays(moment) : undefined;
    const settled = Promise.allSettled(asked.flatMap((one, i) => this.#first(line, one, i % 2 === 1)));
    await this.#due(moment, said, settled);
    gateway.kill();
    await gateway.stop();
    await settled;
    const stage = await this.#start();
    for (let i = 0; i < 2; i++) await Promise.all(asked.map((one) => this.#again(stage.line, one)));
    return stage;
  }

  /** @param isTwice at once: the second waits for the outcome of the first */
  #first(line: Line, { request, before }: Asked, isTwice: boolean): Promise<unknown>[] {
    const once = (): Promise<unknown> => line.ask(request).then((answer) => before.push(answer));
    return isTwice && !this.#options.isPlain ? [once(), once()] : [once()];
  }

  #dcSays(moment: 'read' | 'answered'): Promise<unknown> {
    return this.#dc.message((message) => String(message[moment] ?? '').startsWith('k'), 30_000);
  }

  async #due(moment: Moment, said: Promise<unknown> | undefined, settled: Promise<unknown>): Promise<void> {
    if (moment === 'heard') return void (await settled);
    await said;
    if (moment !== 'read') await pause(this.#dice.next() * SOON[moment]);
  }

  /** A message without `random_id`, one with it, and a call that has none, in turn. */
  #one(round: number, number: number): Asked {
    const token = `k${round}-${number}`;
    const kind = (round + number) % 3;
    const random_id = 1 + this.#dice.below(2 ** 31);
    const sent = { _cons: 'messages.sendMessage', peer: { _cons: 'inputPeerSelf' }, message: token };
    const isBare = kind === 0 && !this.#options.isPlain;
    const message =
      kind === 2 ? { _cons: 'account.updateProfile', about: token } : isBare ? sent : { ...sent, random_id };
    const request = this.#options.isPlain ? { message } : { key: token, message };
    return { token, request, before: [], again: [] };
  }

  /** Asks until it is answered by more than that it was not delivered. */
  async #again(line: Line, one: Asked): Promise<void> {
    let answer: Answer = await line.ask(one.request);
    for (let i = 0; i < TRIES && answer['delivered'] === 'no' && answer['retryable'] === true; i++) {
      await pause(REST);
      answer = await line.ask(one.request);
    }
    one.again.push(answer);
  }

  #judged(book: DcBook): KeysVerdict {
    const executed = new Map(book.executed);
    const twice = (counts: DcBook['reads']): number =>
      counts.filter(([token, count]) => token.startsWith('k') && count > 1).length;
    const count = (test: (one: Asked) => boolean): number => this.#asked.filter(test).length;
    const heard = count(({ before }) => before.length > 0);
    const kept = count(({ before, again }) => before.length > 0 && before.every((one) => isSame(one, again[0]!)));
    const told = (fate: string): number => count(({ again }) => fateOf(again[0]!) === fate);
    return {
      lines: [
        `${this.#options.kills} times kill -9, then in turn a start and a gateway that stood by, ${this.#asked.length} requests${this.#options.isPlain ? ' without keys' : ''}`,
        `answered before the kill ${heard}, of these the same again ${kept}`,
        `retries: results ${told('result')}, DeliveryUnknown ${told('DeliveryUnknown')}, others ${told('other')}`,
        `carried out never ${count(({ token }) => !executed.has(token))}, twice ${twice(book.executed)}; read twice ${twice(book.reads)}`,
      ],
      wrong: [
        ...this.#asked.flatMap((one) => wrongOf(one, executed.get(one.token) ?? 0)),
        ...book.violations.map((one) => `violation: ${one}`),
      ],
    };
  }

  async stop(): Promise<void> {
    this.#stage?.line.close();
    this.#stage?.gateway.kill();
    (await this.#standby?.catch(() => undefined))?.kill();
  }
}

/** Each moment in turn, and shifted with each turn: each meets both kinds of gateway. */
function momentOf(kill: number): Moment {
  return MOMENTS[(kill + Math.floor(kill / MOMENTS.length)) % MOMENTS.length]!;
}

function ordered<T>(child: Child, order: object, answer: string): Promise<T> {
  const answered = child.message<T>((message) => answer in message, 30_000);
  child.say(order);
  return answered;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
