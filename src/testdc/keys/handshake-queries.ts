/**
 * The queries that a client sends in a key exchange: their numbers and lengths.
 * In: bytes of an unencrypted message. Out: which query they begin with, and where that ends. Never: looks into its fields.
 */
import type { Reader } from '../../bytes/reader.ts';

export const REQ_PQ = 0x60469778;
export const REQ_PQ_MULTI = 0xbe7e8ef1;
export const REQ_DH_PARAMS = 0xd712e4be;
const SET_CLIENT_DH_PARAMS = 0xf5045f1f;

/** Steps over the query at the reader, padding left unread, and returns its constructor number; undefined: it is no query. */
export function skipQuery(reader: Reader): number | undefined {
  const crc = reader.uint32();
  if (crc === REQ_PQ || crc === REQ_PQ_MULTI) reader.skip(16);
  else if (crc === REQ_DH_PARAMS) {
    reader.skip(32);
    reader.string();
    reader.string();
    reader.skip(8);
    reader.string();
  } else if (crc === SET_CLIENT_DH_PARAMS) {
    reader.skip(32);
    reader.string();
  } else return undefined;
  return crc;
}
