/**
 * Idempotency key: the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
 * In: the header. Out: the key, or a refusal. Never: a key that a line could not have.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Unserved } from './http-ask.ts';

/** The draft's form: a string in quotes, with `\"` and `\\` in it (RFC 8941, 3.3.3). */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
/** What most clients send: one word. Two headers come joined by `, `, and are none. */
const PLAIN = /^[!#-~]+$/;
/** Longest key, bytes. */
const LONGEST = 128;

/** The key that a request has in its headers; undefined if it has none. */
export function keyOfHeaders({ 'idempotency-key': header }: IncomingHttpHeaders): string | Unserved | undefined {
  return idempotencyKey(Array.isArray(header) ? header.join(', ') : header);
}

/** The key of a request, undefined if it has none; the same key with quotes and without is one. */
export function idempotencyKey(header: string | undefined): string | Unserved | undefined {
  if (header === undefined) return undefined;
  const key = QUOTED.exec(header)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? PLAIN.exec(header)?.[0] ?? '';
  if (key.length > 0 && key.length <= LONGEST) return key;
  const msg =
    `Idempotency-Key is one word of at most ${LONGEST} visible ASCII characters without ", or a text of as many in double quotes, ` +
    'where a quote is \\" and a backslash \\\\';
  return { refused: 'InvalidRequest', fields: { msg, path: 'key' } };
}
