/** Key derivation: vectors A1 (2.0), A2 (1.0 and the bind message), A3 (the key exchange). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthKey } from '../../src/crypto/auth-key.ts';
import { igeDecrypt } from '../../src/crypto/ige.ts';
import { deriveHandshake, deriveV2, newNonceHash, sealBind } from '../../src/crypto/kdf.ts';
import { A1, A2, A3, AUTH_KEY, hex, ramp, toHex } from '../vectors/mtproto.ts';

const SERVER_NONCE = ramp(16);
const NEW_NONCE = ramp(32, (i) => 0x20 + i);

describe('key derivation', () => {
  it('opens vector A1 from both sides (2.0)', () => {
    for (const [x, { msgKey, ciphertext }] of [
      [0, A1.client],
      [8, A1.server],
    ] as const) {
      const { key, iv } = deriveV2(AUTH_KEY, hex(msgKey), x);
      assert.equal(toHex(igeDecrypt(key, iv, hex(ciphertext)).subarray(32, 44)), toHex(A1.body));
    }
  });

  it('is vector A3 in the key exchange', () => {
    const { key, iv } = deriveHandshake(SERVER_NONCE, NEW_NONCE);
    assert.equal(toHex(key), A3.key);
    assert.equal(toHex(iv), A3.iv);
  });

  it('gives the new_nonce_hashes of vector A3', () => {
    const key = AuthKey.from(AUTH_KEY);
    const hashes = ([1, 2, 3] as const).map((which) => toHex(newNonceHash(NEW_NONCE, which, key)));
    assert.deepEqual(hashes, A3.hashes);
  });
});

describe('bind message (1.0)', () => {
  // bind_auth_key_inner#75a3f765 nonce temp_auth_key_id perm_auth_key_id temp_session_id expires_at=1735689600
  const inner = hex(`65f7a375 ${'01'.repeat(8)} ${'02'.repeat(8)} 1594015ebc218c04 ${'03'.repeat(8)} 80857467`);

  it('is vector A2', () => {
    const fill = (bytes: Uint8Array): void => bytes.set(bytes.length === 16 ? ramp(16) : ramp(8, () => 0xaa));
    assert.equal(toHex(sealBind(AuthKey.from(AUTH_KEY), inner, 0x12345678, 0x65000000, fill)), toHex(hex(A2)));
  });

  it('takes 40 bytes and no other number', () => {
    assert.throws(() => sealBind(AuthKey.from(AUTH_KEY), inner.subarray(4), 0, 0, () => {}), RangeError);
  });
});
