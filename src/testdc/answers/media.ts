/**
 * `messages.sendMedia`, `sendMultiMedia` and `uploadMedia`, with files just uploaded or sent before.
 * In: `InputMedia`. Out: `MessageMedia` whose file can be downloaded, or a DcRpcError. Never: the bytes; `files.ts` keeps them.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import { randomLong } from '../env.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { StoredFile } from '../world/files.ts';
import type { MethodAnswer, Call } from './call.ts';
import { caption, contentOf } from './content.ts';
import { inputPeer, self } from './peer.ts';
import { actor, answerTo, once, replyTo, send, writable } from './send.ts';
import { finish } from './upload.ts';

/** Messages in one album, at most. */
const LARGEST_ALBUM = 10;

function sendMedia(call: Call): TlObject {
  const { args, world } = call;
  const peer = writable(call, args['peer'] as TlObject);
  const text = caption(args['message'] as string);
  const content = { ...contentOf(call), media: mediaOf(call, args['media'] as TlObject) };
  once(call, args['random_id'] as bigint);
  if (text !== '') world.executed(text);
  return answerTo(call, [send(actor(call), { from: self(call), to: peer, content, replyTo: replyTo(call, peer) })]);
}

/** Sends an album: messages that share a `grouped_id`. */
function sendMultiMedia(call: Call): TlObject {
  const { args, world } = call;
  const peer = writable(call, args['peer'] as TlObject);
  const items = args['multi_media'] as TlObject[];
  if (items.length === 0) throw new DcRpcError(400, 'MULTI_MEDIA_EMPTY');
  if (items.length > LARGEST_ALBUM) throw new DcRpcError(400, 'MULTI_MEDIA_TOO_LONG');
  const grouped = randomLong(world.env);
  const contents = items.map((item): TlObject => {
    caption(item['message'] as string);
    const media = mediaOf(call, item['media'] as TlObject);
    return { ...contentOf({ ...call, args: { ...args, ...item } }), media, grouped_id: grouped };
  });
  const randomIds = items.map((item) => item['random_id'] as bigint);
  for (const id of randomIds) once(call, id);
  const from = self(call);
  const reply = replyTo(call, peer);
  const all = contents.map((content) => send(actor(call), { from, to: peer, content, replyTo: reply }));
  return answerTo(call, all, randomIds);
}

/** Makes media of an upload, and sends nothing. */
function uploadMedia(call: Call): TlObject {
  inputPeer(call, call.args['peer'] as TlObject);
  return mediaOf(call, call.args['media'] as TlObject);
}

/** The `MessageMedia` of an `InputMedia`. @throws DcRpcError */
export function mediaOf(call: Call, input: TlObject): TlObject {
  switch (input._) {
    case 'inputMediaUploadedDocument':
      return documentMedia(keep(call, input['file'] as TlObject, (file) => documentOf(call, file, input)));
    case 'inputMediaUploadedPhoto':
      return photoMedia(keep(call, input['file'] as TlObject, (file) => photoOf(call, file)));
    case 'inputMediaDocument':
      return documentMedia(again(call, input['id'] as TlObject, 'inputDocument'));
    case 'inputMediaPhoto':
      return photoMedia(again(call, input['id'] as TlObject, 'inputPhoto'));
    case 'inputMediaEmpty':
      throw new DcRpcError(400, 'MEDIA_EMPTY');
    case 'inputMediaContact':
      return contact(input);
    case 'inputMediaGeoPoint':
      return geo(input['geo_point'] as TlObject);
    default:
      throw new DcRpcError(400, 'MEDIA_INVALID');
  }
}

function documentMedia(document: TlObject): TlObject {
  return { _: 'messageMediaDocument', document };
}

function photoMedia(photo: TlObject): TlObject {
  return { _: 'messageMediaPhoto', photo };
}

/** Ends an upload, and keeps the document or photo that `make` makes of it. @throws DcRpcError */
function keep(call: Call, file: TlObject, make: (file: StoredFile) => TlObject): TlObject {
  if (file._ !== 'inputFile' && file._ !== 'inputFileBig') throw new DcRpcError(400, 'MEDIA_INVALID');
  const stored = finish(call, file);
  const made = make(stored);
  call.world.files.describe(stored.id, made);
  return made;
}

function documentOf(call: Call, { id, accessHash, reference, bytes, dcId }: StoredFile, input: TlObject): TlObject {
  const given = input['attributes'] as TlObject[];
  const name = (input['file'] as TlObject)['name'] as string;
  const isNamed = given.some((one) => one._ === 'documentAttributeFilename') || name === '';
  return {
    _: 'document',
    id,
    access_hash: accessHash,
    file_reference: reference,
    date: Math.floor(call.now / 1000),
    mime_type: input['mime_type']!,
    size: BigInt(bytes.length),
    dc_id: dcId,
    attributes: isNamed ? given : [...given, { _: 'documentAttributeFilename', file_name: name }],
  };
}

/** A file as TL's `photo`, in the one size that was uploaded. @throws DcRpcError */
function photoOf(call: Call, { id, accessHash, reference, bytes, dcId }: StoredFile): TlObject {
  const { w, h } = sizeOfImage(bytes);
  return {
    _: 'photo',
    id,
    access_hash: accessHash,
    file_reference: reference,
    date: Math.floor(call.now / 1000),
    sizes: [{ _: 'photoSize', type: 'x', w, h, size: bytes.length }],
    dc_id: dcId,
  };
}

/** Width and height of a JPEG or PNG. @throws DcRpcError if the first bytes are of neither */
function sizeOfImage(bytes: Buffer): { w: number; h: number } {
  if (bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47)
    return { w: bytes.readUInt32BE(16), h: bytes.readUInt32BE(20) };
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) throw new DcRpcError(400, 'IMAGE_PROCESS_FAILED');
  return sizeOfJpeg(bytes) ?? { w: 800, h: 600 };
}

/** Width and height in a JPEG's frame header; undefined if there is none. */
function sizeOfJpeg(bytes: Buffer): { w: number; h: number } | undefined {
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1]!;
    if (marker >= 0xc0 && marker <= 0xc2) return { h: bytes.readUInt16BE(at + 5), w: bytes.readUInt16BE(at + 7) };
  }
  return undefined;
}

/** The document or photo of a file sent before, named by id, access hash and reference. @throws DcRpcError */
function again(call: Call, input: TlObject, kind: string): TlObject {
  const id = input['id'] as bigint | undefined;
  const known = id === undefined ? undefined : call.world.files.described(id);
  if (input._ !== kind || known === undefined || known['access_hash'] !== input['access_hash'])
    throw new DcRpcError(400, 'MEDIA_EMPTY');
  if (!Buffer.from(known['file_reference'] as Uint8Array).equals(input['file_reference'] as Uint8Array))
    throw new DcRpcError(400, 'FILE_REFERENCE_INVALID');
  if (known._ !== (kind === 'inputPhoto' ? 'photo' : 'document')) throw new DcRpcError(400, 'MEDIA_INVALID');
  return known;
}

function contact({ phone_number, first_name, last_name, vcard }: TlObject): TlObject {
  const fields = { phone_number: phone_number!, first_name: first_name!, last_name: last_name!, vcard: vcard! };
  return { _: 'messageMediaContact', ...fields, user_id: 0n };
}

function geo(point: TlObject): TlObject {
  if (point._ !== 'inputGeoPoint') throw new DcRpcError(400, 'MEDIA_EMPTY');
  return { _: 'messageMediaGeo', geo: { _: 'geoPoint', long: point['long']!, lat: point['lat']!, access_hash: 0n } };
}

export const mediaAnswers: Readonly<Record<string, MethodAnswer>> = {
  'messages.sendMedia': sendMedia,
  'messages.sendMultiMedia': sendMultiMedia,
  'messages.uploadMedia': uploadMedia,
};
