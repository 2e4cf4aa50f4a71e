/**
 * One client of a soak: asks, hears, comes again when its session is lost; all of it goes into the ledger.
 * In: a port. Out: requests of several kinds at the soak's pace. Never: a request repeated: that is the gateway's to do.
 */
import { connect, type Socket } from 'node:net';
import { systemEnv } from '../../../src/main/system-env.ts';
import type { Dice } from '../../../src/testdc/faults/dice.ts';
import type { Ledger, Line } from '../../support/ledger.ts';

const SELF = { _cons: 'inputPeerSelf' };
const WHO = { _cons: 'users.getUsers', id: [{ _cons: 'inputUserSelf' }] };

/** One connection of a client to the gateway, which is one session there. */
export interface Opening {
  readonly from: number;
  /** Undefined while it stands. */
  until: number | undefined;
  /** Whose account it has, as the DC said; undefined before it has said so. */
  user: string | undefined;
}

/** A request, and the token the DC counts it by. */
interface Wish {
  readonly message: Line;
  readonly token?: string;
}

/** Tokens of all clients. */
let tokens = 0;

/** Kinds of requests with their shares of a hundred. */
const KINDS: readonly [number, (dice: Dice) => Wish][] = [
  [
    40,
    (dice) => {
      const token = `s${++tokens}`;
      const random_id = 1 + dice.below(2 ** 31) * 2 ** 20 + dice.below(2 ** 20);
      return { message: { _cons: 'messages.sendMessage', peer: SELF, message: token, random_id }, token };
    },
  ],
  [
    25,
    () => {
      const token = `p${++tokens}`;
      return { message: { _cons: 'account.updateProfile', about: token }, token };
    },
  ],
  [15, (dice) => ({ message: { _cons: 'ping', ping_id: dice.below(2 ** 31) } })],
  [8, () => ({ message: WHO })],
  [4, () => ({ message: { _cons: 'account.updateStatus', offline: true } })],
  [4, () => ({ message: { _cons: 'updates.getState' } })],
  [2, () => ({ message: { _cons: 'help.getConfig' } })],
  [
    2,
    () => ({
      message: {
        _cons: 'messages.getHistory',
        peer: SELF,
        offset_id: 0,
        offset_date: 0,
        add_offset: 0,
        limit: 20,
        max_id: 0,
        min_id: 0,
        hash: 0,
      },
    }),
  ],
];

function drawn(dice: Dice): Wish {
  let left = dice.below(100);
  for (const [share, make] of KINDS) {
    if (left < share) return make(dice);
    left -= share;
  }
  return KINDS[2]![1](dice);
}

export class SoakClient {
  readonly number: number;
  /** All of them, the one that stands last. */
  readonly openings: Opening[] = [];
  /** Sessions it has lost. */
  lost = 0;
  /** Connections that the gateway ended and nobody had asked for it. */
  closedOnUs = 0;
  readonly #port: number;
  readonly #ledger: Ledger;
  #socket: Socket;
  #part = '';
  #id = 0;
  /** The request by which it asks who it is, while that is open. */
  #who: number | undefined;
  #isOver = false;

  constructor(number: number, port: number, ledger: Ledger) {
    this.number = number;
    this.#port = port;
    this.#ledger = ledger;
    this.#socket = this.#open();
  }

  #open(): Socket {
    this.#ledger.opened(this.number);
    this.openings.push({ from: systemEnv.now(), until: undefined, user: undefined });
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      if (socket === this.#socket) this.#text(text);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (socket !== this.#socket || this.#isOver) return;
      this.closedOnUs++;
      this.#again();
    });
    this.#askWho(socket, systemEnv.now());
    return socket;
  }

  /** Before anything else: what befalls a client can be told from what befell others only when its account is known. */
  #askWho(socket: Socket, at: number): void {
    this.#who = ++this.#id;
    this.#send(socket, this.#who, { message: WHO }, at);
  }

  #send(socket: Socket, id: number, { message, token }: Wish, at: number): void {
    this.#ledger.asked(this.number, id, token, at);
    socket.write(`${JSON.stringify({ id, message })}\n`);
  }

  /** The connection it has, or had last. */
  get opening(): Opening {
    return this.openings.at(-1)!;
  }

  /** Another connection, another session. */
  #again(): void {
    const old = this.#socket;
    this.#ledger.closed(this.number);
    this.opening.until = systemEnv.now();
    this.#part = '';
    this.#socket = this.#open();
    old.destroy();
  }

  #text(text: string): void {
    const socket = this.#socket;
    const lines = (this.#part + text).split('\n');
    this.#part = lines.pop()!;
    for (const line of lines) {
      this.#line(JSON.parse(line) as Line);
      // What follows belongs to a connection that is over.
      if (socket !== this.#socket) return;
    }
  }

  #line(line: Line): void {
    this.#ledger.heard(this.number, line);
    const [self] = Array.isArray(line['message']) ? (line['message'] as Line[]) : [];
    if (self?.['_cons'] === 'user') this.opening.user = String(self['id']);
    if (line['id'] === this.#who) this.#who = undefined;
    if (line['fatal'] !== true && !isSignedOut(line)) return;
    this.lost++;
    this.#again();
  }

  get openCount(): number {
    return this.#ledger.openCount(this.number);
  }

  ask(dice: Dice, at: number): void {
    if (this.opening.user === undefined && this.#who === undefined) this.#askWho(this.#socket, at);
    else this.#send(this.#socket, ++this.#id, drawn(dice), at);
  }

  close(): void {
    this.#isOver = true;
    this.opening.until = systemEnv.now();
    this.#socket.destroy();
  }
}

/** The key is known no more, so the account is another's: a client would sign in again. */
function isSignedOut(line: Line): boolean {
  const message = line['message'] as Line | undefined;
  return message?.['_cons'] === 'rpc_error' && message['error_message'] === 'AUTH_KEY_UNREGISTERED';
}
