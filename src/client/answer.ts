/**
 * Answers: what a line of the gateway's means to a client, and how it is shown.
 * In: a line. Out: its tree, its exit code, text for people or programs. Never: a digit lost, a terminal that obeys a stranger.
 */
import { member, parseJson, prettyJson, stringMember, writeJson, type Json } from './json.ts';

/** How a line is shown. */
export type Form = 'raw' | 'line' | 'pretty' | 'coloured';

/** @returns undefined for what no gateway writes */
export function answerOf(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

export function isUpdate(answer: Json): boolean {
  return member(answer, 'id') === '0';
}

/** The last word of a session or of a connection: nothing more comes, no answer and no update. */
export function isLast(answer: Json): boolean {
  return member(answer, 'fatal') === 'true' || member(answer, 'closing') === 'true';
}

/** 0 a result, 1 Telegram refused or did not answer, 2 the gateway refused. */
export function exitCodeOf(answer: Json): 0 | 1 | 2 {
  if (member(answer, 'error') !== undefined) return 2;
  const name = stringMember(member(answer, 'message'), '_cons');
  return name === 'rpc_error' || name === 'rpc_timeout' ? 1 : 0;
}

/** A result alone; the whole line of everything else, because what stands beside a refusal says what to do. */
export function answerText(text: string, answer: Json, form: Form): string {
  const message = member(answer, 'message');
  const part = exitCodeOf(answer) === 0 && message !== undefined ? message : answer;
  if (form === 'raw') return `${text}\n`;
  return `${form === 'line' ? writeJson(part) : prettyJson(part, form === 'coloured')}\n`;
}

// Delete, the controls that ECMA-48 has behind it, and the marks that turn the direction of writing: JSON lets them stand.
const COMMANDS = /[\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** JSON as a terminal may have it: what strangers have written there moves no cursor, and hides nothing. It means the same. */
export function forTerminal(json: string): string {
  return json.replaceAll(COMMANDS, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
