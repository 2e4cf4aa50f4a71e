/**
 * Phone: sign-in with a code that Telegram sends (protocol: Login).
 * In: a phone number, codes as they were typed. Out: an authorization, or that a password is wanted too.
 * Never: a code that stays valid when the sign-in ends before it was used: such a code is cancelled.
 */
import { type CodeNames, kindOf, promptOf, whereIs } from './code-kinds.ts';
import { setUpEmail } from './email.ts';
import { signUp } from './sign-up.ts';
import {
  type CallAnswer,
  askPerson,
  callTelegram,
  type Flow,
  numberField,
  objectField,
  tellPerson,
  SigninFailed,
  textField,
  type Tl,
} from './steps.ts';
import { failedBy, inWords, isRefused, resultOf } from './words.ts';

/** The application: its api_id and api_hash. */
export interface Api {
  readonly apiId: number;
  readonly apiHash: string;
}

/** How the sign-in with a code ends. `expired`: another code is needed. */
export type PhoneEnd = { readonly authorization: Tl } | 'password' | 'expired';

/** How many codes are sent in one sign-in, after codes that expired or AUTH_RESTART. */
const MOST_CODES = 3;

/** Signs in by phone. @param given the number; asked for if it is undefined, or if Telegram does not take it */
export function* byPhone(api: Api, given: string | undefined): Flow<{ authorization: Tl } | 'password'> {
  let phone = given;
  for (let codes = 0; codes < MOST_CODES;) {
    phone ??= yield* askPerson('phone', 'Phone number, with the country code');
    const answer = yield* sendCode(api, phone);
    if (isRefused(answer, 'SESSION_PASSWORD_NEEDED')) return 'password';
    if (isRefused(answer, 'PHONE_NUMBER_INVALID')) {
      yield* tellPerson('Telegram does not accept this phone number; it begins with the country code, such as +44.');
      phone = undefined;
      continue;
    }
    codes++;
    const end = isRefused(answer, 'AUTH_RESTART') ? 'expired' : yield* withCode(phone, resultOf(answer));
    if (end !== 'expired') return end;
    if (codes < MOST_CODES) yield* tellPerson('The code is no longer valid; a new one is on its way.');
  }
  throw new SigninFailed('PHONE_CODE_EXPIRED', 'Every code expired before it was used; try again later.');
}

function sendCode({ apiId, apiHash }: Api, phone: string): Flow<CallAnswer> {
  const settings = { _cons: 'codeSettings' };
  return callTelegram({ _cons: 'auth.sendCode', phone_number: phone, api_id: apiId, api_hash: apiHash, settings });
}

/** Uses a code that was sent. An error cancels the code. */
function* withCode(phone: string, sent: Tl): Flow<PhoneEnd> {
  const done = doneWithout(sent);
  if (done !== undefined) return done;
  const names: CodeNames = { phone_number: phone, phone_code_hash: textField(sent, 'phone_code_hash') };
  const latest = { names };
  try {
    return yield* useCode(latest, sent);
  } catch (error) {
    yield* cancelCode(latest.names);
    throw error;
  }
}

/** The end, if `auth.SentCode` is about no code. @throws SigninFailed if Telegram wants to be paid for a code */
function doneWithout(sent: Tl): PhoneEnd | undefined {
  if (sent._cons === 'auth.sentCodePaymentRequired') throw paymentRequired(sent);
  const authorization = sent._cons === 'auth.sentCodeSuccess' ? objectField(sent, 'authorization') : undefined;
  return authorization === undefined ? undefined : { authorization };
}

function paymentRequired(sent: Tl): SigninFailed {
  const days = numberField(sent, 'premium_days') ?? 0;
  const write = textField(sent, 'support_email_address');
  return new SigninFailed(
    'PAYMENT_REQUIRED',
    `Telegram sends codes to this number only to those who pay for it in its own app` +
      `${days > 0 ? ` (with ${inWords(days * 86_400)} of Premium)` : ''}: sign in there once` +
      `${write === '' ? '' : `, or write to ${write}`}.`,
  );
}

function* useCode(latest: { names: CodeNames }, first: Tl): Flow<PhoneEnd> {
  let sent = first;
  yield* announce(sent);
  for (;;) {
    const { names } = latest;
    let next: Tl | PhoneEnd | undefined;
    if (kindOf(sent) === 'SetUpEmailRequired') {
      next = yield* setUpEmail(names);
    } else {
      const code = yield* askPerson('code', promptOf(sent), { isSecret: true, mayBeEmpty: true });
      next = code === '' ? yield* resend(names) : yield* tryCode(names, sent, code);
    }
    if (next === undefined) continue;
    if (typeof next === 'string' || !('_cons' in next)) return next;
    const done = doneWithout(next);
    if (done !== undefined) return done;
    sent = next;
    // A code that was sent again may have another hash.
    const hash = textField(sent, 'phone_code_hash');
    if (hash !== '') latest.names = { ...names, phone_code_hash: hash };
    yield* announce(sent);
  }
}

/** Tells where the code is, unless an e-mail address has to be set up before. */
function* announce(sent: Tl): Flow<void> {
  if (kindOf(sent) !== 'SetUpEmailRequired') yield* tellPerson(whereIs(sent));
}

/** Has the code sent another way. @returns `auth.SentCode`; undefined if there is no other way */
function* resend(names: CodeNames): Flow<Tl | 'expired' | undefined> {
  const answer = yield* callTelegram({ _cons: 'auth.resendCode', ...names });
  if (isRefused(answer, 'PHONE_CODE_EXPIRED')) return 'expired';
  if (isRefused(answer, 'SEND_CODE_UNAVAILABLE', 'PHONE_CODE_EMPTY')) {
    yield* tellPerson('Telegram has no other way to send the code.');
    return undefined;
  }
  return resultOf(answer);
}

/** Signs in with a code. @returns undefined for a wrong code */
function* tryCode(names: CodeNames, sent: Tl, code: string): Flow<PhoneEnd | undefined> {
  const isEmail = kindOf(sent) === 'EmailCode';
  const proof = isEmail
    ? { email_verification: { _cons: 'emailVerificationCode', code } }
    : { phone_code: kindOf(sent).startsWith('SmsW') || kindOf(sent).startsWith('SmsP') ? code : onlyDigits(code) };
  const answer = yield* callTelegram({ _cons: 'auth.signIn', ...names, ...proof });
  const { refusal } = answer;
  if (refusal === undefined) return yield* signedIn(names, resultOf(answer));
  switch (refusal.text) {
    case 'SESSION_PASSWORD_NEEDED':
      return 'password';
    case 'PHONE_CODE_EXPIRED':
      return 'expired';
    case 'PHONE_NUMBER_UNOCCUPIED':
      return { authorization: yield* signUp(names, undefined) };
    case 'PHONE_CODE_INVALID':
    case 'PHONE_CODE_EMPTY':
    case 'EMAIL_CODE_INVALID':
    case 'CODE_INVALID':
      yield* tellPerson('That is not the code.');
      return undefined;
    default:
      throw failedBy(refusal);
  }
}

/** A code without blanks, signs and brackets, as in `22 222`; a code with letters stays as it is. */
function onlyDigits(code: string): string {
  return /^[\d\s+()-]+$/.test(code) ? code.replaceAll(/\D/g, '') : code;
}

function* signedIn(names: CodeNames, authorization: Tl): Flow<PhoneEnd> {
  if (authorization._cons !== 'auth.authorizationSignUpRequired') return { authorization };
  return { authorization: yield* signUp(names, objectField(authorization, 'terms_of_service')) };
}

/** Cancels a code; whether Telegram does so changes nothing for the sign-in. */
function* cancelCode(names: CodeNames): Flow<void> {
  try {
    yield* callTelegram({ _cons: 'auth.cancelCode', ...names });
  } catch {
    // The gateway is gone, or the person interrupted again: the first error is the one to report.
  }
}
