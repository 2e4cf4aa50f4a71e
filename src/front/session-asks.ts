/**
 * Session asks: what is asked of kept sessions by the paths below `/v1/sessions`.
 * In: a name out of a path. Out: the one line that asks it. Never: a name that the vault would not take.
 */
import { NAME, NAME_FORM } from '../account/name.ts';
import type { Ask, Asking, Unserved } from './http-ask.ts';
import { sessionVerdict, statusOfRefusal } from './session-status.ts';

/** A request whose line does not depend on its body. The id is there so that it is found at once, and told if a thread dies. */
function askFor(attributes: object): Ask {
  const line = Buffer.from(JSON.stringify({ id: 1, ...attributes }));
  return { line: () => line, verdict: sessionVerdict, statusOfError: statusOfRefusal };
}

/** Asks `by` a name, if it is one. */
function askNamed(name: string, by: (name: string) => Ask): Ask | Unserved {
  if (NAME.test(name)) return by(name);
  return { refused: 'InvalidSession', fields: { msg: `the name of a session: ${NAME_FORM}`, path: 'session.name' } };
}

const LIST = askFor({ session: { list: true } });

/** `GET /v1/sessions`. */
export const listing: Asking = { takesBody: false, ask: () => LIST, statusOfError: statusOfRefusal };

/** `DELETE /v1/sessions/{name}`. */
export const forgetting: Asking = {
  takesBody: false,
  ask: ([name]) => askNamed(name!, (forget) => askFor({ session: { forget } })),
  statusOfError: statusOfRefusal,
};
