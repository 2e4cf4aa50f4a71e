/**
 * Words: what a refusal means for the person at the keyboard.
 * In: Telegram's refusals. Out: sentences, seconds in words. Never: anything the person typed.
 */
import { type CallAnswer, type CallRefusal, SigninFailed, type Tl, isTl } from './steps.ts';

/** Refusals that end the sign-in, and what to do about them. */
const SENTENCES: Readonly<Record<string, string>> = {
  API_ID_INVALID: 'Telegram does not know this api_id with this api_hash; see https://my.telegram.org/apps.',
  API_ID_PUBLISHED_FLOOD:
    'This api_id is public and can no longer be used; get your own at https://my.telegram.org/apps.',
  PHONE_NUMBER_BANNED: 'Telegram has banned this phone number.',
  PHONE_NUMBER_FLOOD: 'Telegram takes no more sign-ins of this number for now: too many codes were asked for.',
  PHONE_PASSWORD_FLOOD: 'Telegram takes no more passwords for now: too many tries. Try again in some hours.',
  PHONE_PASSWORD_PROTECTED: 'This number is protected by a password that cannot be asked for here.',
  PHONE_NUMBER_APP_SIGNUP_FORBIDDEN: 'Telegram lets no new account be made with this app.',
  UPDATE_APP_TO_LOGIN: 'Telegram asks for a newer app: the layer of the gateway is too old.',
  ACCESS_TOKEN_EXPIRED: 'This bot token is no longer valid.',
  ACCESS_TOKEN_INVALID: 'Telegram does not know this bot token.',
  USER_DEACTIVATED: 'This account is deleted.',
  USER_DEACTIVATED_BAN: 'Telegram has banned this account.',
  SESSION_REVOKED: 'The session was ended by another one of this account.',
  AUTH_KEY_UNREGISTERED: 'Telegram does not know this session any more; begin again.',
};

/** The sign-in ends with this. */
export function failedBy({ code, text, seconds }: CallRefusal): SigninFailed {
  const name = /^[A-Z][A-Z0-9_]*$/.test(text) ? text : 'an unreadable reason';
  if (seconds !== undefined) return new SigninFailed(name, `Telegram asks to wait ${inWords(seconds)}.`, seconds);
  const known = SENTENCES[name];
  return new SigninFailed(name, known ?? `Telegram refused with ${code} ${name}.`);
}

/** The result, which must be a TL value. @throws SigninFailed for a refusal */
export function resultOf(answer: CallAnswer): Tl {
  if (answer.refusal !== undefined) throw failedBy(answer.refusal);
  if (isTl(answer.result)) return answer.result;
  throw new SigninFailed('UNEXPECTED_ANSWER', 'Telegram answered something that is no answer to this call.');
}

/** Whether the answer is one of these refusals. */
export function isRefused({ refusal }: CallAnswer, ...texts: readonly string[]): boolean {
  return refusal !== undefined && texts.includes(refusal.text);
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** 65: `1 minute 5 seconds`; parts that are 0 are left out. */
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
