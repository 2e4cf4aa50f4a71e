/**
 * CDN: files that Telegram would have fetched from its CDNs (`upload.fileCdnRedirect`): sealed, from servers with keys of
 * their own. In: a call. Out: whether it says that its sender can do that. Never: fetches one.
 */
import type { Refusal } from '../../dialect/dialect.ts';
import type { Pending } from '../state/pending.ts';
import { refusal } from '../answers/refusals.ts';
import type { ConnectionState } from '../state/state.ts';

/** Whether a call asks for files with `cdn_supported`: a bit of its flags, which stand behind its number. */
export function asksForCdn({ env }: ConnectionState, { method, body, innerAt }: Pending): boolean {
  const bit = env.codec.cdnBit(method);
  return bit >= 0 && ((body[innerAt + 4 + (bit >> 3)]! >> (bit & 7)) & 1) === 1;
}

/** A file that is handed on to a CDN comes sealed, from a server that speaks another way: nobody behind JSON can use it. @param depth functions inside each other */
export function cdnRefusal(depth: number): Refusal {
  const path = `message${'._wrapped'.repeat(depth - 1)}.cdn_supported`;
  return refusal('InvalidField', {
    msg: `${path}: this gateway fetches no files from CDNs; leave it out, and the data centre sends the file itself`,
    path,
    got: 'true',
  });
}
