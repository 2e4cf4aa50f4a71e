/**
 * Faults of connections: cut, refused, slow.
 * In: the path (`path.ts`) of a connection that begins. Out: the path's settings. Never: the bytes themselves.
 */
import type { FaultKind, FaultKinds } from './kind.ts';
import type { Manner } from './path.ts';

/** The usual chance of a fault at each connection: there are far fewer of these in a soak than messages. */
const USUAL = 0.012;

/** A fault that cuts a connection after so many bytes. */
function cut(direction: 'up' | 'down', manner: Manner): FaultKind<'path'> {
  return {
    moment: 'path',
    about: `the connection is cut after byte n from ${direction === 'up' ? 'the client' : 'the DC'}, by ${manner}`,
    usual: manner === 'stall' ? USUAL / 2 : USUAL,
    play({ path }, how) {
      path[direction] = Math.max(1, how.number('at', 1 + how.dice.below(how.dice.one([400, 3_000, 60_000]))));
      path.manner = manner;
    },
  };
}

/** A fault that ends a connection at once. */
function refuse(manner: Manner, about: string): FaultKind<'path'> {
  return {
    moment: 'path',
    about,
    usual: USUAL / 2,
    play({ path }) {
      path.manner = manner;
      queueMicrotask(() => path.cut());
    },
  };
}

/** Faults of connections by name. */
export const CONNECTIONS: FaultKinds<'path'> = {
  'cut.up.fin': cut('up', 'fin'),
  'cut.up.rst': cut('up', 'rst'),
  'cut.up.stall': cut('up', 'stall'),
  'cut.down.fin': cut('down', 'fin'),
  'cut.down.rst': cut('down', 'rst'),
  'cut.down.stall': cut('down', 'stall'),
  'connect.fin': refuse('fin', 'a connection is closed as soon as it stands'),
  'connect.rst': refuse('rst', 'a connection is reset as soon as it stands'),
  'connect.silent': refuse('stall', 'a connection stands and nobody is there'),
  'slow.bytes': {
    moment: 'path',
    about: 'the DC writes a byte a millisecond',
    usual: USUAL,
    play({ path }, how) {
      path.piece = how.number('bytes', 1);
      path.pieceMs = how.number('ms', 1);
      path.slowFor = how.number('for', 400);
    },
  },
  'slow.pieces': {
    moment: 'path',
    about: 'what the DC writes arrives in small pieces',
    usual: USUAL,
    play({ path }, how) {
      path.piece = how.number('bytes', 1 + how.dice.below(40));
      path.pieceMs = how.number('ms', 1 + how.dice.below(5));
      path.slowFor = how.number('for', 4_000);
    },
  },
};
