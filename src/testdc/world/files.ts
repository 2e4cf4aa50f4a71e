/**
 * Files: keeps uploaded files, so that they can be downloaded (protocol: Files).
 * In: parts, by uploader and file id. Out: whole files, by their id. Never: more bytes of files, or of uploads, than a
 * bound; the oldest go.
 */
import { Cans } from '../tl/canned.ts';
import type { TlObject } from '../tl/tl-value.ts';

/** Bytes of uploads, and of files, at most, unless told otherwise. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Uploads under way, at most. */
const MOST_UPLOADS = 1_000;

/** A file of which not all parts may have come. */
export interface Upload {
  /** Parts by number; a hole where one has not come. */
  readonly parts: Buffer[];
  bytes: number;
}

/** A whole file. */
export interface StoredFile {
  readonly id: bigint;
  readonly accessHash: bigint;
  readonly reference: Buffer;
  readonly bytes: Buffer;
  /** The DC that the file is downloaded from. */
  readonly dcId: number;
}

/** The uploads and files of one world. */
export class Files {
  /** Canned parts of files that were not uploaded: up to 256 of 512 KiB. */
  readonly parts = new Cans(256);
  readonly #uploads = new Map<string, Upload>();
  readonly #files = new Map<bigint, StoredFile>();
  /** The `Document` or `Photo` that was made of a file, by the file's id. */
  readonly #described = new Map<bigint, TlObject>();
  #uploadBytes = 0;
  #fileBytes = 0;
  readonly #mostBytes: number;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** The upload of a name, begun if there is none. */
  upload(name: string): Upload {
    let upload = this.#uploads.get(name);
    if (upload === undefined) this.#uploads.set(name, (upload = { parts: [], bytes: 0 }));
    if (this.#uploads.size > MOST_UPLOADS) this.#forgetUpload(name);
    return upload;
  }

  /** Keeps a part, in place of one of the same number. */
  put(name: string, part: number, bytes: Buffer): void {
    const upload = this.upload(name);
    const grown = bytes.length - (upload.parts[part]?.length ?? 0);
    upload.parts[part] = bytes;
    upload.bytes += grown;
    this.#uploadBytes += grown;
    while (this.#uploadBytes > this.#mostBytes && this.#uploads.size > 1) this.#forgetUpload(name);
  }

  /** Forgets the oldest upload but the one named. */
  #forgetUpload(but: string): void {
    for (const [name, { bytes }] of this.#uploads) {
      if (name === but) continue;
      this.#uploadBytes -= bytes;
      this.#uploads.delete(name);
      return;
    }
  }

  /** Ends an upload: `make` makes a file of its bytes, which is kept. */
  finish(name: string, make: (bytes: Buffer) => StoredFile): StoredFile {
    const upload = this.upload(name);
    const file = make(Buffer.concat(upload.parts));
    this.#uploadBytes -= upload.bytes;
    this.#uploads.delete(name);
    this.#files.set(file.id, file);
    this.#fileBytes += file.bytes.length;
    for (const [id, { bytes }] of this.#files) {
      if (this.#fileBytes <= this.#mostBytes || id === file.id) break;
      this.#fileBytes -= bytes.length;
      this.#files.delete(id);
      this.#described.delete(id);
    }
    return file;
  }

  get(id: bigint): StoredFile | undefined {
    return this.#files.get(id);
  }

  /** Keeps the `Document` or `Photo` made of a file, by which it can be sent again. */
  describe(id: bigint, made: TlObject): void {
    this.#described.set(id, made);
  }

  /** The `Document` or `Photo` made of a file. */
  described(id: bigint): TlObject | undefined {
    return this.#described.get(id);
  }
}
