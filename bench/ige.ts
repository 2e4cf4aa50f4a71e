/**
 * Sealing and opening whole messages: the kernel, against @mtcute/wasm's IGE with node:crypto hashes doing the same
 * work, with OpenSSL's AES-256-CBC (no hash, no derivation) as the limit of the hardware.
 * In: nothing. Out: microseconds a message, in rounds that take turns. Never: a peer that does less than we do.
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getWasmUrl, ige256Decrypt, ige256Encrypt, initSync } from '@mtcute/wasm';
import { Writer } from '../src/bytes/writer.ts';
import { AuthKey } from '../src/crypto/auth-key.ts';
import { newHead, open, Opened, seal } from '../src/crypto/envelope.ts';
import { fillRandom } from '../src/crypto/random.ts';
import type { Bench, Context } from './bench.ts';
import type { Report, Row } from './report.ts';
import { compareWorks, ratios } from './timing.ts';

/** Plaintexts with header and padding: calls, answers, pages, a part of a file. */
const SIZES = [96, 128, 256, 1024, 4096, 16384, 65536, 524288];
/** A round of one function, ms. */
const ROUND = 20;
const ROUNDS_A_RUN = 3;

const KEY = AuthKey.from(randomBytes(256));
const HEAD = newHead();

const sha256 = (a: Uint8Array, b: Uint8Array): Buffer => createHash('sha256').update(a).update(b).digest();

/** Key and iv as in protocol: Encrypted messages. */
function derive(msgKey: Uint8Array, x: number): [Uint8Array, Uint8Array] {
  const a = sha256(msgKey, KEY.bytes.subarray(x, x + 36));
  const b = sha256(KEY.bytes.subarray(40 + x, 76 + x), msgKey);
  const [key, iv] = [new Uint8Array(32), new Uint8Array(32)];
  key.set(a.subarray(0, 8));
  key.set(b.subarray(8, 24), 8);
  key.set(a.subarray(24, 32), 24);
  iv.set(b.subarray(0, 8));
  iv.set(a.subarray(8, 24), 8);
  iv.set(b.subarray(24, 32), 24);
  return [key, iv];
}

function peerSeal(body: Uint8Array, out: Writer): void {
  const used = 32 + body.length;
  const padding = 12 + (-(used + 12) & 15);
  const plain = new Uint8Array(used + padding);
  const view = new DataView(plain.buffer);
  view.setInt32(24, HEAD.seqNo, true);
  view.setInt32(28, body.length, true);
  plain.set(body, 32);
  fillRandom(plain.subarray(used));
  const msgKey = sha256(KEY.bytes.subarray(88, 120), plain).subarray(8, 24);
  const [key, iv] = derive(msgKey, 0);
  const sealed = ige256Encrypt(plain, key, iv);
  out.long(KEY.idLow, KEY.idHigh);
  out.raw(msgKey);
  out.raw(sealed);
}

function peerOpen(packet: Uint8Array): boolean {
  const msgKey = packet.subarray(8, 24);
  const [key, iv] = derive(msgKey, 0);
  const plain = ige256Decrypt(packet.subarray(24), key, iv);
  const hash = sha256(KEY.bytes.subarray(88, 120), plain);
  return Buffer.compare(hash.subarray(8, 24), msgKey) === 0;
}

function limit(key: Buffer, iv: Buffer, bytes: Uint8Array): void {
  createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false).update(bytes);
}

/** One row: our seal and open, the peer's, and CBC. */
function measure(size: number, rounds: number): Row {
  const body = randomBytes(size - 48);
  const out = new Writer(size + 1024);
  const into = new Opened();
  seal(KEY, 'client', HEAD, body, 0, body.length, fillRandom, out);
  const packet = Uint8Array.from(out.written());
  const [key, iv, bytes] = [randomBytes(32), randomBytes(16), randomBytes(size)];
  const check = (good: boolean): void => {
    if (!good) throw new Error('a packet was refused');
  };
  const works = [
    () => {
      out.clear();
      seal(KEY, 'client', HEAD, body, 0, body.length, fillRandom, out);
    },
    () => {
      out.clear();
      peerSeal(body, out);
    },
    () => check(open(KEY, 'client', packet, 0, packet.length, into)),
    () => check(peerOpen(packet)),
    () => limit(key, iv, bytes),
  ];
  const [ours, theirs, opened, peerOpened, cbc] = compareWorks(works, rounds, ROUND) as [
    number[],
    number[],
    number[],
    number[],
    number[],
  ];
  return {
    name: `${size} B`,
    values: {
      seal: ours,
      peerSeal: theirs,
      sealRatio: ratios(ours, theirs),
      open: opened,
      peerOpen: peerOpened,
      openRatio: ratios(opened, peerOpened),
      cbc,
    },
  };
}

async function run(context: Context): Promise<Report> {
  initSync(readFileSync(getWasmUrl()));
  const rows = SIZES.map((size) => {
    context.progress(`${size} B`);
    return measure(size, context.runs * ROUNDS_A_RUN);
  });
  return {
    bench: 'ige',
    about: 'a whole message sealed and opened: key derivation, hash, AES-256-IGE',
    columns: [
      { key: 'seal', title: 'seal us', better: 'less' },
      { key: 'peerSeal', title: 'mtcute wasm us', better: 'none' },
      { key: 'sealRatio', title: 'times', better: 'more' },
      { key: 'open', title: 'open us', better: 'less' },
      { key: 'peerOpen', title: 'mtcute wasm us', better: 'none' },
      { key: 'openRatio', title: 'times', better: 'more' },
      { key: 'cbc', title: 'OpenSSL CBC us', better: 'none' },
    ],
    rows,
    notes: [
      'mtcute wasm: @mtcute/wasm for IGE with node:crypto hashes. OpenSSL CBC: AES alone, no hash: the limit of the hardware.',
    ],
  };
}

export const ige: Bench = { name: 'ige', about: 'messages sealed and opened, by size', run };
