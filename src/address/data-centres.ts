/**
 * Data centres: Telegram's addresses, built in (protocol: Transports).
 * In: nothing. Out: two lists. Never: asks the network; `help.getConfig` has more, and is not trusted by itself.
 */

/** A data centre of Telegram: its number, where it listens, and in which of the two environments. */
export interface KnownDataCentre {
  readonly id: number;
  /** An IP literal. */
  readonly host: string;
  readonly port: number;
  readonly test: boolean;
}

/** Ports on which every data centre takes MTProto over TCP, the usual one first. */
export const PORTS: readonly number[] = Object.freeze([443, 80, 5222]);
const [PORT = 443] = PORTS;

function list(test: boolean, rows: readonly (readonly [number, string])[]): readonly KnownDataCentre[] {
  return Object.freeze(rows.map(([id, host]) => ({ id, host, port: PORT, test })));
}

/** Data centres of the production environment, IPv4 first: the first address of an id wins. */
export const PRODUCTION_DCS: readonly KnownDataCentre[] = list(false, [
  [1, '149.154.175.50'],
  [2, '149.154.167.51'],
  [2, '95.161.76.100'],
  [3, '149.154.175.100'],
  [4, '149.154.167.91'],
  [5, '149.154.171.5'],
  [1, '2001:b28:f23d:f001::a'],
  [2, '2001:67c:4e8:f002::a'],
  [3, '2001:b28:f23d:f003::a'],
  [4, '2001:67c:4e8:f004::a'],
  [5, '2001:b28:f23f:f005::a'],
]);

/** Data centres of the test environment, in the same order. */
export const TEST_DCS: readonly KnownDataCentre[] = list(true, [
  [1, '149.154.175.10'],
  [2, '149.154.167.40'],
  [3, '149.154.175.117'],
  [1, '2001:b28:f23d:f001::e'],
  [2, '2001:67c:4e8:f002::e'],
  [3, '2001:b28:f23d:f003::e'],
]);

/** The data centre of a new session that names none: the same as in the program this one replaces. */
export const HOME_DC = 2;
