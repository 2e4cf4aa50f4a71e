/**
 * Makes transports by name (protocol: Transports).
 * In: a name and options. Out: the client's end of a transport, for one new connection.
 * Never: one instance for two connections, or a server's end: the test data centre writes its own.
 */
import { fillRandom } from '../crypto/random.ts';
import { Abridged } from './abridged.ts';
import { Full } from './full.ts';
import { Intermediate, Padded } from './intermediate.ts';
import { Obfuscated, type ObfuscationOptions } from './obfuscated.ts';
import type { Transport, TransportName } from './transport.ts';

/** What a connection wants beside the transport's name. */
export interface TransportOptions extends ObfuscationOptions {
  /** Whether the transport is wrapped in obfuscation; a `secret` implies it. */
  isObfuscated?: boolean | undefined;
  /** Fills its argument with random bytes; the operating system's by default. */
  fill?: ((bytes: Uint8Array) => void) | undefined;
}

const MAKES: Readonly<Record<TransportName, (fill: (bytes: Uint8Array) => void) => Transport>> = {
  intermediate: () => new Intermediate(),
  padded: (fill) => new Padded(fill),
  abridged: () => new Abridged(),
  full: () => new Full(),
};

/** The client's end of one new connection. Throws RangeError for the full transport under obfuscation. */
export function makeTransport(name: TransportName, options: TransportOptions = {}): Transport {
  const fill = options.fill ?? fillRandom;
  const plain = MAKES[name](fill);
  const isWrapped = options.isObfuscated ?? options.secret !== undefined;
  return isWrapped ? new Obfuscated(plain, name, fill, options) : plain;
}
