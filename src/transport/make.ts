/**
 * Makes transports by name (protocol: Transports).
 * In: a name and options. Out: a transport for one connection. Never: one instance for two connections.
 */
import { fillRandom } from '../crypto/random.ts';
import { Detecting } from './detect.ts';
import type { End } from './framing.ts';
import { Obfuscated, type ObfuscationOptions } from './obfuscated.ts';
import { makePlain } from './plain.ts';
import type { Transport, TransportName } from './transport.ts';

export interface TransportOptions extends ObfuscationOptions {
  /** Which end we are; the client by default. */
  end?: End | undefined;
  /** Wraps it in obfuscation (client only); implied by `secret`. */
  obfuscated?: boolean | undefined;
  /** Fills its argument with random bytes; the operating system's by default. */
  fill?: ((bytes: Uint8Array) => void) | undefined;
}

/** A transport for one new connection. */
export function makeTransport(name: TransportName, options: TransportOptions = {}): Transport {
  const fill = options.fill ?? fillRandom;
  const plain = makePlain(name, options.end ?? 'client', fill);
  const wrap = options.obfuscated ?? options.secret !== undefined;
  return wrap ? Obfuscated.client(plain, name, fill, options) : plain;
}

/** The server's end of one new connection: takes whichever transport the client speaks. */
export function detectTransport(options: Pick<TransportOptions, 'fill' | 'secret'> = {}): Detecting {
  return new Detecting(options.fill ?? fillRandom, options.secret);
}
