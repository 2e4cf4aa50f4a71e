/**
 * Init: `invokeWithLayer(initConnection(…))` around requests (protocol: Invoking).
 * In: the operator's or the client's parameters; requests in which the client does it itself. Out: TL bytes to put before a call.
 * Never: wraps what the client wrapped, or knows the fields of initConnection: the scheme has them.
 */
import { EncodeError, type EncodedCall } from '../../tl/codec.ts';
import { Crc, MAX_PAYLOAD } from '../../tl/service.ts';
import type { Env } from '../env.ts';
import { encodeText } from './own-calls.ts';
import type { ConnectionState } from '../state/state.ts';
import { AnswerBy, type Pending } from '../state/pending.ts';

/** Where `options.init` stands in the line that is compiled of it. */
export const INIT_PATH = 'message._wrapped';

/** What a client that gives an api_id alone is called. */
const DEFAULTS = {
  device_model: 'mtproto2json',
  system_version: '1.0',
  app_version: '1.0',
  system_lang_code: 'en',
  lang_pack: '',
  lang_code: 'en',
};

/** Bytes of one text: it goes before a call again with each connection. */
const MOST_TEXT = 4096;
/** Bytes of all of it: every text as long as it may be, and some `params`. A client's own that is longer is not kept. */
const MOST_INIT = 32 * 1024;

/** What of a lane's `Env` is needed here. */
type InitEnv = Pick<Env, 'codec' | 'own'>;

/** Any function without arguments: it only marks where the call goes. */
const PLACE_HOLDER = { _cons: 'help.getNearestDc' };

/**
 * Compiles the parameters into the prefix, by the scheme.
 * @param text JSON object of initConnection's own fields
 * @throws EncodeError when a field is wrong, or too long
 */
export function compileInit(env: InitEnv, text: string): Uint8Array {
  const fields = JSON.parse(text) as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') checkLength(`${INIT_PATH}.${name}`, Buffer.byteLength(value), MOST_TEXT);
  }
  const { codec, own } = env;
  const query = { _cons: 'initConnection', ...DEFAULTS, ...fields, _wrapped: PLACE_HOLDER };
  const line = JSON.stringify({ message: { _cons: 'invokeWithLayer', layer: codec.layer, _wrapped: query } });
  const encoded = encodeText(env, line);
  const length = encoded.offsets[2]!;
  checkLength(INIT_PATH, length, MOST_INIT);
  return Uint8Array.prototype.slice.call(own.call.bytes, 0, length);
}

function checkLength(path: string, length: number, limit: number): void {
  if (length > limit)
    throw new EncodeError('InvalidField', path, `${path}: longer than ${limit} bytes`, { limit, got: length });
}

/**
 * Bytes of a call as it would be sent if its connection were new now; over `MAX_PAYLOAD` the data centre would close.
 * @param length of the call alone
 */
export function lengthWithInit(s: ConnectionState, encoded: EncodedCall, length: number): number {
  return clientInitLength(encoded) > 0 ? length : length + s.session.initPrefix.length;
}

/** Length of the client's own invokeWithLayer/initConnection at the front of a call; 0 if there is none. */
export function clientInitLength(call: EncodedCall): number {
  let at = 0;
  while (at < call.depth - 1 && isInit(call.crcs[at]!)) at++;
  return at === 0 ? 0 : call.offsets[at]! - call.offsets[0]!;
}

function isInit(crc: number): boolean {
  return crc === Crc.invokeWithLayer || crc === Crc.initConnection;
}

/** Whether the prefix goes before this request now: until the first answer. */
export function needsPrefix(s: ConnectionState, pending: Pending): boolean {
  return !s.isInitDone && pending.answerBy === AnswerBy.RPC && mayHavePrefix(s, pending);
}

/**
 * There is a prefix, and it may go before this request: never around the client's own. One that came later than the request,
 * and is too long for it, is left out: the server's answer to that is better than its silence.
 */
export function mayHavePrefix(s: ConnectionState, pending: Pending): boolean {
  const { length } = s.session.initPrefix;
  return length > 0 && pending.clientInitLength === 0 && length + pending.body.length <= MAX_PAYLOAD;
}

/** A result has come: the connection is initialised, by us or by the client, whose words are kept for reconnects. */
export function noteInit(s: ConnectionState, pending: Pending): void {
  if (pending.clientInitLength > 0) {
    s.isInitDone = true;
    if (pending.clientInitLength > MOST_INIT) return;
    s.session.initPrefix = pending.body.slice(0, pending.clientInitLength);
    s.session.isClientInit = true;
  } else if (pending.prefix !== undefined) {
    s.isInitDone = true;
  }
}
