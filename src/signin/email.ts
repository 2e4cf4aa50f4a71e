/**
 * E-mail: sets up an e-mail address for codes, where Telegram wants one before it sends a code (protocol: Login).
 * In: the names of the code. Out: the code that Telegram sends afterwards. Never: the address in a sentence, as it was typed.
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

/** Asks for an address until one is verified. @returns `auth.SentCode`, or `expired` if the phone's code is no longer valid */
export function* setUpEmail(names: CodeNames): Flow<Tl | 'expired'> {
  const purpose = { _cons: 'emailVerifyPurposeLoginSetup', ...names };
  yield* tellPerson('Telegram wants an e-mail address, to which it will send the codes for this account.');
  for (;;) {
    const sent = yield* sendTo(purpose);
    if (sent === 'expired') return sent;
    const length = numberField(sent, 'length');
    const digits = length === undefined ? '' : ` of ${length} digits`;
    yield* tellPerson(
      `A code${digits} is on its way to ${textField(sent, 'email_pattern')}. Press Enter alone to give another address.`,
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
    yield* tellPerson('Telegram does not accept this address.');
  }
}

/** @returns undefined if another address is wanted */
function* verify(purpose: Tl): Flow<Tl | 'expired' | undefined> {
  for (;;) {
    const code = yield* askPerson('email_code', 'The code in the e-mail', { isSecret: true, mayBeEmpty: true });
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
