/**
 * QR: signing in by a code that another session of the account scans (protocol: Login).
 * In: the time. Out: links to show; an authorization, or that a password is still wanted. Never: shows one that is out
 * of date for longer than the clocks differ.
 */
import type { Api } from './phone.ts';
import {
  type CallAnswer,
  callTelegram,
  type Flow,
  numberField,
  objectField,
  SigninFailed,
  textField,
  type Tl,
} from './steps.ts';
import { isRefused, resultOf } from './words.ts';

/** A link is good for half a minute; after so many of them nobody is there. */
const MOST_LINKS = 40;
/** Whatever the two clocks say, a link is shown so long. */
const SHORTEST = 2;
const LONGEST = 60;

/** @param now milliseconds since 1970 */
export function* byQr({ apiId, apiHash }: Api, now: () => number): Flow<{ authorization: Tl } | 'password'> {
  for (let links = 0; links < MOST_LINKS;) {
    const exported = { _cons: 'auth.exportLoginToken', api_id: apiId, api_hash: apiHash, except_ids: [] };
    let answer: CallAnswer = yield* callTelegram(exported);
    if (answer.refusal === undefined && resultOf(answer)._cons === 'auth.loginTokenMigrateTo')
      // The gateway takes this to the data centre that was named.
      answer = yield* callTelegram({ _cons: 'auth.importLoginToken', token: resultOf(answer)['token'] });
    if (isRefused(answer, 'SESSION_PASSWORD_NEEDED')) return 'password';
    if (isRefused(answer, 'AUTH_TOKEN_EXPIRED', 'AUTH_TOKEN_INVALID', 'AUTH_TOKEN_INVALIDX')) {
      links++;
      continue;
    }
    const token = resultOf(answer);
    const authorization = objectField(token, 'authorization');
    if (authorization !== undefined) return { authorization };
    links++;
    yield* show(token, now());
  }
  throw new SigninFailed('QR_NOT_SCANNED', 'Nobody has scanned the code.');
}

/** Shows a link until it is accepted or out of date. */
function* show(token: Tl, now: number): Flow<void> {
  const left = (numberField(token, 'expires') ?? 0) - Math.floor(now / 1000);
  const seconds = Math.min(LONGEST, Math.max(SHORTEST, left));
  yield { do: 'show', url: linkOf(token), seconds };
  yield { do: 'await', update: 'updateLoginToken', seconds };
}

/** `tg://login?token=…`, base64url without padding. */
function linkOf(token: Tl): string {
  return `tg://login?token=${Buffer.from(textField(token, 'token'), 'base64').toString('base64url')}`;
}
