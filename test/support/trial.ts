/**
 * Trial: one client before a misbehaving DC, with the ledger kept: requests of every kind, pushes, time.
 * In: rounds. Out: what broke a rule of the ledger. Never: knows which fault is played.
 */
import { Ledger, type Line } from './ledger.ts';
import { Pair, type PairOptions } from './pair.ts';

/** A request's own time, and how long after it an answer counts as lost. */
const TIMEOUT_MS = 10_000;
const GRACE_MS = 5_000;

export class Trial {
  readonly pair: Pair;
  readonly ledger = new Ledger();
  readonly #seen = new Set<string>();
  #client = 0;
  #id = 0;
  #token = 0;
  #pushes = new Map<bigint, number>();

  constructor(options: PairOptions = {}) {
    this.pair = new Pair(options);
    const { dc } = this.pair;
    dc.on('key', (key) => {
      if (!key.isTemporary) dc.world.signIn(key, dc.world.addPerson({ firstName: 'Trial' }).id);
    });
    dc.on('request', ({ args }) => this.#seen.add(String(args['message'] ?? args['about'])));
  }

  /** A client comes. */
  async start(): Promise<void> {
    this.pair.open(++this.#client);
    this.ledger.opened(this.#client);
    await this.pair.run();
  }

  /** The client goes and comes again as another. */
  async restart(): Promise<void> {
    this.pair.close(this.#client);
    this.ledger.closed(this.#client);
    await this.start();
  }

  /** The connection to the DC is lost. */
  async cut(): Promise<void> {
    this.#tokens();
    await this.pair.run();
    this.pair.cut(this.#client);
  }

  /** Several requests at once, three pushes between, some time. */
  async round(): Promise<void> {
    this.ask({ _cons: 'ping', ping_id: this.#id });
    this.ask({ _cons: 'help.getConfig' });
    this.#tokens();
    await this.pair.run();
    this.push();
    await this.advance(300);
    this.#tokens();
    this.push();
    await this.advance(700);
    this.push();
    this.ask({ _cons: 'users.getUsers', id: [{ _cons: 'inputUserSelf' }] });
    await this.advance(1_500);
  }

  /** Two requests that must not be carried out twice: one that Telegram protects, one it does not. */
  #tokens(): void {
    this.sendMessage();
    this.updateProfile();
  }

  sendMessage(): void {
    const token = `t${++this.#token}`;
    const peer = { _cons: 'inputPeerSelf' };
    this.ask({ _cons: 'messages.sendMessage', peer, message: token, random_id: this.#token + 1_000 }, token);
  }

  updateProfile(): void {
    const token = `t${++this.#token}`;
    this.ask({ _cons: 'account.updateProfile', about: token }, token);
  }

  ask(message: Line, token?: string): void {
    this.ledger.asked(this.#client, ++this.#id, token, this.pair.now);
    this.pair.line(this.#client, { id: this.#id, message });
  }

  push(): void {
    const { world } = this.pair.dc;
    for (const user of world.signedIn()) {
      if ([...world.sessionsOf(user)].length === 0) continue;
      const n = (this.#pushes.get(user) ?? 0) + 1;
      this.#pushes.set(user, n);
      this.pair.dc.pushMessage(user, `push ${user} ${n}`);
    }
  }

  async advance(ms: number): Promise<void> {
    await this.pair.advance(ms);
    let isOver = false;
    for (const line of this.pair.take(this.#client)) {
      this.ledger.heard(this.#client, line);
      if (line['fatal'] === true) isOver = true;
    }
    if (isOver) await this.restart();
  }

  /** Whether a call ends with anything but a result. */
  async fails(message: Line, seconds = 1): Promise<boolean> {
    const before = this.ledger.figures.results;
    this.ask(message);
    for (let i = 0; i < seconds && this.ledger.figures.results === before; i++) await this.advance(1_000);
    return this.ledger.figures.results === before;
  }

  /** Until every request has had its time. */
  async settle(): Promise<void> {
    await this.round();
    for (let i = 0; i < 8; i++) await this.advance((TIMEOUT_MS + GRACE_MS) / 8);
    this.judge();
  }

  /** Compares the books; every request has had its time. */
  judge(): void {
    this.ledger.overdue(this.pair.now, TIMEOUT_MS);
    this.ledger.compare(this.pair.dc.ledger, (token) => this.#seen.has(token));
  }

  /** Everything that is not as it must be, the DC's and the lane's own complaints among it. */
  wrong(): string[] {
    const { dc, log } = this.pair;
    return [
      ...this.ledger.wrong,
      ...dc.violations.list.map(({ rule, detail }) => `violation ${rule}: ${detail}`),
      ...dc.bugs.map((bug) => `bug of the DC: ${bug instanceof Error ? bug.stack : String(bug)}`),
      ...log.filter((entry) => entry['event'] === 'internal error').map((entry) => JSON.stringify(entry)),
    ];
  }
}
