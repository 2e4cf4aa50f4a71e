/**
 * The transports without obfuscation, by name.
 * In: a name, which end we are, a source of random bytes. Out: a new transport. Never: one shared by connections.
 */
import { Abridged } from './abridged.ts';
import type { End } from './framing.ts';
import { Full } from './full.ts';
import { Intermediate, Padded } from './intermediate.ts';
import type { Transport, TransportName } from './transport.ts';

type Make = (end: End, fill: (bytes: Uint8Array) => void) => Transport;

const MAKES: Readonly<Record<TransportName, Make>> = {
  intermediate: (end) => new Intermediate(end),
  padded: (end, fill) => new Padded(end, fill),
  abridged: (end) => new Abridged(end),
  full: (end) => new Full(end),
};

export function makePlain(name: TransportName, end: End, fill: (bytes: Uint8Array) => void): Transport {
  return MAKES[name](end, fill);
}
