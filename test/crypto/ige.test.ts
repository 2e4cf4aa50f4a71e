/** IGE and SHA-256 of the kernel: vector A4, and two other implementations. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ige256Decrypt, ige256Encrypt, initSync } from '@mtcute/wasm';
import { igeDecrypt, igeEncrypt } from '../../src/crypto/ige.ts';
import { DATA, DIGEST, kernel, room, views } from '../../src/crypto/kernel/kernel.ts';
import { referenceIge } from '../support/reference.ts';
import { A4, ramp, toHex } from '../vectors/mtproto.ts';

describe('IGE', () => {
  before(() => initSync(readFileSync(fileURLToPath(import.meta.resolve('@mtcute/wasm/mtcute.wasm')))));

  it('is vector A4 both ways', () => {
    assert.equal(toHex(igeEncrypt(ramp(32), ramp(32), new Uint8Array(32))), A4);
    assert.equal(toHex(igeDecrypt(ramp(32), ramp(32), Buffer.from(A4, 'hex'))), '00'.repeat(32));
  });

  it('agrees with two other implementations over lengths 0 to 2000', () => {
    for (let length = 0; length <= 2000; length += 16) {
      const [key, iv, bytes] = [randomBytes(32), randomBytes(32), randomBytes(length)];
      const sealed = igeEncrypt(key, iv, bytes);
      assert.equal(toHex(sealed), toHex(referenceIge(true, key, iv, bytes)));
      const opened = igeDecrypt(key, iv, bytes);
      assert.equal(toHex(opened), toHex(referenceIge(false, key, iv, bytes)));
      if (length === 0) continue;
      assert.equal(toHex(sealed), toHex(ige256Encrypt(bytes, key, iv)));
      assert.equal(toHex(opened), toHex(ige256Decrypt(bytes, key, iv)));
    }
  });

  it('refuses what are no whole blocks, and keys of another length', () => {
    for (const length of [1, 8, 15, 24])
      assert.throws(() => igeEncrypt(new Uint8Array(32), new Uint8Array(32), new Uint8Array(length)), RangeError);
    assert.throws(() => igeDecrypt(new Uint8Array(31), new Uint8Array(32), new Uint8Array(16)), RangeError);
    assert.throws(() => igeDecrypt(new Uint8Array(32), new Uint8Array(16), new Uint8Array(16)), RangeError);
  });

  it('leaves neither key nor data in the kernel', () => {
    const [key, bytes] = [randomBytes(32), randomBytes(64)];
    const iv = randomBytes(32);
    igeDecrypt(key, iv, igeEncrypt(key, iv, bytes));
    const memory = Buffer.from(views.bytes.buffer);
    assert.equal(memory.includes(key.subarray(0, 16)), false);
    assert.equal(memory.includes(bytes.subarray(48)), false);
  });
});

describe('SHA-256 of the kernel', () => {
  it('agrees with node:crypto over lengths 0 to 2000', () => {
    room(4096);
    for (let length = 0; length <= 2000; length++) {
      const bytes = randomBytes(length);
      // What lies behind the range must not matter.
      views.bytes.fill(0xff, DATA, DATA + length + 128);
      views.bytes.set(bytes, DATA);
      kernel.sha256(length);
      const got = toHex(views.bytes.subarray(DIGEST, DIGEST + 32));
      assert.equal(got, createHash('sha256').update(bytes).digest('hex'), `length ${length}`);
    }
  });
});
