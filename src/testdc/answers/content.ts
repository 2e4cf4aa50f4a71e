/**
 * Content of messages: text, entities and keyboards, checked as Telegram does.
 * In: the arguments of a request that writes. Out: fields of `message`, or a DcRpcError. Never: media; `media.ts` has them.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Call } from './call.ts';
import { self } from './peer.ts';

/** UTF-16 units of a text and of a caption, at most. */
const LONGEST = 4096;
const LONGEST_CAPTION = 1024;
/** Bytes of a callback button's data, at most. */
const LONGEST_DATA = 64;

/** A message's text, not empty and not too long. @throws DcRpcError */
export function textOfMessage(text: string): string {
  if (text.trim().length === 0) throw new DcRpcError(400, 'MESSAGE_EMPTY');
  if (text.length > LONGEST) throw new DcRpcError(400, 'MESSAGE_TOO_LONG');
  return text;
}

/** A text beside media, which may be empty. @throws DcRpcError */
export function caption(text: string): string {
  if (text.length > LONGEST_CAPTION) throw new DcRpcError(400, 'MEDIA_CAPTION_TOO_LONG');
  return text;
}

/** The fields of `message` that a request names: text, entities, keyboard, flags. @throws DcRpcError */
export function contentOf(call: Call): TlObject {
  const { args } = call;
  const text = args['message'] as string;
  const content: TlObject = {
    _: 'message',
    message: text,
    ...entities(text, args['entities'] as TlObject[] | undefined),
  };
  for (const name of ['silent', 'noforwards', 'invert_media']) if (args[name] === true) content[name] = true;
  return { ...content, ...keyboard(call, args['reply_markup'] as TlObject | undefined) };
}

/** The keyboard of a bot's message; a person's is passed over. @throws DcRpcError */
export function keyboard(call: Call, markup: TlObject | undefined): { reply_markup?: TlObject } {
  if (markup === undefined || !call.world.isBot(self(call))) return {};
  checkKeyboard(markup);
  return { reply_markup: markup };
}

/** Checks every button of a keyboard. @throws DcRpcError */
export function checkKeyboard(markup: TlObject): void {
  const rows = (markup['rows'] ?? []) as TlObject[];
  for (const button of rows.flatMap((row) => row['buttons'] as TlObject[]))
    checkButton(button, markup._ === 'replyInlineMarkup');
}

const INLINE = /^(input)?KeyboardButton(Callback|Url|UrlAuth|SwitchInline|Game|Buy|WebView|UserProfile|Copy)$/i;

function checkButton(button: TlObject, isInline: boolean): void {
  const text = button['text'] as string;
  if (text.length === 0) throw new DcRpcError(400, 'REPLY_MARKUP_INVALID');
  if (isInline !== INLINE.test(button._)) throw new DcRpcError(400, 'BUTTON_TYPE_INVALID');
  const data = button['data'] as Uint8Array | undefined;
  if (button._ === 'keyboardButtonCallback' && (data!.length === 0 || data!.length > LONGEST_DATA))
    throw new DcRpcError(400, 'BUTTON_DATA_INVALID');
  if (
    button._ === 'keyboardButtonUrl' &&
    !/^(?:https?:\/\/|tg:\/\/|ton:\/\/)?\S+\.?\S+$/i.test(button['url'] as string)
  )
    throw new DcRpcError(400, 'BUTTON_URL_INVALID');
}

/** Entities that Telegram finds in a text by itself. */
const FOUND: readonly (readonly [string, RegExp])[] = [
  ['messageEntityBotCommand', /(?<![\w/])\/[a-z0-9_]{1,32}(?:@[a-z]\w{3,31})?(?!\w)/gi],
  ['messageEntityMention', /(?<![\w/@])@[a-z]\w{3,31}(?!\w)/gi],
  ['messageEntityHashtag', /(?<![\w#])#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*/gu],
  ['messageEntityUrl', /\bhttps?:\/\/[^\s<>"]*[^\s<>".,!?)]/gi],
];

/** The entities given, and those found in the text beside them, by offset, in UTF-16 units. @throws DcRpcError */
export function entities(text: string, given: readonly TlObject[] = []): { entities?: TlObject[] } {
  const all = given.map(outward);
  const isFree = (from: number, to: number): boolean =>
    all.every(
      (one) => to <= (one['offset'] as number) || from >= (one['offset'] as number) + (one['length'] as number),
    );
  for (const one of given)
    if ((one['offset'] as number) < 0 || (one['offset'] as number) + (one['length'] as number) > text.length)
      throw new DcRpcError(400, 'ENTITY_BOUNDS_INVALID');
  for (const [kind, pattern] of FOUND)
    for (const { index, 0: word } of text.matchAll(pattern))
      if (isFree(index, index + word.length)) all.push({ _: kind, offset: index, length: word.length });
  return all.length === 0
    ? {}
    : { entities: all.toSorted((a, b) => (a['offset'] as number) - (b['offset'] as number)) };
}

/** An entity as readers get it: a mention by its user's id in place of an `InputUser`. */
function outward(entity: TlObject): TlObject {
  if (entity._ !== 'inputMessageEntityMentionName') return entity;
  const { offset, length } = entity as { offset: number; length: number } & TlObject;
  const user = entity['user_id'] as TlObject;
  return { _: 'messageEntityMentionName', offset, length, user_id: user['user_id'] ?? 0n };
}
