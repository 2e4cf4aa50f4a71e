/**
 * Answers of `upload.*` with the rules of protocol: Files.
 * In: locations, parts. Out: bytes, whole files. Never: a location without a file: it names one that was uploaded, or one
 * whose bytes follow from its id, so that a client can check what it got.
 */
import { createHash } from 'node:crypto';
import type { Canned } from '../tl/canned.ts';
import { random, randomLong } from '../env.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { StoredFile } from '../world/files.ts';
import type { MethodAnswer, Call } from './call.ts';
import { stay } from './migrate.ts';

const MEGABYTE = 1_048_576;
const LARGEST_PART = 524_288;
/** Parts of one file, at most: as many as a premium user may send. */
const MOST_PARTS = 8_000;

/** Bytes of a photo that was not uploaded. */
export const PHOTO_SIZE = 200_000;
/** Bytes of a document that was not uploaded. */
export const DOCUMENT_SIZE = 64 * MEGABYTE;

/** Bytes [offset, offset + length) of a file that was not uploaded: byte i is `(i * 31 + (i >> 10) * 7 + id) & 255`. */
export function fileBytes(id: bigint, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  const start = Number(id & 0xffn);
  for (let i = 0; i < length; i++) {
    const at = offset + i;
    bytes[i] = at * 31 + (at >> 10) * 7 + start;
  }
  return bytes;
}

/** `DC`, the upper bytes of a file id that names a home: the DC's number follows. */
const LIVES_AT = 0x4443n;

/** The id of the nth file whose home is a DC; files of other ids are at home everywhere. */
export function fileAt(dcId: number, n: number): bigint {
  return (LIVES_AT << 40n) | (BigInt(dcId) << 24n) | BigInt(n);
}

function homeOf(id: bigint): number | undefined {
  return id >> 40n === LIVES_AT ? Number((id >> 24n) & 0xffffn) : undefined;
}

const SIZES: Readonly<Record<string, number>> = {
  inputPhotoFileLocation: PHOTO_SIZE,
  inputPeerPhotoFileLocation: PHOTO_SIZE,
  inputDocumentFileLocation: DOCUMENT_SIZE,
};

function getFile(call: Call): TlObject | Canned {
  const { args } = call;
  const location = args['location'] as TlObject;
  const size = SIZES[location._];
  if (size === undefined) throw new DcRpcError(400, 'LOCATION_INVALID');
  const id = (location['id'] ?? location['photo_id']) as bigint;
  const stored = call.world.files.get(id);
  stay(call, 'FILE', String(id), stored?.dcId ?? homeOf(id));
  const limit = args['limit'] as number;
  const offset = checkRange(args['offset'] as bigint, limit, args['precise'] === true);
  if (stored !== undefined) return fileObject(size, partOfStored(stored, location, offset, limit));
  const length = Math.max(0, Math.min(limit, size - offset));
  const name = `${id & 0xffn} ${offset} ${length} ${size}`;
  return call.world.files.parts.get(name, '', () => fileObject(size, fileBytes(id, offset, length)));
}

function fileObject(size: number, bytes: Buffer): TlObject {
  const type = size === PHOTO_SIZE ? 'storage.fileJpeg' : 'storage.filePartial';
  return { _: 'upload.file', type: { _: type }, mtime: 1_700_000_000, bytes };
}

function partOfStored(file: StoredFile, location: TlObject, offset: number, limit: number): Buffer {
  if (location['access_hash'] !== file.accessHash) throw new DcRpcError(400, 'LOCATION_INVALID');
  if (!file.reference.equals(location['file_reference'] as Uint8Array))
    throw new DcRpcError(400, 'FILE_REFERENCE_INVALID');
  return file.bytes.subarray(offset, offset + limit);
}

/** Checks a range, and returns the offset: limit a multiple of 4 KiB that divides a megabyte, or with `precise` of 1 KiB; within one megabyte. @throws DcRpcError */
function checkRange(offset: bigint, limit: number, isPrecise: boolean): number {
  const step = isPrecise ? 1024 : 4096;
  if (limit <= 0 || limit % step !== 0 || limit > MEGABYTE) throw new DcRpcError(400, 'LIMIT_INVALID');
  if (offset < 0n || offset % BigInt(step) !== 0n || offset > 0x7fffffffffn)
    throw new DcRpcError(400, 'OFFSET_INVALID');
  const start = Number(offset);
  if (!isPrecise && MEGABYTE % limit !== 0) throw new DcRpcError(400, 'LIMIT_INVALID');
  if (Math.floor(start / MEGABYTE) !== Math.floor((start + limit - 1) / MEGABYTE))
    throw new DcRpcError(400, 'LIMIT_INVALID');
  return start;
}

/** An upload's name: account and file id. */
function uploadName(call: Call, fileId: bigint): string {
  return `${call.session.key.userId} ${fileId}`;
}

function savePart(call: Call): boolean {
  const { args } = call;
  const part = args['file_part'] as number;
  const bytes = args['bytes'] as Buffer;
  const total = args['file_total_parts'] as number | undefined;
  if (part < 0 || part >= MOST_PARTS) throw new DcRpcError(400, 'FILE_PART_INVALID');
  if (total !== undefined && (total < -1 || total === 0 || total > MOST_PARTS))
    throw new DcRpcError(400, 'FILE_PARTS_INVALID');
  if (bytes.length === 0) throw new DcRpcError(400, 'FILE_PART_EMPTY');
  if (bytes.length > LARGEST_PART) throw new DcRpcError(400, 'FILE_PART_TOO_BIG');
  const name = uploadName(call, args['file_id'] as bigint);
  checkPartSize(call.world.files.upload(name).parts, part, bytes.length, total);
  call.world.files.put(name, part, bytes);
  return true;
}

/** Checks a part's size: all but the last have one size, which divides 512 KiB. @throws DcRpcError */
function checkPartSize(parts: readonly Buffer[], part: number, length: number, total: number | undefined): void {
  const isLast = total !== undefined && total > 0 && part === total - 1;
  if (!isLast && total !== undefined && (length % 1024 !== 0 || LARGEST_PART % length !== 0))
    throw new DcRpcError(400, 'FILE_PART_SIZE_INVALID');
  const before = parts.find((one, other) => one !== undefined && other < part);
  if (before !== undefined && length > before.length) throw new DcRpcError(400, 'FILE_PART_SIZE_CHANGED');
}

/** Makes a file of a complete upload, at home at the DC it was uploaded to. @throws DcRpcError */
export function finish(call: Call, file: TlObject): StoredFile {
  const { files, env } = call.world;
  const name = uploadName(call, file['id'] as bigint);
  const { parts } = files.upload(name);
  const count = file['parts'] as number;
  if (count < 1 || parts.length > count) throw new DcRpcError(400, 'FILE_PARTS_INVALID');
  for (let part = 0; part < count; part++)
    if (parts[part] === undefined) throw new DcRpcError(400, `FILE_PART_${part}_MISSING`);
  const md5 = file['md5_checksum'] as string | undefined;
  if (md5 !== undefined && md5 !== '' && md5 !== md5Of(parts)) throw new DcRpcError(400, 'MD5_CHECKSUM_INVALID');
  return files.finish(name, (bytes) => ({
    id: randomLong(env),
    accessHash: randomLong(env),
    reference: random(env, 24),
    bytes,
    dcId: call.dcId,
  }));
}

function md5Of(parts: readonly Buffer[]): string {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

export const uploadAnswers: Readonly<Record<string, MethodAnswer>> = {
  'upload.getFile': getFile,
  'upload.saveFilePart': savePart,
  'upload.saveBigFilePart': savePart,
};
