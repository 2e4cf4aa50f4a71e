/**
 * The kernel's face: loads the WASM module once a thread and hands out views of its memory.
 * In: lengths and places. Out: the module's exports with types, and the one message area they work on.
 * Never: holds a message across calls. One message at a time lies in the memory; the next seal or open overwrites it,
 * and with it the AES key and round keys of that one message. `forgetKey` zeroes all of it when an auth key is wiped.
 */
import { readFileSync } from 'node:fs';

/** What the module exports (assembly/index.ts); `x` is 0 for messages from the client, 8 from the server. */
interface Exports {
  memory: { buffer: ArrayBuffer; grow(pages: number): number };
  seal(x: number, used: number, padding: number): void;
  cbcStart(x: number): void;
  cbcInput(at: number, length: number): void;
  cbcOutput(at: number, length: number): void;
  place(used: number): void;
  open(x: number, length: number): number;
  openUnhashed(x: number, length: number): void;
  judge(length: number): number;
  igeEncrypt(length: number): void;
  igeDecrypt(length: number): void;
  sha256(length: number): void;
  wipe(end: number): void;
  factor(n: bigint, start: bigint, c: bigint, bound: number): bigint;
  isPrime(n: bigint): number;
}

/** The part of WebAssembly used here; neither lib es2024 nor @types/node 20 declares it. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object;
    Instance: new (module: object) => { exports: unknown };
  };
};

// Places in the memory, as in assembly/layout.ts.
/** The round keys, up to KEY: encryption's, then decryption's. */
export const ENC_KEYS = 0x2100;
export const KEY = 0x2420;
export const AUTH = 0x2500;
export const DIGEST = 0x2580;
export const PADDING = 0x25c0;
export const CHUNK = 0x3000;
export const CHUNK_SIZE = 0x8000;
export const FRAME = 0xc000;
export const DATA = 0xc020;

const module = new WebAssembly.Module(readFileSync(new URL('./kernel.wasm', import.meta.url)));
const PAGE = 65536;
/** Bytes kept free behind a message: for the hash's own padding, and for what 16-byte stores write too much. */
const MARGIN = 128;

export const kernel = new WebAssembly.Instance(module).exports as Exports;

/**
 * Views of the memory. They are replaced when it grows, so read them from here after `room`.
 * `paddings[n]` is the view of n bytes at PADDING: one a length, so that none is made per message.
 */
export const views = {
  bytes: new Uint8Array(kernel.memory.buffer),
  words: new Int32Array(kernel.memory.buffer),
  paddings: paddingViews(),
};

/** Makes room for `length` bytes at DATA. Throws RangeError above the 16 MiB the module allows. */
export function room(length: number): void {
  const missing = DATA + length + MARGIN - views.bytes.length;
  if (missing > 0) grow(missing);
}

function grow(missing: number): void {
  const pages = views.bytes.length / PAGE;
  const wanted = Math.max(Math.ceil(missing / PAGE), Math.min(pages, MOST_PAGES - pages));
  kernel.memory.grow(wanted);
  views.bytes = new Uint8Array(kernel.memory.buffer);
  views.words = new Int32Array(kernel.memory.buffer);
  views.paddings = paddingViews();
}

/** Pages that the memory may have, as build.mjs tells the module. */
const MOST_PAGES = 264;

function paddingViews(): Uint8Array[] {
  return Array.from({ length: 33 }, (_, n) => new Uint8Array(kernel.memory.buffer, PADDING, n));
}

/** The auth key whose first 128 bytes lie at AUTH now. */
let loaded: object | undefined;

/** Puts the first 128 bytes of an auth key at AUTH, unless they are there already. */
export function loadAuth(owner: object, first128: Uint8Array): void {
  if (loaded === owner) return;
  views.bytes.set(first128, AUTH);
  loaded = owner;
}

/** Zeroes all that came from any key: called when `owner`'s key is wiped. */
export function forgetKey(owner: object): void {
  if (loaded !== owner) return;
  loaded = undefined;
  kernel.wipe(views.bytes.length);
}
