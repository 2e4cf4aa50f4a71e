/**
 * Bodies: service messages that nobody asked for, and broken containers (protocol: Service messages).
 * In: numbers, dice, the time in Unix milliseconds. Out: TL bytes. Never: a session.
 */
import { gzipSync } from 'node:zlib';
import { Writer } from '../../bytes/writer.ts';
import type { Dice } from './dice.ts';

const VECTOR = 0x1cb5c415;
const CONTAINER = 0x73f1f8dc;
const GZIP_PACKED = 0x3072cfa1;

/** A constructor number, and what `write` puts behind it. */
function body(crc: number, write: (out: Writer) => void): Uint8Array {
  const out = new Writer(64);
  out.int32(crc);
  write(out);
  return Buffer.from(out.written());
}

/** Writes a client's msg_id that no client has made, of the last 200 seconds. */
function anId(out: Writer, dice: Dice, now: number): void {
  out.long(dice.below(0x4000_0000) * 4, Math.floor(now / 1000) - dice.below(200));
}

/** TL bytes of each; ids are in halves, low first. */
export const bodies = {
  pong: (dice: Dice, now: number) =>
    body(0x347773c5, (out) => {
      anId(out, dice, now);
      out.raw(dice.bytes(8));
    }),
  acks: (dice: Dice, now: number) =>
    body(0x62d6b459, (out) => {
      const count = 1 + dice.below(20);
      out.int32(VECTOR);
      out.int32(count);
      for (let i = 0; i < count; i++) anId(out, dice, now);
    }),
  acksThatLie: () =>
    body(0x62d6b459, (out) => {
      out.int32(VECTOR);
      out.int32(0x7fffffff);
    }),
  badMsg: (dice: Dice, now: number, code: number) =>
    body(0xa7eff811, (out) => {
      anId(out, dice, now);
      out.int32(dice.below(50));
      out.int32(code);
    }),
  badSalt: (dice: Dice, now: number) =>
    body(0xedab447b, (out) => {
      anId(out, dice, now);
      out.int32(dice.below(50));
      out.int32(48);
      out.raw(dice.bytes(8));
    }),
  futureSalts: (dice: Dice, now: number) =>
    body(0xae500895, (out) => {
      anId(out, dice, now);
      out.int32(Math.floor(now / 1000));
      out.int32(1);
      out.int32(0);
      out.int32(0x7fffffff);
      out.raw(dice.bytes(8));
    }),
  stateInfo: (low: number, high: number, info: Uint8Array) =>
    body(0x04deb57d, (out) => {
      out.long(low, high);
      out.string(info);
    }),
  allInfo: (low: number, high: number, info: Uint8Array) =>
    body(0x8cc0d131, (out) => {
      out.int32(VECTOR);
      out.int32(1);
      out.long(low, high);
      out.string(info);
    }),
  /** `msgs_state_req` or `msg_resend_req` for one message. */
  question: (crc: 0xda69fb52 | 0x7d861a08, low: number, high: number) =>
    body(crc, (out) => {
      out.int32(VECTOR);
      out.int32(1);
      out.long(low, high);
    }),
  detailedInfo: (request: Id, answer: Id, bytes: number) =>
    body(0x276d3ec6, (out) => {
      out.long(request.low, request.high);
      out.long(answer.low, answer.high);
      out.int32(bytes);
      out.int32(0);
    }),
  newDetailedInfo: (dice: Dice, now: number) =>
    body(0x809db6df, (out) => {
      out.long((dice.below(0x4000_0000) * 4) | 3, Math.floor(now / 1000) - dice.below(200));
      out.int32(dice.below(5_000));
      out.int32(0);
    }),
  rpcResult: (low: number, high: number, result: Uint8Array) =>
    body(0xf35c6d01, (out) => {
      out.long(low, high);
      out.raw(result);
    }),
  resultForNobody: (dice: Dice, now: number) =>
    body(0xf35c6d01, (out) => {
      anId(out, dice, now);
      out.int32(0x997275b5);
    }),
  updatesTooLong: () => body(0xe317af7e, () => {}),
  unknown: (dice: Dice) => body(0x0bad_0bad, (out) => out.raw(dice.bytes(4 * dice.below(40)))),

  // ---- containers ----

  empty: () => body(CONTAINER, (out) => out.int32(0)),
  garbage: (dice: Dice) =>
    body(CONTAINER, (out) => {
      out.int32(1 + dice.below(1000));
      out.raw(dice.bytes(4 * (1 + dice.below(100))));
    }),
  countLies: (dice: Dice) => body(CONTAINER, (out) => out.int32(dice.one([-1, 0x7fffffff, 100_000]))),
  tooMany: (dice: Dice, now: number) =>
    body(CONTAINER, (out) => {
      out.int32(1025);
      for (let i = 0; i < 1025; i++) inner(out, now - 100_000 + i, bodies.pong(dice, now));
    }),
  nested: (dice: Dice, now: number) =>
    body(CONTAINER, (out) => {
      out.int32(1);
      inner(
        out,
        now,
        body(CONTAINER, (inside) => {
          inside.int32(1);
          inner(inside, now, bodies.pong(dice, now));
        }),
      );
    }),
  lengthLies: (dice: Dice, now: number) =>
    body(CONTAINER, (out) => {
      out.int32(2);
      inner(out, now, bodies.pong(dice, now), dice.one([-4, 3, 7, 0x7fffffff, 4_000]));
    }),
  packed: (bytes: Uint8Array) => body(GZIP_PACKED, (out) => out.string(gzipSync(bytes))),
};

interface Id {
  readonly low: number;
  readonly high: number;
}

/** Writes one message of a container, with a server's msg_id of `ms`, Unix milliseconds, and sequence number 0. */
function inner(out: Writer, ms: number, message: Uint8Array, length = message.length): void {
  out.long(Math.floor((ms % 1000) * 4_000_000) * 4 + 3, Math.floor(ms / 1000));
  out.int32(0);
  out.int32(length);
  out.raw(message);
}
