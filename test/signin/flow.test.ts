/** The flow of a sign-in under scripted answers: every way a code is sent, every refusal, every way out. */
import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { DH_PRIME } from '../../src/testdc/keys/key-exchange.ts';
import { SrpChallenge } from '../../src/testdc/keys/srp.ts';
import { Password } from '../../src/testdc/world/password.ts';
import { apiOf, type FlowOptions, accountName, signIn } from '../../src/signin/flow.ts';
import { SigninFailed, type Tl } from '../../src/signin/steps.ts';
import { inWords } from '../../src/signin/words.ts';
import { CTRL_C, play, type Played, refused, result, type Turn } from './support.ts';

const API = { apiId: 7, apiHash: 'planted-api-hash' };
const PHONE = '+9996621111';
const NOW = 1_795_000_000_000;
const AUTHORIZATION = {
  _cons: 'auth.authorization',
  user: { _cons: 'user', first_name: 'Demo', username: 'demo_user' },
};
const IN = result(AUTHORIZATION);

function given(more: Partial<FlowOptions> = {}): FlowOptions {
  return {
    way: 'phone',
    phone: PHONE,
    password: undefined,
    botToken: '',
    fill: (bytes) => void randomFillSync(bytes),
    now: () => NOW,
    ...more,
  };
}

/** Signs in by a script, which begins after `auth.sendCode` if a code is given. */
function run(script: readonly Turn[], more: Partial<FlowOptions> = {}): Played<Tl> {
  return play(signIn(API, given(more)), script);
}

function sent(kind: string, more: Record<string, unknown> = {}, next?: string) {
  return result({
    _cons: 'auth.sentCode',
    type: { _cons: `auth.sentCodeType${kind}`, ...more },
    phone_code_hash: 'planted-hash',
    ...(next === undefined ? {} : { next_type: { _cons: `auth.codeType${next}` }, timeout: 65 }),
  });
}

const SMS = sent('Sms', { length: 5 }, 'Call');

function failure({ error }: Played<Tl>): { reason: string; sentence: string; retryAfter: number | undefined } {
  assert.ok(error instanceof SigninFailed, String(error));
  return { reason: error.reason, sentence: error.message, retryAfter: error.retryAfter };
}

describe('codes', () => {
  const kinds: [kind: string, fields: Record<string, unknown>, typed: string, where: RegExp, proof: object][] = [
    ['App', { length: 5 }, '222 22', /apps that are signed in/, { phone_code: '22222' }],
    ['Sms', { length: 5 }, '22222', /5 digits in a text message/, { phone_code: '22222' }],
    ['Call', { length: 5 }, '22222', /calls the phone and says/, { phone_code: '22222' }],
    ['FlashCall', { pattern: '+44*' }, '+44 20 1', /the number that called, \+44\*/, { phone_code: '44201' }],
    ['MissedCall', { prefix: '4420', length: 4 }, '2222', /from 4420… .* last 4 digits/, { phone_code: '2222' }],
    [
      'FragmentSms',
      { url: 'https://fragment.example', length: 5 },
      '22222',
      /fragment\.example/,
      { phone_code: '22222' },
    ],
    ['FirebaseSms', { length: 5 }, '22222', /only its own apps/, { phone_code: '22222' }],
    ['SmsWord', { beginning: 'b' }, 'banana', /secret word .* begins with "b"/, { phone_code: 'banana' }],
    ['SmsPhrase', {}, 'the banana 2', /secret phrase in a text message\./, { phone_code: 'the banana 2' }],
    [
      'EmailCode',
      { email_pattern: 't*@e*.org', length: 5 },
      '22222',
      /to t\*@e\*\.org/,
      { email_verification: { _cons: 'emailVerificationCode', code: '22222' } },
    ],
    ['OfTheFuture', {}, '22222', /a way that this program does not know/, { phone_code: '22222' }],
  ];
  for (const [kind, fields, typed, where, proof] of kinds)
    test(`by ${kind}`, () => {
      const played = run([
        ['auth.sendCode', sent(kind, fields)],
        ['ask code', typed],
        ['auth.signIn', IN],
      ]);
      assert.deepEqual(played.end, AUTHORIZATION);
      assert.match(played.said[0]!, where);
      assert.equal(played.asked[0]!.isSecret, true);
      const names = { phone_number: PHONE, phone_code_hash: 'planted-hash' };
      assert.deepEqual(played.calls[1], { _cons: 'auth.signIn', ...names, ...proof });
    });

  test('an address for codes is set up where Telegram wants one; another one if the first is refused', () => {
    const toEmail = (sent('EmailCode', { email_pattern: 't*@e*.org', length: 5 }) as { result: Tl }).result;
    const played = run([
      ['auth.sendCode', sent('SetUpEmailRequired')],
      ['ask email', 'nowhere'],
      ['account.sendVerifyEmailCode', refused('EMAIL_INVALID')],
      ['ask email', 'first@example.org'],
      ['account.sendVerifyEmailCode', result({ _cons: 'account.sentEmailCode', email_pattern: 'f*', length: 6 })],
      ['ask email_code', ''],
      ['ask email', 'second@example.org'],
      ['account.sendVerifyEmailCode', result({ _cons: 'account.sentEmailCode', email_pattern: 's*', length: 6 })],
      ['ask email_code', '000000'],
      ['account.verifyEmail', refused('CODE_INVALID')],
      ['ask email_code', '123456'],
      ['account.verifyEmail', result({ _cons: 'account.emailVerifiedLogin', email: 'x', sent_code: toEmail })],
      ['ask code', '22222'],
      ['auth.signIn', IN],
    ]);
    assert.deepEqual(played.end, AUTHORIZATION);
    assert.ok(!played.said.join().includes('example.org'), 'the address is not repeated');
  });

  test('Enter alone has the code sent another way; then there is none', () => {
    const played = run([
      ['auth.sendCode', SMS],
      ['ask code', ''],
      ['auth.resendCode', sent('Call', { length: 5 })],
      ['ask code', ''],
      ['auth.resendCode', refused('SEND_CODE_UNAVAILABLE', 406)],
      ['ask code', '22222'],
      ['auth.signIn', IN],
    ]);
    assert.match(played.said[0]!, /Press Enter alone to have it sent by a call \(possible in 1 minute 5 seconds\)/);
    assert.match(played.said.at(-1)!, /no other way/);
  });

  test('a code that was sent anew goes by its own hash', () => {
    const renamed = result({ ...(sent('Call', { length: 5 }).result as Tl), phone_code_hash: 'second-hash' });
    const { calls } = run([
      ['auth.sendCode', SMS],
      ['ask code', ''],
      ['auth.resendCode', renamed],
      ['ask code', CTRL_C],
      ['auth.cancelCode', result(true)],
    ]);
    assert.equal(calls.at(-1)!['phone_code_hash'], 'second-hash');
  });

  test('wrong ones are asked for again; one that is too old brings a new one, three times at most', () => {
    const played = run([
      ['auth.sendCode', SMS],
      ['ask code', '11111'],
      ['auth.signIn', refused('PHONE_CODE_INVALID')],
      ['ask code', '22222'],
      ['auth.signIn', refused('PHONE_CODE_EXPIRED')],
      ['auth.sendCode', SMS],
      ['ask code', ''],
      ['auth.resendCode', refused('PHONE_CODE_EXPIRED')],
      ['auth.sendCode', SMS],
      ['ask code', '22222'],
      ['auth.signIn', refused('PHONE_CODE_EXPIRED')],
    ]);
    assert.equal(failure(played).reason, 'PHONE_CODE_EXPIRED');
    assert.ok(played.said.includes('That is not the code.'));
    assert.equal(played.said.filter((one) => one.includes('a new one')).length, 2);
  });

  test('a number that Telegram does not take is asked for again, also one from the command line', () => {
    const played = run([
      ['auth.sendCode', refused('PHONE_NUMBER_INVALID')],
      ['ask phone', ''],
      ['ask phone', ' +44 1 '],
      ['auth.sendCode', refused('AUTH_RESTART', 500)],
      ['auth.sendCode', SMS],
      ['ask code', '22222'],
      ['auth.signIn', IN],
    ]);
    assert.deepEqual(
      played.calls.slice(0, 3).map((one) => one['phone_number']),
      [PHONE, '+44 1', '+44 1'],
    );
  });

  test('no code is needed, or one has to be paid for', () => {
    const success = result({ _cons: 'auth.sentCodeSuccess', authorization: AUTHORIZATION });
    assert.deepEqual(run([['auth.sendCode', success]]).end, AUTHORIZATION);
    const required = {
      _cons: 'auth.sentCodePaymentRequired',
      store_product: 'p',
      phone_code_hash: 'h',
      support_email_address: 'help@example.org',
      support_email_subject: 's',
      premium_days: 7,
      currency: 'USD',
      amount: '100',
    };
    const played = failure(run([['auth.sendCode', result(required)]]));
    assert.equal(played.reason, 'PAYMENT_REQUIRED');
    assert.match(played.sentence, /7 days of Premium.*help@example\.org/);
  });

  test('what ends it early takes the code back; a gateway that is gone cannot be told', () => {
    const lost = new SigninFailed('GATEWAY_LOST', 'lost');
    for (const [turns, reason] of [
      [[['ask code', CTRL_C]], undefined],
      [
        [
          ['ask code', '1'],
          ['auth.signIn', refused('FLOOD_WAIT_65', 420)],
        ],
        'FLOOD_WAIT_65',
      ],
      [
        [
          ['ask code', '1'],
          ['auth.signIn', refused('PHONE_NUMBER_BANNED')],
        ],
        'PHONE_NUMBER_BANNED',
      ],
    ] as [Turn[], string | undefined][]) {
      const played = run([['auth.sendCode', SMS], ...turns, ['auth.cancelCode', result(true)]]);
      if (reason === undefined) assert.equal(played.error, CTRL_C);
      else assert.equal(failure(played).reason, reason);
    }
    const gone = run([
      ['auth.sendCode', SMS],
      ['ask code', '1'],
      ['auth.signIn', lost],
      ['auth.cancelCode', lost],
    ]);
    assert.equal(gone.error, lost);
  });
});

describe('signing up', () => {
  const terms = {
    _cons: 'help.termsOfService',
    id: { _cons: 'dataJSON', data: '{}' },
    text: 'Be kind.',
    min_age_confirm: 16,
  };
  const required = result({ _cons: 'auth.authorizationSignUpRequired', terms_of_service: terms });
  const begin: Turn[] = [
    ['auth.sendCode', SMS],
    ['ask code', '22222'],
    ['auth.signIn', required],
  ];

  test('shows the terms, asks for names, notes the consent', () => {
    const played = run([
      ...begin,
      ['ask terms', 'Yes'],
      ['ask first_name', 'x'.repeat(65)],
      ['ask last_name', ''],
      ['auth.signUp', refused('FIRSTNAME_INVALID')],
      ['ask first_name', 'New'],
      ['ask last_name', 'Comer'],
      ['auth.signUp', IN],
      ['help.acceptTermsOfService', result(true)],
    ]);
    assert.deepEqual(played.end, AUTHORIZATION);
    assert.ok(played.said.some((one) => one.includes('Be kind.')));
    assert.match(played.asked[1]!.text, /16 or older/);
    assert.deepEqual(played.calls.at(-1)!['id'], terms.id);
    const { first_name, last_name, phone_code_hash } = played.calls.at(-2)! as Record<string, unknown>;
    assert.deepEqual([first_name, last_name, phone_code_hash], ['New', 'Comer', 'planted-hash']);
  });

  test('who does not accept them gets no account', () => {
    const played = run([...begin, ['ask terms', 'no'], ['auth.cancelCode', result(true)]]);
    assert.equal(failure(played).reason, 'TERMS_DECLINED');
  });

  test('there may be no terms, and servers that say it the old way', () => {
    const turns: Turn[] = [
      ['auth.sendCode', SMS],
      ['ask code', '22222'],
      ['auth.signIn', refused('PHONE_NUMBER_UNOCCUPIED')],
      ['ask first_name', 'New'],
      ['ask last_name', ''],
      ['auth.signUp', IN],
    ];
    assert.deepEqual(run(turns).end, AUTHORIZATION);
  });
});

describe('a password', () => {
  const env = { now: () => NOW, fill: (bytes: Uint8Array) => void randomFillSync(bytes), after: () => undefined };
  const kept = Password.of(env as never, 'planted password ', 'hint of it');

  /** A question of the server's, and the half that judges the answer. */
  function challenge(): { answer: ReturnType<typeof result>; proves: (call: Tl) => boolean } {
    const b = new Uint8Array(256);
    randomFillSync(b);
    const server = new SrpChallenge(kept.verifier, kept, Buffer.from(b));
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    const algorithm = {
      _cons: 'passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow',
      salt1: base64(kept.salt1),
      salt2: base64(kept.salt2),
      g: 3,
      p: base64(DH_PRIME),
    };
    const value = {
      _cons: 'account.password',
      has_password: true,
      current_algo: algorithm,
      srp_B: base64(server.b),
      srp_id: '-1111111111111111111',
      hint: 'hint of it',
    };
    return {
      answer: result(value),
      proves(call) {
        const { A, M1, srp_id } = call['password'] as Record<string, string>;
        assert.equal(srp_id, '-1111111111111111111');
        return server.proves(Buffer.from(A!, 'base64'), Buffer.from(M1!, 'base64'));
      },
    };
  }

  const before: Turn[] = [
    ['auth.sendCode', SMS],
    ['ask code', '22222'],
    ['auth.signIn', refused('SESSION_PASSWORD_NEEDED', 401)],
  ];

  test('is asked for with its hint until it is right, each time with a question of its own', () => {
    const [first, second] = [challenge(), challenge()];
    const played = run([
      ...before,
      ['account.getPassword', first.answer],
      ['ask password', 'wrong'],
      ['auth.checkPassword', refused('PASSWORD_HASH_INVALID')],
      ['account.getPassword', second.answer],
      // Blanks belong to it.
      ['ask password', 'planted password '],
      ['auth.checkPassword', IN],
    ]);
    assert.deepEqual(played.end, AUTHORIZATION);
    assert.match(played.asked[1]!.text, /hint of it/);
    assert.ok(played.asked[1]!.isSecret);
    assert.equal(first.proves(played.calls[3]!), false);
    assert.equal(second.proves(played.calls[5]!), true);
  });

  test('given beforehand it is tried first, and again when the question was too old', () => {
    const right = challenge();
    const played = run(
      [
        ...before,
        ['account.getPassword', challenge().answer],
        ['auth.checkPassword', refused('SRP_ID_INVALID')],
        ['account.getPassword', right.answer],
        ['auth.checkPassword', IN],
      ],
      { password: 'planted password ' },
    );
    assert.equal(right.proves(played.calls.at(-1)!), true);
    const stale: Turn[] = Array.from({ length: 3 }, () => [
      ['account.getPassword', challenge().answer] as Turn,
      ['auth.checkPassword', refused('SRP_ID_INVALID')] as Turn,
    ]).flat();
    assert.equal(failure(run([...before, ...stale], { password: 'x' })).reason, 'SRP_ID_INVALID');
  });

  test('numbers that would give it away are not answered', () => {
    const { result: value } = challenge().answer as { result: Tl };
    const algorithm = value['current_algo'] as Tl;
    const even = Buffer.from(DH_PRIME);
    even[255]! ^= 1;
    for (const [change, reason] of [
      [{ current_algo: { ...algorithm, p: even.toString('base64') } }, 'PASSWORD_PARAMETERS'],
      [{ current_algo: { ...algorithm, g: 4, p: Buffer.alloc(256, 255).toString('base64') } }, 'PASSWORD_PARAMETERS'],
      [{ srp_B: Buffer.from([1]).toString('base64') }, 'PASSWORD_PARAMETERS'],
      [{ current_algo: { _cons: 'passwordKdfAlgoUnknown' } }, 'PASSWORD_ALGORITHM'],
    ] as const) {
      const turn: Turn = ['account.getPassword', result({ ...value, ...change })];
      assert.equal(failure(run([...before, turn], { password: 'x' })).reason, reason);
    }
  });
});

describe('a bot', () => {
  test('signs in by its token; one that was typed may be typed again', () => {
    const played = run([['auth.importBotAuthorization', IN]], { way: 'bot', botToken: 'planted:token' });
    assert.equal(played.calls[0]!['bot_auth_token'], 'planted:token');
    assert.equal(played.calls[0]!['flags'], 0);
    const typed = run(
      [
        ['ask bot_token', 'wrong'],
        ['auth.importBotAuthorization', refused('ACCESS_TOKEN_INVALID')],
        ['ask bot_token', 'right'],
        ['auth.importBotAuthorization', IN],
      ],
      { way: 'bot' },
    );
    assert.deepEqual(typed.end, AUTHORIZATION);
    assert.ok(typed.asked.every(({ isSecret }) => isSecret));
  });

  test('a wrong one from the command line is the end', () => {
    const turns: Turn[] = [['auth.importBotAuthorization', refused('ACCESS_TOKEN_INVALID')]];
    const { reason, sentence } = failure(run(turns, { way: 'bot', botToken: 'planted:token' }));
    assert.equal(reason, 'ACCESS_TOKEN_INVALID');
    assert.doesNotMatch(sentence, /planted/);
  });
});

describe('a QR code', () => {
  const way = { way: 'qr' } as const;
  const token = (text: string, seconds = 30) =>
    result({
      _cons: 'auth.loginToken',
      expires: NOW / 1000 + seconds,
      token: Buffer.from(text).toString('base64'),
    });
  const success = result({ _cons: 'auth.loginTokenSuccess', authorization: AUTHORIZATION });

  test('is drawn anew when it is out of date, and asked about when it was accepted', () => {
    const played = run(
      [
        ['auth.exportLoginToken', token('\u00fb\u00ff?1')],
        ['await updateLoginToken', false],
        ['auth.exportLoginToken', token('two', 90)],
        ['await updateLoginToken', true],
        ['auth.exportLoginToken', success],
      ],
      way,
    );
    assert.deepEqual(played.end, AUTHORIZATION);
    const first = Buffer.from('\u00fb\u00ff?1').toString('base64url');
    assert.deepEqual(played.shown, [
      { url: `tg://login?token=${first}`, seconds: 30 },
      { url: `tg://login?token=${Buffer.from('two').toString('base64url')}`, seconds: 60 },
    ]);
    assert.deepEqual(played.calls[0]!['except_ids'], []);
  });

  test('goes on at the data centre it is sent to, with the password after it', () => {
    const moved = result({ _cons: 'auth.loginTokenMigrateTo', dc_id: 4, token: 'dHdv' });
    const played = run(
      [
        ['auth.exportLoginToken', token('one')],
        ['await updateLoginToken', true],
        ['auth.exportLoginToken', moved],
        ['auth.importLoginToken', refused('AUTH_TOKEN_EXPIRED')],
        ['auth.exportLoginToken', moved],
        ['auth.importLoginToken', refused('SESSION_PASSWORD_NEEDED', 401)],
        ['account.getPassword', result({ _cons: 'account.password' })],
        ['auth.checkPassword', IN],
      ],
      { ...way, password: 'x' },
    );
    assert.deepEqual(played.end, AUTHORIZATION);
    assert.equal(played.calls[2]!['token'], 'dHdv');
  });

  test('is not drawn for ever, and not when clocks differ by years', () => {
    const turns = Array.from({ length: 40 }, (): Turn[] => [
      ['auth.exportLoginToken', token('one', -1e8)],
      ['await updateLoginToken', false],
    ]).flat();
    const played = run(turns, way);
    assert.equal(failure(played).reason, 'QR_NOT_SCANNED');
    assert.ok(played.shown.every(({ seconds }) => seconds === 2));
  });

  test('Ctrl-C ends it', () => {
    const turns: Turn[] = [
      ['auth.exportLoginToken', token('one')],
      ['await updateLoginToken', CTRL_C],
    ];
    assert.equal(run(turns, way).error, CTRL_C);
  });
});

test('refusals are said in words, floods with their seconds, and nothing typed is in them', () => {
  for (const [text, sentence] of [
    ['FLOOD_WAIT_65', 'Telegram asks to wait 1 minute 5 seconds.'],
    ['PHONE_NUMBER_BANNED', 'Telegram has banned this phone number.'],
    ['SOMETHING_NEW', 'Telegram refused with 400 SOMETHING_NEW.'],
    ['what planted-hash', 'Telegram refused with 400 an unreadable reason.'],
  ] as const) {
    const told = failure(run([['auth.sendCode', refused(text)]]));
    assert.equal(told.sentence, sentence);
  }
  assert.equal(failure(run([['auth.sendCode', refused('FLOOD_WAIT_65', 420)]])).retryAfter, 65);
  const spoken = [0, 1, 59.2, 60, 65, 3600, 86_400 + 7261].map(inWords);
  assert.deepEqual(spoken, [
    '0 seconds',
    '1 second',
    '1 minute',
    '1 minute',
    '1 minute 5 seconds',
    '1 hour',
    '1 day 2 hours 1 minute 1 second',
  ]);
});

test('what is not given of the application is asked for', () => {
  const played = play(apiOf(undefined, undefined), [
    ['ask api_id', 'abc'],
    ['ask api_id', '99999999999'],
    ['ask api_id', '12345'],
    ['ask api_hash', 'planted'],
  ]);
  assert.deepEqual(played.end, { apiId: 12_345, apiHash: 'planted' });
  assert.equal(played.asked.at(-1)!.isSecret, true);
  assert.deepEqual(play(apiOf(1, 'x'), []).end, { apiId: 1, apiHash: 'x' });
});

test('who is signed in has a name', () => {
  const of = (user: object): string => accountName({ _cons: 'auth.authorization', user: { _cons: 'user', ...user } });
  assert.equal(of({ first_name: 'Demo', last_name: 'User', username: 'demo_user' }), 'Demo User (@demo_user)');
  assert.equal(of({ first_name: 'New' }), 'New');
  assert.equal(of({}), 'somebody');
});

test('an answer that lets nobody in is not taken for one that does', () => {
  const played = run([['auth.importBotAuthorization', result({ _cons: 'auth.somethingElse' })]], {
    way: 'bot',
    botToken: 'x',
  });
  assert.equal(failure(played).reason, 'UNEXPECTED_ANSWER');
  assert.equal(failure(run([['auth.sendCode', result(true)]])).reason, 'UNEXPECTED_ANSWER');
});
