/**
 * MTKruto's auth strings: base64url of `dc string (-test behind it for test), key bytes, api_id int, is_bot u8,
 * user_id long`, TL, with runs of zero bytes as `0, count`. In older versions the string ends with the key (protocol: Session formats).
 * In: the text, or a record. Out: the other. Never: an address, for which the format has no room.
 */
import type { SessionRecord } from '../account/record.ts';
import type { Reader } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';
import { FormatError } from './format-error.ts';
import { homeKey, needed, plainRecord, readBytes, readTl, base64Of } from './parts.ts';

const TEST_SUFFIX = '-test';
/** Bytes that an unpacked string has at most; some 290 are usual. */
const MAX_UNPACKED = 512;

/** Reads an MTKruto string. @throws FormatError */
export function readMtkruto(text: string): SessionRecord {
  return readPacked(text, (r) => {
    const { dc, test, key } = readHome(r);
    const apiId = r.int32();
    const bot = r.raw(1)[0]!;
    const userId = r.bigInt64();
    if (bot > 1 || userId < 0n || apiId < 0) throw new FormatError('a number in it is none');
    return plainRecord({
      dc,
      test,
      key,
      apiId: apiId === 0 ? undefined : apiId,
      userId: userId === 0n ? undefined : userId,
      isBot: bot === 1,
    });
  });
}

/** Reads a string of older versions, which has no account. @throws FormatError */
export function readMtkrutoOld(text: string): SessionRecord {
  return readPacked(text, (r) => plainRecord(readHome(r)));
}

function readPacked(text: string, read: (r: Reader) => SessionRecord): SessionRecord {
  return readBytes(text, (packed) => {
    const bytes = unpack(packed);
    try {
      return readTl(bytes, read);
    } finally {
      bytes.fill(0);
    }
  });
}

function readHome(r: Reader): { dc: number; test: boolean; key: Uint8Array } {
  const [, digits, suffix] = /^([1-9]\d{0,2})(-test)?$/.exec(Buffer.from(r.view()).toString('latin1')) ?? [];
  if (digits === undefined) throw new FormatError('it names no data centre');
  return { dc: Number(digits), test: suffix !== undefined, key: r.view() };
}

/** Writes an MTKruto string. @throws FormatError without a key, an api_id or a user id */
export function writeMtkruto(record: SessionRecord): string {
  const out = homeOf(record);
  out.int32(needed(record.apiId, 'an api_id', '--api-id'));
  out.byte(record.isBot ? 1 : 0);
  out.bigInt64(needed(record.userId, 'the id of the user', '--user-id'));
  return packedText(out);
}

/** Writes a string for older versions, without the account. @throws FormatError without a key */
export function writeMtkrutoOld(record: SessionRecord): string {
  return packedText(homeOf(record));
}

function homeOf(record: SessionRecord): Writer {
  const out = new Writer(512);
  out.string(Buffer.from(`${record.dc}${record.test ? TEST_SUFFIX : ''}`));
  out.string(homeKey(record));
  return out;
}

function packedText(out: Writer): string {
  const bytes = out.written();
  const packed = pack(bytes);
  const text = base64Of('base64url', packed);
  bytes.fill(0);
  packed.fill(0);
  return text;
}

/** Runs of zero bytes, at most 255 long, become a zero byte and their length. */
function pack(bytes: Uint8Array): Buffer {
  const out = Buffer.alloc(bytes.length * 2);
  let length = 0;
  for (let i = 0; i < bytes.length;) {
    if (bytes[i] !== 0) out[length++] = bytes[i++]!;
    else {
      const from = i;
      while (i < bytes.length && bytes[i] === 0 && i - from < 255) i++;
      out[length++] = 0;
      out[length++] = i - from;
    }
  }
  return out.subarray(0, length);
}

function unpack(packed: Uint8Array): Buffer {
  const out = Buffer.alloc(MAX_UNPACKED);
  let length = 0;
  for (let i = 0; i < packed.length; i++) {
    if (packed[i] !== 0) out[length++] = packed[i]!;
    else {
      const run = packed[++i];
      if (run === undefined || run === 0) throw new FormatError('it is cut off or changed');
      length += run;
    }
    if (length > MAX_UNPACKED) throw new FormatError('it is longer than it should be');
  }
  return out.subarray(0, length);
}
