/**
 * Answers: what a line of the gateway means to a client, and how it is shown.
 * In: a line. Out: its JSON tree, an exit code, text for people or programs. Never: a digit lost; a control character that a stranger
 * wrote, sent to a terminal.
 */
import { member, parseJson, prettyJson, stringMember, writeJson, type Json } from './json.ts';

/** How a line is shown: as it came, as one line of its result, indented, or indented in colour. */
export type Form = 'raw' | 'line' | 'pretty' | 'coloured';

/** The JSON tree of a line; undefined for a line that is no JSON. */
export function answerOf(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Whether a line answers no request: its `id` is 0. */
export function isUpdate(answer: Json): boolean {
  return member(answer, 'id') === '0';
}

/** Whether nothing comes after this line on its connection or for its session, neither an answer nor an update. */
export function isLast(answer: Json): boolean {
  return member(answer, 'fatal') === 'true' || member(answer, 'closing') === 'true';
}

/** Exit code of a command for this answer: 0 for a result, 1 if Telegram refused or did not answer, 2 if the gateway refused. */
export function exitCodeOf(answer: Json): 0 | 1 | 2 {
  if (member(answer, 'error') !== undefined) return 2;
  const name = stringMember(member(answer, 'message'), '_cons');
  return name === 'rpc_error' || name === 'rpc_timeout' ? 1 : 0;
}

/** The text that shows an answer: of a result its `message` alone, of anything else the whole line, whose attributes say what to do. */
export function answerText(text: string, answer: Json, form: Form): string {
  const message = member(answer, 'message');
  const part = exitCodeOf(answer) === 0 && message !== undefined ? message : answer;
  if (form === 'raw') return `${text}\n`;
  return `${form === 'line' ? writeJson(part) : prettyJson(part, form === 'coloured')}\n`;
}

// DEL, the C1 controls of ECMA-48 and the marks that change the direction of writing: JSON text may have them unescaped.
const COMMANDS = /[\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** JSON text with its control characters escaped, so that strings that strangers wrote cannot control a terminal. Its meaning stays. */
export function forTerminal(json: string): string {
  return json.replaceAll(COMMANDS, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
