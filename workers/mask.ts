/**
 * Mask: an object as `--verbose` shows it: its structure, not its values (failures.md S1).
 * In: a line of JSON. Out: JSON text with the same keys and names. Never: a string, number or byte of a client's or
 * of Telegram's, but the request's id, constructor names and the names and codes of errors.
 */

/** Attributes whose values are names or codes of the protocol. */
const SHOWN = new Set([
  '_cons',
  'error',
  'error_code',
  'error_message',
  'delivered',
  'retryable',
  'retry_after',
  'path',
]);

/** @returns JSON text; `null` for what is no JSON */
export function mask(message: Uint8Array, parse: (message: Uint8Array) => unknown = parseJson): string {
  let value: unknown;
  try {
    value = parse(message);
  } catch {
    return 'null';
  }
  const masked = maskValue(value);
  if (isObject(value) && isObject(masked) && 'id' in value)
    masked['id'] = typeof value['id'] === 'bigint' ? String(value['id']) : value['id'];
  return JSON.stringify(masked);
}

function parseJson(line: Uint8Array): unknown {
  return JSON.parse(Buffer.from(line).toString());
}

function maskValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskValue);
  if (isObject(value)) return maskObject(value);
  return typeof value === 'boolean' || value === null ? value : '…';
}

/** Error texts may carry numbers of Telegram's own only; anything that is no plain name is masked too. */
function maskObject(value: Record<string, unknown>): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const name = /^[\w.]{1,64}$/.test(key) ? key : '…';
    masked[name] = SHOWN.has(key) && isName(inner) ? inner : maskValue(inner);
  }
  return masked;
}

function isName(value: unknown): boolean {
  if (typeof value === 'object') return false;
  return typeof value !== 'string' || /^[\w. [\]]{0,80}$/.test(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
