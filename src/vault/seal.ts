/**
 * Seal: one row of the vault, sealed so that it can only be read as what it is, and found again in a damaged file.
 * In: the data key, what the row is, its body. Out: bytes, and back. Never: a nonce used twice; a body whose tag is wrong.
 *
 * `"mj2j-row" | kind u8 | 0 u8 | name length u16 | body length u32 | seq f64 | name | nonce 12 | AES-256-GCM body | tag 16`.
 * All before the nonce is associated data, after the format's name and version: a row moved to another name, or taken for
 * one of another kind, does not open. `seq` counts the versions of a row.
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto';

export const Kind = {
  /** A session record. */
  RECORD: 1,
  /** A record that was removed: so that a search of a damaged file does not find it again. */
  GONE: 2,
  /** Who has a name. */
  OWNER: 3,
  /** A process that has names. */
  PROCESS: 4,
  /** A process that asks for a name. */
  WISH: 5,
} as const;

export interface Head {
  readonly kind: number;
  readonly name: string;
  /** Bytes. */
  readonly bodyLength: number;
  readonly seq: number;
}

export const FORMAT_VERSION = 1;
/** Stands at the front of every row. */
export const ROW_MAGIC = Buffer.from('mj2j-row');
const FIXED = 24;
const NONCE = 12;
const TAG = 16;
/** No row is larger: a record is some 2 kB. */
const LARGEST = 1 << 24;
const FORMAT = Buffer.from(`mtproto2json vault ${FORMAT_VERSION}\n`);

/** @param kind of `Kind` @returns a block of its own */
export function sealRow(key: KeyObject, kind: number, name: string, seq: number, body: Uint8Array): Buffer {
  const nameBytes = Buffer.from(name);
  if (body.length > LARGEST) throw new RangeError('a row of the vault holds at most 16 MiB');
  const headLength = FIXED + nameBytes.length;
  const row = Buffer.alloc(headLength + NONCE + body.length + TAG);
  ROW_MAGIC.copy(row);
  row.writeUInt8(kind, 8);
  row.writeUInt16LE(nameBytes.length, 10);
  row.writeUInt32LE(body.length, 12);
  row.writeDoubleLE(seq, 16);
  nameBytes.copy(row, FIXED);
  const nonce = row.subarray(headLength, headLength + NONCE);
  randomFillSync(nonce);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(FORMAT).setAAD(row.subarray(0, headLength));
  cipher.update(body).copy(row, headLength + NONCE);
  cipher.final();
  cipher.getAuthTag().copy(row, row.length - TAG);
  return row;
}

/** What a row says it is, whether it opens or not; undefined if these are not the first bytes of one. */
export function headOf(bytes: Buffer): Head | undefined {
  if (bytes.length < FIXED || !bytes.subarray(0, 8).equals(ROW_MAGIC)) return undefined;
  const bodyLength = bytes.readUInt32LE(12);
  const nameLength = bytes.readUInt16LE(10);
  if (bodyLength > LARGEST || FIXED + nameLength > bytes.length) return undefined;
  const name = bytes.toString('utf8', FIXED, FIXED + nameLength);
  return { kind: bytes.readUInt8(8), name, bodyLength, seq: bytes.readDoubleLE(16) };
}

/** How long the row is that begins with these bytes. */
export function rowLength(bytes: Buffer): number {
  return FIXED + bytes.readUInt16LE(10) + NONCE + bytes.readUInt32LE(12) + TAG;
}

/** The body of a row, which is all of `bytes`; undefined if a bit of it is not what was sealed, or the key another. */
export function openRow(key: KeyObject, bytes: Buffer): Buffer | undefined {
  if (headOf(bytes) === undefined || rowLength(bytes) !== bytes.length) return undefined;
  const headLength = FIXED + bytes.readUInt16LE(10);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(headLength, headLength + NONCE));
  decipher.setAAD(FORMAT).setAAD(bytes.subarray(0, headLength));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
  const body = decipher.update(bytes.subarray(headLength + NONCE, bytes.length - TAG));
  try {
    decipher.final();
    return body;
  } catch {
    body.fill(0);
    return undefined;
  }
}
