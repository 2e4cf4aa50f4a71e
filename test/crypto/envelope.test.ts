/** Envelopes: vector A1, a second implementation over all lengths, and that nothing changed is opened. */
import assert from 'node:assert/strict';
import { randomBytes, randomFillSync } from 'node:crypto';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { Writer } from '../../src/bytes/writer.ts';
import { AuthKey } from '../../src/crypto/auth-key.ts';
import { NATIVE_FROM, newHead, open, Opened, seal } from '../../src/crypto/envelope.ts';
import type { MessageHead, Side } from '../../src/crypto/envelope.ts';
import { CHUNK_SIZE } from '../../src/crypto/kernel/kernel.ts';
import { referenceOpen, referenceSeal } from '../support/reference.ts';
import { A1, AUTH_KEY, AUTH_KEY_ID, hex, ramp, toHex } from '../vectors/mtproto.ts';

const KEY = AuthKey.from(AUTH_KEY);
const SIDES: readonly Side[] = ['client', 'server'];
const fill = (bytes: Uint8Array): void => void randomFillSync(bytes);

function sealed(key: AuthKey, from: Side, body: Uint8Array, head: MessageHead = A1.head): Buffer {
  const out = new Writer();
  seal(key, from, head, body, 0, body.length, fill, out);
  return Buffer.from(out.written());
}

/** A packet whose padding or length field is as no `seal` makes it. */
function crafted(from: Side, length: number, bodyLength: number, padding: number): Buffer {
  const plain = Buffer.concat([randomBytes(28), Buffer.alloc(4), randomBytes(bodyLength + padding)]);
  plain.writeInt32LE(length, 28);
  return referenceSeal(AUTH_KEY, from === 'client' ? 0 : 8, plain);
}

const int64 = fc.record({ low: fc.integer(), high: fc.integer() });
const heads = fc
  .record({ salt: int64, session: int64, msgId: int64, seqNo: fc.integer() })
  .map(({ salt, session, msgId, seqNo }): MessageHead => ({
    saltLow: salt.low,
    saltHigh: salt.high,
    sessionLow: session.low,
    sessionHigh: session.high,
    msgIdLow: msgId.low,
    msgIdHigh: msgId.high,
    seqNo,
  }));

describe('envelope: vector A1', () => {
  for (const from of SIDES) {
    it(`is sealed to the byte from the ${from}`, () => {
      const out = new Writer();
      out.int32(7);
      seal(KEY, from, A1.head, A1.body, 0, 12, (bytes) => bytes.set(ramp(bytes.length, (i) => i + 1)), out);
      const { msgKey, ciphertext } = A1[from];
      assert.equal(toHex(out.written(4)), AUTH_KEY_ID + msgKey + toHex(hex(ciphertext)));
    });

    it(`is opened from the ${from}`, () => {
      const packet = hex(`ffff ${AUTH_KEY_ID} ${A1[from].msgKey} ${A1[from].ciphertext} ffff`);
      const into = new Opened();
      assert.equal(open(KEY, from, packet, 2, packet.length - 2, into), true);
      assert.deepEqual(into.head, A1.head);
      assert.equal(toHex(into.bytes.subarray(into.start, into.end)), toHex(A1.body));
    });
  }
});

describe('envelope against a second implementation', () => {
  it('seals as the reference does, over lengths 0 to 2000', () => {
    for (let length = 0; length <= 2000; length += 4) {
      const authKey = randomBytes(256);
      const from = SIDES[(length >> 2) & 1]!;
      const x = from === 'client' ? 0 : 8;
      const body = randomBytes(length);
      const packet = sealed(AuthKey.from(authKey), from, body);
      const plain = referenceOpen(authKey, x, packet);
      assert.equal(toHex(plain.subarray(32, 32 + length)), toHex(body));
      assert.equal(plain.readInt32LE(28), length);
      const padding = plain.length - 32 - length;
      assert.ok(padding >= 12 && padding < 28, `padding of ${padding}`);
      assert.equal(toHex(packet), toHex(referenceSeal(authKey, x, plain)));
    }
  });

  it('opens what the reference seals, over lengths 0 to 2000 and all paddings', () => {
    const into = new Opened();
    for (let length = 0; length <= 2000; length += 4) {
      const authKey = randomBytes(256);
      const from = SIDES[(length >> 2) & 1]!;
      const padding = (-(length + 32) & 15) + 16 * (1 + (length % 62));
      const plain = Buffer.concat([randomBytes(28), Buffer.alloc(4), randomBytes(length + padding)]);
      plain.writeInt32LE(length, 28);
      const packet = referenceSeal(authKey, from === 'client' ? 0 : 8, plain);
      assert.equal(open(AuthKey.from(authKey), from, packet, 0, packet.length, into), true, `length ${length}`);
      assert.equal(toHex(into.bytes.subarray(into.start, into.end)), toHex(plain.subarray(32, 32 + length)));
    }
  });

  // Where the native ways begin, and around the chunks in which OpenSSL encrypts.
  for (const [what, size] of [
    ['the native ways begin', NATIVE_FROM],
    ['a chunk ends', CHUNK_SIZE],
  ] as const) {
    it(`agrees on both sides of the length where ${what}`, () => {
      for (let length = size - 96; length <= size + 32; length += 12) {
        const body = randomBytes(length);
        const packet = sealed(KEY, 'server', body);
        assert.equal(toHex(packet), toHex(referenceSeal(AUTH_KEY, 8, referenceOpen(AUTH_KEY, 8, packet))));
        const into = new Opened();
        assert.equal(open(KEY, 'server', packet, 0, packet.length, into), true);
        assert.ok(body.equals(into.bytes.subarray(into.start, into.end)));
      }
    });
  }
});

describe('envelope round trip', () => {
  it('gives back head and body, whatever they are', () => {
    const sides = fc.constantFrom(...SIDES);
    const bodies = fc.uint8Array({ maxLength: 400, size: 'max' }).map((bytes) => bytes.subarray(0, bytes.length & ~3));
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 256, maxLength: 256 }),
        sides,
        heads,
        bodies,
        (keyBytes, from, head, body) => {
          const key = AuthKey.from(keyBytes);
          const packet = sealed(key, from, body, head);
          const into = new Opened();
          assert.equal(open(key, from, packet, 0, packet.length, into), true);
          assert.deepEqual(into.head, head);
          assert.equal(toHex(into.bytes.subarray(into.start, into.end)), toHex(body));
        },
      ),
    );
  });

  it('takes a megabyte and 16 megabytes, after which small messages still work', () => {
    for (const size of [1 << 20, (16 << 20) - 64, 64]) {
      const body = randomBytes(size);
      const packet = sealed(KEY, 'client', body);
      const into = new Opened();
      assert.equal(open(KEY, 'client', packet, 0, packet.length, into), true);
      assert.ok(body.equals(into.bytes.subarray(into.start, into.end)));
    }
  });

  it('keeps two keys apart that take turns', () => {
    const keys = [AuthKey.from(randomBytes(256)), AuthKey.from(randomBytes(256))] as const;
    const packets = keys.map((key) => sealed(key, 'client', A1.body));
    const into = new Opened();
    for (const [i, key] of keys.entries()) {
      assert.equal(open(key, 'client', packets[i]!, 0, packets[i]!.length, into), true);
      assert.equal(open(key, 'client', packets[1 - i]!, 0, packets[1 - i]!.length, into), false);
    }
  });

  it('refuses a body that is no multiple of four', () => {
    assert.throws(() => sealed(KEY, 'client', new Uint8Array(6)), RangeError);
  });

  it('asks the random source for exactly the padding', () => {
    for (const [length, padding] of [
      [0, 16],
      [4, 12],
      [8, 24],
      [12, 20],
      [16, 16],
    ] as const) {
      const asked: number[] = [];
      const record = (bytes: Uint8Array): void => void asked.push(bytes.length);
      seal(KEY, 'client', newHead(), new Uint8Array(length), 0, length, record, new Writer());
      assert.deepEqual(asked, [padding]);
    }
  });
});

describe('envelope refuses', () => {
  const opens = (from: Side, packet: Uint8Array): boolean => open(KEY, from, packet, 0, packet.length, new Opened());

  it('every single flipped bit behind the auth_key_id', () => {
    const packet = sealed(KEY, 'server', A1.body);
    for (let bit = 64; bit < packet.length * 8; bit++) {
      const wrong = Buffer.from(packet);
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(opens('server', wrong), false, `bit ${bit}`);
    }
    assert.equal(opens('server', packet), true);
  });

  it('a flipped bit anywhere in a large packet', () => {
    const packet = sealed(KEY, 'server', randomBytes(4096));
    for (let i = 0; i < 200; i++) {
      const wrong = Buffer.from(packet);
      const bit = 64 + ((i * 7919) % (packet.length * 8 - 64));
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(opens('server', wrong), false, `bit ${bit}`);
    }
  });

  it('a message of the other direction', () => {
    assert.equal(opens('client', sealed(KEY, 'server', A1.body)), false);
  });

  it('every cut of a packet', () => {
    const packet = sealed(KEY, 'client', A1.body);
    for (let length = 0; length < packet.length; length++) {
      assert.equal(opens('client', packet.subarray(0, length)), false, `length ${length}`);
    }
  });

  const lengths: readonly [string, number, number, number][] = [
    ['a negative length', -4, 16, 16],
    ['a length that is no multiple of four', 14, 16, 16],
    ['a length past the end', 1 << 30, 16, 16],
    ['the lowest length', -(2 ** 31), 16, 16],
    ['less than 12 bytes of padding', 24, 24, 8],
    ['more than 1024 bytes of padding', 0, 0, 1040],
  ];
  for (const [what, length, bodyLength, padding] of lengths) {
    it(what, () => assert.equal(opens('server', crafted('server', length, bodyLength, padding)), false));
  }

  it('none of the lengths at the edges', () => {
    assert.equal(opens('server', crafted('server', 4, 4, 12)), true);
    assert.equal(opens('server', crafted('server', 0, 0, 1024)), true);
  });
});
