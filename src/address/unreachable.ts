/**
 * Unreachable: why there is no connection to an address, in words.
 * In: the system's code (`ECONNREFUSED`), or one of the gateway's own. Out: a sentence with the code in it, for those who
 * search for it. Never: an address.
 */

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused: nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ETIMEDOUT: 'no answer from there in time',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no network leads there',
  EADDRNOTAVAIL: 'this machine has no address or port left to connect from',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be asked for',
  EACCES: 'this system does not allow the connection',
  EPERM: 'this system does not allow the connection',
  EMFILE: 'this process has no file descriptors left: raise the limit (ulimit -n)',
  ENFILE: 'this system has no file descriptors left',
  ESOCKS: 'the SOCKS proxy did not make the connection',
  NOTALLOWED: 'this gateway may not connect there: --allow-server allows it',
};
/** Codes of a connection that the other side ended without an error. */
const ENDS = new Set(['END', 'FIN']);

/**
 * Why there is no connection, with the code in it.
 * @param code the system's, `END` for an orderly end, or the gateway's own: `ESOCKS`, `EMFILE`, `NOTALLOWED`
 */
export function unreachableWords(code: string): string {
  if (ENDS.has(code)) return 'the other side closed the connection';
  return `${CODES[code] ?? 'the connection failed'} (${code})`;
}
