/**
 * QR: sign-in with a QR code that another session of the account scans (protocol: Login).
 * In: the time. Out: links to show; an authorization, or that a password is wanted too. Never: shows a link longer after its end than the two
 * clocks differ.
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

/** How many links are shown, each for half a minute, before the sign-in ends. */
const MOST_LINKS = 40;
/** How long a link is shown at least and at most, s, however far the two clocks are apart. */
const SHORTEST = 2;
const LONGEST = 60;

/** Signs in by QR code. @param now the time, Unix ms */
export function* byQr({ apiId, apiHash }: Api, now: () => number): Flow<{ authorization: Tl } | 'password'> {
  for (let links = 0; links < MOST_LINKS;) {
    const exported = { _cons: 'auth.exportLoginToken', api_id: apiId, api_hash: apiHash, except_ids: [] };
    let answer: CallAnswer = yield* callTelegram(exported);
    if (answer.refusal === undefined && resultOf(answer)._cons === 'auth.loginTokenMigrateTo')
      // The gateway sends this call to the data centre that the answer names.
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
  throw new SigninFailed('QR_NOT_SCANNED', 'Nobody scanned the code.');
}

/** Shows a link until it was scanned, or its time is over. */
function* show(token: Tl, now: number): Flow<void> {
  const left = (numberField(token, 'expires') ?? 0) - Math.floor(now / 1000);
  const seconds = Math.min(LONGEST, Math.max(SHORTEST, left));
  yield { do: 'show', url: linkOf(token), seconds };
  yield { do: 'await', update: 'updateLoginToken', seconds };
}

/** The link of a token: `tg://login?token=…`, base64url without padding. */
function linkOf(token: Tl): string {
  return `tg://login?token=${Buffer.from(textField(token, 'token'), 'base64').toString('base64url')}`;
}
