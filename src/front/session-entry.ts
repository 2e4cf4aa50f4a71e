/**
 * Session entry: one session out of the list of all, for `GET /v1/sessions/NAME`.
 * In: an answer that has the list, a name. Out: an answer with that entry alone. Never: opens the session; parses the list, which may
 * be thousands of times as long as the entry.
 */
import { QUOTE, stringEnd } from '../bytes/line-members.ts';
import { OUTCOMES } from '../errors.ts';
import type { Verdict } from './http-ask.ts';
import { errorLine } from './json-lines.ts';
import { sessionVerdict, statusOfRefusal } from './session-status.ts';

const NOT_KEPT = 'nothing is kept under this name';

/** What HTTP says of the answer to `{"session":{"list":true}}` when one name was asked for. */
export function entryVerdict(name: string, isBad: boolean, outcome: number, answer: Buffer): Verdict {
  if (isBad || OUTCOMES[outcome] !== 'result') return sessionVerdict(isBad, outcome, answer);
  const entry = entryIn(answer, name);
  if (entry !== undefined) return { status: 200, answer: Buffer.from(`{"id":1,"session":${entry}}\n`) };
  const fields = { msg: NOT_KEPT, path: 'session.name' };
  return { status: statusOfRefusal('SessionNotFound'), answer: errorLine('1', 'SessionNotFound', fields) };
}

/** The entry of a name, as it stands in the list; its members are no objects. */
function entryIn(answer: Buffer, name: string): string | undefined {
  const from = answer.indexOf(`{"name":${JSON.stringify(name)}`);
  if (from < 0) return undefined;
  let at = from;
  while (answer[at] !== 0x7d) at = answer[at] === QUOTE ? stringEnd(answer, at + 1, answer.length) + 1 : at + 1;
  return answer.toString('utf8', from, at + 1);
}
