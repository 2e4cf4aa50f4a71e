/**
 * Session asks: what is asked of kept sessions by the paths below `/v1/sessions`.
 * In: names and methods out of a path, bodies. Out: the one line that asks it. Never: a name that the vault would not take.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { NAME, NAME_FORM } from '../account/name.ts';
import type { ErrorName } from '../errors.ts';
import type { Ask, Asking, Unserved, Verdict } from './http-ask.ts';
import { keyOfHeaders } from './idempotency-key.ts';
import { movedPosition } from './moved-position.ts';
import { type MethodCall, methodLine } from './method-line.ts';
import { changeLine } from './session-change.ts';
import { entryVerdict } from './session-entry.ts';
import { sessionVerdict, statusOfRefusal } from './session-status.ts';

/** A request whose line does not depend on its body. The id is there so that it is found at once, and told if a thread dies. */
function askFor(attributes: object): Ask {
  const line = Buffer.from(JSON.stringify({ id: 1, ...attributes }));
  return { line: () => line, verdict: sessionVerdict, statusOfError: statusOfRefusal };
}

/** Asks `by` a name, if it is one. */
function askNamed(name: string, by: (name: string) => Ask | Unserved): Ask | Unserved {
  if (NAME.test(name)) return by(name);
  return { refused: 'InvalidSession', fields: { msg: `the name of a session: ${NAME_FORM}`, path: 'session.name' } };
}

const LIST = askFor({ session: { list: true } });

/** `GET /v1/sessions`. */
export const listing: Asking = { ask: () => LIST, statusOfError: statusOfRefusal };

/** `GET /v1/sessions/{name}`: as one of the list. It is not opened by looking at it, nor begun if nothing is kept under the name. */
export const showing: Asking = {
  ask: ([name]) => askNamed(name!, (one) => ({ ...LIST, verdict: (...said) => entryVerdict(one, ...said) })),
  statusOfError: statusOfRefusal,
};

/** `DELETE /v1/sessions/{name}`. */
export const forgetting: Asking = {
  ask: ([name]) => askNamed(name!, (forget) => askFor({ session: { forget } })),
  statusOfError: statusOfRefusal,
};

/** `PATCH /v1/sessions/{name}`. */
export const changing: Asking = {
  body: 'SessionChange',
  ask: ([name]) => askNamed(name!, changeAsk),
  statusOfError: statusOfRefusal,
};

function changeAsk(name: string): Ask {
  return { line: (body) => changeLine(name, body), verdict: sessionVerdict, statusOfError: statusOfRefusal };
}

/** What a method of TL may be called; a method there is not is told by the session. */
export const METHOD = /^[A-Za-z][A-Za-z0-9_]{0,63}(?:\.[A-Za-z][A-Za-z0-9_]{0,63})?$/;

/** `POST /v1/sessions/{name}/{method}`: calls a method with the fields of the body. */
export const calling: Asking = {
  body: 'Fields',
  isCall: true,
  hasKey: true,
  ask: ([name, method], headers) => askNamed(name!, (as) => call(as, method!, headers)),
  statusOfError: statusOfRefusal,
};

function call(name: string, method: string, headers: IncomingHttpHeaders): Ask | Unserved {
  if (!METHOD.test(method)) {
    const msg = 'the last piece of the path is the name of a method, such as messages.sendMessage';
    return { refused: 'NotAMethod', fields: { msg, path: 'message._cons' } };
  }
  const key = keyOfHeaders(headers);
  return typeof key === 'object' ? key : new MethodAsk({ name, method, key });
}

/** One call by a path. */
class MethodAsk implements Ask {
  readonly #call: MethodCall;
  /** How much further back the body stands in the line. */
  #shift = 0;

  constructor(asked: MethodCall) {
    this.#call = asked;
  }

  line(body: Buffer): Buffer | Unserved {
    const made = methodLine(this.#call, body);
    if ('refused' in made) return made;
    this.#shift = made.shift;
    return made.line;
  }

  verdict(isBad: boolean, outcome: number, answer: Buffer): Verdict {
    return { ...sessionVerdict(isBad, outcome, answer), answer: movedPosition(answer, outcome, this.#shift) };
  }

  statusOfError(name: ErrorName): number {
    return statusOfRefusal(name);
  }
}
