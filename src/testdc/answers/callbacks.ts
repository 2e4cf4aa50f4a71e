/**
 * Callback buttons: a user presses one, its bot is told by an update, and the bot's answer goes back to the user.
 * In: `getBotCallbackAnswer`, which waits; `setBotCallbackAnswer`. Out: `messages.botCallbackAnswer`, updates to the bot.
 * Never: an answer that no bot gave; if none comes in time, 502 BOT_RESPONSE_TIMEOUT.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject, TlValue } from '../tl/tl-value.ts';
import type { Box } from '../world/box.ts';
import type { PeerRef } from '../world/peers.ts';
import { peerKey, peerObject } from '../world/peers.ts';
import { copyIn, inUpdates } from '../world/posts.ts';
import type { MethodAnswer, Call } from './call.ts';
import { messageIn } from './edit.ts';
import { inlineIdOf } from './inline.ts';
import { forBots, forPeople, inputPeer, self } from './peer.ts';

/** UTF-16 units of a bot's answer, at most. */
const LONGEST = 200;

async function getBotCallbackAnswer(call: Call): Promise<TlValue> {
  forPeople(call);
  const { args, world } = call;
  const peer = inputPeer(call, args['peer'] as TlObject);
  const box = world.boxOf(world.account(self(call)), peer);
  const message = messageIn(box, peer, args['msg_id'] as number);
  const data = args['data'] as Uint8Array | undefined;
  if (data === undefined || !hasButton(message, data)) throw new DcRpcError(400, 'DATA_INVALID');
  const botId = botOf(call, message, peer);
  const answer = await world.bots.callbacks.ask(botId, self(call), world.bots.waitMs, (queryId) => {
    const update = pressed(call, { queryId, botId, peer, box, message, data });
    world.push(botId, inUpdates(call, botId, [update], [], [{ kind: 'user', id: self(call) }, peer]));
  });
  if (answer === undefined) throw new DcRpcError(502, 'BOT_RESPONSE_TIMEOUT');
  return answer;
}

function hasButton(message: TlObject, data: Uint8Array): boolean {
  const rows = ((message['reply_markup'] as TlObject | undefined)?.['rows'] ?? []) as TlObject[];
  const buttons = rows.flatMap((row) => row['buttons'] as TlObject[]);
  return buttons.some(
    (button) => button['data'] !== undefined && Buffer.from(button['data'] as Uint8Array).equals(data),
  );
}

/** The bot that a message's buttons are of. */
function botOf({ world }: Call, message: TlObject, peer: PeerRef): bigint {
  const from = message['from_id'] as TlObject | undefined;
  const id = (message['via_bot_id'] ?? from?.['user_id'] ?? peer.id) as bigint;
  if (!world.isBot(id)) throw new DcRpcError(400, 'MESSAGE_ID_INVALID');
  return id;
}

interface Press {
  readonly queryId: bigint;
  readonly botId: bigint;
  readonly peer: PeerRef;
  readonly box: Box;
  readonly message: TlObject;
  readonly data: Uint8Array;
}

/** The update that tells a bot of a press, with ids as the bot has them. */
function pressed(call: Call, { queryId, botId, peer, box, message, data }: Press): TlObject {
  const { world } = call;
  const post = box.post(message['id'] as number)!;
  const query = { query_id: queryId, user_id: self(call), chat_instance: instanceOf(peer, self(call)), data };
  if (message['via_bot_id'] !== undefined) {
    const msg_id = inlineIdOf(call, post, message);
    return { _: 'updateInlineBotCallbackQuery', ...query, msg_id };
  }
  const theirs = peer.kind === 'user' ? { kind: 'user' as const, id: self(call) } : peer;
  const copy = copyIn(post, world.boxOf(world.account(botId), theirs));
  if (copy === undefined) throw new DcRpcError(400, 'MESSAGE_ID_INVALID');
  return { _: 'updateBotCallbackQuery', ...query, peer: peerObject(theirs), msg_id: copy.id };
}

/** `chat_instance`: a number that is the same for a chat each time (FNV-1a). */
function instanceOf(peer: PeerRef, userId: bigint): bigint {
  const text = Buffer.from(`${peerKey(peer)} ${peer.kind === 'user' ? userId : ''}`);
  let hash = 0xcbf29ce484222325n;
  for (const byte of text) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return BigInt.asIntN(64, hash);
}

function setBotCallbackAnswer(call: Call): boolean {
  forBots(call);
  const { args, world } = call;
  const question = world.bots.callbacks.of(args['query_id'] as bigint, self(call));
  if (question === undefined) throw new DcRpcError(400, 'QUERY_ID_INVALID');
  const text = args['message'] as string | undefined;
  if (text !== undefined && text.length > LONGEST) throw new DcRpcError(400, 'MESSAGE_TOO_LONG');
  const url = args['url'] as string | undefined;
  question.answer({
    _: 'messages.botCallbackAnswer',
    alert: args['alert'] === true,
    has_url: url !== undefined,
    native_ui: true,
    ...(text === undefined ? {} : { message: text }),
    ...(url === undefined ? {} : { url }),
    cache_time: args['cache_time']!,
  });
  return true;
}

export const callbacksAnswers: Readonly<Record<string, MethodAnswer>> = {
  'messages.getBotCallbackAnswer': getBotCallbackAnswer,
  'messages.setBotCallbackAnswer': setBotCallbackAnswer,
};
