/**
 * gramjs's StringSession (protocol: Session formats): `1`, then base64 of `dc u8, length u16 BE, address, port u16 BE, key 256`.
 * In: the text, or a record. Out: the other. Never: the user or the environment, for which the format has no room; the address tells the
 * environment.
 */
import type { SessionRecord } from '../account/record.ts';
import { FormatError } from './format-error.ts';
import {
  homeKey,
  hostText,
  isTestHost,
  serverAddress,
  plainRecord,
  readBytes,
  smallDc,
  base64Of,
  uint16,
  type Hints,
} from './parts.ts';

/** Bytes of a string without its address. */
const FIXED = 261;

/** Reads a gramjs string. @throws FormatError */
export function readGramjs(text: string, { test }: Hints = {}): SessionRecord {
  if (!text.startsWith('1')) throw new FormatError('a gramjs string begins with 1');
  return readBytes(text.slice(1), (bytes) => {
    const length = bytes.length - FIXED;
    if (length < 1 || length > 255 || bytes.readUInt16BE(1) !== length)
      throw new FormatError('it is not as long as a gramjs string');
    const host = hostText(bytes.toString('latin1', 3, 3 + length));
    const at = 3 + length;
    return plainRecord({
      dc: bytes[0]!,
      test: test ?? isTestHost(host),
      host,
      port: bytes.readUInt16BE(at),
      key: bytes.subarray(at + 2),
    });
  });
}

/** Writes a gramjs string. @throws FormatError without a key */
export function writeGramjs(record: SessionRecord): string {
  const { host, port } = serverAddress(record);
  const name = Buffer.from(host);
  return `1${base64Of('base64', Buffer.of(smallDc(record)), uint16(name.length), name, uint16(port), homeKey(record))}`;
}
