/**
 * E-mail: an address for codes, where Telegram wants one before it lets a phone in (protocol: Login).
 * In: the names of the code. Out: the code that is sent then. Never: an address in a sentence.
 */
import type { CodeNames } from './code-kinds.ts';
import {
  askPerson,
  callTelegram,
  type Flow,
  numberField,
  objectField,
  tellPerson,
  textField,
  type Tl,
} from './steps.ts';
import { isRefused, resultOf } from './words.ts';

/** @returns `auth.SentCode`, or `expired` */
export function* setUpEmail(names: CodeNames): Flow<Tl | 'expired'> {
  const purpose = { _cons: 'emailVerifyPurposeLoginSetup', ...names };
  yield* tellPerson('Telegram wants an e-mail address that codes for this account are sent to from now on.');
  for (;;) {
    const sent = yield* sendTo(purpose);
    if (sent === 'expired') return sent;
    const length = numberField(sent, 'length');
    const digits = length === undefined ? '' : ` of ${length} digits`;
    yield* tellPerson(
      `A code${digits} is on its way to ${textField(sent, 'email_pattern')}. Enter alone: another address.`,
    );
    const verified = yield* verify(purpose);
    if (verified !== undefined) return verified;
  }
}

/** @returns `account.sentEmailCode` */
function* sendTo(purpose: Tl): Flow<Tl | 'expired'> {
  for (;;) {
    const email = yield* askPerson('email', 'E-mail address');
    const answer = yield* callTelegram({ _cons: 'account.sendVerifyEmailCode', purpose, email });
    if (isRefused(answer, 'PHONE_CODE_EXPIRED')) return 'expired';
    if (!isRefused(answer, 'EMAIL_INVALID', 'EMAIL_NOT_ALLOWED')) return resultOf(answer);
    yield* tellPerson('Telegram does not take this address.');
  }
}

/** @returns undefined if another address is wanted */
function* verify(purpose: Tl): Flow<Tl | 'expired' | undefined> {
  for (;;) {
    const code = yield* askPerson('email_code', 'The code of the e-mail', { isSecret: true, mayBeEmpty: true });
    if (code === '') return undefined;
    const verification = { _cons: 'emailVerificationCode', code };
    const answer = yield* callTelegram({ _cons: 'account.verifyEmail', purpose, verification });
    if (isRefused(answer, 'PHONE_CODE_EXPIRED')) return 'expired';
    if (isRefused(answer, 'EMAIL_VERIFY_EXPIRED')) return undefined;
    if (!isRefused(answer, 'CODE_INVALID', 'EMAIL_CODE_INVALID', 'PHONE_CODE_INVALID'))
      return objectField(resultOf(answer), 'sent_code') ?? 'expired';
    yield* tellPerson('That is not the code.');
  }
}
