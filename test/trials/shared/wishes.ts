/**
 * Wishes: what the clients of a shared session ask, so that each answer shows whose it is.
 * In: a connection, its next number, dice. Out: a message, a token the DC counts by, a check of the answer.
 * Never: two requests of a run that one answer would do for.
 */
import type { Dice } from '../../../src/testdc/faults/dice.ts';
import type { Line } from '../../support/ledger.ts';

export interface Wish {
  readonly message: Line;
  /** What the DC counts by, of requests that must not be carried out twice. */
  readonly token?: string;
  /** Whether the DC can tell its place among the requests of its connection. */
  readonly isOrdered: boolean;
  /** Whether a result is this request's. */
  isRight(result: unknown): boolean;
}

/** Ids of messages from here on are nobody's: they hold a connection and a number. */
const ROOM = 1_000_000;
const SELF = { _cons: 'inputPeerSelf' };

/** A place among the requests of one connection. */
export interface Place {
  readonly connection: number;
  readonly seq: number;
}

/** @param random below 2^53 */
function sent({ connection, seq }: Place, random: number): Wish {
  const token = `c${connection}-${seq}`;
  const message = { _cons: 'messages.sendMessage', peer: SELF, message: token, random_id: random };
  return { message, token, isOrdered: true, isRight: (result) => result !== undefined };
}

function profile({ connection, seq }: Place): Wish {
  const token = `c${connection}-${seq}`;
  const message = { _cons: 'account.updateProfile', about: token };
  return { message, token, isOrdered: true, isRight: (result) => (result as Line)['_cons'] === 'user' };
}

/** A message that is not there is answered with its own id. */
function read({ connection, seq }: Place): Wish {
  const id = (connection + 1) * ROOM + seq;
  const message = { _cons: 'messages.getMessages', id: [{ _cons: 'inputMessageID', id }] };
  const isRight = (result: unknown): boolean => {
    const [one] = (result as { messages?: Line[] }).messages ?? [];
    return one?.['_cons'] === 'messageEmpty' && one['id'] === id;
  };
  return { message, isOrdered: true, isRight };
}

function ping(random: number): Wish {
  const message = { _cons: 'ping', ping_id: random };
  return { message, isOrdered: false, isRight: (result) => Number((result as Line)['ping_id']) === random };
}

/** One of several kinds, by chance. */
export function wish(place: Place, dice: Dice): Wish {
  const kind = dice.below(100);
  const random = 1 + dice.below(2 ** 31) * 2 ** 20 + dice.below(2 ** 20);
  if (kind < 40) return sent(place, random);
  if (kind < 60) return profile(place);
  return kind < 85 ? read(place) : ping(random);
}

/** The place that a request shows; undefined for others' requests. @param args as the DC reads them */
export function placeOf(args: Line): Place | undefined {
  const text = args['message'] ?? args['about'];
  const found = typeof text === 'string' ? /^c(\d+)-(\d+)$/.exec(text) : null;
  if (found !== null) return { connection: Number(found[1]), seq: Number(found[2]) };
  const [input] = Array.isArray(args['id']) ? (args['id'] as Line[]) : [];
  const id = Number(input?.['id'] ?? 0);
  return id < ROOM ? undefined : { connection: Math.floor(id / ROOM) - 1, seq: id % ROOM };
}
