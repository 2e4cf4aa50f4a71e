/**
 * Servers: which address is which data centre.
 * In: the operator's list, addresses that a server has told of, what a client or a record names. Out: servers.
 * Never: a name looked up; an address judged that is not on the list: that is the operator's rules' (`Reach`).
 */
import { PORTS } from '../../address/data-centres.ts';
import type { DataCentre } from '../settings.ts';
import type { ServerAddress, NamedBy } from '../../batch/link-records.ts';

/** The server a session speaks to. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly dc: number;
  readonly test: boolean;
  /** PEM of the client's own RSA key, if it named one: then only that one is trusted. */
  readonly rsa: string | undefined;
  /** Who named the address. */
  readonly namedBy: NamedBy;
}

type List = readonly DataCentre[];

/** For a server with no further addresses. */
export const NO_OTHERS: readonly ServerAddress[] = [];

/** A data centre of the operator's list, by its number. */
export function listedServer(list: List, dc: number, test: boolean): Server | undefined {
  const found = list.find((one) => one.id === dc && one.test === test);
  if (found === undefined) return undefined;
  return { host: found.host, port: found.port, dc, test, rsa: undefined, namedBy: 'operator' };
}

/** The data centre of the operator's list at an address. */
export function listedAt(list: List, { host, port }: ServerAddress): DataCentre | undefined {
  return list.find((one) => one.host === host && one.port === port);
}

/** Where a new session goes. @throws RangeError if the list lacks it */
export function homeServer(list: List, home: { readonly id: number; readonly test: boolean }): Server {
  const listed = listedServer(list, home.id, home.test);
  if (listed === undefined) throw new RangeError(`data centre ${home.id} is not configured`);
  return listed;
}

/** Data centres that go by their number: an operator who has configured some does not mean Telegram's by the others. */
export function offeredOf(list: List): List {
  const operators = list.filter(({ isOperators }) => isOperators === true);
  return operators.length > 0 ? operators : list;
}

/** Further addresses of the same data centre, its other ports and those of both families: tried in turn when one does not answer. */
export function othersOf(list: List, { host, port, dc, test, namedBy }: Server): readonly ServerAddress[] {
  if (namedBy !== 'operator') return NO_OTHERS;
  const isOperators = listedAt(list, { host, port })?.isOperators;
  const others = list.filter((one) => one.id === dc && one.test === test && one.isOperators === isOperators);
  // Networks that let nothing out to one port do so for all addresses.
  const ports = isOperators === true || !PORTS.includes(port) ? NO_OTHERS : PORTS.map((one) => ({ host, port: one }));
  return [...ports, ...others].filter((one) => one.host !== host || one.port !== port);
}

/** Another data centre of the same kind: one of the operator's list, or one the server told of. @param from the account's own */
export function centreBeside(list: List, told: List, from: Server, dc: number): Server | undefined {
  const { test, rsa } = from;
  const matches = (one: DataCentre): boolean => one.id === dc && one.test === test;
  const isOperators = isAtOperators(list, from);
  const isListed = (one: DataCentre): boolean => matches(one) && (one.isOperators === true) === isOperators;
  // A server of the client's own choice has data centres of its own.
  const listed = rsa === undefined ? list.find(isListed) : undefined;
  const found = listed ?? told.find(matches);
  if (found === undefined) return undefined;
  const namedBy = listed === undefined ? 'server' : 'operator';
  return { host: found.host, port: found.port, dc, test, rsa, namedBy };
}

/** Whether a server is one of the operator's own, or one that such a server told of. */
function isAtOperators(list: List, server: Server): boolean {
  const listed = listedAt(list, server);
  return listed === undefined ? list.some(({ isOperators }) => isOperators === true) : listed.isOperators === true;
}

/** What `help.getConfig` tells: IPv4 addresses that speak plain MTProto and carry everything. */
export function toldBy(config: Readonly<Record<string, unknown>>, test: boolean): DataCentre[] {
  const options = Array.isArray(config['dc_options']) ? (config['dc_options'] as Record<string, unknown>[]) : [];
  return options
    .filter((one) => !['ipv6', 'media_only', 'tcpo_only', 'cdn'].some((flag) => one[flag] === true))
    .map((one) => ({ id: Number(one['id']), host: String(one['ip_address']), port: Number(one['port']), test }));
}

/** What a record says of its server: an address, or with none the number of a listed one. */
export interface RecordedServer {
  readonly host: string | undefined;
  readonly port: number;
  readonly dc: number;
  readonly test: boolean;
  readonly rsa: string | undefined;
}

/** The server of a record. @param permits the operator's rules about addresses @returns undefined if no such one is listed */
export function recordedServer(
  list: List,
  { host, port, dc, test, rsa }: RecordedServer,
  permits: (host: string, port: number) => boolean,
): Server | undefined {
  if (host === undefined) return listedServer(list, dc, test);
  // A record that was brought in says where, be it one of the operator's own.
  const listed = listedAt(list, { host, port });
  if (listed !== undefined && rsa === undefined)
    return { host, port, dc, test: listed.test, rsa: undefined, namedBy: 'operator' };
  return { host, port, dc, test, rsa, namedBy: permits(host, port) ? 'client' : 'server' };
}
