/**
 * Flow: the whole of a sign-in, whatever the way.
 * In: what the command line gave. Out: steps; in the end `auth.authorization`. Never: a socket, a terminal, a clock.
 */
import { byToken } from './bot.ts';
import { type PasswordOptions, withPassword } from './password.ts';
import { type Api, byPhone } from './phone.ts';
import { byQr } from './qr.ts';
import { askPerson, type Flow, SigninFailed, textField, objectField, tellPerson, type Tl } from './steps.ts';

export interface FlowOptions extends PasswordOptions {
  readonly way: 'phone' | 'bot' | 'qr';
  readonly phone: string | undefined;
  /** '' to be asked for. */
  readonly botToken: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The application, asked for where it was not given. */
export function* apiOf(apiId: number | undefined, apiHash: string | undefined): Flow<Api> {
  const id = apiId ?? (yield* askApiId());
  const hash = apiHash ?? (yield* askPerson('api_hash', 'api_hash', { isSecret: true }));
  return { apiId: id, apiHash: hash };
}

function* askApiId(): Flow<number> {
  for (;;) {
    const text = yield* askPerson('api_id', 'api_id, from https://my.telegram.org/apps');
    if (/^[1-9]\d{0,9}$/.test(text) && Number(text) < 2 ** 31) return Number(text);
    yield* tellPerson('An api_id is a whole number.');
  }
}

/** @returns `auth.authorization` @throws SigninFailed with a sentence, or what was thrown into it */
export function* signIn(api: Api, given: FlowOptions): Flow<Tl> {
  const end = yield* firstFactor(api, given);
  const authorization = end === 'password' ? yield* withPassword(given) : end.authorization;
  if (authorization._cons !== 'auth.authorization')
    throw new SigninFailed('UNEXPECTED_ANSWER', 'Telegram let nobody in, without a word why.');
  return authorization;
}

function* firstFactor(api: Api, given: FlowOptions): Flow<{ authorization: Tl } | 'password'> {
  if (given.way === 'bot') return { authorization: yield* byToken(api, given.botToken) };
  return yield* given.way === 'qr' ? byQr(api, given.now) : byPhone(api, given.phone);
}

/** `Demo User (@demo_user)`: who the authorization is for. */
export function accountName(authorization: Tl): string {
  const user = objectField(authorization, 'user');
  if (user === undefined) return 'somebody';
  const username = textField(user, 'username');
  const names = [textField(user, 'first_name'), textField(user, 'last_name'), username === '' ? '' : `(@${username})`];
  return names.filter((name) => name !== '').join(' ') || 'somebody';
}
