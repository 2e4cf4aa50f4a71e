/** The second factor in the test DC: its half of SRP, against the vector and against the client's half. */
import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { DhGroup } from '../../src/crypto/dh.ts';
import { toBigInt, toBytes } from '../../src/crypto/numbers.ts';
import { passwordVerifier, srpProof } from '../../src/crypto/srp.ts';
import type { SrpAlgorithm } from '../../src/crypto/srp.ts';
import { DH_PRIME, G } from '../../src/testdc/keys/key-exchange.ts';
import { SrpChallenge, verifierOf } from '../../src/testdc/keys/srp.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject, TlValue } from '../../src/testdc/tl/tl-value.ts';
import { RawClient } from '../support/raw-client.ts';
import { A6, ramp } from '../vectors/mtproto.ts';
import { DIALOGS, NEAREST, withDc } from './support.ts';

const PHONE = '9996622222';
const MOD_POW = 'passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow';

/** A client past the code of a phone; with what signIn said. */
async function pastCode(dc: TestDc, phone_number = PHONE): Promise<RawClient> {
  const client = await RawClient.connect(dc.port());
  await client.makeKey({ pem: dc.publicKeyPem });
  await client.init(NEAREST);
  const sent = (await client.call({
    _: 'auth.sendCode',
    phone_number,
    api_id: 1,
    api_hash: 'x',
    settings: { _: 'codeSettings' },
  })) as TlObject;
  const names = { phone_number, phone_code_hash: sent['phone_code_hash']!, phone_code: '22222' };
  await assert.rejects(client.call({ _: 'auth.signIn', ...names }), { code: 401, message: 'SESSION_PASSWORD_NEEDED' });
  return client;
}

/** What the client's half makes of account.password. */
function answerTo(asked: TlObject, password: string): TlObject {
  const { salt1, salt2, g, p } = asked['current_algo'] as unknown as SrpAlgorithm;
  const { a, m1 } = srpProof({ salt1, salt2, g, p }, Buffer.from(password), asked['srp_B'] as Buffer, randomFillSync);
  return { _: 'inputCheckPasswordSRP', srp_id: asked['srp_id']!, A: Buffer.from(a), M1: Buffer.from(m1) };
}

const getPassword = async (client: RawClient): Promise<TlObject> =>
  (await client.call({ _: 'account.getPassword' })) as TlObject;
const check = (password: TlValue): TlObject => ({ _: 'auth.checkPassword', password });

describe('the arithmetic', () => {
  const salting = { salt1: Buffer.from(ramp(8)), salt2: Buffer.from(ramp(16)) };
  const secret = Buffer.from(ramp(256));
  secret[255]! |= 1;
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

  it('takes the proof of vector A6, and no other', () => {
    const challenge = new SrpChallenge(verifierOf('correct horse', salting), salting, secret);
    assert.equal(sha256(challenge.b), A6.gbHash);
    const exponent = toBytes(toBigInt(ramp(256, (i) => 255 - i)) % toBigInt(DH_PRIME), 256);
    const a = Buffer.from(DhGroup.of(G, DH_PRIME).powers(exponent).public);
    assert.equal(sha256(a), A6.gaHash);
    const m1 = Buffer.from(A6.m1, 'hex');
    assert.equal(challenge.proves(a, m1), true);
    for (const wrong of [m1.map((byte, i) => byte ^ (i === 31 ? 1 : 0)), m1.subarray(1), Buffer.alloc(0)])
      assert.equal(challenge.proves(a, wrong), false);
    for (const wrong of [Buffer.alloc(0), Buffer.of(1), DH_PRIME, Buffer.alloc(300, 1)])
      assert.equal(challenge.proves(wrong, m1), false);
    assert.equal(new SrpChallenge(verifierOf('wrong horse', salting), salting, secret).proves(a, m1), false);
  });

  it("makes the verifier the client's half makes", () => {
    for (const password of ['', 'correct horse', 'пароль 🐎'])
      assert.deepEqual(
        verifierOf(password, salting),
        Buffer.from(passwordVerifier({ g: G, p: DH_PRIME, ...salting }, Buffer.from(password))),
      );
  });
});

describe('signing in with a password', () => {
  it('takes the right one, once it is proved', () =>
    withDc({}, async (dc) => {
      const client = await pastCode(dc);
      await assert.rejects(client.call(DIALOGS), { message: 'AUTH_KEY_UNREGISTERED' });
      const asked = await getPassword(client);
      assert.deepEqual([asked['has_password'], asked['hint']], [true, 'what kind of horse?']);
      const done = (await client.call(check(answerTo(asked, 'correct horse')))) as TlObject;
      assert.equal((done['user'] as TlObject)['username'], 'guarded_user');
      await client.call(DIALOGS);
    }));

  it('refuses a wrong one, and each question answered, of somebody else or too old', () =>
    withDc({}, async () => {
      let ahead = 0;
      await withDc({ now: () => Date.now() + ahead }, async (dc) => {
        const [client, other] = [await pastCode(dc), await pastCode(dc)];
        const asked = await getPassword(client);
        const wrong = client.call(check(answerTo(asked, 'wrong horse')));
        await assert.rejects(wrong, { code: 400, message: 'PASSWORD_HASH_INVALID' });
        const invalid = { code: 400, message: 'SRP_ID_INVALID' };
        await assert.rejects(client.call(check(answerTo(asked, 'correct horse'))), invalid);
        const again = await getPassword(client);
        assert.notDeepEqual(again['srp_B'], asked['srp_B']);
        await assert.rejects(client.call(check({ ...answerTo(again, 'correct horse'), srp_id: 5n })), invalid);
        const empty = client.call(check({ _: 'inputCheckPasswordEmpty' }));
        await assert.rejects(empty, { message: 'PASSWORD_HASH_INVALID' });
        const late = await getPassword(other);
        ahead = 301_000;
        other.timeOffset += 301;
        await assert.rejects(other.call(check(answerTo(late, 'correct horse'))), invalid);
      });
    }));

  it('is asked of nobody who has not said who he is', () =>
    withDc({}, async (dc) => {
      const client = await RawClient.connect(dc.port());
      await client.makeKey({ pem: dc.publicKeyPem });
      await client.init(NEAREST);
      await assert.rejects(getPassword(client), { code: 401, message: 'AUTH_KEY_UNREGISTERED' });
    }));
});

describe('a new password', () => {
  it('is set with salts that begin as the server says, and then asked for', () =>
    withDc({}, async (dc) => {
      const client = await pastCode(dc);
      await client.call(check(answerTo(await getPassword(client), 'correct horse')));
      const asked = await getPassword(client);
      const { salt1, salt2 } = asked['new_algo'] as unknown as { salt1: Buffer; salt2: Buffer };
      const update = (salts: { salt1: Buffer; salt2: Buffer }, text: string, before: TlObject): TlObject => ({
        _: 'account.updatePasswordSettings',
        password: before,
        new_settings: {
          _: 'account.passwordInputSettings',
          new_algo: { _: MOD_POW, ...salts, g: G, p: DH_PRIME },
          new_password_hash: passwordVerifier({ g: G, p: DH_PRIME, ...salts }, Buffer.from(text)),
          hint: 'staple',
        },
      });
      const right = { salt1: Buffer.concat([salt1, Buffer.alloc(32, 7)]), salt2 };
      const wrong = update({ salt1: Buffer.alloc(40), salt2 }, 'x', answerTo(asked, 'correct horse'));
      await assert.rejects(client.call(wrong), { message: 'NEW_SALT_INVALID' });
      const before = answerTo(await getPassword(client), 'correct horse');
      assert.equal(await client.call(update(right, 'battery', before)), true);
      const next = await pastCode(dc);
      await assert.rejects(next.call(check(answerTo(await getPassword(next), 'correct horse'))), {
        message: 'PASSWORD_HASH_INVALID',
      });
      const now = await getPassword(next);
      assert.equal(now['hint'], 'staple');
      await next.call(check(answerTo(now, 'battery')));
      const off: TlObject = {
        _: 'account.passwordInputSettings',
        new_algo: { _: 'passwordKdfAlgoUnknown' },
        new_password_hash: Buffer.alloc(0),
        hint: '',
      };
      const password = answerTo(await getPassword(next), 'battery');
      await next.call({ _: 'account.updatePasswordSettings', password, new_settings: off });
      assert.equal((await getPassword(next))['has_password'], undefined);
    }));
});
