/** Ways to sign in to the test DC: codes of every kind, sign-up, QR, bots; and out again (protocol: Login). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeOf } from '../../src/testdc/answers/codes.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject, TlValue } from '../../src/testdc/tl/tl-value.ts';
import { BOT_ID, SEED_ACCOUNTS } from '../../src/testdc/world/seed.ts';
import type { CodeKind } from '../../src/testdc/world/records.ts';
import { RawClient } from '../support/raw-client.ts';
import { DIALOGS, NEAREST, withDc } from './support.ts';

type Fields = Record<string, TlValue>;

/** A client with a key and init, not signed in. */
async function fresh(dc: TestDc, dcId?: number): Promise<RawClient> {
  const client = await RawClient.connect(dc.port(dcId));
  await client.makeKey({ pem: dc.publicKeyPem, ...(dcId === undefined ? {} : { dcId }) });
  await client.init(NEAREST);
  return client;
}

const API = { api_id: 1, api_hash: 'x' };
const sendCode = (phone_number: string, settings: Fields = {}): TlObject => ({
  _: 'auth.sendCode',
  phone_number,
  ...API,
  settings: { _: 'codeSettings', ...settings },
});

/** A phone whose code was sent: the names of both go with every further call. */
async function begin(client: RawClient, phone_number: string): Promise<{ sent: TlObject; names: Fields }> {
  const sent = (await client.call(sendCode(phone_number))) as TlObject;
  return { sent, names: { phone_number, phone_code_hash: sent['phone_code_hash']! } };
}

async function signIn(client: RawClient, phone: string): Promise<TlObject> {
  const { names } = await begin(client, phone);
  return (await client.call({ _: 'auth.signIn', ...names, phone_code: codeOf(phone, 'Sms') })) as TlObject;
}

const typeOf = (sent: TlValue): string => ((sent as TlObject)['type'] as TlObject)._;

describe('codes', () => {
  const kinds: CodeKind[] = [
    'App',
    'Sms',
    'Call',
    'FlashCall',
    'MissedCall',
    'FragmentSms',
    'FirebaseSms',
    'SmsWord',
    'SmsPhrase',
  ];
  for (const kind of kinds)
    it(`by ${kind}`, () =>
      withDc({}, async (dc) => {
        dc.world.codeKinds = [kind];
        const client = await fresh(dc);
        const { sent, names } = await begin(client, '9996621234');
        assert.equal(typeOf(sent), `auth.sentCodeType${kind}`);
        const wrong = client.call({ _: 'auth.signIn', ...names, phone_code: '12345' });
        await assert.rejects(wrong, { message: 'PHONE_CODE_INVALID' });
        const phone_code = codeOf('9996621234', kind);
        assert.equal(
          ((await client.call({ _: 'auth.signIn', ...names, phone_code })) as TlObject)._,
          'auth.authorization',
        );
      }));

  it('by e-mail, once an address has been set up', () =>
    withDc({}, async (dc) => {
      dc.world.codeKinds = ['SetUpEmailRequired'];
      const client = await fresh(dc);
      const { sent, names } = await begin(client, '9996621234');
      assert.equal(typeOf(sent), 'auth.sentCodeTypeSetUpEmailRequired');
      const purpose: TlObject = { _: 'emailVerifyPurposeLoginSetup', ...names };
      const ask = (email: string): TlObject => ({ _: 'account.sendVerifyEmailCode', purpose, email });
      await assert.rejects(client.call(ask('nowhere')), { message: 'EMAIL_INVALID' });
      assert.equal(((await client.call(ask('a@example.org'))) as TlObject)['length'], 5);
      const code = (text: string): TlObject => ({ _: 'emailVerificationCode', code: text });
      const verify = (text: string): TlObject => ({ _: 'account.verifyEmail', purpose, verification: code(text) });
      await assert.rejects(client.call(verify('11111')), { message: 'CODE_INVALID' });
      const verified = (await client.call(verify('22222'))) as TlObject;
      assert.equal(typeOf(verified['sent_code']!), 'auth.sentCodeTypeEmailCode');
      const typed = client.call({ _: 'auth.signIn', ...names, phone_code: '22222' });
      await assert.rejects(typed, { message: 'PHONE_CODE_INVALID' });
      await client.call({ _: 'auth.signIn', ...names, email_verification: code('22222') });
      await client.call(DIALOGS);
    }));

  it('are sent another way when asked for again, until there is none', () =>
    withDc({}, async (dc) => {
      dc.world.codeKinds = ['App', 'Sms', 'SmsWord'];
      const client = await fresh(dc);
      const { sent, names } = await begin(client, '9996621234');
      assert.deepEqual([typeOf(sent), (sent['next_type'] as TlObject)._], ['auth.sentCodeTypeApp', 'auth.codeTypeSms']);
      const again = (await client.call({ _: 'auth.resendCode', ...names })) as TlObject;
      assert.deepEqual([typeOf(again), again['next_type']], ['auth.sentCodeTypeSms', undefined]);
      await client.call({ _: 'auth.resendCode', ...names });
      await assert.rejects(client.call({ _: 'auth.resendCode', ...names }), { message: 'SEND_CODE_UNAVAILABLE' });
      await client.call({ _: 'auth.signIn', ...names, phone_code: 'Banana' });
    }));

  it('are gone when cancelled, and after five wrong ones', () =>
    withDc({}, async (dc) => {
      const client = await fresh(dc);
      const { names } = await begin(client, '9996621234');
      assert.equal(await client.call({ _: 'auth.cancelCode', ...names }), true);
      const gone = { message: 'PHONE_CODE_EXPIRED' };
      await assert.rejects(client.call({ _: 'auth.cancelCode', ...names }), gone);
      await assert.rejects(client.call({ _: 'auth.signIn', ...names, phone_code: '22222' }), gone);
      const second = await begin(client, '9996621234');
      const wrong = { _: 'auth.signIn', ...second.names, phone_code: '99999' };
      for (let i = 0; i < 5; i++) await assert.rejects(client.call(wrong), { message: 'PHONE_CODE_INVALID' });
      await assert.rejects(client.call({ ...wrong, phone_code: '22222' }), gone);
    }));

  it('are good under the key that they were asked for under, and no other', () =>
    withDc({}, async (dc) => {
      dc.world.codeKinds = ['SetUpEmailRequired', 'Sms', 'Call'];
      const [client, stranger] = [await fresh(dc), await fresh(dc)];
      const { names } = await begin(client, '9996629001');
      const purpose: TlObject = { _: 'emailVerifyPurposeLoginSetup', ...names };
      const verification: TlObject = { _: 'emailVerificationCode', code: '22222' };
      const signInCall = { _: 'auth.signIn', ...names, phone_code: '22222' };
      const signUpCall = { _: 'auth.signUp', ...names, first_name: 'New', last_name: 'Comer' };
      const calls: TlObject[] = [
        { _: 'account.sendVerifyEmailCode', purpose, email: 'a@example.org' },
        { _: 'account.verifyEmail', purpose, verification },
        { _: 'auth.resendCode', ...names },
        { _: 'auth.cancelCode', ...names },
        signInCall,
        signUpCall,
      ];
      const areRefused = async (): Promise<void> => {
        for (const call of calls) await assert.rejects(stranger.call(call), { message: 'PHONE_CODE_EXPIRED' }, call._);
      };
      await areRefused();
      await client.call({ _: 'auth.resendCode', ...names });
      const required = (await client.call(signInCall)) as TlObject;
      assert.equal(required._, 'auth.authorizationSignUpRequired');
      await areRefused();
      assert.equal(((await client.call(signUpCall)) as TlObject)._, 'auth.authorization');
    }));

  it('are asked for again where a phone is at home, and are good under the key there alone', () =>
    withDc({ dcs: [{ id: 2 }, { id: 1 }] }, async (dc) => {
      const [away, home] = [await fresh(dc, 2), await fresh(dc, 1)];
      await assert.rejects(away.call(sendCode('9996611234')), { code: 303, message: 'PHONE_MIGRATE_1' });
      const { names } = await begin(home, '9996611234');
      const call = { _: 'auth.signIn', ...names, phone_code: '11111' };
      for (const client of [away, await fresh(dc, 1)])
        await assert.rejects(client.call(call), { code: 400, message: 'PHONE_CODE_EXPIRED' });
      assert.equal(((await home.call(call)) as TlObject)._, 'auth.authorization');
    }));

  it('are not needed with the token of a log-out', () =>
    withDc({}, async (dc) => {
      const client = await fresh(dc);
      const me = (await signIn(client, '9996621234'))['user'] as TlObject;
      const { future_auth_token } = (await client.call({ _: 'auth.logOut' })) as TlObject;
      const tokens = { logout_tokens: [future_auth_token!] };
      const done = (await client.call(sendCode('9996621234', tokens))) as TlObject;
      assert.equal(done._, 'auth.sentCodeSuccess');
      assert.equal(((done['authorization'] as TlObject)['user'] as TlObject)['id'], me['id']);
      // It is no token for anybody else.
      assert.equal(((await client.call(sendCode('9996621111', tokens))) as TlObject)._, 'auth.sentCode');
    }));
});

describe('signing up', () => {
  it('is asked for by phones whose last four digits begin with 9', () =>
    withDc({}, async (dc) => {
      const client = await fresh(dc);
      const { names } = await begin(client, '9996629001');
      const signUp = { _: 'auth.signUp', ...names, first_name: 'New', last_name: 'Comer' };
      await assert.rejects(client.call(signUp), { message: 'PHONE_CODE_INVALID' });
      const required = (await client.call({ _: 'auth.signIn', ...names, phone_code: '22222' })) as TlObject;
      assert.equal(required._, 'auth.authorizationSignUpRequired');
      assert.equal((required['terms_of_service'] as TlObject)._, 'help.termsOfService');
      await assert.rejects(client.call({ ...signUp, first_name: '' }), { message: 'FIRSTNAME_INVALID' });
      await assert.rejects(client.call(DIALOGS), { message: 'AUTH_KEY_UNREGISTERED' });
      const done = (await client.call(signUp)) as TlObject;
      assert.equal((done['user'] as TlObject)['last_name'], 'Comer');
      assert.equal((await signIn(await fresh(dc), '9996629001'))._, 'auth.authorization');
    }));
});

describe('bots', () => {
  it('sign in by their token; the one of the seed by no other', () =>
    withDc({}, async (dc) => {
      const client = await fresh(dc);
      const query = { _: 'auth.importBotAuthorization', flags: 0, ...API };
      const { token } = SEED_ACCOUNTS.find(({ id }) => id === BOT_ID)!;
      const wrong = client.call({ ...query, bot_auth_token: `${BOT_ID}:guess` });
      await assert.rejects(wrong, { message: 'ACCESS_TOKEN_INVALID' });
      const done = (await client.call({ ...query, bot_auth_token: token! })) as TlObject;
      assert.equal((done['user'] as TlObject)['username'], 'demo_bot');
    }));
});

describe('QR codes', () => {
  const exportToken = (except_ids: bigint[] = []): TlObject => ({ _: 'auth.exportLoginToken', ...API, except_ids });
  const accept = (token: TlValue): TlObject => ({ _: 'auth.acceptLoginToken', token });

  it('sign in who shows them, when another session accepts: it is told, and asks again', () =>
    withDc({}, async (dc) => {
      const [phone, screen] = [await fresh(dc), await fresh(dc)];
      const me = (await signIn(phone, '9996621234'))['user'] as TlObject;
      const shown = (await screen.call(exportToken())) as TlObject;
      assert.equal((shown['token'] as Buffer).length, 32);
      const left = (shown['expires'] as number) - Date.now() / 1000;
      assert.ok(left > 28 && left <= 30);
      await assert.rejects(screen.call(accept(shown['token']!)), { message: 'AUTH_KEY_UNREGISTERED' });
      const accepted = (await phone.call(accept(shown['token']!))) as TlObject;
      assert.deepEqual([accepted._, accepted['device_model']], ['authorization', 'raw']);
      const told = await screen.message('updateShort');
      assert.equal((told['update'] as TlObject)._, 'updateLoginToken');
      await assert.rejects(phone.call(accept(shown['token']!)), { message: 'AUTH_TOKEN_ALREADY_ACCEPTED' });
      const done = (await screen.call(exportToken())) as TlObject;
      assert.equal(done._, 'auth.loginTokenSuccess');
      assert.equal(((done['authorization'] as TlObject)['user'] as TlObject)['id'], me['id']);
      await screen.call(DIALOGS);
    }));

  it('expire, may be for some only, and must be tokens', () =>
    withDc({}, async () => {
      let ahead = 0;
      await withDc({ now: () => Date.now() + ahead }, async (dc) => {
        const [phone, screen] = [await fresh(dc), await fresh(dc)];
        const me = (await signIn(phone, '9996621234'))['user'] as TlObject;
        const others = (await screen.call(exportToken([me['id'] as bigint]))) as TlObject;
        await assert.rejects(phone.call(accept(others['token']!)), { message: 'AUTH_TOKEN_EXCEPTION' });
        await assert.rejects(phone.call(accept(Buffer.alloc(5))), { message: 'AUTH_TOKEN_INVALID' });
        const { token } = (await screen.call(exportToken())) as TlObject;
        ahead = 31_000;
        for (const client of [phone, screen]) client.timeOffset += 31;
        await assert.rejects(phone.call(accept(token!)), { message: 'AUTH_TOKEN_EXPIRED' });
        assert.notDeepEqual(((await screen.call(exportToken())) as TlObject)['token'], token);
      });
    }));

  it('send who shows them to the home of who accepts', () =>
    withDc({ dcs: [{ id: 2 }, { id: 1 }] }, async (dc) => {
      const [phone, screen] = [await fresh(dc, 1), await fresh(dc, 2)];
      await signIn(phone, '9996611234');
      const { token } = (await screen.call(exportToken())) as TlObject;
      await phone.call(accept(token!));
      const moved = (await screen.call(exportToken())) as TlObject;
      assert.deepEqual([moved._, moved['dc_id']], ['auth.loginTokenMigrateTo', 1]);
      const there = await fresh(dc, 1);
      const query = { _: 'auth.importLoginToken', token: moved['token']! };
      assert.equal(((await there.call(query)) as TlObject)._, 'auth.loginTokenSuccess');
      await there.call(DIALOGS);
      await assert.rejects(there.call(query), { message: 'AUTH_TOKEN_EXPIRED' });
      assert.equal(((await screen.call(exportToken())) as TlObject)._, 'auth.loginToken');
    }));
});

describe('where an account is signed in', () => {
  const listed = async (client: RawClient): Promise<TlObject[]> =>
    ((await client.call({ _: 'account.getAuthorizations' })) as TlObject)['authorizations'] as TlObject[];

  it('is listed, and can be ended one by one or all at once', () =>
    withDc({}, async (dc) => {
      const [a, b, c, d] = [await fresh(dc), await fresh(dc), await fresh(dc), await fresh(dc)];
      for (const client of [a, b, c, d]) await signIn(client, '9996621234');
      const all = await listed(a);
      assert.deepEqual(
        all.map((one) => [one['current'] === true, one['device_model']]),
        [true, false, false, false].map((current) => [current, 'raw']),
      );
      const reset = (hash: bigint): TlObject => ({ _: 'account.resetAuthorization', hash });
      await assert.rejects(a.call(reset(0n)), { message: 'HASH_INVALID' });
      assert.equal(await a.call(reset(all[1]!['hash'] as bigint)), true);
      await assert.rejects(b.call(DIALOGS), { code: 401, message: 'SESSION_REVOKED' });
      assert.equal((await listed(a)).length, 3);
      assert.equal(await a.call({ _: 'auth.resetAuthorizations' }), true);
      for (const client of [c, d]) await assert.rejects(client.call(DIALOGS), { message: 'SESSION_REVOKED' });
      await signIn(b, '9996621234');
      await b.call(DIALOGS);
    }));
});

describe('floods', () => {
  it('are refused with the seconds that are left, by method and phone', () =>
    withDc({}, async () => {
      let ahead = 0;
      await withDc({ now: () => Date.now() + ahead }, async (dc) => {
        dc.world.floods.limit('auth.sendCode', { calls: 2, seconds: 60 });
        dc.world.floods.limit('help.getNearestDc', { calls: 0, seconds: 5, error: 'FLOOD_PREMIUM_WAIT' });
        await assert.rejects(fresh(dc), { code: 420, message: 'FLOOD_PREMIUM_WAIT_5' });
        dc.world.floods.limit('help.getNearestDc', { calls: 100, seconds: 5 });
        const [one, two] = [await fresh(dc), await fresh(dc)];
        await one.call(sendCode('9996621234'));
        await two.call(sendCode('9996621234'));
        await assert.rejects(one.call(sendCode('9996621234')), { code: 420, message: 'FLOOD_WAIT_60' });
        await one.call(sendCode('9996621235'));
        ahead = 50_500;
        one.timeOffset += 50;
        await assert.rejects(one.call(sendCode('9996621234')), { message: 'FLOOD_WAIT_10' });
        ahead = 61_000;
        one.timeOffset += 11;
        await one.call(sendCode('9996621234'));
      });
    }));
});
