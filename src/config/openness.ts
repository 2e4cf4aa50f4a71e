/**
 * Openness: who may come in without a token, and that it is said.
 * In: the configuration. Out: a sentence, a line of the log. Never: refuses anything; that is `config.ts`'s.
 */
import { isLoopback } from '../address/address.ts';
import type { Config } from './config.ts';
import type { Log } from '../telemetry/log.ts';

/** A gateway that asks for no token. */
export interface Openness {
  /** A sentence: who, to what, and which option ends it. */
  readonly reason: string;
  /** Others than the users of this machine. */
  readonly isBeyond: boolean;
}

/** Who may use the gateway without a token; undefined if nobody may. */
export function opennessOf({ host, tokenText, vault }: Config): Openness | undefined {
  if (tokenText !== undefined) return undefined;
  const isBeyond = !isLoopback(host);
  const who = isBeyond ? `everybody who reaches ${host}` : 'every user and program of this machine';
  const what = vault === 'off' ? 'this gateway' : 'this gateway and every session it keeps';
  return { reason: `${who} may use ${what} without a token: give --token-file to require one`, isBeyond };
}

/** Logs it: a warning if it reaches beyond this machine. */
export function sayOpenness(config: Config, log: Log): void {
  const openness = opennessOf(config);
  if (openness === undefined) return;
  if (openness.isBeyond) log.write('open to all', { reason: openness.reason });
  else log.write('open to this machine', { reason: openness.reason });
}
