/**
 * Inline queries: a user asks a bot for something to send, from whatever chat.
 * In: `getInlineBotResults`, which waits; `setInlineBotResults`; `sendInlineBotResult`; `editInlineBotMessage`.
 * Out: `messages.botResults`, a message `via_bot_id`, updates to the bot.
 * Never: private results of another user's query.
 */
import { randomLong } from '../env.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject, TlValue } from '../tl/tl-value.ts';
import type { InlineAnswer } from '../world/bots.ts';
import type { Post } from '../world/box.ts';
import { peerOf, userObject } from '../world/peers.ts';
import type { PeerRef } from '../world/peers.ts';
import { editPost, inUpdates } from '../world/posts.ts';
import type { MethodAnswer, Call } from './call.ts';
import { checkKeyboard, entities, textOfMessage } from './content.ts';
import { changes } from './edit.ts';
import { mediaOf } from './media.ts';
import { forBots, forPeople, inputPeer, inputUser, self } from './peer.ts';
import { actor, answerTo, once, replyTo, send, writable } from './send.ts';

const MOST_RESULTS = 50;
/** How long results can be sent, ms. */
const SENDABLE_MS = 600_000;

async function getInlineBotResults(call: Call): Promise<TlValue> {
  forPeople(call);
  const { args, world } = call;
  const bot = inputUser(call, args['bot'] as TlObject);
  if (bot.isBot !== true) throw new DcRpcError(400, 'BOT_INVALID');
  const chat =
    (args['peer'] as TlObject)._ === 'inputPeerEmpty' ? undefined : inputPeer(call, args['peer'] as TlObject);
  const query = args['query'] as string;
  const offset = args['offset'] as string;
  const kept = world.bots.cached(bot.id, self(call), query, offset, call.now);
  const answer = kept ?? (await ask(call, bot.id, { query, offset }, chat));
  if (answer === undefined) throw new DcRpcError(400, 'BOT_RESPONSE_TIMEOUT');
  if (kept === undefined) world.bots.cache(self(call), offset, { ...answer, query }, call.now);
  const queryId = randomLong(world.env);
  world.bots.sendable.set(`${self(call)} ${queryId}`, { ...answer, query }, call.now + SENDABLE_MS);
  const users = [userObject(bot, self(call), call.dcId)];
  return { ...answer.shown, _: 'messages.botResults', query_id: queryId, cache_time: answer.cacheTime, users };
}

function ask(
  call: Call,
  botId: bigint,
  fields: { query: string; offset: string },
  chat: PeerRef | undefined,
): Promise<InlineAnswer | undefined> {
  const { world } = call;
  return world.bots.inline.ask(botId, self(call), world.bots.waitMs, (queryId) => {
    const query = { _: 'updateBotInlineQuery', query_id: queryId, user_id: self(call), ...fields };
    const update = chat === undefined ? query : { ...query, peer_type: { _: typeOf(call, chat, botId) } };
    world.push(botId, inUpdates(call, botId, [update], [], [{ kind: 'user', id: self(call) }]));
  });
}

/** The name of the `InlineQueryPeerType` of a chat. */
function typeOf({ world }: Call, chat: PeerRef, botId: bigint): string {
  if (chat.kind === 'chat') return 'inlineQueryPeerTypeChat';
  if (chat.kind === 'user')
    return chat.id === botId ? 'inlineQueryPeerTypeSameBotPM' : peerTypeOf(world.isBot(chat.id));
  const isBroadcast = world.groups.get(`channel ${chat.id}`)?.isBroadcast === true;
  return isBroadcast ? 'inlineQueryPeerTypeBroadcast' : 'inlineQueryPeerTypeMegagroup';
}

function peerTypeOf(isBot: boolean): string {
  return isBot ? 'inlineQueryPeerTypeBotPM' : 'inlineQueryPeerTypePM';
}

function setInlineBotResults(call: Call): boolean {
  forBots(call);
  const { args, world } = call;
  const question = world.bots.inline.of(args['query_id'] as bigint, self(call));
  if (question === undefined) throw new DcRpcError(400, 'QUERY_ID_INVALID');
  const results = args['results'] as TlObject[];
  if (results.length > MOST_RESULTS) throw new DcRpcError(400, 'RESULTS_TOO_MUCH');
  const ids = results.map((one) => one['id'] as string);
  if (ids.some((id) => id === '' || Buffer.byteLength(id) > 64)) throw new DcRpcError(400, 'RESULT_ID_INVALID');
  if (new Set(ids).size < ids.length) throw new DcRpcError(400, 'RESULT_ID_DUPLICATE');
  const made = results.map((one) => resultOf(call, one));
  question.answer({
    botId: self(call),
    query: '',
    shown: shownOf(
      args,
      made.map(({ result }) => result),
    ),
    sent: new Map(made.map((one) => [one.result['id'] as string, one])),
    isPrivate: args['private'] === true,
    cacheTime: args['cache_time'] as number,
  });
  return true;
}

function shownOf(args: TlObject, results: TlObject[]): TlObject {
  const shown: TlObject = { _: 'messages.botResults', gallery: args['gallery'] === true, results };
  for (const name of ['next_offset', 'switch_pm', 'switch_webview'])
    if (args[name] !== undefined) shown[name] = args[name];
  return shown;
}

/** The result that people see of an `InputBotInlineResult`, and the message that is sent when they choose it. */
function resultOf(call: Call, input: TlObject): { result: TlObject; message: TlObject } {
  const { id, type, title, description, url } = input;
  const media = mediaOfResult(call, input);
  const wanted = input['send_message'] as TlObject;
  const send_message = messageOf(wanted);
  const texts = { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) };
  const message: TlObject = { _: 'message', message: send_message['message']!, ...media?.sent };
  for (const name of ['entities', 'reply_markup'])
    if (send_message[name] !== undefined) message[name] = send_message[name];
  if (wanted._ === 'inputBotInlineMessageText') delete message['media'];
  const base = { id: id!, type: type!, ...texts, send_message };
  if (media === undefined)
    return { result: { _: 'botInlineResult', ...base, ...(url === undefined ? {} : { url }) }, message };
  return { result: { _: 'botInlineMediaResult', ...base, ...media.shown }, message };
}

/** The photo or document of a result, as it is shown and as it is sent. */
function mediaOfResult(
  call: Call,
  input: TlObject,
): { shown: Record<string, TlObject>; sent: Record<string, TlObject> } | undefined {
  const name = input._ === 'inputBotInlineResultPhoto' ? 'photo' : 'document';
  if (input._ !== 'inputBotInlineResultPhoto' && input._ !== 'inputBotInlineResultDocument') return undefined;
  const kind = name === 'photo' ? 'inputMediaPhoto' : 'inputMediaDocument';
  const media = mediaOf(call, { _: kind, id: input[name]! });
  return { shown: { [name]: media[name] as TlObject }, sent: { media } };
}

/** `InputBotInlineMessage` to `BotInlineMessage`: text, or a caption. */
function messageOf(input: TlObject): TlObject {
  const isText = input._ === 'inputBotInlineMessageText';
  if (!isText && input._ !== 'inputBotInlineMessageMediaAuto') throw new DcRpcError(400, 'SEND_MESSAGE_TYPE_INVALID');
  const text = input['message'] as string;
  if (isText) textOfMessage(text);
  const markup = input['reply_markup'] as TlObject | undefined;
  if (markup !== undefined) checkKeyboard(markup);
  return {
    _: isText ? 'botInlineMessageText' : 'botInlineMessageMediaAuto',
    message: text,
    ...entities(text, input['entities'] as TlObject[] | undefined),
    ...(markup === undefined ? {} : { reply_markup: markup }),
  };
}

function sendInlineBotResult(call: Call): TlObject {
  forPeople(call);
  const { args, world } = call;
  const peer = writable(call, args['peer'] as TlObject);
  const answer = world.bots.sendable.get(`${self(call)} ${args['query_id'] as bigint}`, call.now);
  if (answer === undefined) throw new DcRpcError(400, 'INLINE_RESULT_EXPIRED');
  const chosen = answer.sent.get(args['id'] as string);
  if (chosen === undefined) throw new DcRpcError(400, 'RESULT_ID_INVALID');
  once(call, args['random_id'] as bigint);
  const content = { ...chosen.message, via_bot_id: answer.botId };
  const written = send(actor(call), { from: self(call), to: peer, content, replyTo: replyTo(call, peer) });
  tellBot(call, answer, peer, written.message);
  return answerTo(call, [written]);
}

/** Tells the bot what was chosen; on Telegram only bots that asked for it are told. */
function tellBot(call: Call, { botId, query }: InlineAnswer, peer: PeerRef, message: TlObject): void {
  const { world, args } = call;
  const post = world.boxOf(world.account(self(call)), peer).post(message['id'] as number)!;
  const msg_id = message['reply_markup'] === undefined ? {} : { msg_id: inlineIdOf(call, post, message) };
  const update = { _: 'updateBotInlineSend', user_id: self(call), query, id: args['id'] as string, ...msg_id };
  world.push(botId, inUpdates(call, botId, [update], [], [{ kind: 'user', id: self(call) }]));
}

/** `InputBotInlineMessageID` of a message that was sent through a bot. */
export function inlineIdOf({ world, dcId }: Call, post: Post, message: TlObject): TlObject {
  const number = world.bots.inlineNumber(post);
  const owner = peerOf(message['peer_id'] as TlObject).id;
  return {
    _: 'inputBotInlineMessageID64',
    dc_id: dcId,
    owner_id: owner,
    id: number,
    access_hash: BigInt(number) * 7919n,
  };
}

function editInlineBotMessage(call: Call): boolean {
  forBots(call);
  const { args, world } = call;
  const input = args['id'] as TlObject;
  const post = input._ === 'inputBotInlineMessageID64' ? world.bots.inlinePost(input['id'] as number) : undefined;
  const copy = post?.copies.find(({ box, id }) => box.get(id) !== undefined);
  const message = copy?.box.get(copy.id);
  if (post === undefined || message?.['via_bot_id'] !== self(call)) throw new DcRpcError(400, 'MESSAGE_ID_INVALID');
  editPost(actor(call), post, changes(call, message));
  return true;
}

export const inlineAnswers: Readonly<Record<string, MethodAnswer>> = {
  'messages.getInlineBotResults': getInlineBotResults,
  'messages.setInlineBotResults': setInlineBotResults,
  'messages.sendInlineBotResult': sendInlineBotResult,
  'messages.editInlineBotMessage': editInlineBotMessage,
};
