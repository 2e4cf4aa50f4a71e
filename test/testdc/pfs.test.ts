/** Temporary keys: bound exactly, replaced, dropped, expired, forgotten (protocol: Forward secrecy). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Writer } from '../../src/bytes/writer.ts';
import { AuthKey } from '../../src/crypto/auth-key.ts';
import { sealBind } from '../../src/crypto/kdf.ts';
import { openBinding } from '../../src/testdc/keys/bind.ts';
import { long } from '../../src/testdc/protocol/id-map.ts';
import type { DemoUser, TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject, TlValue } from '../../src/testdc/tl/tl-value.ts';
import { codec, RawClient, withInit } from '../support/raw-client.ts';
import { DIALOGS, NEAREST, withDc } from './support.ts';

const keyId = (key: AuthKey): bigint => long(key.idLow, key.idHigh);

interface Bind {
  /** Changes the inner message, the request, or the bytes of the message inside. */
  inner?: Record<string, TlValue>;
  request?: Record<string, TlValue>;
  encrypted?: (bytes: Buffer) => Buffer;
  /** The msg_id inside, where it is another than outside. */
  msgId?: bigint;
  expiresAt?: number;
  /** The bytes that are sent, of those of the call. */
  form?: (call: Uint8Array) => Uint8Array;
}

/** `gzip_packed`, be it shorter or not: TDLib packs by the length of what it has to send, before it looks at what came out. */
function packed(bytes: Uint8Array): Uint8Array {
  const out = new Writer(bytes.length + 64);
  out.int32(0x3072cfa1);
  out.string(gzipSync(bytes));
  return Buffer.from(out.written());
}

/** What TDLib sends: the wrappers as they are, the call behind them packed. */
function wrappedAndPacked(call: Uint8Array): Uint8Array {
  const whole = codec.encode(withInit(NEAREST));
  const wrappers = whole.subarray(0, whole.length - codec.encode(NEAREST).length);
  return Buffer.concat([wrappers, packed(call)]);
}

/** A client under a new temporary key. */
async function temporary(dc: TestDc, expiresIn = 3600): Promise<RawClient> {
  const client = await RawClient.connect(dc.port());
  await client.makeKey({ pem: dc.publicKeyPem, expiresIn });
  return client;
}

async function bind(client: RawClient, user: DemoUser, change: Bind = {}): Promise<TlValue> {
  const permanent = AuthKey.from(user.authKey);
  const nonce = randomBytes(8).readBigInt64LE();
  const expiresAt = change.expiresAt ?? Math.floor(Date.now() / 1000 + client.timeOffset) + 3600;
  const msgId = client.nextId();
  const inner = codec.encode({
    _: 'bind_auth_key_inner',
    nonce,
    temp_auth_key_id: keyId(client.authKey!),
    perm_auth_key_id: keyId(permanent),
    temp_session_id: client.sessionId,
    expires_at: expiresAt,
    ...change.inner,
  });
  const inside = change.msgId ?? msgId;
  const low = Number(BigInt.asIntN(32, inside));
  const sealed = Buffer.from(
    sealBind(permanent, inner, low, Number(inside >> 32n), (bytes) => void randomBytes(bytes.length).copy(bytes)),
  );
  const query: TlObject = {
    _: 'auth.bindTempAuthKey',
    perm_auth_key_id: keyId(permanent),
    nonce,
    expires_at: expiresAt,
    encrypted_message: change.encrypted?.(sealed) ?? sealed,
    ...change.request,
  };
  const call = codec.encode(query);
  return client.result(client.send(change.form?.(call) ?? call, { msgId, content: true }), query._);
}

describe('binding a temporary key', () => {
  it('opens the vector A2 of docs/protocol.md, and nothing that differs from it by a bit', () => {
    const key = AuthKey.from(Uint8Array.from({ length: 256 }, (_, i) => (7 * i + 1) & 255));
    const vector = Buffer.from(
      '1594015ebc218c0421e89f413a950264dc5489dc4c0e5021c67c676293ab5fa22e9df3d0f891d682' +
        '8d209e8282d64957c4c4045234157b30ed0e9d5b71e7e98cbcb24fbe32617b4e61fd0170ae857e75' +
        '6904f2c10a3d8d01bbdbe68a00e154c4d9b0d905b20ce5d2',
      'hex',
    );
    assert.deepEqual(openBinding(key, vector), {
      msgId: 0x6500000012345678n,
      nonce: 0x0101010101010101n,
      tempKeyId: 0x0202020202020202n,
      permKeyId: keyId(key),
      tempSessionId: 0x0303030303030303n,
      expiresAt: 1735689600,
    });
    // The last block holds the padding, which 1.0 does not hash; its other half is message.
    for (let bit = 0; bit < (vector.length - 16) * 8; bit += 5) {
      const wrong = Buffer.from(vector);
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(openBinding(key, wrong), undefined, `bit ${bit}`);
    }
    for (let length = 0; length < vector.length; length++)
      assert.equal(openBinding(key, vector.subarray(0, length)), undefined);
  });

  it('makes it act as the permanent one, once init has been said again', () =>
    withDc({}, async (dc) => {
      const user = dc.demoUser();
      const client = await temporary(dc);
      await client.init(NEAREST);
      assert.equal(await bind(client, user), true);
      await assert.rejects(client.call(DIALOGS), { message: 'CONNECTION_NOT_INITED' });
      assert.equal(((await client.init(DIALOGS)) as TlObject)._, 'messages.dialogs');
      dc.pushMessage(user.userId, 'to the temporary key');
      assert.equal((await client.message('updateShortMessage'))['message'], 'to the temporary key');
      // The permanent key goes on being good.
      const direct = await RawClient.connect(dc.port());
      direct.authKey = AuthKey.from(user.authKey);
      direct.salt = user.salt;
      assert.equal(((await direct.call(DIALOGS)) as TlObject)._, 'messages.dialogs');
      assert.equal(user.key.home.open, 2, 'the home connections of both keys are those of the permanent one');
      assert.deepEqual(dc.violations.list, []);
    }));

  it('leaves a code that was asked for under the one before it good', () =>
    withDc({}, async (dc) => {
      const user = dc.demoUser();
      const [first, second] = [await temporary(dc), await temporary(dc)];
      await bind(first, user);
      const names = { phone_number: '9996621234' };
      const ask = { _: 'auth.sendCode', ...names, api_id: 1, api_hash: 'x', settings: { _: 'codeSettings' } };
      const { phone_code_hash } = (await first.init(ask)) as TlObject;
      await bind(second, user);
      const signIn = { _: 'auth.signIn', ...names, phone_code_hash: phone_code_hash!, phone_code: '22222' };
      assert.equal(((await second.init(signIn)) as TlObject)._, 'auth.authorization');
    }));

  it('may do next to nothing before', () =>
    withDc({}, async (dc) => {
      const client = await temporary(dc);
      assert.equal(((await client.init({ _: 'help.getConfig' })) as TlObject)._, 'config');
      assert.equal(((await client.call(NEAREST)) as TlObject)._, 'nearestDc');
      for (const query of [DIALOGS, { _: 'account.getPassword' }, { _: 'auth.dropTempAuthKeys', except_auth_keys: [] }])
        await assert.rejects(client.call(query), { message: 'AUTH_KEY_PERM_EMPTY', code: 401 });
    }));

  for (const [name, form] of Object.entries({ 'packed alone': packed, 'packed behind its wrappers': wrappedAndPacked }))
    it(`is taken ${name}, before anything else was said under it`, () =>
      withDc({}, async (dc) => {
        const client = await temporary(dc);
        assert.equal(await bind(client, dc.demoUser(), { form }), true);
        assert.equal(((await client.init(DIALOGS)) as TlObject)._, 'messages.dialogs');
        assert.deepEqual(dc.violations.list, []);
      }));

  it('what is packed is judged by what is inside, and only once', () =>
    withDc({}, async (dc) => {
      const client = await temporary(dc);
      const send = (body: Uint8Array): Promise<TlValue> =>
        client.result(client.send(body, { content: true }), 'help.getNearestDc');
      await assert.rejects(send(wrappedAndPacked(codec.encode(DIALOGS))), { message: 'AUTH_KEY_PERM_EMPTY' });
      await assert.rejects(send(wrappedAndPacked(packed(codec.encode(NEAREST)))), { message: 'INPUT_FETCH_ERROR' });
      assert.equal(((await send(wrappedAndPacked(codec.encode(NEAREST)))) as TlObject)._, 'nearestDc');
      assert.deepEqual(
        dc.violations.list.map(({ rule }) => rule),
        ['gzip'],
      );
    }));

  const wrong: Record<string, Bind> = {
    'another msg_id inside': { msgId: 0x6500000012345678n },
    'another nonce inside': { inner: { nonce: 5n } },
    'another nonce outside': { request: { nonce: 5n } },
    'another session': { inner: { temp_session_id: 5n } },
    'another temporary key': { inner: { temp_auth_key_id: 5n } },
    'another permanent key inside': { inner: { perm_auth_key_id: 5n } },
    'a permanent key nobody knows': { request: { perm_auth_key_id: 5n } },
    'another expires_at outside': { request: { expires_at: 2_000_000_000 } },
    'a wrong msg_key': {
      encrypted: (bytes) => Buffer.concat([bytes.subarray(0, 23), Buffer.alloc(1), bytes.subarray(24)]),
    },
    'a message cut short': { encrypted: (bytes) => bytes.subarray(0, 88) },
  };
  for (const [name, change] of Object.entries(wrong))
    it(`ENCRYPTED_MESSAGE_INVALID on ${name}`, () =>
      withDc({}, async (dc) => {
        const user = dc.demoUser();
        const client = await temporary(dc);
        await assert.rejects(bind(client, user, change), { message: 'ENCRYPTED_MESSAGE_INVALID', code: 400 });
        await assert.rejects(client.init(DIALOGS), { message: 'AUTH_KEY_PERM_EMPTY' });
        assert.equal(await bind(client, user), true);
      }));

  it('EXPIRES_AT_INVALID, TEMP_AUTH_KEY_EMPTY, TEMP_AUTH_KEY_ALREADY_BOUND', () =>
    withDc({}, async (dc) => {
      const [user, other] = [dc.demoUser(), dc.demoUser()];
      const client = await temporary(dc);
      for (const expiresAt of [1_700_000_000, Math.floor(Date.now() / 1000) + 7200])
        await assert.rejects(bind(client, user, { expiresAt }), { message: 'EXPIRES_AT_INVALID' });
      await bind(client, user);
      await bind(client, user);
      await assert.rejects(bind(client, other), { message: 'TEMP_AUTH_KEY_ALREADY_BOUND' });
      const permanent = await RawClient.connect(dc.port());
      await permanent.makeKey({ pem: dc.publicKeyPem });
      await assert.rejects(bind(permanent, user), { message: 'TEMP_AUTH_KEY_EMPTY' });
    }));
});

describe('the life of a temporary key', () => {
  it('ends when another is bound to the permanent key', () =>
    withDc({}, async (dc) => {
      const user = dc.demoUser();
      const [old, next] = [await temporary(dc), await temporary(dc)];
      await bind(old, user);
      await old.init(DIALOGS);
      await bind(next, user);
      await assert.rejects(old.call(DIALOGS), { message: 'AUTH_KEY_PERM_EMPTY' });
      await next.init(DIALOGS);
      dc.pushMessage(user.userId, 'to the newer one');
      await next.message('updateShortMessage');
      await old.call(NEAREST);
      assert.equal(
        old.came.some((one) => one.crc === 0x313bc7f8),
        false,
      );
    }));

  it('ends when it expires, on an open connection too', () =>
    withDc({}, async () => {
      let ahead = 0;
      await withDc({ now: () => Date.now() + ahead }, async (dc) => {
        const user = dc.demoUser();
        const client = await temporary(dc, 3600);
        await bind(client, user);
        await client.init(DIALOGS);
        ahead = 3_700_000;
        client.timeOffset += 3700;
        client.send(DIALOGS);
        assert.equal(await client.status(), -404);
      });
    }));

  it('ends by auth.dropTempAuthKeys, but for those excepted', () =>
    withDc({}, async (dc) => {
      const user = dc.demoUser();
      const [old, next] = [await temporary(dc), await temporary(dc)];
      await bind(old, user);
      await bind(next, user);
      await next.init(NEAREST);
      const except = [keyId(next.authKey!)];
      assert.equal(await next.call({ _: 'auth.dropTempAuthKeys', except_auth_keys: except }), true);
      old.send(NEAREST);
      assert.equal(await old.status(), -404);
      await next.call(DIALOGS);
    }));

  it('ends when the DC forgets it, or the permanent key', () =>
    withDc({}, async (dc) => {
      const user = dc.demoUser();
      const client = await temporary(dc);
      await bind(client, user);
      await client.init(DIALOGS);
      dc.forgetKey(user.key.temporary!);
      client.send(DIALOGS);
      assert.equal(await client.status(), -404);
      const next = await temporary(dc);
      await bind(next, user);
      await next.init(DIALOGS);
      dc.forgetKey(user.key);
      await assert.rejects(next.call(DIALOGS), { message: 'AUTH_KEY_PERM_EMPTY' });
      await assert.rejects(bind(next, user), { message: 'ENCRYPTED_MESSAGE_INVALID' });
    }));
});
