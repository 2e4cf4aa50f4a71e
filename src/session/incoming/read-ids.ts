/**
 * Read ids: the list of message ids that most service messages carry.
 * In: the reader at the constructor number of such a message. Out: low, high, … of each id.
 * Never: more ids than one message may name.
 */
import { type Reader, TlReadError } from '../../bytes/reader.ts';
import { MAX_IDS, readIds } from '../../tl/service.ts';

/** The ids behind the constructor number: low, high, … Throws `TlReadError` for a list of more than `MAX_IDS`. */
export function readIdsOf(r: Reader): number[] {
  r.skip(4);
  const ids: number[] = [];
  readIds(r, ids);
  if (ids.length > MAX_IDS * 2) throw new TlReadError(`${ids.length / 2} ids`, r.pos);
  return ids;
}
