/**
 * Advice: what a refusal of the gateway means to who types at a shell: options of `call` and `repl`, not words of the wire.
 * In: an answer. Out: the same, with another `msg` where the gateway's names attributes. Never: anything else of it changed.
 */
import { member, stringMember, type Json } from './json.ts';

const TOKEN = 'give it with --token-file FILE, or in MTPROTO2JSON_TOKEN_FILE or MTPROTO2JSON_TOKEN';

/** By the name of the error; those that are not here say what to do already. */
const ADVICE: Readonly<Record<string, string>> = {
  AuthRequired: `this gateway wants a token: ${TOKEN}`,
  AuthFailed: `this gateway does not know the token: ${TOKEN}`,
  SessionInUse: 'another connection has this session open; --takeover takes it over',
  SessionNotFound:
    'the gateway keeps no session under this name; `mtproto2json sessions list` shows those it keeps, `mtproto2json signin --save NAME` keeps a new one',
};

/** @returns the answer itself where there is nothing to put in other words */
export function withAdvice(answer: Json): Json {
  const advice = ADVICE[stringMember(answer, 'error') ?? ''];
  // Without a path it is about a connection that has no session yet, and says so.
  const isNamed =
    stringMember(answer, 'error') !== 'SessionNotFound' || stringMember(answer, 'path') === 'session.name';
  if (advice === undefined || !isNamed || member(answer, 'msg') === undefined) return answer;
  return new Map([...(answer as ReadonlyMap<string, Json>), ['msg', JSON.stringify(advice)]]);
}
