/**
 * Signing in and up by a code sent to a phone (protocol: Login).
 * In: phones, codes, e-mail addresses. Out: `auth.sentCode`, `auth.authorization`, new accounts. Never: a code really sent.
 *
 * Test phones are 99966XYYYY: X is the home DC, the code is X five times. A phone without an account has to sign up if
 * its YYYY begins with 9, and gets an account at once if not. `world.codeKinds` says how codes are sent: the first way at
 * once, the next ones on `auth.resendCode`.
 */
import { random } from '../env.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { CodeKind, SentCode } from '../world/records.ts';
import type { MethodAnswer, Call } from './call.ts';
import { authorize, checkApi } from './login.ts';
import { stay } from './migrate.ts';

/** How long a code is good, ms, and how many wrong tries end it. */
const CODE_MS = 300_000;
const MOST_WRONG = 5;
const TEST_PHONE = /^99966([123])(\d)\d{3}$/;
/** The codes of SmsWord and SmsPhrase, by X. */
const WORDS = ['', 'apple', 'banana', 'cherry'] as const;

/** `auth.SentCodeType` of each kind. */
const TYPES: Readonly<Record<CodeKind, TlObject>> = {
  App: { _: 'auth.sentCodeTypeApp', length: 5 },
  Sms: { _: 'auth.sentCodeTypeSms', length: 5 },
  Call: { _: 'auth.sentCodeTypeCall', length: 5 },
  FlashCall: { _: 'auth.sentCodeTypeFlashCall', pattern: '*' },
  MissedCall: { _: 'auth.sentCodeTypeMissedCall', prefix: '99966', length: 5 },
  EmailCode: { _: 'auth.sentCodeTypeEmailCode', email_pattern: 't*@e*.org', length: 5 },
  SetUpEmailRequired: { _: 'auth.sentCodeTypeSetUpEmailRequired' },
  FragmentSms: { _: 'auth.sentCodeTypeFragmentSms', url: 'https://fragment.example', length: 5 },
  FirebaseSms: { _: 'auth.sentCodeTypeFirebaseSms', length: 5 },
  SmsWord: { _: 'auth.sentCodeTypeSmsWord' },
  SmsPhrase: { _: 'auth.sentCodeTypeSmsPhrase', beginning: 'the' },
};

/** The kinds that `next_type` has a constructor for. */
const NEXT: ReadonlySet<CodeKind> = new Set(['Sms', 'Call', 'FlashCall', 'MissedCall', 'FragmentSms']);

/** The code that a test phone is sent: digits, a word or a phrase. */
export function codeOf(phone: string, kind: CodeKind): string {
  const digit = TEST_PHONE.exec(phone)![1]!;
  if (kind === 'SmsWord') return WORDS[Number(digit)]!;
  return kind === 'SmsPhrase' ? `the ${WORDS[Number(digit)]} tree` : digit.repeat(5);
}

function phoneOf({ args }: Call): string {
  const phone = (args['phone_number'] as string).replace(/[^\d]/g, '');
  if (!TEST_PHONE.test(phone)) throw new DcRpcError(400, 'PHONE_NUMBER_INVALID');
  return phone;
}

function sendCode(call: Call): TlObject {
  checkApi(call);
  const { world } = call;
  const phone = phoneOf(call);
  const person = world.byPhone(phone);
  stay(call, 'NETWORK', phone, undefined);
  stay(call, 'PHONE', phone, person?.dcId ?? Number(TEST_PHONE.exec(phone)![1]));
  const known = hasLogOutToken(call, person?.id);
  if (known) return { _: 'auth.sentCodeSuccess', authorization: authorize(call, person!) };
  const hash = random(world.env, 9).toString('hex');
  const { identity: key } = call.session.key;
  const sent: SentCode = { phone, key, kinds: [...world.codeKinds], wrong: 0, isRight: false };
  world.codes.set(hash, sent, call.now + CODE_MS);
  return sentCode(hash, sent);
}

/** Whether the request has a token of an earlier log-out of that user, which signs in without a code. */
function hasLogOutToken({ world, args, now }: Call, userId: bigint | undefined): boolean {
  const tokens = ((args['settings'] as TlObject)['logout_tokens'] ?? []) as Uint8Array[];
  const names = tokens.map((token) => Buffer.from(token).toString('latin1'));
  return userId !== undefined && names.some((name) => world.logOutTokens.get(name, now) === userId);
}

function sentCode(hash: string, { kinds }: SentCode): TlObject {
  const [kind, next] = kinds;
  return {
    _: 'auth.sentCode',
    type: TYPES[kind!],
    phone_code_hash: hash,
    ...(next !== undefined && NEXT.has(next) ? { next_type: { _: `auth.codeType${next}` } } : {}),
    timeout: 60,
  };
}

/** The code that a request is about, if it was asked for under the same key and sent to the phone named. @throws DcRpcError */
function sentTo(call: Call): { hash: string; sent: SentCode } {
  const phone = phoneOf(call);
  const hash = call.args['phone_code_hash'] as string;
  if (hash === '') throw new DcRpcError(400, 'PHONE_CODE_HASH_EMPTY');
  const sent = call.world.codes.get(hash, call.now);
  const isOurs = sent?.phone === phone && sent.key === call.session.key.identity;
  if (!isOurs) throw new DcRpcError(400, 'PHONE_CODE_EXPIRED');
  return { hash, sent };
}

/** Sends the code again in the next way; a code of digits stays the same. */
function resendCode(call: Call): TlObject {
  const { hash, sent } = sentTo(call);
  if (sent.kinds.length < 2) throw new DcRpcError(406, 'SEND_CODE_UNAVAILABLE');
  sent.kinds.shift();
  call.world.codes.set(hash, sent, call.now + CODE_MS);
  return sentCode(hash, sent);
}

function cancelCode(call: Call): boolean {
  return call.world.codes.delete(sentTo(call).hash);
}

function signIn(call: Call): TlObject {
  phoneOf(call);
  const given = givenCode(call);
  const { hash, sent } = sentTo(call);
  checkCode(call, hash, sent, given);
  const person = call.world.byPhone(sent.phone);
  if (person === undefined && TEST_PHONE.exec(sent.phone)![2] === '9') return signUpRequired(sent);
  call.world.codes.delete(hash);
  return authorize(call, person ?? newPerson(call, sent.phone, 'Test', sent.phone.slice(-4)));
}

/** The code in a request, and whether it is said to come from an e-mail. @throws DcRpcError */
function givenCode({ args }: Call): { code: string; isEmail: boolean } {
  const verification = args['email_verification'] as TlObject | undefined;
  const code = (args['phone_code'] ?? verification?.['code']) as string | undefined;
  if (code === undefined || code === '') throw new DcRpcError(400, 'PHONE_CODE_EMPTY');
  return { code, isEmail: args['phone_code'] === undefined };
}

function checkCode(call: Call, hash: string, sent: SentCode, given: { code: string; isEmail: boolean }): void {
  const kind = sent.kinds[0]!;
  const fits = kind !== 'SetUpEmailRequired' && given.isEmail === (kind === 'EmailCode');
  if (fits && given.code.toLowerCase() === codeOf(sent.phone, kind)) return;
  if (++sent.wrong >= MOST_WRONG) call.world.codes.delete(hash);
  throw new DcRpcError(400, 'PHONE_CODE_INVALID');
}

function signUpRequired(sent: SentCode): TlObject {
  sent.isRight = true;
  const id: TlObject = { _: 'dataJSON', data: '{"test":1}' };
  const terms: TlObject = { _: 'help.termsOfService', id, text: 'Be kind to tests.', entities: [] };
  return { _: 'auth.authorizationSignUpRequired', terms_of_service: terms };
}

function signUp(call: Call): TlObject {
  const { hash, sent } = sentTo(call);
  if (!sent.isRight) throw new DcRpcError(400, 'PHONE_CODE_INVALID');
  const first = call.args['first_name'] as string;
  if (first.length === 0 || first.length > 64) throw new DcRpcError(400, 'FIRSTNAME_INVALID');
  if (call.world.byPhone(sent.phone) !== undefined) throw new DcRpcError(400, 'PHONE_NUMBER_OCCUPIED');
  call.world.codes.delete(hash);
  return authorize(call, newPerson(call, sent.phone, first, call.args['last_name'] as string));
}

function newPerson({ world, dcId }: Call, phone: string, firstName: string, lastName: string) {
  return world.addPerson({ firstName, lastName, phone, dcId });
}

/** Takes an e-mail address for codes, for a phone that has to set one up; the code that confirms it is the phone's. */
function sendVerifyEmailCode(call: Call): TlObject {
  setUpFor(call);
  if (!/^\S+@\S+$/.test(call.args['email'] as string)) throw new DcRpcError(400, 'EMAIL_INVALID');
  return { _: 'account.sentEmailCode', email_pattern: 't*@e*.org', length: 5 };
}

function verifyEmail(call: Call): TlObject {
  const { hash, sent } = setUpFor(call);
  const code = (call.args['verification'] as TlObject)['code'];
  if (code !== codeOf(sent.phone, 'EmailCode')) throw new DcRpcError(400, 'CODE_INVALID');
  sent.kinds.splice(0, 1, 'EmailCode');
  return { _: 'account.emailVerifiedLogin', email: 'test@example.org', sent_code: sentCode(hash, sent) };
}

function setUpFor(call: Call): { hash: string; sent: SentCode } {
  const purpose = call.args['purpose'] as TlObject;
  if (purpose._ !== 'emailVerifyPurposeLoginSetup') throw new DcRpcError(400, 'EMAIL_NOT_ALLOWED');
  const found = sentTo({ ...call, args: purpose });
  if (found.sent.kinds[0] !== 'SetUpEmailRequired') throw new DcRpcError(400, 'EMAIL_NOT_ALLOWED');
  return found;
}

export const codesAnswers: Readonly<Record<string, MethodAnswer>> = {
  'auth.sendCode': sendCode,
  'auth.resendCode': resendCode,
  'auth.cancelCode': cancelCode,
  'auth.signIn': signIn,
  'auth.signUp': signUp,
  'account.sendVerifyEmailCode': sendVerifyEmailCode,
  'account.verifyEmail': verifyEmail,
  'help.acceptTermsOfService': () => true,
};
