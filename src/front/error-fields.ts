/**
 * Error fields: what an error of the catalogue carries, whatever form it is written in.
 * In: a name, and what the place of the error knows. Out: attributes in the order they are shown, without the id.
 * Never: bytes of a form.
 */
import { ERRORS, type ErrorName } from '../errors.ts';
import type { NoticeFields } from '../main/front.ts';

/** The table's defaults, overridden by `fields`. */
export function errorFields(name: ErrorName, fields: NoticeFields): NoticeFields {
  const entry = ERRORS[name];
  const { msg = entry.text, closing = entry.closes, ...more } = fields;
  return {
    error: name,
    msg,
    ...more,
    retryable: more['retryable'] ?? entry.retryable,
    delivered: more['delivered'] ?? entry.delivered,
    ...(closing === true ? { closing } : {}),
    ...(entry.fatal ? { fatal: true } : {}),
  };
}
