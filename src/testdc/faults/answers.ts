/**
 * Faults of answers: a request is carried out, and its answer is late, lost, doubled, announced, packed badly, or
 * unreadable (protocol: Delivery; Service messages; RPC errors).
 * In: the bytes of a result. Out: other bytes, or none now. Never: a second execution.
 */
import { gzipSync } from 'node:zlib';
import { Writer } from '../../bytes/writer.ts';
import type { DcSession } from '../protocol/dc-session.ts';
import type { Received } from '../protocol/message-book.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import { bodies } from './bodies.ts';
import type { How, FaultKind, FaultKinds } from './kind.ts';

/** The usual chance of a fault at each answer. */
const USUAL = 0.000_12;
const GZIP_PACKED = 0x3072cfa1;
const RPC_ERROR = 0x2144ca19;

/** An answer about to be given. */
interface At {
  readonly session: DcSession;
  readonly received: Received;
  readonly result: Uint8Array;
}

/** A fault that gives another result in place of the true one. */
function instead(about: string, make: (at: At, how: How) => Uint8Array, usual = USUAL): FaultKind<'answer'> {
  return { moment: 'answer', about, usual, suits: ({ result }) => !isError(result), play: make };
}

function isError(result: Uint8Array): boolean {
  return result.length >= 4 && Buffer.from(result.buffer, result.byteOffset, 4).readInt32LE() === RPC_ERROR;
}

/** A fault that gives the answer in so many milliseconds. */
function later(about: string, ms: (how: How) => number, usual: number): FaultKind<'answer'> {
  return {
    moment: 'answer',
    about,
    usual,
    play({ session, received, result }, how) {
      const kept = Buffer.from(result);
      session.env.after(how.number('ms', ms(how)), () => session.give(received, kept));
      return undefined;
    },
  };
}

/** A fault that carries a request out and answers with an error. */
function error(code: number, text: string, usual = USUAL): FaultKind<'answer'> {
  return instead(`carried out, and then ${code} ${text}`, () => new DcRpcError(code, text).bytes(), usual);
}

/** `gzip_packed` around bytes; `shape` may spoil the stream. */
function zip(bytes: Uint8Array, shape: (stream: Uint8Array) => Uint8Array = (stream) => stream): Uint8Array {
  const stream = shape(gzipSync(bytes));
  const out = new Writer(stream.length + 16);
  out.int32(GZIP_PACKED);
  out.string(stream);
  return Buffer.from(out.written());
}

/** 64 MiB of zeros in 65 KB, made when first asked for. */
let zeros: Uint8Array | undefined;
function bomb(): Uint8Array {
  zeros ??= zip(Buffer.alloc(64 * 1024 * 1024));
  return zeros;
}

/** Answers kept back, each until `left` others of its session have gone. */
const shelves = new WeakMap<DcSession, { left: number; give: () => void }[]>();

/** Counts an answer of a session, and gives those kept back for it. */
export function counted(session: DcSession): void {
  const shelf = shelves.get(session);
  if (shelf === undefined || shelf.length === 0) return;
  for (const kept of shelf) kept.left--;
  const due = shelf.filter((kept) => kept.left <= 0);
  shelves.set(
    session,
    shelf.filter((kept) => kept.left > 0),
  );
  for (const kept of due) queueMicrotask(kept.give);
}

/** Faults of answers by name. */
export const ANSWERS_KINDS: FaultKinds<'answer'> = {
  'answer.lost': {
    moment: 'answer',
    about: 'an answer is lost for good',
    usual: USUAL,
    play: () => undefined,
  },
  'answer.delay': later('an answer is late', (how) => 5 + how.dice.below(1_500), USUAL * 2),
  'answer.late': later('an answer comes after the time-out', (how) => 10_500 + how.dice.below(3_000), USUAL),
  'answer.reorder': {
    moment: 'answer',
    about: 'an answer waits until others have gone, two seconds at most',
    usual: USUAL * 2,
    play({ session, received, result }, how) {
      const kept = Buffer.from(result);
      const give = (): void => session.give(received, kept);
      const shelf = shelves.get(session) ?? [];
      shelf.push({ left: how.number('k', 1 + how.dice.below(5)), give });
      shelves.set(session, shelf);
      session.env.after(2_000, give);
      return undefined;
    },
  },
  'answer.twice': {
    moment: 'answer',
    about: 'an answer comes twice, under two msg_ids',
    usual: USUAL,
    play({ session, received, result }) {
      const kept = Buffer.from(result);
      session.give(received, kept);
      session.push(bodies.rpcResult(received.low, received.high, kept));
      return undefined;
    },
  },
  'answer.again': {
    moment: 'answer',
    about: 'an answer comes again later, under its own msg_id',
    usual: USUAL,
    play({ session, received, result }, how) {
      session.give(received, Buffer.from(result));
      const { answer } = received;
      session.env.after(how.number('ms', 1 + how.dice.below(300)), () => {
        if (answer !== undefined && !answer.isAcked) session.again(answer);
      });
      return undefined;
    },
  },
  'answer.detailed': {
    moment: 'answer',
    about: 'msg_detailed_info in place of an answer; it comes when it is asked for',
    usual: USUAL,
    play({ session, received, result }) {
      const kept = Buffer.from(result);
      session.give(received, kept);
      const { answer } = received;
      if (answer === undefined || !session.outbox.keepBack(answer)) return undefined;
      session.say(bodies.detailedInfo(received, answer, kept.length));
      return undefined;
    },
  },
  'ack.late': {
    moment: 'answer',
    about: 'an answer, and behind it the acknowledgement of its request',
    usual: USUAL,
    play({ session, received, result }) {
      session.give(received, Buffer.from(result));
      session.acknowledgeLater(received);
      return undefined;
    },
  },
  'answer.unknown': instead('an answer no scheme knows', (_at, how) => bodies.unknown(how.dice)),
  'answer.truncated': instead('an answer that ends too early', ({ result }, how) =>
    Buffer.from(result.subarray(0, 4 * how.dice.below(Math.max(1, result.length >> 2)))),
  ),
  'answer.trailing': instead('an answer with bytes behind it', ({ result }, how) =>
    Buffer.concat([result, how.dice.bytes(4 * (1 + how.dice.below(20)))]),
  ),
  'answer.vector': instead('an answer that is a vector whose count lies', (_at, how) => {
    const bytes = Buffer.from('15c4b51c00000000', 'hex');
    bytes.writeInt32LE(how.dice.one([-1, 0x7fffffff, 1_000_000, 5]), 4);
    return bytes;
  }),
  'answer.garbage': instead('an answer of noise', (_at, how) => how.dice.bytes(4 * (1 + how.dice.below(100)))),
  'gzip.true': instead('an answer in gzip_packed', ({ result }) => zip(result)),
  'gzip.twice': instead('an answer in gzip_packed in gzip_packed', ({ result }) => zip(zip(result))),
  'gzip.bomb': instead('64 MiB of zeros in 65 KB', () => bomb(), USUAL / 4),
  'gzip.bomb-twice': instead('64 MiB of zeros packed twice', () => zip(bomb()), USUAL / 4),
  'gzip.cut': instead('a gzip stream that ends too early', ({ result }) =>
    zip(result, (stream) => stream.subarray(0, stream.length >> 1)),
  ),
  'gzip.garbage': instead('gzip_packed of noise', (_at, how) => zip(Buffer.alloc(0), () => how.dice.bytes(100))),
  'answer.500': error(500, 'RPC_CALL_FAIL'),
  'answer.503': error(-503, 'Timeout'),
  'answer.bad-utf8': instead('an error whose text is not UTF-8', () => {
    const out = new Writer(32);
    out.int32(RPC_ERROR);
    out.int32(400);
    out.string(Buffer.from('BAD_\xff\xfe\xc0TEXT', 'latin1'));
    return Buffer.from(out.written());
  }),
};
