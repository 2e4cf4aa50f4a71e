/**
 * Source: what `scheme update` starts from, whatever form it came in.
 * In: the text of a TL file or of one of two JSON forms. Out: parsed definitions and a layer.
 * Never: fetches or reads files.
 */
import { parseScheme } from './parse.ts';
import { SchemeError } from './scheme-error.ts';
import { isMtcuteJson, mtcuteText } from './source-mtcute.ts';
import { isTelegramJson, telegramText } from './source-telegram.ts';
import type { ParsedScheme } from './syntax.ts';

/**
 * Tells the form by the text itself: `{` or `[` begins JSON, anything else is TL.
 * @throws SchemeError
 */
export function readSource(text: string, fileName: string): ParsedScheme {
  const first = text.trimStart().charAt(0); // takes a byte order mark for white space too
  if (first === '<') throw new SchemeError('this is a web page, not a scheme', fileName, text, 0);
  if (first !== '{' && first !== '[') return parseScheme(text, fileName);
  const json = parseJson(text, fileName);
  if (isMtcuteJson(json)) return parseScheme(mtcuteText(json), fileName);
  if (isTelegramJson(json)) return parseScheme(telegramText(json), fileName);
  throw new SchemeError('JSON of neither known form: {"l","e","u"} or {"constructors","methods"}', fileName, text, 0);
}

function parseJson(text: string, fileName: string): unknown {
  try {
    return JSON.parse(text.trimStart());
  } catch (error) {
    const at = text.length - text.trimStart().length + Number(/position (\d+)/.exec(String(error))?.[1] ?? 0);
    throw new SchemeError(`not JSON: ${(error as Error).message}`, fileName, text, at);
  }
}

/** A service file speaks of the key exchange; an API file never does. */
export function isService(scheme: ParsedScheme): boolean {
  return scheme.definitions.some((one) => one.name === 'req_pq_multi' || one.name === 'req_pq');
}
