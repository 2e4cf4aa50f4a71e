/**
 * Files: what was uploaded, so that it can be downloaded again (protocol: Files).
 * In: parts, by uploader and file id. Out: whole files, by the id they got. Never: more bytes than a bound; the
 * oldest files go, and then the oldest uploads.
 */
import { Cans } from '../tl/canned.ts';
import type { TlObject } from '../tl/tl-value.ts';

/** Bytes of uploads and of files, each, unless told otherwise. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Uploads under way, at most. */
const MOST_UPLOADS = 1_000;

export interface Upload {
  /** By number; holes where none has come yet. */
  readonly parts: Buffer[];
  bytes: number;
}

export interface StoredFile {
  readonly id: bigint;
  readonly accessHash: bigint;
  readonly reference: Buffer;
  readonly bytes: Buffer;
  /** Where it lives. */
  readonly dcId: number;
}

export class Files {
  /** Answers about files that were not uploaded: up to 128 MB of them. */
  readonly parts = new Cans(256);
  readonly #uploads = new Map<string, Upload>();
  readonly #files = new Map<bigint, StoredFile>();
  /** `Document` or `Photo` by the file's id. */
  readonly #described = new Map<bigint, TlObject>();
  #uploadBytes = 0;
  #fileBytes = 0;
  readonly #mostBytes: number;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** The upload of that name, begun if need be. */
  upload(name: string): Upload {
    let upload = this.#uploads.get(name);
    if (upload === undefined) this.#uploads.set(name, (upload = { parts: [], bytes: 0 }));
    if (this.#uploads.size > MOST_UPLOADS) this.#forgetUpload(name);
    return upload;
  }

  /** Keeps a part; one that comes again takes the place of the first. */
  put(name: string, part: number, bytes: Buffer): void {
    const upload = this.upload(name);
    const grown = bytes.length - (upload.parts[part]?.length ?? 0);
    upload.parts[part] = bytes;
    upload.bytes += grown;
    this.#uploadBytes += grown;
    while (this.#uploadBytes > this.#mostBytes && this.#uploads.size > 1) this.#forgetUpload(name);
  }

  /** The oldest but the one named. */
  #forgetUpload(but: string): void {
    for (const [name, { bytes }] of this.#uploads) {
      if (name === but) continue;
      this.#uploadBytes -= bytes;
      this.#uploads.delete(name);
      return;
    }
  }

  /** Makes a file of an upload, which is over by that. */
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

  /** Keeps what a file was made: it can be sent again by that. */
  describe(id: bigint, made: TlObject): void {
    this.#described.set(id, made);
  }

  described(id: bigint): TlObject | undefined {
    return this.#described.get(id);
  }
}
