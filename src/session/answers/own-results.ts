/**
 * Own results: what a data centre answers to a call of the gateway's own.
 * In: the reader at a result. Out: the result as an object, by the scheme. Never: on the way of a client's answers.
 */
import type { Reader } from '../../bytes/reader.ts';
import { Writer } from '../../bytes/writer.ts';
import type { Pending } from '../state/pending.ts';
import type { ConnectionState } from '../state/state.ts';

/** Longs as text: every digit counts. */
const STYLE = { int64AsString: true, flagsAsBool: true };

/** The result of an own call as an object; a value that is no object stands in `value`. Throws as the codec does. */
export function readOwnResult(s: ConnectionState, pending: Pending, r: Reader): Readonly<Record<string, unknown>> {
  const out = new Writer(1024);
  s.env.codec.decodeResult(pending.result, r, out, STYLE);
  const value: unknown = JSON.parse(out.written().toString());
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { value };
}
