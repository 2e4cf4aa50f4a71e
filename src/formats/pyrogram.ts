/**
 * Pyrogram's session strings (protocol: Session formats), base64url without padding, big-endian:
 * now `dc u8, api_id u32, test u8, key 256, user_id u64, is_bot u8`; before without api_id; first with user_id u32.
 * In: the text, or a record. Out: the other. Never: an address: the format has no room.
 */
import type { SessionRecord } from '../account/record.ts';
import { FormatError } from './format-error.ts';
import { homeKey, KEY_SIZE, needed, plainRecord, readBytes, smallDc, base64Of } from './parts.ts';

/** Which of the three: bytes of api_id and of user_id. */
interface Layout {
  readonly apiId: 0 | 4;
  readonly userId: 4 | 8;
}

/** Ids of users have at most 52 bits ("Peer ids" of the API); the only check these formats allow. */
const MAX_USER = 2n ** 52n;

const NOW: Layout = { apiId: 4, userId: 8 };
const BEFORE: Layout = { apiId: 0, userId: 8 };
const FIRST: Layout = { apiId: 0, userId: 4 };

/** The format that 2.x reads and writes. */
export const readPyrogram = (text: string): SessionRecord => read(text, NOW);
/** The format of 1.x from 64-bit user ids on; of 356 characters. */
export const readPyrogramOld = (text: string): SessionRecord => read(text, BEFORE);
/** The format of 1.x before that; of 351 characters. */
export const readPyrogramOldest = (text: string): SessionRecord => read(text, FIRST);
export const writePyrogram = (record: SessionRecord): string => write(record, NOW);
export const writePyrogramOld = (record: SessionRecord): string => write(record, BEFORE);
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
      test: truth(bytes[1 + apiId]!),
      key: bytes.subarray(2 + apiId, at),
      // 0 is how one writes that it is not known.
      userId: user === 0n ? undefined : user,
      isBot: truth(bytes[at + userId]!),
      apiId: api === 0 ? undefined : api,
    });
  });
}

function truth(byte: number): boolean {
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
