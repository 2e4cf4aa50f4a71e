/**
 * Init: `invokeWithLayer(initConnection(…))` around requests (mtproto.md 2.14).
 * In: the operator's or the client's parameters; requests in which the client does it itself. Out: TL bytes to put before a call.
 * Never: wraps what the client wrapped, or knows the fields of initConnection: the scheme has them.
 */
import { Crc } from '../tl/service.ts';
import type { EncodedCall } from '../tl/codec.ts';
import type { Env } from './env.ts';
import { encodeText } from './internal.ts';
import type { State } from './state.ts';
import type { Pending } from './pending.ts';

/** What a client that gives an api_id alone is called. */
const DEFAULTS = {
  device_model: 'mtproto2json',
  system_version: '1.0',
  app_version: '1.0',
  system_lang_code: 'en',
  lang_pack: '',
  lang_code: 'en',
};

/** What of a lane's `Env` is needed here. */
type InitEnv = Pick<Env, 'codec' | 'dialect' | 'call' | 'request'>;

/** Any function without arguments: it only marks where the call goes. */
const PLACE_HOLDER = { _cons: 'help.getNearestDc' };

/**
 * Compiles the parameters into the prefix, by the scheme. Reads a line of its own through the dialect: what was
 * read before is gone.
 * @param text JSON object of initConnection's own fields
 * @throws EncodeError when a field is wrong
 */
export function compileInit(env: InitEnv, text: string): Uint8Array {
  const fields = JSON.parse(text) as Record<string, unknown>;
  const { codec, call } = env;
  const query = { _cons: 'initConnection', ...DEFAULTS, ...fields, _wrapped: PLACE_HOLDER };
  const line = JSON.stringify({ message: { _cons: 'invokeWithLayer', layer: codec.layer, _wrapped: query } });
  const encoded = encodeText(env, line);
  return Uint8Array.prototype.slice.call(call.bytes, 0, encoded.offsets[2]);
}

/** Length of the client's own invokeWithLayer/initConnection at the front of a call; 0 if there is none. */
export function ownInitLength(call: EncodedCall): number {
  let at = 0;
  while (at < call.depth - 1 && isInit(call.crcs[at]!)) at++;
  return at === 0 ? 0 : call.offsets[at]! - call.offsets[0]!;
}

function isInit(crc: number): boolean {
  return crc === Crc.invokeWithLayer || crc === Crc.initConnection;
}

/** Whether the prefix goes before this request now: until the first answer, and never around the client's own. */
export function needsPrefix(s: State, pending: Pending): boolean {
  return !s.initDone && s.shared.initPrefix.length > 0 && pending.ownInit === 0 && pending.answerBy === 0;
}

/** A result has come: the connection is initialised, by us or by the client, whose words are kept for reconnects. */
export function noteInit(s: State, pending: Pending): void {
  if (pending.ownInit > 0) {
    s.shared.initPrefix = pending.body.slice(0, pending.ownInit);
    s.shared.initIsOwn = true;
    s.initDone = true;
  } else if (pending.prefix !== undefined) {
    s.initDone = true;
  }
}
