/**
 * Others: where else the data centre of a session can be reached.
 * In: its server, the operator's list. Out: addresses to try in turn behind the first. Never: another data centre's.
 */
import { PORTS } from '../../address/data-centres.ts';
import type { Address } from '../sink.ts';
import type { State } from './state.ts';

/** For those that have none. */
export const NO_OTHERS: readonly Address[] = [];

/** Further addresses of the same data centre, its other ports and those of both families: tried in turn when one does not answer. */
export function othersOf(s: State): readonly Address[] {
  const { host, port, dc, test, namedBy } = s.server;
  if (namedBy !== 'operator') return NO_OTHERS;
  const all = s.env.settings.dataCentres;
  const own = all.find((one) => one.host === host && one.port === port)?.isOwn;
  const others = all.filter((one) => one.id === dc && one.test === test && one.isOwn === own);
  // Networks that let nothing out to one port do so for all addresses.
  const ports = own === true || !PORTS.includes(port) ? NO_OTHERS : PORTS.map((one) => ({ host, port: one }));
  return [...ports, ...others].filter((one) => one.host !== host || one.port !== port);
}
