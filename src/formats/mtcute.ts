/**
 * mtcute's session string, version 3 (protocol: Session formats): base64url of `3 u8, flags int, dc bytes, [media dc bytes],
 * [user_id int53, is_bot Bool], key bytes`, where a dc is TL bytes of `2 u8, id u8, flags u8, address string, port int`.
 * In: the text, or a record. Out: the other. Never: the address of the media data centre: the gateway has its own list.
 */
import type { SessionRecord } from '../account/record.ts';
import type { Reader } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';
import { FormatError } from './format-error.ts';
import { homeKey, hostText, serverAddress, plainRecord, readBytes, readTl, smallDc, base64Of } from './parts.ts';

const VERSION = 3;
const Flag = { SELF: 1, OLD_TEST: 2, MEDIA: 4 } as const;
const DcFlag = { IPV6: 1, MEDIA_ONLY: 2, TEST: 4 } as const;
/** Constructors of Bool. */
const TRUE = 0x997275b5;
const FALSE = 0xbc799737;

/** Reads an mtcute string. @throws FormatError */
export function readMtcute(text: string): SessionRecord {
  return readBytes(text, (bytes) => {
    if (bytes[0] !== VERSION) throw new FormatError('this is no mtcute string of version 3');
    return readTl(bytes.subarray(1), readFields);
  });
}

function readFields(r: Reader): SessionRecord {
  const flags = r.int32();
  if ((flags & ~(Flag.SELF | Flag.OLD_TEST | Flag.MEDIA)) !== 0) throw new FormatError('it has flags nobody knows');
  const main = readTl(r.view(), readDc);
  if ((flags & Flag.MEDIA) !== 0) readTl(r.view(), readDc);
  const hasSelf = (flags & Flag.SELF) !== 0;
  const userId = hasSelf ? r.bigInt64() : undefined;
  const isBot = hasSelf && bool(r);
  if (userId !== undefined && userId < 0n) throw new FormatError('the user id in it is none');
  const key = r.view();
  return plainRecord({ ...main, test: main.test || (flags & Flag.OLD_TEST) !== 0, key, userId, isBot });
}

/** The address of a data centre. Version 1 of it has no flag for test data centres. */
function readDc(r: Reader): { dc: number; test: boolean; host: string; port: number } {
  const [version, dc, flags] = r.raw(3) as unknown as [number, number, number];
  if (version !== 1 && version !== 2) throw new FormatError('its data centre is of a version nobody knows');
  const host = hostText(Buffer.from(r.view()).toString('latin1'));
  const port = r.int32();
  if (port < 0 || port > 65_535) throw new FormatError('the port in it is none');
  return { dc, test: version === 2 && (flags & DcFlag.TEST) !== 0, host, port };
}

function bool(r: Reader): boolean {
  const id = r.uint32();
  if (id !== TRUE && id !== FALSE) throw new FormatError('a yes or no in it is neither');
  return id === TRUE;
}

/** Writes an mtcute string. @throws FormatError without a key */
export function writeMtcute(record: SessionRecord): string {
  const { host, port } = serverAddress(record);
  const dc = new Writer(64);
  for (const byte of [2, smallDc(record), (host.includes(':') ? DcFlag.IPV6 : 0) | (record.test ? DcFlag.TEST : 0)])
    dc.byte(byte);
  dc.string(Buffer.from(host));
  dc.int32(port);
  const out = new Writer(512);
  out.byte(VERSION);
  out.int32(record.userId === undefined ? 0 : Flag.SELF);
  out.string(dc.written());
  if (record.userId !== undefined) {
    out.bigInt64(record.userId);
    out.int32((record.isBot ? TRUE : FALSE) | 0);
  }
  out.string(homeKey(record));
  const bytes = out.written();
  const text = base64Of('base64url', bytes);
  bytes.fill(0);
  return text;
}
