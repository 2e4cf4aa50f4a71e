/** What one does with a message, and what the other has of it: edit, delete, forward, answer, search, read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idOf, type Loose, Person } from './person.ts';
import { withDc } from './support.ts';

type Run = (a: Person, b: Person) => Promise<void>;

const withTwo = (run: Run): Promise<void> =>
  withDc({}, async (dc) => run(await Person.user(dc, 'Ann'), await Person.user(dc, 'Ben')));

describe('editing', () => {
  it('changes both copies, tells the other, counts one pts on each side', () =>
    withTwo(async (a, b) => {
      const id = await a.write(b.peer, 'frist');
      const theirs = (await b.hears('updateShortMessage')).id;
      const before = [await a.pts(), await b.pts()];
      const answer = await a.call('messages.editMessage', { peer: b.peer, id, message: 'first' });
      const [own] = answer.updates;
      assert.deepEqual(
        [own._, own.message.message, own.pts, own.pts_count],
        ['updateEditMessage', 'first', before[0]! + 1, 1],
      );
      const heard = await b.hears('updateEditMessage');
      assert.deepEqual([heard.message.id, heard.message.message, heard.pts], [theirs, 'first', before[1]! + 1]);
      assert.ok(heard.message.edit_date > 0);
      const missed = await b.difference(before[1]!);
      assert.deepEqual(
        missed.other_updates.map((one: Loose) => one._),
        ['updateEditMessage'],
      );
      assert.deepEqual([missed.new_messages, missed.state.pts], [[], before[1]! + 1]);
      // Who has not seen the first text gets the message as it is now.
      const all = await b.difference(before[1]! - 1);
      assert.deepEqual(
        all.new_messages.map((one: Loose) => one.message),
        ['first'],
      );
    }));

  it('refuses what Telegram refuses, by its names', () =>
    withTwo(async (a, b) => {
      const id = await a.write(b.peer, 'mine');
      const { id: theirs } = await b.hears('updateShortMessage');
      const edit = (fields: Loose): Loose => ({ peer: b.peer, id, message: 'x', ...fields });
      await a.refuses('messages.editMessage', edit({ message: 'mine' }), 400, 'MESSAGE_NOT_MODIFIED');
      await a.refuses('messages.editMessage', edit({ id: 99_999 }), 400, 'MESSAGE_ID_INVALID');
      await a.refuses('messages.editMessage', edit({ peer: { _: 'inputPeerSelf' } }), 400, 'MESSAGE_ID_INVALID');
      await a.refuses('messages.editMessage', edit({ message: ' ' }), 400, 'MESSAGE_EMPTY');
      await a.refuses('messages.editMessage', edit({ message: 'x'.repeat(4097) }), 400, 'MESSAGE_TOO_LONG');
      await b.refuses('messages.editMessage', edit({ peer: a.peer, id: theirs }), 403, 'MESSAGE_AUTHOR_REQUIRED');
    }));

  it('ends for people after two days', () =>
    withDc({}, async (dc) => {
      const a = await Person.user(dc, 'Ann');
      const date = Math.floor(Date.now() / 1000) - 49 * 3600;
      const draft = { from: a.id, to: { kind: 'user' as const, id: a.id }, content: { _: 'message', message: 'old' } };
      const { message } = dc.world.write(dc.world.account(a.id).box, a.id, draft, date);
      const fields = { peer: { _: 'inputPeerSelf' }, id: message['id'] as number, message: 'new' };
      await a.refuses('messages.editMessage', fields, 400, 'MESSAGE_EDIT_TIME_EXPIRED');
    }));
});

describe('deleting', () => {
  it('is for oneself, or with revoke for both; each message counts', () =>
    withTwo(async (a, b) => {
      const ids = [await a.write(b.peer, 'one'), await a.write(b.peer, 'two'), await a.write(b.peer, 'three')];
      for (let n = 0; n < 3; n++) await b.hears('updateShortMessage');
      const before = await b.pts();
      await a.call('messages.deleteMessages', { id: [ids[0]!] });
      const own = await a.pts();
      const done = await a.call('messages.deleteMessages', { revoke: true, id: [...ids, 99_999] });
      assert.deepEqual([done.pts, done.pts_count], [own + 2, 2]);
      const heard = await b.hears('updateDeleteMessages');
      assert.deepEqual([heard.messages.length, heard.pts, heard.pts_count], [2, before + 2, 2]);
      const { messages } = await b.call('messages.getHistory', historyOf(a));
      assert.deepEqual(
        messages.map((one: Loose) => one.message),
        ['one'],
      );
      const missed = await b.difference(before - 3);
      assert.deepEqual(
        missed.new_messages.map((one: Loose) => one.message),
        ['one'],
      );
      assert.deepEqual(
        missed.other_updates.map((one: Loose) => one._),
        ['updateDeleteMessages'],
      );
      const nothing = await a.call('messages.deleteMessages', { revoke: true, id: ids });
      assert.equal(nothing.pts_count, 0);
    }));
});

describe('forwarding and answering', () => {
  it('says from whom, and keeps the first author; answers name the copy of the other', () =>
    withTwo(async (a, b) => {
      const id = await a.write(b.peer, 'pass it on', { entities: [{ _: 'messageEntityBold', offset: 0, length: 4 }] });
      const { id: theirs } = await b.hears('updateShortMessage');
      const forward = { from_peer: a.peer, id: [theirs], to_peer: { _: 'inputPeerSelf' }, random_id: [b.randomId()] };
      const [, saved] = (await b.call('messages.forwardMessages', forward)).updates;
      assert.deepEqual(saved.message.fwd_from.from_id, { _: 'peerUser', user_id: a.id });
      assert.equal(saved.message.fwd_from.saved_from_msg_id, theirs);
      assert.equal(saved.message.entities[0]._, 'messageEntityBold');
      const back = {
        from_peer: { _: 'inputPeerSelf' },
        id: [saved.message.id],
        to_peer: a.peer,
        random_id: [b.randomId()],
      };
      await b.call('messages.forwardMessages', back);
      const { message } = await a.hears('updateNewMessage');
      assert.deepEqual([message.message, message.fwd_from.from_id.user_id], ['pass it on', a.id]);
      await b.refuses('messages.forwardMessages', { ...back, id: [99_999] }, 400, 'MESSAGE_ID_INVALID');
      await b.refuses('messages.forwardMessages', { ...back, id: [], random_id: [] }, 400, 'MESSAGE_IDS_EMPTY');
      await b.refuses('messages.forwardMessages', { ...back, random_id: [] }, 400, 'RANDOM_ID_INVALID');
      await b.refuses('messages.forwardMessages', back, 500, 'RANDOM_ID_DUPLICATE');
      await b.write(a.peer, 'I did', { reply_to: { _: 'inputReplyToMessage', reply_to_msg_id: theirs } });
      const answer = await a.hears('updateNewMessage');
      assert.equal(answer.message.reply_to.reply_to_msg_id, id);
      const asked = await a.call('messages.getMessages', {
        id: [
          { _: 'inputMessageReplyTo', id: answer.message.id },
          { _: 'inputMessageID', id: 99_999 },
        ],
      });
      assert.deepEqual(
        asked.messages.map((one: Loose) => [one._, one.id]),
        [
          ['message', id],
          ['messageEmpty', 99_999],
        ],
      );
    }));
});

describe('reading, typing, searching', () => {
  it('tells the writer up to where it was read, by his own ids', () =>
    withTwo(async (a, b) => {
      await a.write({ _: 'inputPeerSelf' }, 'so that ids differ');
      const id = await a.write(b.peer, 'read me');
      const { id: theirs } = await b.hears('updateShortMessage');
      const before = await b.pts();
      const read = await b.call('messages.readHistory', { peer: a.peer, max_id: theirs });
      assert.deepEqual([read.pts, read.pts_count], [before + 1, 1]);
      const heard = await a.hears('updateReadHistoryOutbox');
      assert.deepEqual([heard.max_id, heard.peer.user_id, heard.pts_count], [id, b.id, 1]);
      const again = await b.call('messages.readHistory', { peer: a.peer, max_id: theirs });
      assert.deepEqual([again.pts, again.pts_count], [before + 1, 0]);
      await b.call('messages.setTyping', { peer: a.peer, action: { _: 'sendMessageTypingAction' } });
      assert.equal((await a.hears('updateUserTyping')).user_id, b.id);
    }));

  it('finds by words, author, filter and page', () =>
    withTwo(async (a, b) => {
      for (const text of ['green tea', 'black tea https://example.org/tea', 'coffee']) await a.write(b.peer, text);
      for (let n = 0; n < 3; n++) await b.hears('updateShortMessage');
      await b.write(a.peer, 'Tea for me');
      const found = async (fields: Loose): Promise<string[]> =>
        (await b.call('messages.search', { ...searchIn(a), ...fields })).messages.map((one: Loose) => one.message);
      assert.deepEqual(await found({}), ['Tea for me', 'black tea https://example.org/tea', 'green tea']);
      assert.deepEqual(await found({ from_id: b.peer }), ['Tea for me']);
      assert.deepEqual(await found({ filter: { _: 'inputMessagesFilterUrl' } }), ['black tea https://example.org/tea']);
      assert.deepEqual(await found({ limit: 1, add_offset: 1 }), ['black tea https://example.org/tea']);
      assert.ok((await found({ peer: { _: 'inputPeerEmpty' } })).length >= 3);
    }));
});

const historyOf = ({ peer }: Person): Loose => ({
  peer,
  offset_id: 0,
  offset_date: 0,
  add_offset: 0,
  limit: 10,
  max_id: 0,
  min_id: 0,
  hash: 0n,
});
const searchIn = (person: Person): Loose => {
  const { offset_date: _unused, ...page } = historyOf(person);
  return { ...page, q: 'tea', filter: { _: 'inputMessagesFilterEmpty' }, min_date: 0, max_date: 0 };
};

describe('media', () => {
  const upload = async (who: Person, bytes: Buffer, name: string): Promise<Loose> => {
    const file_id = who.randomId() + 1000n;
    await who.call('upload.saveFilePart', { file_id, file_part: 0, bytes });
    return { _: 'inputFile', id: file_id, parts: 1, name, md5_checksum: '' };
  };
  const send = (to: Person, media: Loose, random_id: bigint, message = ''): Loose => ({
    peer: to.peer,
    media,
    message,
    random_id,
  });

  it('is what was uploaded, for both, and can be sent again and forwarded', () =>
    withTwo(async (a, b) => {
      const bytes = Buffer.from('Hello from a file.\n');
      const file = await upload(a, bytes, 'hello.txt');
      const media = { _: 'inputMediaUploadedDocument', file, mime_type: 'text/plain', attributes: [] };
      const answer = await a.call('messages.sendMedia', send(b, media, a.randomId(), 'a file'));
      assert.deepEqual(
        answer.updates.map((one: Loose) => one._),
        ['updateMessageID', 'updateNewMessage'],
      );
      const { message } = await b.hears('updateNewMessage');
      const { document } = message.media;
      assert.deepEqual(
        [message.message, document.mime_type, document.size],
        ['a file', 'text/plain', BigInt(bytes.length)],
      );
      assert.deepEqual(document.attributes, [{ _: 'documentAttributeFilename', file_name: 'hello.txt' }]);
      const { id, access_hash, file_reference } = document;
      const location = { _: 'inputDocumentFileLocation', id, access_hash, file_reference, thumb_size: '' };
      const got = await b.call('upload.getFile', { location, offset: 0n, limit: 4096 });
      assert.deepEqual(got.bytes, bytes);
      const input = { _: 'inputDocument', id, access_hash, file_reference };
      await b.call('messages.sendMedia', send(a, { _: 'inputMediaDocument', id: input }, b.randomId()));
      assert.equal((await a.hears('updateNewMessage')).message.media.document.id, id);
      const wrong = { _: 'inputMediaDocument', id: { ...input, access_hash: 1n } };
      await b.refuses('messages.sendMedia', send(a, wrong, b.randomId()), 400, 'MEDIA_EMPTY');
      const old = { _: 'inputMediaDocument', id: { ...input, file_reference: Buffer.from('old') } };
      await b.refuses('messages.sendMedia', send(a, old, b.randomId()), 400, 'FILE_REFERENCE_INVALID');
    }));

  it('takes photos by what is in them, and refuses what is none', () =>
    withTwo(async (a, b) => {
      const png = Buffer.concat([
        Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
        Buffer.from('0000001000000020', 'hex'),
      ]);
      const photo = { _: 'inputMediaUploadedPhoto', file: await upload(a, png, 'dot.png') };
      await a.call('messages.sendMedia', send(b, photo, a.randomId()));
      const { message } = await b.hears('updateNewMessage');
      const [size] = message.media.photo.sizes;
      assert.deepEqual([size.w, size.h, size.size], [16, 32, png.length]);
      const { id, access_hash, file_reference } = message.media.photo;
      const location = { _: 'inputPhotoFileLocation', id, access_hash, file_reference, thumb_size: 'x' };
      assert.deepEqual((await b.call('upload.getFile', { location, offset: 0n, limit: 4096 })).bytes, png);
      const none = { _: 'inputMediaUploadedPhoto', file: await upload(a, Buffer.from('text'), 'dot.png') };
      await a.refuses('messages.sendMedia', send(b, none, a.randomId()), 400, 'IMAGE_PROCESS_FAILED');
      await a.refuses('messages.sendMedia', send(b, { _: 'inputMediaEmpty' }, a.randomId()), 400, 'MEDIA_EMPTY');
      const file = { _: 'inputFile', id: 77n, parts: 1, name: 'x', md5_checksum: '' };
      const missing = { ...photo, file };
      await a.refuses('messages.sendMedia', send(b, missing, a.randomId()), 400, 'FILE_PART_0_MISSING');
      const long = send(b, { _: 'inputMediaEmpty' }, a.randomId(), 'x'.repeat(1025));
      await a.refuses('messages.sendMedia', long, 400, 'MEDIA_CAPTION_TOO_LONG');
    }));

  it('sends albums: one answer, one number for all', () =>
    withTwo(async (a, b) => {
      const items = [];
      for (const name of ['one.txt', 'two.txt']) {
        const file = await upload(a, Buffer.from(name), name);
        const media = { _: 'inputMediaUploadedDocument', file, mime_type: 'text/plain', attributes: [] };
        items.push({ _: 'inputSingleMedia', media, random_id: a.randomId(), message: name });
      }
      const answer = await a.call('messages.sendMultiMedia', { peer: b.peer, multi_media: items });
      assert.equal(idOf(answer), answer.updates[0].id);
      const [one, two] = [await b.hears('updateNewMessage'), await b.hears('updateNewMessage')];
      assert.deepEqual([one.message.message, two.message.message], ['one.txt', 'two.txt']);
      assert.equal(one.message.grouped_id, two.message.grouped_id);
    }));
});
