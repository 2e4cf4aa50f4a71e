/**
 * Take options: `options` of a request: the parameters of initConnection, and the form of answers (wire: Requests and answers).
 * In: the fields of one line. Out: the session's settings, or why not. Never: half of them.
 */
import type { OptionFields, Refusal } from '../../dialect/dialect.ts';
import { EncodeError } from '../../tl/codec.ts';
import { refusalOf } from '../answers/refusals.ts';
import { compileInit, INIT_PATH } from '../delivery/init.ts';
import type { ConnectionState } from '../state/state.ts';

/** Sets what a line asks for; a field that it leaves out stays as it is. @returns why `init` cannot be encoded */
export function applyOptions(s: ConnectionState, fields: OptionFields): Refusal | undefined {
  const refused = applyInit(s, fields.init);
  if (refused !== undefined) return refused;
  if (fields.int64 !== undefined || fields.flags !== undefined) {
    const int64AsString = fields.int64 === undefined ? s.session.style.int64AsString : fields.int64 === 'string';
    const flagsAsBool = fields.flags === undefined ? s.session.style.flagsAsBool : fields.flags === 'bool';
    s.session.style = { int64AsString, flagsAsBool };
  }
  return undefined;
}

/** The client's own parameters, or with `null` the operator's again. */
function applyInit(s: ConnectionState, init: OptionFields['init']): Refusal | undefined {
  if (init === undefined) return undefined;
  if (init === null) {
    s.session.initText = undefined;
    s.session.initPrefix = s.env.initPrefix;
    return undefined;
  }
  try {
    s.session.initPrefix = compileInit(s.env, Buffer.from(init).toString());
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    return refusalOfInit(error);
  }
  s.session.initText = init;
  s.session.isClientInit = false;
  s.isInitDone = false;
  return undefined;
}

/** The refusal with the client's words for the place: the gateway's own line around it is nobody's business. */
function refusalOfInit(error: EncodeError): Refusal {
  const { path, msg, ...more } = refusalOf(error);
  return { ...more, msg: msg.replaceAll(INIT_PATH, 'options.init'), path: path!.replace(INIT_PATH, 'options.init') };
}
