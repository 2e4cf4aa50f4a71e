/**
 * Seal: one row of the vault, sealed so that it opens only as the kind and name it was sealed as, and can be found in a damaged
 * file by its first bytes.
 * In: the data key, kind, name, body. Out: bytes, and back. Never: a nonce used twice; a body whose tag is wrong.
 *
 * `"mj2j-row" | kind u8 | 0 u8 | name length u16 | body length u32 | seq f64 | name | nonce 12 | AES-256-GCM body | tag 16`.
 * The associated data are the format's name and version, then all before the nonce: a row that is moved to another name or kind
 * does not open. `seq` counts the versions of a row.
 */
import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  type DecipherGCM,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';

/** What a row is about. */
export const RowKind = {
  /** A session record. */
  RECORD: 1,
  /** In place of a removed record: a rebuild, which finds old versions too, knows by it that the record was removed. */
  REMOVED: 2,
  /** The process that has a name. */
  OWNER: 3,
  /** How others see that a process lives. */
  PROCESS: 4,
  /** A process asks the owner of a name to release it. */
  REQUEST: 5,
  /** What became of a request with an idempotency key; its `seq` is when that was written, Unix ms. */
  OUTCOME: 6,
} as const;

/** What stands before the nonce of a row. */
export interface RowHead {
  readonly kind: number;
  readonly name: string;
  /** Length of the body, bytes. */
  readonly bodyLength: number;
  readonly seq: number;
}

/** Version of the vault's files; a higher one is refused. */
export const FORMAT_VERSION = 1;
/** The first 8 bytes of every row. */
export const ROW_MAGIC = Buffer.from('mj2j-row');
/** Bytes of a row before its name. */
const FIXED = 24;
/** Bytes of the nonce and of the tag of AES-GCM. */
const NONCE = 12;
const TAG = 16;
/** Bytes that a body has at most; a record has some 2 kB. */
const LARGEST = 1 << 24;
const FORMAT = Buffer.from(`mtproto2json vault ${FORMAT_VERSION}\n`);

/** A new row. @param kind of `RowKind` @throws RangeError for a body above 16 MiB */
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
  addHead(cipher, row.subarray(0, headLength));
  cipher.update(body).copy(row, headLength + NONCE);
  cipher.final();
  cipher.getAuthTag().copy(row, row.length - TAG);
  return row;
}

/** Binds the body to the format and to what stands before the nonce. */
function addHead(cipher: CipherGCM | DecipherGCM, head: Buffer): void {
  cipher.setAAD(FORMAT);
  cipher.setAAD(head);
}

/** The head of the row that begins with these bytes, proved by nothing; undefined if no row begins with them. */
export function headOf(bytes: Buffer): RowHead | undefined {
  if (bytes.length < FIXED || !bytes.subarray(0, 8).equals(ROW_MAGIC)) return undefined;
  const bodyLength = bytes.readUInt32LE(12);
  const nameLength = bytes.readUInt16LE(10);
  if (bodyLength > LARGEST || FIXED + nameLength > bytes.length) return undefined;
  const name = bytes.toString('utf8', FIXED, FIXED + nameLength);
  return { kind: bytes.readUInt8(8), name, bodyLength, seq: bytes.readDoubleLE(16) };
}

/** Length of the row that begins with these bytes, bytes. */
export function rowLength(bytes: Buffer): number {
  return FIXED + bytes.readUInt16LE(10) + NONCE + bytes.readUInt32LE(12) + TAG;
}

/** The body of the row that `bytes` are; undefined if a bit is not as it was sealed, or the data key is another. */
export function openRow(key: KeyObject, bytes: Buffer): Buffer | undefined {
  if (headOf(bytes) === undefined || rowLength(bytes) !== bytes.length) return undefined;
  const headLength = FIXED + bytes.readUInt16LE(10);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(headLength, headLength + NONCE));
  addHead(decipher, bytes.subarray(0, headLength));
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
