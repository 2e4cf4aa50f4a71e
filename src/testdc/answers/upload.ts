/**
 * Answers of `upload.*` with the rules of mtproto.md 2.20.
 * Every location names a file whose bytes follow from its id, so that a client can check what it got.
 */
import { RpcError } from '../rpc-error.ts';
import type { TlObject } from '../tl-value.ts';
import type { Answer, Call } from './call.ts';

const MEGABYTE = 1_048_576;
const LARGEST_PART = 524_288;
/** Parts of one file, at most (8000 for premium). */
const MOST_PARTS = 8_000;

/** Size of the file a location names: a photo is small, a document is large. */
export const PHOTO_SIZE = 200_000;
export const DOCUMENT_SIZE = 64 * MEGABYTE;

/** Bytes `offset … offset + length` of a file: byte i is `(i * 31 + (i >> 10) * 7 + id) & 255`. */
export function fileBytes(id: bigint, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  const start = Number(id & 0xffn);
  for (let i = 0; i < length; i++) {
    const at = offset + i;
    bytes[i] = at * 31 + (at >> 10) * 7 + start;
  }
  return bytes;
}

// Bodies of parts asked for again and again, so that a bench measures the client and not this loop.
const parts = new Map<string, Buffer>();
const MOST_CACHED = 256;

function cached(id: bigint, offset: number, length: number): Buffer {
  const name = `${id & 0xffn} ${offset} ${length}`;
  let bytes = parts.get(name);
  if (bytes === undefined) {
    if (parts.size >= MOST_CACHED) parts.clear();
    parts.set(name, (bytes = fileBytes(id, offset, length)));
  }
  return bytes;
}

const SIZES: Readonly<Record<string, number>> = {
  inputPhotoFileLocation: PHOTO_SIZE,
  inputPeerPhotoFileLocation: PHOTO_SIZE,
  inputDocumentFileLocation: DOCUMENT_SIZE,
};

function getFile(call: Call): TlObject {
  const { args } = call;
  const location = args['location'] as TlObject;
  const size = SIZES[location._];
  if (size === undefined) throw new RpcError(400, 'LOCATION_INVALID');
  const limit = args['limit'] as number;
  const offset = checkRange(args['offset'] as bigint, limit, args['precise'] === true);
  const id = (location['id'] ?? location['photo_id']) as bigint;
  const bytes = offset >= size ? Buffer.alloc(0) : cached(id, offset, Math.min(limit, size - offset));
  const type = size === PHOTO_SIZE ? 'storage.fileJpeg' : 'storage.filePartial';
  return { _: 'upload.file', type: { _: type }, mtime: 1_700_000_000, bytes };
}

/** Multiples of 4 KiB that divide a megabyte, in one megabyte; with `precise` multiples of 1 KiB up to a megabyte. */
function checkRange(offset: bigint, limit: number, isPrecise: boolean): number {
  const step = isPrecise ? 1024 : 4096;
  if (limit <= 0 || limit % step !== 0 || limit > MEGABYTE) throw new RpcError(400, 'LIMIT_INVALID');
  if (offset < 0n || offset % BigInt(step) !== 0n || offset > 0x7fffffffffn) throw new RpcError(400, 'OFFSET_INVALID');
  const start = Number(offset);
  if (!isPrecise && MEGABYTE % limit !== 0) throw new RpcError(400, 'LIMIT_INVALID');
  if (Math.floor(start / MEGABYTE) !== Math.floor((start + limit - 1) / MEGABYTE))
    throw new RpcError(400, 'LIMIT_INVALID');
  return start;
}

/** Part sizes of files being uploaded, by account and file. The bytes themselves are not kept. */
const uploads = new WeakMap<object, Map<string, number[]>>();
const MOST_UPLOADS = 1_000;

function savePart(call: Call): boolean {
  const { args } = call;
  const part = args['file_part'] as number;
  const { length } = args['bytes'] as Buffer;
  const total = args['file_total_parts'] as number | undefined;
  if (part < 0 || part >= MOST_PARTS) throw new RpcError(400, 'FILE_PART_INVALID');
  if (total !== undefined && (total < -1 || total === 0 || total > MOST_PARTS))
    throw new RpcError(400, 'FILE_PARTS_INVALID');
  if (length === 0) throw new RpcError(400, 'FILE_PART_EMPTY');
  if (length > LARGEST_PART) throw new RpcError(400, 'FILE_PART_TOO_BIG');
  checkPartSize(partsOf(call, args['file_id'] as bigint), part, length, total);
  return true;
}

function partsOf(call: Call, fileId: bigint): number[] {
  let table = uploads.get(call.world);
  if (table === undefined) uploads.set(call.world, (table = new Map()));
  const name = `${call.session.key.userId} ${fileId}`;
  let sizes = table.get(name);
  if (sizes === undefined) table.set(name, (sizes = []));
  if (table.size > MOST_UPLOADS) table.delete(table.keys().next().value!);
  return sizes;
}

/** All parts but the last have one size, which 512 KiB is a multiple of. */
function checkPartSize(sizes: number[], part: number, length: number, total: number | undefined): void {
  const isLast = total !== undefined && total > 0 && part === total - 1;
  if (!isLast && total !== undefined && (length % 1024 !== 0 || LARGEST_PART % length !== 0))
    throw new RpcError(400, 'FILE_PART_SIZE_INVALID');
  const before = sizes.find((size, other) => size !== undefined && other < part);
  if (before !== undefined && length > before) throw new RpcError(400, 'FILE_PART_SIZE_CHANGED');
  sizes[part] = length;
}

export const uploadAnswers: Readonly<Record<string, Answer>> = {
  'upload.getFile': getFile,
  'upload.saveFilePart': savePart,
  'upload.saveBigFilePart': savePart,
};
