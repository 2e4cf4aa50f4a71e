/**
 * Flow: a whole sign-in, by phone, bot token or QR code.
 * In: the options of the command line. Out: steps, and at the end `auth.authorization`. Never: a socket, a terminal, a clock.
 */
import { byToken } from './bot.ts';
import { type PasswordOptions, withPassword } from './password.ts';
import { type Api, byPhone } from './phone.ts';
import { byQr } from './qr.ts';
import { askPerson, type Flow, SigninFailed, textField, objectField, tellPerson, type Tl } from './steps.ts';

/** What the command line says about the account. */
export interface FlowOptions extends PasswordOptions {
  readonly way: 'phone' | 'bot' | 'qr';
  readonly phone: string | undefined;
  /** The bot's token; '' to ask for it. */
  readonly botToken: string;
  /** The time, Unix ms. */
  readonly now: () => number;
}

/** api_id and api_hash; what was not given is asked for. */
export function* apiOf(apiId: number | undefined, apiHash: string | undefined): Flow<Api> {
  const id = apiId ?? (yield* askApiId());
  const hash = apiHash ?? (yield* askPerson('api_hash', 'api_hash', { isSecret: true }));
  return { apiId: id, apiHash: hash };
}

function* askApiId(): Flow<number> {
  for (;;) {
    const text = yield* askPerson('api_id', 'api_id, from https://my.telegram.org/apps');
    if (/^[1-9]\d{0,9}$/.test(text) && Number(text) < 2 ** 31) return Number(text);
    yield* tellPerson('An api_id is a whole number from 1 to 2147483647.');
  }
}

/** Signs in. @returns `auth.authorization` @throws SigninFailed with a sentence, or what was thrown into the flow */
export function* signIn(api: Api, given: FlowOptions): Flow<Tl> {
  const end = yield* firstFactor(api, given);
  const authorization = end === 'password' ? yield* withPassword(given) : end.authorization;
  if (authorization._cons !== 'auth.authorization')
    throw new SigninFailed('UNEXPECTED_ANSWER', 'Telegram did not sign in, and gave no reason.');
  return authorization;
}

function* firstFactor(api: Api, given: FlowOptions): Flow<{ authorization: Tl } | 'password'> {
  if (given.way === 'bot') return { authorization: yield* byToken(api, given.botToken) };
  return yield* given.way === 'qr' ? byQr(api, given.now) : byPhone(api, given.phone);
}

/** The name of the user who is signed in: `Demo User (@demo_user)`; `somebody` without one. */
export function accountName(authorization: Tl): string {
  const user = objectField(authorization, 'user');
  if (user === undefined) return 'somebody';
  const username = textField(user, 'username');
  const names = [textField(user, 'first_name'), textField(user, 'last_name'), username === '' ? '' : `(@${username})`];
  return names.filter((name) => name !== '').join(' ') || 'somebody';
}
