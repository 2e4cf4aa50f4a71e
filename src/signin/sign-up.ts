/**
 * Sign-up: makes an account for a phone number without one (protocol: Login).
 * In: the names of a code that was right, the terms of service. Out: an authorization. Never: an account without consent to the terms.
 */
import type { CodeNames } from './code-kinds.ts';
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
import { isRefused, resultOf } from './words.ts';

/** Asks for consent and a name, and makes the account. @returns `auth.authorization` @throws SigninFailed if the terms are not accepted */
export function* signUp(names: CodeNames, terms: Tl | undefined): Flow<Tl> {
  yield* tellPerson('This number has no account yet; now one is made.');
  if (terms !== undefined) yield* acceptTerms(terms);
  const authorization = yield* register(names);
  const id = terms === undefined ? undefined : objectField(terms, 'id');
  // The account exists: a refusal of this call changes nothing.
  if (id !== undefined) yield* callTelegram({ _cons: 'help.acceptTermsOfService', id });
  return authorization;
}

function* acceptTerms(terms: Tl): Flow<void> {
  const age = numberField(terms, 'min_age_confirm');
  yield* tellPerson(`Telegram's terms of service:\n\n${textField(terms, 'text')}\n`);
  const question = `Do you accept them${age === undefined ? '' : `, and are you ${age} or older`}? (yes/no)`;
  const answer = yield* askPerson('terms', question, { isYesNo: true });
  if (/^y(es)?$/i.test(answer)) return;
  throw new SigninFailed('TERMS_DECLINED', 'No account was made: the terms of service were not accepted.');
}

function* register(names: CodeNames): Flow<Tl> {
  for (;;) {
    const first_name = yield* askPerson('first_name', 'First name');
    const last_name = yield* askPerson('last_name', 'Last name (may be empty)', { mayBeEmpty: true });
    const answer: CallAnswer = yield* callTelegram({ _cons: 'auth.signUp', ...names, first_name, last_name });
    if (!isRefused(answer, 'FIRSTNAME_INVALID', 'LASTNAME_INVALID')) return resultOf(answer);
    yield* tellPerson('Telegram does not accept this name.');
  }
}
