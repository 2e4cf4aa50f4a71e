/**
 * Bot: sign-in with a bot's token (protocol: Login).
 * In: the token. Out: an authorization. Never: the token in a sentence.
 */
import type { Api } from './phone.ts';
import { type CallAnswer, askPerson, callTelegram, type Flow, tellPerson, type Tl } from './steps.ts';
import { isRefused, resultOf } from './words.ts';

/** Signs a bot in. @param given the token; '' to ask for it @returns `auth.authorization` */
export function* byToken({ apiId, apiHash }: Api, given: string): Flow<Tl> {
  let token = given;
  for (;;) {
    const isAsked = token === '';
    if (isAsked) token = yield* askPerson('bot_token', 'Bot token, from @BotFather', { isSecret: true });
    const answer: CallAnswer = yield* callTelegram({
      _cons: 'auth.importBotAuthorization',
      flags: 0,
      api_id: apiId,
      api_hash: apiHash,
      bot_auth_token: token,
    });
    if (!isAsked || !isRefused(answer, 'ACCESS_TOKEN_INVALID', 'ACCESS_TOKEN_EXPIRED')) return resultOf(answer);
    yield* tellPerson('Telegram does not know this bot token.');
    token = '';
  }
}
