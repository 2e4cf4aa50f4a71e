/**
 * Foreign: what else may listen at an address that should be a data centre's, known by the first bytes it says.
 * In: those bytes, as they came from the wire. Out: its kind in words. Never: a word of what it said. An obfuscated
 * connection may begin with any bytes at all: ask only once it has turned out to be none.
 */

/** How many first bytes are enough to tell. */
export const FOREIGN_HEAD = 16;

const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^HTTP\//i, 'an HTTP server'],
  [/^\s*<(!doctype|html|\?xml|head|body)/i, 'a web page'],
  [/^SSH-/, 'an SSH server'],
  [/^220[ -]/, 'a mail or FTP server'],
  [/^(\+OK|\* OK)/, 'a mail server'],
  [/^(-ERR|-NOAUTH|\+PONG)/, 'a Redis server'],
];

/** The kind of server that begins with these bytes; undefined for what may be a data centre. */
export function foreignProtocol(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, FOREIGN_HEAD)).toString('latin1');
  const text = TEXTS.find(([pattern]) => pattern.test(head));
  if (text !== undefined) return text[1];
  // A TLS record: its kind, and the major version 3.
  const isTls = bytes.length > 2 && bytes[0]! >= 20 && bytes[0]! <= 23 && bytes[1] === 3 && bytes[2]! <= 4;
  return isTls ? 'a TLS server' : undefined;
}
