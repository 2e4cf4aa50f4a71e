/**
 * One client of a named session: asks, hears, holds each answer against its request; all of it goes into the ledger.
 * In: a kind of connection, a way to name the session. Out: requests at the trial's pace; what was wrong.
 * Never: a request repeated: that is the gateway's to do.
 */
import { systemEnv } from '../../../src/main/system-env.ts';
import type { Dice } from '../../../src/testdc/faults/dice.ts';
import type { Ledger, Line } from '../../support/ledger.ts';
import type { Opening } from '../soak/client.ts';
import { wish, type Wish } from './wishes.ts';
import { Wire, type Kind, type Ports } from './wires.ts';

/** How the session is named: once, in each request, or by `as` in each. */
export type Naming = 'once' | 'session' | 'as';

export interface Part {
  readonly kind: Kind;
  readonly naming: Naming;
  readonly name: string;
  /** Whose session it is. */
  readonly user: string;
}

/** What was asked, until it is answered. */
interface Open {
  readonly wish: Wish;
}

export class SharedClient {
  readonly number: number;
  readonly part: Part;
  readonly openings: Opening[] = [];
  /** When each request with a place was asked, by its number; Unix ms. */
  readonly askedAt: number[] = [0];
  /** What broke a rule. */
  readonly wrong: string[] = [];
  closedOnUs = 0;
  /** The number of the last update it heard. */
  lastUpdate = 0;
  readonly #ports: Ports;
  readonly #ledger: Ledger;
  readonly #open = new Map<number, Open>();
  #wire: Wire;
  #id = 0;

  constructor(number: number, part: Part, ports: Ports, ledger: Ledger) {
    this.number = number;
    this.part = part;
    this.#ports = ports;
    this.#ledger = ledger;
    this.#wire = this.#connect();
  }

  get openCount(): number {
    return this.#ledger.openCount(this.number);
  }

  get opening(): Opening {
    return this.openings.at(-1)!;
  }

  /** Whether it hears updates: not by `as`, and not over HTTP. */
  get isListening(): boolean {
    return this.part.naming !== 'as' && this.part.kind !== 'http';
  }

  #connect(): Wire {
    this.#ledger.opened(this.number);
    this.openings.push({ from: systemEnv.now(), until: undefined, user: this.part.user });
    const wire = new Wire(this.part.kind, this.#ports, {
      heard: (line) => this.#heard(line),
      closed: () => this.#closed(),
    });
    if (this.part.naming === 'once') this.#nameOnce(wire);
    return wire;
  }

  #nameOnce(wire: Wire): void {
    const id = ++this.#id;
    this.#ledger.asked(this.number, id, undefined, systemEnv.now());
    wire.send({ id, session: { name: this.part.name } });
  }

  #closed(): void {
    this.closedOnUs++;
    this.#ledger.closed(this.number);
    this.opening.until = systemEnv.now();
    this.#open.clear();
    this.#wire = this.#connect();
  }

  ask(dice: Dice, at: number): void {
    const seq = this.askedAt.length;
    const one = wish({ connection: this.number, seq }, dice);
    if (one.isOrdered) this.askedAt.push(at);
    const id = ++this.#id;
    this.#open.set(id, { wish: one });
    this.#ledger.asked(this.number, id, one.token, at);
    this.#wire.send({ id, ...this.#named(), message: one.message });
  }

  #named(): Line {
    const { naming, name } = this.part;
    if (naming === 'as') return { as: name };
    return naming === 'session' ? { session: { name } } : {};
  }

  #heard(line: Line): void {
    this.#ledger.heard(this.number, line);
    const id = line['id'] as number;
    if (id <= 0) return this.#notice(line);
    const open = this.#open.get(id);
    this.#open.delete(id);
    if (open === undefined || !isResult(line)) return;
    const { message } = line;
    if (!open.wish.isRight(message)) this.#complain(`was answered what others asked: ${textOf(line)}`);
    if (this.part.naming === 'as' && line['session'] !== undefined)
      this.#complain(`hears of the session it spoke as: ${textOf(line)}`);
  }

  #notice(line: Line): void {
    if (!this.isListening) return this.#complain(`is not to hear notices: ${textOf(line)}`);
    const text = String((line['message'] as Line | undefined)?.['message'] ?? '');
    const found = /^push \d+ (\d+)$/.exec(text);
    if (found !== null) this.lastUpdate = Number(found[1]);
    if (line['fatal'] === true) this.#complain(`lost its session: ${textOf(line)}`);
  }

  #complain(sentence: string): void {
    const { kind, naming } = this.part;
    this.wrong.push(`connection ${this.number} (${kind}, by ${naming}) ${sentence}`);
  }

  close(): void {
    this.opening.until = systemEnv.now();
    this.#wire.close();
  }
}

/** What no scheme knows is a fault's doing, and shows nothing. */
const NO_RESULTS: ReadonlySet<unknown> = new Set(['rpc_error', 'rpc_timeout', '_unknown']);

function isResult(line: Line): boolean {
  const message = line['message'] as Line | undefined;
  return message !== undefined && !NO_RESULTS.has(message['_cons']);
}

function textOf(line: Line): string {
  return JSON.stringify(line).slice(0, 200);
}
