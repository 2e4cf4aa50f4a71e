/** What bots have of their own: keyboards and who presses them, inline queries, commands. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Loose, Person } from './person.ts';
import { withDc } from './support.ts';

const withBot = (run: (user: Person, bot: Person, dc: Loose) => Promise<void>): Promise<void> =>
  withDc({}, async (dc) => run(await Person.user(dc, 'Ann'), await Person.bot(dc, '123456:a-bot-of-tests'), dc));

const button = (data: string): Loose => ({ _: 'keyboardButtonCallback', text: data, data: Buffer.from(data) });
const keyboard = (...buttons: Loose[]): Loose => ({
  _: 'replyInlineMarkup',
  rows: [{ _: 'keyboardButtonRow', buttons }],
});

describe('buttons', () => {
  it('reach the bot, which answers and edits; its keyboard goes when it is not named', () =>
    withBot(async (user, bot) => {
      await user.write(bot.peer, '/start');
      const started = await bot.hears('updateShortMessage');
      assert.deepEqual(started.entities, [{ _: 'messageEntityBotCommand', offset: 0, length: 6 }]);
      const id = await bot.write(user.peer, 'press', { reply_markup: keyboard(button('yes'), button('no')) });
      const { message } = await user.hears('updateNewMessage');
      assert.equal(message.reply_markup.rows[0].buttons.length, 2);
      const press = { peer: bot.peer, msg_id: message.id };
      const answered = user.call('messages.getBotCallbackAnswer', { ...press, data: Buffer.from('yes') });
      const query = await bot.hears('updateBotCallbackQuery');
      assert.deepEqual([query.user_id, query.msg_id, String(query.data)], [user.id, id, 'yes']);
      const answer = { query_id: query.query_id, message: 'Yes it is', alert: true, cache_time: 0 };
      assert.equal(await bot.call('messages.setBotCallbackAnswer', answer), true);
      const got = await answered;
      assert.deepEqual([got.message, got.alert, got.url], ['Yes it is', true, undefined]);
      await bot.refuses('messages.setBotCallbackAnswer', answer, 400, 'QUERY_ID_INVALID');
      await bot.call('messages.editMessage', { peer: user.peer, id, message: 'pressed' });
      const edited = await user.hears('updateEditMessage');
      assert.deepEqual([edited.message.message, edited.message.reply_markup], ['pressed', undefined]);
      await user.refuses('messages.getBotCallbackAnswer', { ...press, data: Buffer.from('yes') }, 400, 'DATA_INVALID');
    }));

  it('without an answer in time are 502; wrong keyboards are refused, a person’s is passed over', () =>
    withBot(async (user, bot, dc) => {
      dc.world.bots.waitMs = 1;
      await bot.write(user.peer, 'press', { reply_markup: keyboard(button('x')) });
      const { message } = await user.hears('updateNewMessage');
      const press = { peer: bot.peer, msg_id: message.id, data: Buffer.from('x') };
      await user.refuses('messages.getBotCallbackAnswer', press, 502, 'BOT_RESPONSE_TIMEOUT');
      await user.refuses('messages.getBotCallbackAnswer', { ...press, msg_id: 99_999 }, 400, 'MESSAGE_ID_INVALID');
      await bot.refuses('messages.getBotCallbackAnswer', press, 400, 'BOT_METHOD_INVALID');
      const send = (reply_markup: Loose): Loose => ({
        peer: user.peer,
        message: 'x',
        random_id: bot.randomId(),
        reply_markup,
      });
      await bot.refuses('messages.sendMessage', send(keyboard(button('x'.repeat(65)))), 400, 'BUTTON_DATA_INVALID');
      const plain = { _: 'keyboardButton', text: 'plain' };
      await bot.refuses('messages.sendMessage', send(keyboard(plain)), 400, 'BUTTON_TYPE_INVALID');
      await user.write(bot.peer, 'mine', { reply_markup: keyboard(button('x')) });
      assert.equal((await bot.hears('updateShortMessage')).message, 'mine');
    }));
});

describe('inline queries', () => {
  it('are put to the bot, whose result is sent via it, and can be edited by it', () =>
    withBot(async (user, bot) => {
      const ask = { bot: bot.input, peer: { _: 'inputPeerSelf' }, query: 'cats', offset: '' };
      const asked = user.call('messages.getInlineBotResults', ask);
      const query = await bot.hears('updateBotInlineQuery');
      assert.deepEqual([query.user_id, query.query, query.offset], [user.id, 'cats', '']);
      const text = { _: 'inputBotInlineMessageText', message: 'A cat', reply_markup: keyboard(button('more')) };
      const result = { _: 'inputBotInlineResult', id: 'one', type: 'article', title: 'Cat', send_message: text };
      const set = { query_id: query.query_id, results: [result], cache_time: 60 };
      await bot.refuses(
        'messages.setInlineBotResults',
        { ...set, results: [result, result] },
        400,
        'RESULT_ID_DUPLICATE',
      );
      await bot.call('messages.setInlineBotResults', set);
      const results = await asked;
      assert.deepEqual(
        results.results.map((one: Loose) => [one._, one.id, one.title]),
        [['botInlineResult', 'one', 'Cat']],
      );
      // The bot is not asked again as long as its answer is good.
      const again = await user.call('messages.getInlineBotResults', ask);
      assert.ok(!bot.hasHeard('updateBotInlineQuery'));
      const send = { peer: { _: 'inputPeerSelf' }, random_id: user.randomId(), query_id: again.query_id, id: 'one' };
      await user.refuses('messages.sendInlineBotResult', { ...send, id: 'two' }, 400, 'RESULT_ID_INVALID');
      await user.refuses('messages.sendInlineBotResult', { ...send, query_id: 1n }, 400, 'INLINE_RESULT_EXPIRED');
      const [, sent] = (await user.call('messages.sendInlineBotResult', send)).updates;
      assert.deepEqual([sent.message.message, sent.message.via_bot_id], ['A cat', bot.id]);
      const chosen = await bot.hears('updateBotInlineSend');
      assert.deepEqual([chosen.id, chosen.query, chosen.msg_id._], ['one', 'cats', 'inputBotInlineMessageID64']);
      const press = { peer: { _: 'inputPeerSelf' }, msg_id: sent.message.id, data: Buffer.from('more') };
      const pressed = user.call('messages.getBotCallbackAnswer', press);
      const callback = await bot.hears('updateInlineBotCallbackQuery');
      assert.deepEqual(callback.msg_id, chosen.msg_id);
      await bot.call('messages.setBotCallbackAnswer', { query_id: callback.query_id, cache_time: 0 });
      assert.equal((await pressed)._, 'messages.botCallbackAnswer');
      await bot.call('messages.editInlineBotMessage', { id: chosen.msg_id, message: 'Two cats' });
      assert.equal((await user.hears('updateEditMessage')).message.message, 'Two cats');
    }));
});

describe('commands', () => {
  it('are kept by scope and language, and shown with the bot', () =>
    withBot(async (user, bot) => {
      const scope = { _: 'botCommandScopeDefault' };
      const commands = [{ _: 'botCommand', command: 'start', description: 'Begin' }];
      const set = { scope, lang_code: '', commands };
      await bot.call('bots.setBotCommands', set);
      assert.deepEqual(await bot.call('bots.getBotCommands', { scope, lang_code: '' }), commands);
      assert.deepEqual(await bot.call('bots.getBotCommands', { scope, lang_code: 'de' }), []);
      const full = await user.call('users.getFullUser', { id: bot.input });
      assert.deepEqual(full.full_user.bot_info.commands, commands);
      const wrong = [{ _: 'botCommand', command: 'Not so', description: 'x' }];
      await bot.refuses('bots.setBotCommands', { ...set, commands: wrong }, 400, 'BOT_COMMAND_INVALID');
      await user.refuses('bots.setBotCommands', set, 400, 'USER_BOT_REQUIRED');
      await bot.call('bots.resetBotCommands', { scope, lang_code: '' });
      assert.deepEqual(await bot.call('bots.getBotCommands', { scope, lang_code: '' }), []);
    }));
});
