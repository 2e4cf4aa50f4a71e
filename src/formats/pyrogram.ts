/**
 * Pyrogram's session strings (protocol: Session formats), base64url without padding, big-endian:
 * in 2.x `dc u8, api_id u32, test u8, key 256, user_id u64, is_bot u8`; in 1.x without api_id; in the first 1.x user_id is u32.
 * In: the text, or a record. Out: the other. Never: an address, for which the format has no room.
 */
import type { SessionRecord } from '../account/record.ts';
import { FormatError } from './format-error.ts';
import { homeKey, KEY_SIZE, needed, plainRecord, readBytes, smallDc, base64Of } from './parts.ts';

/** What differs between the three: how many bytes api_id and user_id have. */
interface Layout {
  readonly apiId: 0 | 4;
  readonly userId: 4 | 8;
}

/** Ids of users are below this ("Peer ids" of the API): a check by which texts of other formats are refused. */
const MAX_USER = 2n ** 52n;

const NOW: Layout = { apiId: 4, userId: 8 };
const BEFORE: Layout = { apiId: 0, userId: 8 };
const FIRST: Layout = { apiId: 0, userId: 4 };

/** Reads the format of 2.x. @throws FormatError */
export const readPyrogram = (text: string): SessionRecord => read(text, NOW);
/** Reads the format of 1.x with 64-bit user ids, 356 characters. @throws FormatError */
export const readPyrogramOld = (text: string): SessionRecord => read(text, BEFORE);
/** Reads the format of 1.x with 32-bit user ids, 351 characters. @throws FormatError */
export const readPyrogramOldest = (text: string): SessionRecord => read(text, FIRST);
/** Writes the format of 2.x. @throws FormatError without a key, an api_id or a user id */
export const writePyrogram = (record: SessionRecord): string => write(record, NOW);
/** Writes the format of 1.x with 64-bit user ids. @throws FormatError without a key or a user id */
export const writePyrogramOld = (record: SessionRecord): string => write(record, BEFORE);
/** Writes the format of 1.x with 32-bit user ids. @throws FormatError without a key, or for a larger user id */
export const writePyrogramOldest = (record: SessionRecord): string => write(record, FIRST);

function read(text: string, { apiId, userId }: Layout): SessionRecord {
  return readBytes(text, (bytes) => {
    if (bytes.length !== 3 + apiId + KEY_SIZE + userId)
      throw new FormatError('it is not as long as a Pyrogram string of that kind');
    const at = 2 + apiId + KEY_SIZE;
    const user = userId === 8 ? bytes.readBigUInt64BE(at) : BigInt(bytes.readUInt32BE(at));
    const api = apiId === 4 ? bytes.readUInt32BE(1) : 0;
    if (user >= MAX_USER || api >= 2 ** 31) throw new FormatError('a number in it is too large');
    return plainRecord({
      dc: bytes[0]!,
      test: booleanOf(bytes[1 + apiId]!),
      key: bytes.subarray(2 + apiId, at),
      // Programs write 0 for a user id that they do not know.
      userId: user === 0n ? undefined : user,
      isBot: booleanOf(bytes[at + userId]!),
      apiId: api === 0 ? undefined : api,
    });
  });
}

function booleanOf(byte: number): boolean {
  if (byte > 1) throw new FormatError('a yes or no in it is neither');
  return byte === 1;
}

function write(record: SessionRecord, { apiId, userId }: Layout): string {
  const api = Buffer.alloc(apiId);
  if (apiId === 4) api.writeUInt32BE(needed(record.apiId, 'an api_id', '--api-id'));
  const id = needed(record.userId, 'the id of the user', '--user-id');
  if (id >= (userId === 4 ? 2n ** 32n : MAX_USER))
    throw new FormatError('this format has no room for so large a user id');
  const user = Buffer.alloc(8);
  user.writeBigUInt64BE(id);
  return base64Of(
    'base64url',
    Buffer.of(smallDc(record)),
    api,
    Buffer.of(record.test ? 1 : 0),
    homeKey(record),
    user.subarray(8 - userId),
    Buffer.of(record.isBot ? 1 : 0),
  );
}
