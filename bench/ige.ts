/**
 * Sealing and opening whole messages: the kernel, against @mtcute/wasm's IGE with node:crypto hashes doing the same
 * work, with OpenSSL's AES-256-CBC (no hash, no derivation) as the limit of the hardware.
 * In: nothing. Out: a table on stdout; microseconds a message, the median of interleaved rounds.
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { getWasmUrl, ige256Decrypt, ige256Encrypt, initSync } from '@mtcute/wasm';
import { Writer } from '../src/bytes/writer.ts';
import { AuthKey } from '../src/crypto/auth-key.ts';
import { newHead, open, Opened, seal } from '../src/crypto/envelope.ts';
import { fillRandom } from '../src/crypto/random.ts';

const SIZES = [96, 128, 192, 256, 512, 1024, 4096, 16384, 32768, 65536, 524288];
const ROUNDS = 15;
/** Bytes a round works through, so that each size is measured for about as long. */
const ROUND_BYTES = 1 << 20;

const KEY = AuthKey.from(randomBytes(256));
const HEAD = newHead();

const sha256 = (a: Uint8Array, b: Uint8Array): Buffer => createHash('sha256').update(a).update(b).digest();

/** Key and iv as in mtproto.md 2.2. */
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

/** Microseconds of one call, from `n` of them. */
function time(n: number, run: () => void): number {
  const from = process.hrtime.bigint();
  for (let i = 0; i < n; i++) run();
  return Number(process.hrtime.bigint() - from) / n / 1000;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Medians of interleaved rounds, so that a drift of the machine hits all alike. */
function compare(n: number, runs: readonly (() => void)[]): number[] {
  for (const run of runs) time(Math.min(n, 2000), run);
  const rounds = Array.from({ length: ROUNDS }, () => runs.map((run) => time(n, run)));
  return runs.map((_, i) => median(rounds.map((round) => round[i]!)));
}

/** One row: our seal, the peer's, our open, the peer's, CBC; `size` is the plaintext with header and padding. */
function measure(size: number): number[] {
  const body = randomBytes(size - 48);
  const out = new Writer(size + 1024);
  const into = new Opened();
  seal(KEY, 'client', HEAD, body, 0, body.length, fillRandom, out);
  const packet = Uint8Array.from(out.written());
  const [key, iv, bytes] = [randomBytes(32), randomBytes(16), randomBytes(size)];
  const check = (good: boolean): void => {
    if (!good) throw new Error('a packet was refused');
  };
  return compare(Math.max(3, Math.floor(ROUND_BYTES / (size + 1000))), [
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
  ]);
}

/** Prints the table; returns its rows as numbers. */
export function main(): number[][] {
  initSync(readFileSync(getWasmUrl()));
  console.log('plaintext      seal    peer  ratio      open    peer  ratio   openssl cbc   (us a message)');
  return SIZES.map((size) => {
    const row = measure(size);
    const [ours, theirs, opened, peerOpened, cbc] = row as [number, number, number, number, number];
    const cells = [ours, theirs, theirs / ours, opened, peerOpened, peerOpened / opened, cbc];
    console.log(
      String(size).padStart(9) +
        cells.map((cell, i) => cell.toFixed(2).padStart([10, 8, 7, 10, 8, 7, 14][i]!)).join(''),
    );
    return row;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
