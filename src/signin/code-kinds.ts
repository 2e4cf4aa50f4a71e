/**
 * Code kinds: sentences about how Telegram has sent a code (`auth.SentCodeType`, protocol: Login).
 * In: `auth.sentCode`. Out: where the code is, what to type, what an empty answer does. Never: the code.
 */
import { numberField, objectField, textField, type Tl } from './steps.ts';
import { inWords } from './words.ts';

/** The fields that every call about one code has. */
export type CodeNames = Readonly<{ phone_number: string; phone_code_hash: string }>;

/** Where the code is, by kind. Any other kind gets a sentence in `whereIs`. */
const WHERE: Readonly<Record<string, (type: Tl) => string>> = {
  App: (type) => `Telegram has sent a code of ${digits(type)} to the apps that are signed in to this account.`,
  Sms: (type) => `Telegram has sent a code of ${digits(type)} in a text message.`,
  Call: (type) => `Telegram calls the phone and says a code of ${digits(type)}.`,
  FlashCall: (type) =>
    `Telegram calls the phone and hangs up: the code is the number that called, ${textField(type, 'pattern')}.`,
  MissedCall: (type) =>
    `Telegram calls the phone from ${textField(type, 'prefix')}… and hangs up: the code is the last ${digits(type)} of that number.`,
  EmailCode: (type) => `Telegram has sent a code of ${digits(type)} to ${textField(type, 'email_pattern')}.`,
  FragmentSms: (type) =>
    `Telegram has sent a code of ${digits(type)} to the owner of this anonymous number: ${textField(type, 'url')}`,
  FirebaseSms: (type) =>
    `Telegram wants to send a code of ${digits(type)} in a way that only its own apps can receive.`,
  SmsWord: (type) => `Telegram has sent a secret word in a text message${beginning(type)}.`,
  SmsPhrase: (type) => `Telegram has sent a secret phrase in a text message${beginning(type)}.`,
};

const PROMPTS: Readonly<Record<string, string>> = {
  FlashCall: 'The number that called',
  SmsWord: 'The word',
  SmsPhrase: 'The phrase',
};

const NEXT: Readonly<Record<string, string>> = {
  Sms: 'in a text message',
  Call: 'by a call',
  FlashCall: 'by a call that hangs up',
  MissedCall: 'by a call that hangs up',
  FragmentSms: 'over fragment.com',
};

/** The kind of a code: `Sms` for `auth.sentCodeTypeSms`; '' if there is none. */
export function kindOf(sent: Tl): string {
  return (objectField(sent, 'type')?._cons ?? '').replace('auth.sentCodeType', '');
}

/** Where the code is, and how to have it sent another way: two lines. */
export function whereIs(sent: Tl): string {
  const type = objectField(sent, 'type');
  const where = WHERE[kindOf(sent)];
  const sentence =
    type === undefined || where === undefined
      ? 'Telegram has sent a code in a way that this program does not know.'
      : where(type);
  return `${sentence}\n${otherWay(sent)}`;
}

/** The prompt for the code, by its kind. */
export function promptOf(sent: Tl): string {
  return PROMPTS[kindOf(sent)] ?? 'The code';
}

function otherWay(sent: Tl): string {
  const next = NEXT[(objectField(sent, 'next_type')?._cons ?? '').replace('auth.codeType', '')];
  const wait = numberField(sent, 'timeout');
  const when = wait === undefined || wait <= 0 ? '' : ` (possible in ${inWords(wait)})`;
  return `Press Enter alone to have it sent ${next ?? 'another way, if there is one'}${when}.`;
}

function digits(type: Tl): string {
  const length = numberField(type, 'length');
  return length === undefined ? 'some digits' : `${length} digits`;
}

function beginning(type: Tl): string {
  const text = textField(type, 'beginning');
  return text === '' ? '' : `; it begins with "${text}"`;
}
