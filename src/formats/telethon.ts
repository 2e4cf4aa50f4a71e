/**
 * Telethon's StringSession (protocol: Session formats): `1`, then padded base64url of `dc u8, address 4 or 16, port u16 BE, key 256`.
 * In: the text, or a record. Out: the other. Never: the user or the environment, for which the format has no room; the address tells the
 * environment.
 */
import type { SessionRecord } from '../account/record.ts';
import { addressText, parseAddress } from '../address/address.ts';
import { FormatError } from './format-error.ts';
import {
  homeKey,
  isTestHost,
  serverAddress,
  plainRecord,
  readBytes,
  smallDc,
  base64Of,
  uint16,
  type Hints,
} from './parts.ts';

const V4_SIZE = 263;
const V6_SIZE = 275;

/** Reads a Telethon string. @throws FormatError */
export function readTelethon(text: string, { test }: Hints = {}): SessionRecord {
  if (!text.startsWith('1')) throw new FormatError('a Telethon string begins with 1');
  return readBytes(text.slice(1), (bytes) => {
    if (bytes.length !== V4_SIZE && bytes.length !== V6_SIZE)
      throw new FormatError('it is not as long as a Telethon string');
    if (isLengthAndName(bytes)) throw new FormatError('this is a gramjs string');
    const at = bytes.length - 258;
    // Telethon may write an IPv4 address as an IPv6 one (`::ffff:`).
    const host = addressText(parseAddress(addressText(bytes.subarray(1, at)))!);
    return plainRecord({
      dc: bytes[0]!,
      test: test ?? isTestHost(host),
      host,
      port: bytes.readUInt16BE(at),
      key: bytes.subarray(at + 2),
    });
  });
}

/**
 * Whether these bytes are a gramjs string: with an address of 14 characters it is as long as a Telethon string with IPv6. Read as IPv6
 * its address would be in `0:0e30::/24`, which is assigned to nobody.
 */
function isLengthAndName(bytes: Buffer): boolean {
  const length = bytes.length - 261;
  return bytes.readUInt16BE(1) === length && /^[\w.:-]+$/.test(bytes.toString('latin1', 3, 3 + length));
}

/** Writes a Telethon string. @throws FormatError without a key, or for a server whose address is a name */
export function writeTelethon(record: SessionRecord): string {
  const { host, port } = serverAddress(record);
  const address = parseAddress(host);
  if (address === undefined) throw new FormatError('this format holds addresses, and this server has a name');
  return `1${padded(base64Of('base64url', Buffer.of(smallDc(record)), address, uint16(port), homeKey(record)))}`;
}

function padded(text: string): string {
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}
