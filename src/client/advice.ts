/**
 * Advice: a refusal of the gateway in terms of the options of `call` and `repl`, where the gateway's `msg` names attributes of the wire.
 * In: an answer. Out: the answer, with another `msg` for some errors. Never: another change to it.
 */
import { member, stringMember, type Json } from './json.ts';

const TOKEN = 'give it with --token-file FILE, or in MTPROTO2JSON_TOKEN_FILE or MTPROTO2JSON_TOKEN';

/** The new `msg`, by the name of the error; the `msg` of all other errors fits already. */
const ADVICE: Readonly<Record<string, string>> = {
  AuthRequired: `this gateway wants a token: ${TOKEN}`,
  AuthFailed: `this gateway does not know the token: ${TOKEN}`,
  SessionInUse: 'another connection has this session alone, or another gateway has it; --takeover takes it over',
  SessionNotFound:
    'the gateway keeps no session under this name; `mtproto2json sessions list` shows those it keeps, `mtproto2json signin --save NAME` keeps a new one',
};

/** Replaces the `msg` of an error that has advice; every other answer is returned as it is. */
export function withAdvice(answer: Json): Json {
  const advice = ADVICE[stringMember(answer, 'error') ?? ''];
  // Without this path the error is about a connection without a session, and its `msg` says so.
  const isNamed =
    stringMember(answer, 'error') !== 'SessionNotFound' || stringMember(answer, 'path') === 'session.name';
  if (advice === undefined || !isNamed || member(answer, 'msg') === undefined) return answer;
  return new Map([...(answer as ReadonlyMap<string, Json>), ['msg', JSON.stringify(advice)]]);
}
