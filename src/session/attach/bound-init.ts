/**
 * Bound init: the `initConnection` parameters of a session: a client's own, or those that a stored session is bound to.
 * In: `options.init` of a client. Out: the session's prefix, or why not. Never: other parameters for a stored session that others speak in.
 */
import type { OptionFields, Refusal } from '../../dialect/dialect.ts';
import { EncodeError } from '../../tl/codec.ts';
import { refusal, refusalOf } from '../answers/refusals.ts';
import { compileInit, INIT_PATH } from '../delivery/init.ts';
import { store } from '../stored/store.ts';
import type { AttachmentState } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';

/**
 * The client's own parameters, or with `null` the operator's again. A stored session is bound to the first that were given: only
 * whoever has it alone may change them.
 * @param to who gives them
 */
export function applyInit(s: ConnectionState, to: AttachmentState, init: OptionFields['init']): Refusal | undefined {
  if (init === undefined) return undefined;
  const { session } = s;
  let prefix = s.env.initPrefix;
  try {
    if (init !== null) prefix = compileInit(s.env, Buffer.from(init).toString());
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    return refusalOfInit(error);
  }
  const isBound =
    session.name !== undefined && session.initText !== undefined && session.attachments.exclusive?.client !== to.client;
  if (isBound) return Buffer.compare(prefix, session.initPrefix) === 0 ? undefined : refusalOfBound(session.initText!);
  session.initText = init ?? undefined;
  session.initPrefix = prefix;
  session.isClientInit = false;
  s.isInitDone = false;
  if (session.stored?.hasRecord === true) {
    session.stored.changes++;
    store(s, session.stored, 'urgent');
  }
  return undefined;
}

/** Characters of the parameters in force that fit into a line beside the rest of it. */
const SHOWN_INIT = 240;

function refusalOfBound(inForce: Uint8Array): Refusal {
  const text = Buffer.from(inForce).toString().slice(0, SHOWN_INIT);
  const msg = `options.init: this session is bound to ${text}; whoever has it alone (session.exclusive) may change that`;
  return refusal('InvalidField', { msg, path: 'options.init' });
}

/** The refusal with the client's words for the place: the gateway's own line around it is nobody's business. */
function refusalOfInit(error: EncodeError): Refusal {
  const { path, msg, ...more } = refusalOf(error);
  return { ...more, msg: msg.replaceAll(INIT_PATH, 'options.init'), path: path!.replace(INIT_PATH, 'options.init') };
}
