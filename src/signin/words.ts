/**
 * Words: sentences for the person who signs in about refusals of Telegram.
 * In: refusals. Out: sentences; seconds in words. Never: anything that the person typed.
 */
import { type CallAnswer, type CallRefusal, SigninFailed, type Tl, isTl } from './steps.ts';

/** Sentences for refusals that end the sign-in, by Telegram's constant. */
const SENTENCES: Readonly<Record<string, string>> = {
  API_ID_INVALID: 'Telegram does not know this api_id with this api_hash; see https://my.telegram.org/apps.',
  API_ID_PUBLISHED_FLOOD:
    'This api_id is public and can no longer be used; get your own at https://my.telegram.org/apps.',
  PHONE_NUMBER_BANNED: 'Telegram has banned this phone number.',
  PHONE_NUMBER_FLOOD: 'Too many codes were asked for this number; Telegram sends no more for now.',
  PHONE_PASSWORD_FLOOD: 'Too many passwords were tried; try again in some hours.',
  PHONE_PASSWORD_PROTECTED: 'This number is protected by a password that cannot be asked for here.',
  PHONE_NUMBER_APP_SIGNUP_FORBIDDEN: 'Telegram does not let this app make new accounts.',
  UPDATE_APP_TO_LOGIN: 'Telegram asks for a newer app: the layer of the gateway is too old.',
  ACCESS_TOKEN_EXPIRED: 'This bot token is no longer valid.',
  ACCESS_TOKEN_INVALID: 'Telegram does not know this bot token.',
  USER_DEACTIVATED: 'This account is deleted.',
  USER_DEACTIVATED_BAN: 'Telegram has banned this account.',
  SESSION_REVOKED: 'Another session of this account has ended this one.',
  AUTH_KEY_UNREGISTERED: 'Telegram does not know this session any more; begin again.',
};

/** The error that ends the sign-in after this refusal. */
export function failedBy({ code, text, seconds }: CallRefusal): SigninFailed {
  const name = /^[A-Z][A-Z0-9_]*$/.test(text) ? text : 'an unreadable reason';
  if (seconds !== undefined) return new SigninFailed(name, `Telegram asks to wait ${inWords(seconds)}.`, seconds);
  const known = SENTENCES[name];
  return new SigninFailed(name, known ?? `Telegram refused with ${code} ${name}.`);
}

/** The result of a call that must give a TL object. @throws SigninFailed for a refusal, or any other result */
export function resultOf(answer: CallAnswer): Tl {
  if (answer.refusal !== undefined) throw failedBy(answer.refusal);
  if (isTl(answer.result)) return answer.result;
  throw new SigninFailed('UNEXPECTED_ANSWER', 'Telegram sent something that is no answer to this call.');
}

/** Whether Telegram refused a call with one of these constants. */
export function isRefused({ refusal }: CallAnswer, ...texts: readonly string[]): boolean {
  return refusal !== undefined && texts.includes(refusal.text);
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** Seconds in words: `1 minute 5 seconds` for 65; units of 0 are left out. */
export function inWords(seconds: number): string {
  let left = Math.max(0, Math.ceil(seconds));
  const parts: string[] = [];
  for (const [size, unit] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return parts.length === 0 ? '0 seconds' : parts.join(' ');
}
