/**
 * Choose server: which server a client wants its session at (wire: Requests and answers, `server`).
 * In: the `server` fields of one line. Out: the session's server set, or why not. Never: an address that neither the list nor the
 * operator's rules allow; a session moved that has a connection or a key.
 */
import { parsePublicKey } from '../../crypto/rsa.ts';
import type { Refusal, ServerFields } from '../../dialect/dialect.ts';
import { refusal } from '../answers/refusals.ts';
import type { DataCentre } from '../settings.ts';
import { listedAt, listedServer, offeredOf } from '../state/servers.ts';
import type { ConnectionState } from '../state/state.ts';

/** Sets the session's server: a data centre of the list, or an address the operator allowed; only before the session has a connection, a key or a request. @returns why not */
export function applyServer(s: ConnectionState, fields: ServerFields): Refusal | undefined {
  const { host, port, rsa, dc, test } = fields;
  if (host === undefined && port === undefined && rsa === undefined && dc === undefined && test === undefined)
    return undefined;
  if (s.link.stage !== 'down' || s.keys.permanent !== undefined || s.pending.size > 0)
    return refusal('InvalidServer', {
      msg: 'the session has a connection or a key already; use another connection',
      path: 'server',
    });
  if (host === undefined && port === undefined) return chooseListed(s, fields);
  if (host === undefined || port === undefined)
    return refusal('InvalidServer', { msg: 'host and port go together', path: 'server' });
  const listed = listedAt(s.env.settings.dataCentres, { host, port });
  if (listed !== undefined && rsa === undefined) {
    s.server = { ...listed, dc: dc ?? listed.id, rsa: undefined, namedBy: 'operator' };
    return undefined;
  }
  if (listed === undefined && !s.env.reach.permits(host, port)) return refusal('ServerNotAllowed');
  if (rsa !== undefined && !isPublicKey(rsa))
    return refusal('InvalidServer', { msg: 'rsa is not a public key in PEM form', path: 'server' });
  s.server = {
    host,
    port,
    dc: dc ?? s.server.dc,
    test: test ?? false,
    rsa,
    namedBy: listed === undefined ? 'client' : 'operator',
  };
  return undefined;
}

function chooseListed(s: ConnectionState, fields: ServerFields): Refusal | undefined {
  if (fields.rsa !== undefined) return refusal('InvalidServer', { msg: 'rsa goes with host and port', path: 'server' });
  const dc = fields.dc ?? s.server.dc;
  const test = fields.test ?? s.server.test;
  const list = s.env.settings.dataCentres;
  const known = offeredOf(list);
  const found = known.some((one) => one.id === dc && one.test === test) ? listedServer(list, dc, test) : undefined;
  if (found === undefined) {
    const path = fields.dc === undefined ? 'server' : 'server.dc';
    return refusal('InvalidServer', { msg: `this gateway has no ${nameOf(dc, test)}; it has ${listOf(known)}`, path });
  }
  s.server = found;
  return undefined;
}

function listOf(known: readonly DataCentre[]): string {
  return [...new Set(known.map(({ id, test }) => nameOf(id, test)))].join(', ');
}

function nameOf(dc: number, test: boolean): string {
  return `${test ? 'test ' : ''}data centre ${dc}`;
}

function isPublicKey(pem: string): boolean {
  try {
    parsePublicKey(pem);
    return true;
  } catch {
    return false;
  }
}
