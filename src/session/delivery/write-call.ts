/**
 * Write call: a call's bytes as they stand in a message, compressed if that is worth it.
 * In: a pending call. Out: its bytes. Never: compresses what does not shrink: others of the lane would wait for it.
 */
import { constants, gzipSync } from 'node:zlib';
import type { Writer } from '../../bytes/writer.ts';
import { Crc } from '../../tl/service.ts';
import { AnswerBy, type Pending } from '../state/pending.ts';

/** Bytes from which a call is worth compressing. */
const GZIP_FROM = 4096;
/** What does not shrink to so much of itself over its first `GZIP_FROM` bytes is not compressed: 1 MB of random text takes 40 ms. */
const WORTH_GZIP = 0.75;
/** From this length on the fastest level: what is sent is a lane's turn, which others wait for. */
const FAST_GZIP_FROM = 64 * 1024;
const { Z_BEST_SPEED: BEST_SPEED, Z_DEFAULT_COMPRESSION: DEFAULT_LEVEL } = constants;

/**
 * The call's bytes, behind the prefix if it needs one, compressed if that is worth it.
 * @param packed methods whose bytes are compressed already
 */
export function writeCall(
  body: Writer,
  prefix: Uint8Array | undefined,
  isWithoutUpdates: boolean,
  pending: Pending,
  packed: ReadonlySet<number>,
): void {
  const at = body.pos;
  if (prefix !== undefined) body.raw(prefix);
  if (isWithoutUpdates && pending.answerBy === AnswerBy.RPC) body.int32(Crc.invokeWithoutUpdates | 0);
  body.raw(pending.body);
  const length = body.pos - at;
  if (length < GZIP_FROM || packed.has(pending.method)) return;
  const bytes = body.bytes.subarray(at, body.pos);
  if (!shrinks(bytes)) return;
  const zipped = gzipSync(bytes, { level: length < FAST_GZIP_FROM ? DEFAULT_LEVEL : BEST_SPEED });
  if (zipped.length + 8 >= length) return;
  body.pos = at;
  body.int32(Crc.gzipPacked | 0);
  body.string(zipped);
}

/** Judged by the beginning alone: compressing all of it to find out costs what compressing it costs. */
function shrinks(bytes: Uint8Array): boolean {
  const first = bytes.subarray(0, GZIP_FROM);
  return gzipSync(first, { level: BEST_SPEED }).length <= first.length * WORTH_GZIP;
}
