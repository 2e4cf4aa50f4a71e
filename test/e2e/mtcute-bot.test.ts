/**
 * A bot as its author would write it, with mtcute's dispatcher, straight on the test DC; a person with mtcute as well.
 * Nothing of this project is between them and the DC.
 */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { BotInline, BotInlineMessage, BotKeyboard, InputMedia } from '@mtcute/core';
import type { Message } from '@mtcute/core';
import type { TelegramClient } from '@mtcute/core/client.js';
import { Dispatcher, filters } from '@mtcute/dispatcher';
import { mtcuteFor, startDcForMtcute } from '../support/mtcute.ts';

const TOKEN = '7000000001:demo-bot-token';

/** The bot: commands, a keyboard, a file, inline results. */
function botOn(client: TelegramClient): Dispatcher {
  const bot = Dispatcher.for(client);
  bot.onNewMessage(filters.command('start'), async (message) => {
    const row = [BotKeyboard.callback('Press', 'pressed'), BotKeyboard.url('Site', 'https://example.org/')];
    await message.answerText('Welcome', { replyMarkup: BotKeyboard.inline([row]) });
  });
  bot.onNewMessage(filters.command('file'), async (message) => {
    const file = Buffer.from('Hello from a file.\n');
    await message.answerMedia(
      InputMedia.document(file, { fileName: 'hello.txt', fileMime: 'text/plain', caption: 'here' }),
    );
  });
  bot.onNewMessage(filters.command('delete'), async (message) => {
    await client.deleteMessages([await message.answerText('going')]);
  });
  bot.onNewMessage(filters.text, async (message) => {
    await message.replyText(`You said: ${message.text}`);
  });
  bot.onCallbackQuery(filters.equals('pressed'), async (query) => {
    await query.answer({ text: 'Thank you', alert: true });
    await query.editMessage({ text: 'Pressed' });
  });
  bot.onInlineQuery(async (query) => {
    await query.answer([
      BotInline.article('one', { title: query.query, message: BotInlineMessage.text(`About ${query.query}`) }),
    ]);
  });
  return bot;
}

test(
  'a dispatcher bot: start, buttons, file, edit, delete, inline, commands, a group',
  { timeout: 120_000 },
  async () => {
    const dc = await startDcForMtcute();
    const [bot, user] = [mtcuteFor(dc), mtcuteFor(dc)];
    const heard = new EventEmitter();
    try {
      botOn(bot);
      await bot.start({ botToken: TOKEN });
      await user.start({ phone: '9996621111', code: () => '22222', codeSentCallback: () => {} });
      user.onNewMessage.add((message) => void (message.isOutgoing || heard.emit('new', message)));
      user.onEditMessage.add((message) => heard.emit('edit', message));
      user.onDeleteMessage.add((update) => heard.emit('delete', update));
      const next = async (what: string): Promise<Message> => ((await once(heard, what)) as [Message])[0];

      const welcome = next('new');
      await user.sendText('demo_bot', '/start');
      const menu = await welcome;
      assert.equal(menu.text, 'Welcome');
      const edited = next('edit');
      const answer = await user.getCallbackAnswer({ message: menu, data: 'pressed' });
      assert.deepEqual([answer.message, answer.alert], ['Thank you', true]);
      assert.equal((await edited).text, 'Pressed');

      const file = next('new');
      await user.sendText('demo_bot', '/file');
      const document = (await file).media;
      assert.ok(document?.type === 'document');
      assert.equal(document.fileName, 'hello.txt');
      assert.equal(Buffer.from(await user.downloadAsBuffer(document)).toString(), 'Hello from a file.\n');

      const said = next('new');
      const sent = await user.sendText('demo_bot', 'hello');
      const reply = await said;
      assert.equal(reply.text, 'You said: hello');
      const [forwarded] = await user.forwardMessages({ messages: [reply], toChatId: 'self' });
      assert.equal(forwarded?.forward?.sender.displayName, 'Demo Bot');
      assert.equal((await user.editMessage({ message: sent, text: 'hello again' })).text, 'hello again');
      await user.deleteMessages([sent]);

      const gone = once(heard, 'delete');
      await user.sendText('demo_bot', '/delete');
      await gone;

      await bot.setMyCommands({ commands: [{ _: 'botCommand', command: 'start', description: 'Begin' }] });
      assert.deepEqual(
        (await bot.getMyCommands()).map(({ command }) => command),
        ['start'],
      );

      const { chat } = await user.createGroup({ title: 'With a bot', users: 'demo_bot' });
      const inGroup = next('new');
      await user.sendText(chat, 'hello group');
      assert.equal((await inGroup).text, 'You said: hello group');
      const members = await user.getChatMembers(chat);
      assert.deepEqual(
        members.map((one) => one.status),
        ['creator', 'member'],
      );
      await bot.leaveChat(chat);
      assert.deepEqual(
        (await user.getChatMembers(chat)).map((one) => one.status),
        ['creator'],
      );
    } finally {
      await Promise.all([bot.destroy(), user.destroy()]);
      await dc.close();
    }
    assert.deepEqual(dc.bugs, []);
    assert.deepEqual(dc.violations.list, []);
  },
);
