/** Auth keys: the ids of the vectors' key, leading zeroes, wiping, and that no text shows the key. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { Writer } from '../../src/bytes/writer.ts';
import { AuthKey } from '../../src/crypto/auth-key.ts';
import { newHead, open, Opened, seal } from '../../src/crypto/envelope.ts';
import { views } from '../../src/crypto/kernel/kernel.ts';
import { AUTH_KEY, AUTH_KEY_ID, AUX_HASH } from '../vectors/mtproto.ts';

function longHex(low: number, high: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(low, 0);
  bytes.writeInt32LE(high, 4);
  return bytes.toString('hex');
}

describe('auth key', () => {
  it('has the ids of the vectors', () => {
    const key = AuthKey.from(AUTH_KEY);
    assert.equal(longHex(key.idLow, key.idHigh), AUTH_KEY_ID);
    assert.equal(longHex(key.auxLow, key.auxHigh), AUX_HASH);
  });

  for (const zeroes of [1, 2, 128, 255]) {
    it(`keeps ${zeroes} leading zero bytes, and works`, () => {
      const bytes = randomBytes(256).fill(0, 0, zeroes);
      const key = AuthKey.from(bytes);
      const id = createHash('sha1').update(bytes).digest().subarray(12, 20).toString('hex');
      assert.equal(key.bytes.length, 256);
      assert.equal(longHex(key.idLow, key.idHigh), id);
      const out = new Writer();
      seal(key, 'client', newHead(), new Uint8Array(8), 0, 8, () => {}, out);
      assert.equal(open(AuthKey.from(bytes), 'client', out.bytes, 0, out.pos, new Opened()), true);
    });
  }

  it('refuses any other length', () => {
    for (const length of [0, 255, 257]) assert.throws(() => AuthKey.from(new Uint8Array(length)), RangeError);
  });

  it('takes a copy', () => {
    const bytes = randomBytes(256);
    const key = AuthKey.from(bytes);
    bytes.fill(0);
    assert.ok(key.bytes.some((byte) => byte !== 0));
  });

  it('leaves nothing behind when wiped', () => {
    const bytes = randomBytes(256);
    const key = AuthKey.from(bytes);
    const body = randomBytes(64);
    seal(key, 'client', newHead(), body, 0, 64, () => {}, new Writer());
    const holds = (part: Uint8Array): boolean => Buffer.from(views.bytes.buffer).includes(Buffer.from(part));
    assert.equal(holds(bytes.subarray(0, 128)), true);
    key.wipe();
    assert.ok(key.bytes.every((byte) => byte === 0));
    for (let at = 0; at < 128; at += 16) assert.equal(holds(bytes.subarray(at, at + 16)), false, `key at ${at}`);
  });

  it('never shows its bytes as text', () => {
    const key = AuthKey.from(AUTH_KEY);
    for (const text of [String(key), inspect(key), JSON.stringify({ key })])
      assert.match(text, /^.{0,10}AuthKey\([0-9a-f]{16}\)/);
  });
});
