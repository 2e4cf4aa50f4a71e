/**
 * Addresses: IP literals to bytes, and what kind of network they lie in.
 * In: text. Out: 4 or 16 bytes, a class, and text again. Never: a name look-up, or a lenient reading: octal,
 * hexadecimal, short, trailing-dot and zone forms are no addresses here (threats: Addresses and neighbours).
 */

/** 4 bytes for IPv4, 16 for IPv6; an IPv4-mapped IPv6 address is its IPv4 address. */
export type IpAddress = Uint8Array;

export type AddressClass =
  | 'public'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'linkLocal'
  | 'uniqueLocal'
  | 'multicast'
  | 'translated'
  | 'reserved';

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The bytes of an IP literal, or undefined if the text is none in its one strict form. */
export function parseAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) return parseV4(text);
  const bytes = parseV6(text);
  if (bytes === undefined) return undefined;
  return MAPPED_PREFIX.every((byte, i) => bytes[i] === byte) ? bytes.slice(12) : bytes;
}

/** The one text of an address (RFC 5952): what `parseAddress` reads back to the same bytes. */
export function addressText(address: IpAddress): string {
  if (address.length === 4) return address.join('.');
  const words = Array.from({ length: 8 }, (_, i) => (address[2 * i]! << 8) | address[2 * i + 1]!);
  const { at, length } = longestGap(words);
  const text = (from: number, to?: number): string =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(':');
  return length < 2 ? text(0) : `${text(0, at)}::${text(at + length)}`;
}

/** The first of the longest runs of zero words. */
function longestGap(words: readonly number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < words.length; at++) {
    let length = 0;
    while (words[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  return best;
}

function parseV4(text: string): IpAddress | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseV6(text: string): IpAddress | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const gap = 16 - head.length - tail.length;
  // `::` stands for at least one group; without it all sixteen bytes must be there.
  if (halves.length === 2 ? gap < 2 : gap !== 0) return undefined;
  return Uint8Array.from([...head, ...Array<number>(gap).fill(0), ...tail]);
}

/** Bytes of `a:b:c`, where the last group may be a dotted IPv4 address if it is the address's end. */
function groups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (isEnd && i === parts.length - 1 && part.includes('.')) {
      const dotted = parseV4(part);
      if (dotted === undefined) return undefined;
      bytes.push(...dotted);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      const value = Number.parseInt(part, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

/** Whether the first `bits` of an address are those of `base`. */
export function isWithin(address: IpAddress, base: IpAddress, bits: number): boolean {
  if (address.length !== base.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== base[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (address[whole]! ^ base[whole]!) >> (8 - rest) === 0;
}

/** First match wins; what no row names is public in IPv4 and reserved in IPv6 (only 2000::/3 is given out). */
const CLASSES: readonly (readonly [string, number, AddressClass])[] = [
  ['0.0.0.0', 32, 'unspecified'],
  ['0.0.0.0', 8, 'reserved'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'linkLocal'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'reserved'],
  ['192.88.99.0', 24, 'translated'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'reserved'],
  ['203.0.113.0', 24, 'reserved'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  ['64:ff9b::', 96, 'translated'],
  ['64:ff9b:1::', 48, 'translated'],
  ['2001::', 32, 'translated'],
  ['2001:db8::', 32, 'reserved'],
  ['2002::', 16, 'translated'],
  ['fc00::', 7, 'uniqueLocal'],
  ['fe80::', 10, 'linkLocal'],
  ['fec0::', 10, 'private'],
  ['ff00::', 8, 'multicast'],
  ['2000::', 3, 'public'],
];

const RANGES = CLASSES.map(([text, bits, kind]) => ({ base: parseAddress(text)!, bits, kind }));

/** What an address belongs to; `translated` is NAT64, 6to4 and Teredo, which can hide any IPv4 address. */
export function classify(address: IpAddress): AddressClass {
  for (const range of RANGES) if (isWithin(address, range.base, range.bits)) return range.kind;
  return address.length === 4 ? 'public' : 'reserved';
}

/** Whether a server that listens at `host` is reached from this machine alone. `localhost` is the only name taken. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const address = parseAddress(host);
  return address !== undefined && classify(address) === 'loopback';
}

/** Whether a text is the literal of an address of the open internet. */
export function isPublic(host: string): boolean {
  const address = parseAddress(host);
  return address !== undefined && classify(address) === 'public';
}
