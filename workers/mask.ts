/**
 * Mask: an object as `--verbose` shows it: its structure, not its values (threats: Secrets).
 * In: a line of JSON, or a frame. Out: JSON text with the same structure. Never: a word of a client's or of
 * Telegram's that is not the scheme's or the protocol's own; only the request's id is shown as it came.
 */
import { ERRORS } from '../src/errors.ts';

/** Attributes of requests and answers, wire: Requests and answers. */
const ENVELOPE = [
  ...['id', 'message', 'session', 'server', 'options', 'timeout', 'auth', '_cons', '_wrapped', '_seqno', '_bytes'],
  ...['auth_key', 'session_id', 'last_seqno', 'server_salt', 'time_offset', 'dc', 'test', 'host', 'port', 'rsa'],
  ...[
    'name',
    'export',
    'list',
    'forget',
    'takeover',
    'exclusive',
    'existing',
    'detach',
    'resident',
    'as',
    'sessions',
    'int64',
    'flags',
    'init',
  ],
  ...['error', 'msg', 'path', 'pos', 'limit', 'got', 'reason', 'ref', 'crc', 'raw'],
  ...['retryable', 'retry_after', 'delivered', 'closing', 'fatal'],
];

const DELIVERED: ReadonlySet<unknown> = new Set(['no', 'yes', 'unknown']);
/** Longer ids are refused. */
const LONGEST_ID = 128;
const HIDDEN = '…';

/** Who said it: what the gateway says of errors is its own word, what a client says never is. */
export type Speaker = 'client' | 'gateway';

/** Shows messages with their values hidden; names of the scheme and the gateway's own words stay. */
export class Mask {
  readonly #words: ReadonlySet<string>;

  /** @param source the compiled scheme: its text has every name of the scheme in it, and nothing of anybody's */
  constructor(source: string) {
    this.#words = new Set([...ENVELOPE, ...(source.match(/[A-Za-z_][\w.]*/g) ?? [])]);
  }

  /** @returns JSON text; `null` for what is no JSON */
  show(from: Speaker, message: Uint8Array, parse: (message: Uint8Array) => unknown = parseJson): string {
    let value: unknown;
    try {
      value = parse(message);
    } catch {
      return 'null';
    }
    if (!isObject(value)) return JSON.stringify(this.#value(value));
    const said = from === 'gateway' ? this.#own(value) : {};
    return JSON.stringify({
      ...idOf(value),
      ...this.#object(value),
      ...idOf(value),
      ...said,
    });
  }

  #value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#value(one));
    if (isObject(value)) return this.#object(value);
    return typeof value === 'boolean' || value === null ? value : HIDDEN;
  }

  #object(object: Record<string, unknown>): Record<string, unknown> {
    const masked: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(object)) {
      const isName = key === '_cons' && typeof value === 'string' && this.#words.has(value);
      masked[this.#words.has(key) ? key : HIDDEN] = isName ? value : this.#value(value);
    }
    return masked;
  }

  /** What the gateway and Telegram say of an error, as far as it is a name or a number. */
  #own(answer: Record<string, unknown>): Record<string, unknown> {
    const { error, delivered, path, retry_after: after, message } = answer;
    return {
      ...(typeof error === 'string' && Object.hasOwn(ERRORS, error) ? { error } : {}),
      ...(DELIVERED.has(delivered) ? { delivered } : {}),
      ...(typeof after === 'number' ? { retry_after: after } : {}),
      ...(typeof path === 'string' ? { path: this.#path(path) } : {}),
      ...(isObject(message) && message['_cons'] === 'rpc_error' ? { message: rpcError(message) } : {}),
    };
  }

  /** `message.peer.id[3]`: fields that the scheme has, and places. */
  #path(path: string): string {
    return path.replaceAll(/[^.[\]]+/g, (part) => (this.#words.has(part) || /^\d{1,6}$/.test(part) ? part : HIDDEN));
  }
}

/** Names that Telegram gives, with their numbers; any other text is hidden. */
function rpcError({ error_code: code, error_message: text }: Record<string, unknown>): Record<string, unknown> {
  return {
    _cons: 'rpc_error',
    error_code: typeof code === 'number' ? code : HIDDEN,
    error_message: typeof text === 'string' && /^[A-Z][A-Z\d_]{2,63}$/.test(text) ? text : HIDDEN,
  };
}

/** An id that can be one is shown: it is how a line is found again. */
function idOf({ id }: Record<string, unknown>): { id?: unknown } {
  if (typeof id === 'bigint') return { id: String(id) };
  const isId = typeof id === 'number' || (typeof id === 'string' && Buffer.byteLength(id) <= LONGEST_ID);
  return isId ? { id } : {};
}

function parseJson(line: Uint8Array): unknown {
  return JSON.parse(Buffer.from(line).toString());
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
