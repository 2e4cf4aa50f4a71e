/** Answers of `bots.*` about the commands a bot offers, each list for a scope and a language. */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Person } from '../world/peers.ts';
import type { MethodAnswer, Call } from './call.ts';
import { forBots, self } from './peer.ts';

/** Commands in one list, at most. */
const MOST = 100;
const DEFAULT = scopeName({ _: 'botCommandScopeDefault' }, '');

function scopeName(scope: TlObject, language: string): string {
  const peer = (scope['peer'] ?? {}) as TlObject;
  const user = (scope['user_id'] ?? {}) as TlObject;
  const ids = [peer['user_id'], peer['chat_id'], peer['channel_id'], user['user_id']].map(Number).join(' ');
  return `${scope._} ${ids} ${language}`;
}

function scopeOf({ args }: Call): string {
  const language = args['lang_code'] as string;
  if (!/^(?:[a-z]{2,3})?$/.test(language)) throw new DcRpcError(400, 'LANG_CODE_INVALID');
  return scopeName(args['scope'] as TlObject, language);
}

function setBotCommands(call: Call): boolean {
  forBots(call);
  const commands = call.args['commands'] as TlObject[];
  if (commands.length > MOST) throw new DcRpcError(400, 'BOT_COMMANDS_TOO_MUCH');
  for (const { command, description } of commands) {
    if (!/^[a-z0-9_]{1,32}$/.test(command as string)) throw new DcRpcError(400, 'BOT_COMMAND_INVALID');
    const { length } = description as string;
    if (length < 1 || length > 256) throw new DcRpcError(400, 'BOT_COMMAND_DESCRIPTION_INVALID');
  }
  call.world.bots.setCommands(self(call), scopeOf(call), commands);
  return true;
}

function resetBotCommands(call: Call): boolean {
  forBots(call);
  call.world.bots.setCommands(self(call), scopeOf(call), []);
  return true;
}

function getBotCommands(call: Call): TlObject[] {
  forBots(call);
  return call.world.bots.commands(self(call), scopeOf(call));
}

/** TL's `botInfo`, which people are shown of a bot. */
export function botInfo({ world }: Call, bot: Person): TlObject {
  const commands = world.bots.commands(bot.id, DEFAULT);
  return {
    _: 'botInfo',
    user_id: bot.id,
    description: bot.about ?? bot.firstName,
    ...(commands.length === 0 ? {} : { commands }),
    menu_button: { _: commands.length === 0 ? 'botMenuButtonDefault' : 'botMenuButtonCommands' },
  };
}

export const commandsAnswers: Readonly<Record<string, MethodAnswer>> = {
  'bots.setBotCommands': setBotCommands,
  'bots.resetBotCommands': resetBotCommands,
  'bots.getBotCommands': getBotCommands,
};
