/** The world behind the answers: signing in, dialogs, sending, updates, files. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthKey } from '../../src/crypto/auth-key.ts';
import { fileBytes } from '../../src/testdc/answers/upload.ts';
import type { Person } from '../../src/testdc/world/peers.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject, TlValue } from '../../src/testdc/tl/tl-value.ts';
import { RawClient } from '../support/raw-client.ts';
import { demoClient, DIALOGS, NEAREST, withDc } from './support.ts';

/** A client with a key and init, not signed in. */
async function freshClient(dc: TestDc): Promise<RawClient> {
  const client = await RawClient.connect(dc.port());
  await client.makeKey({ pem: dc.publicKeyPem });
  await client.init(NEAREST);
  return client;
}

const sendCode = (phone: string): TlObject => ({
  _: 'auth.sendCode',
  phone_number: phone,
  api_id: 1,
  api_hash: 'x',
  settings: { _: 'codeSettings' },
});

async function signIn(client: RawClient, phone: string, code: string): Promise<TlObject> {
  const sent = (await client.call(sendCode(phone))) as TlObject;
  return (await client.call({
    _: 'auth.signIn',
    phone_number: phone,
    phone_code_hash: sent['phone_code_hash']!,
    phone_code: code,
  })) as TlObject;
}

async function resolve(client: RawClient, username: string): Promise<TlObject> {
  const found = (await client.call({ _: 'contacts.resolveUsername', username })) as TlObject;
  const user = (found['users'] as TlObject[])[0]!;
  return { _: 'inputPeerUser', user_id: user['id']!, access_hash: user['access_hash']! };
}

const message = (peer: TlObject, text: string, randomId: bigint): TlObject => ({
  _: 'messages.sendMessage',
  peer,
  message: text,
  random_id: randomId,
});
const history = (peer: TlObject, fields: Fields = {}): TlObject => ({
  _: 'messages.getHistory',
  peer,
  offset_id: 0,
  offset_date: 0,
  add_offset: 0,
  limit: 10,
  max_id: 0,
  min_id: 0,
  hash: 0n,
  ...fields,
});

type Fields = Record<string, TlValue>;

describe('signing in', () => {
  it('takes test phones with their code, and says what is wrong with others', () =>
    withDc({}, async (dc) => {
      const client = await freshClient(dc);
      await assert.rejects(client.call(sendCode('+1 555 0100')), { message: 'PHONE_NUMBER_INVALID' });
      await assert.rejects(signIn(client, '9996612345', '22222'), { message: 'PHONE_CODE_INVALID' });
      await assert.rejects(signIn(client, '9996612345', ''), { message: 'PHONE_CODE_EMPTY' });
      const done = await signIn(client, '+999 66 1 2345', '11111');
      assert.equal((done['user'] as TlObject)['phone'], '9996612345');
      const second = await freshClient(dc);
      const again = await signIn(second, '9996612345', '11111');
      assert.equal((again['user'] as TlObject)['id'], (done['user'] as TlObject)['id']);
    }));

  it('lets a code be used once, and for five minutes', () =>
    withDc({}, async () => {
      let ahead = 0;
      await withDc({ now: () => Date.now() + ahead }, async (dc) => {
        const client = await freshClient(dc);
        const sent = (await client.call(sendCode('9996620000'))) as TlObject;
        const signing: TlObject = {
          _: 'auth.signIn',
          phone_number: '9996620000',
          phone_code_hash: sent['phone_code_hash']!,
          phone_code: '22222',
        };
        ahead = 290_000;
        client.timeOffset += 290;
        await client.call(signing);
        await assert.rejects(client.call(signing), { message: 'PHONE_CODE_EXPIRED' });
        const late = (await client.call(sendCode('9996620001'))) as TlObject;
        ahead = 600_000;
        client.timeOffset += 310;
        await assert.rejects(
          client.call({ ...signing, phone_number: '9996620001', phone_code_hash: late['phone_code_hash']! }),
          { message: 'PHONE_CODE_EXPIRED' },
        );
      });
    }));

  it('takes bots by their token; some methods are not for them', () =>
    withDc({}, async (dc) => {
      const client = await freshClient(dc);
      const token = (bot: string): TlObject => ({
        _: 'auth.importBotAuthorization',
        flags: 0,
        api_id: 1,
        api_hash: 'x',
        bot_auth_token: bot,
      });
      await assert.rejects(client.call(token('nonsense')), { message: 'ACCESS_TOKEN_INVALID' });
      const done = (await client.call(token('123456:demo'))) as TlObject;
      assert.deepEqual([(done['user'] as TlObject)['id'], (done['user'] as TlObject)['bot']], [123456n, true]);
      await assert.rejects(client.call(DIALOGS), { message: 'BOT_METHOD_INVALID' });
    }));

  it('signs out', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      assert.equal(((await client.call({ _: 'auth.logOut' })) as TlObject)._, 'auth.loggedOut');
      await assert.rejects(client.call(DIALOGS), { message: 'AUTH_KEY_UNREGISTERED' });
    }));
});

describe('dialogs and history', () => {
  it('has twenty dialogs with their messages, users and chats, some 30 KB', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const all = (await client.call(DIALOGS)) as {
        dialogs: TlObject[];
        messages: TlObject[];
        users: TlObject[];
        chats: TlObject[];
      } & TlObject;
      assert.equal(all._, 'messages.dialogs');
      assert.equal(all.dialogs.length, 20);
      const size = client.came.find((one) => one.crc === 0xf35c6d01)!.body.length;
      assert.ok(size > 25_000 && size < 45_000, `${size} bytes`);
      const users = new Set(all.users.map((user) => user['id']));
      const chats = new Set(all.chats.map((chat) => chat['id']));
      for (const dialog of all.dialogs) {
        const peer = dialog['peer'] as TlObject;
        assert.ok(users.has(peer['user_id']) || chats.has(peer['chat_id'] ?? peer['channel_id']));
        assert.ok(
          all.messages.some(
            (one) =>
              one['id'] === dialog['top_message'] && JSON.stringify(one['peer_id'], big) === JSON.stringify(peer, big),
          ),
        );
      }
      for (const one of all.messages)
        if (one['from_id'] !== undefined) assert.ok(users.has((one['from_id'] as TlObject)['user_id']));
    }));

  it('pages through dialogs without a gap or a double', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const seen: string[] = [];
      let offset: Fields = {};
      for (;;) {
        const page = (await client.call({ ...DIALOGS, limit: 7, ...offset })) as {
          dialogs: TlObject[];
          messages: TlObject[];
        } & TlObject;
        if (page.dialogs.length === 0) break;
        assert.equal(page._, 'messages.dialogsSlice');
        seen.push(...page.dialogs.map((dialog) => JSON.stringify(dialog['peer'], big)));
        const last = page.messages.at(-1)!;
        offset = { offset_date: last['date']!, offset_id: last['id']! };
      }
      assert.deepEqual([seen.length, new Set(seen).size], [20, 20]);
    }));

  it('shows each change at once, though what has not changed is written once', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const bytes = async (): Promise<Buffer> => {
        const from = client.came.length;
        await client.call(DIALOGS);
        return client.came
          .slice(from)
          .find((one) => one.crc === 0xf35c6d01)!
          .body.subarray(12);
      };
      const texts = async (): Promise<string[]> =>
        ((await client.call(DIALOGS)) as { messages: TlObject[] } & TlObject).messages.map(
          (one) => one['message'] as string,
        );
      const first = await bytes();
      assert.deepEqual(await bytes(), first);
      await client.call(message({ _: 'inputPeerSelf' }, 'to myself', 1n));
      assert.equal((await texts())[0], 'to myself');
      const other = await freshClient(dc);
      await signIn(other, '9996617777', '11111');
      const { chats } = (await other.call(DIALOGS)) as { chats: TlObject[] } & TlObject;
      const group = chats.find((chat) => chat['megagroup'] === true)!;
      const peer = { _: 'inputPeerChannel', channel_id: group['id']!, access_hash: group['access_hash']! };
      await other.call(message(peer, 'to the group', 2n));
      assert.ok((await texts()).includes('to the group'));
      const echo = await resolve(client, 'echo');
      dc.pushMessage(dc.world.byUsername('demo_user')!.id, 'unread');
      const unread = async (): Promise<number> =>
        ((await client.call(DIALOGS)) as { dialogs: TlObject[] } & TlObject).dialogs.find(
          (one) => (one['peer'] as TlObject)['user_id'] === echo['user_id'],
        )!['unread_count'] as number;
      assert.ok((await unread()) > 0);
      await client.call({ _: 'messages.readHistory', peer: echo, max_id: 0 });
      assert.equal(await unread(), 0);
      const before = await bytes();
      const me = dc.world.byUsername('demo_user') as Person;
      dc.world.people.set(me.id, { ...me, firstName: 'Another' });
      assert.notDeepEqual(await bytes(), before);
    }));

  it('reads history by offset, limit and bounds', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const peer = await resolve(client, 'echo');
      for (let i = 1; i <= 5; i++) await client.call(message({ _: 'inputPeerSelf' }, `note ${i}`, BigInt(i)));
      const read = async (fields: Fields): Promise<string[]> =>
        (
          (await client.call(history({ _: 'inputPeerSelf' }, fields))) as { messages: TlObject[] } & TlObject
        ).messages.map((one) => one['message'] as string);
      assert.deepEqual(await read({}), ['note 5', 'note 4', 'note 3', 'note 2', 'note 1']);
      assert.deepEqual(await read({ limit: 2 }), ['note 5', 'note 4']);
      assert.deepEqual(await read({ limit: 2, add_offset: 1 }), ['note 4', 'note 3']);
      await assert.rejects(client.call(history({ ...peer, access_hash: 1n })), { message: 'PEER_ID_INVALID' });
    }));
});

describe('sending', () => {
  it("writes into both boxes, answers the sender, tells the other and the sender's other sessions", () =>
    withDc({}, async (dc) => {
      const [a, b, other] = [await demoClient(dc), await freshClient(dc), await demoClient(dc)];
      await other.call(NEAREST);
      await a.call(NEAREST);
      const done = await signIn(b, '9996617777', '11111');
      const to: TlObject = {
        _: 'inputPeerUser',
        user_id: (done['user'] as TlObject)['id']!,
        access_hash: (done['user'] as TlObject)['access_hash']!,
      };
      const before = (await b.call({ _: 'updates.getState' })) as TlObject;
      const sent = (await a.call(message(to, 'over to you', 9n))) as TlObject;
      assert.equal(sent._, 'updateShortSentMessage');
      const got = await b.message('updateShortMessage');
      assert.deepEqual(
        [got['message'], got['out'], got['pts']],
        ['over to you', undefined, (before['pts'] as number) + 1],
      );
      const mirrored = await other.message('updateShortMessage');
      assert.deepEqual(
        [mirrored['message'], mirrored['out'], mirrored['id'], mirrored['pts']],
        ['over to you', true, sent['id'], sent['pts']],
      );
      const difference = (await b.call({
        _: 'updates.getDifference',
        pts: before['pts']!,
        date: 0,
        qts: 0,
      })) as TlObject;
      assert.deepEqual(
        (difference['new_messages'] as TlObject[]).map((one) => one['message']),
        ['over to you'],
      );
      assert.equal(dc.ledger.get('over to you'), 1);
    }));

  it('executes a random_id once', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      await client.call(message({ _: 'inputPeerSelf' }, 'x', 7n));
      await assert.rejects(client.call(message({ _: 'inputPeerSelf' }, 'x', 7n)), {
        message: 'RANDOM_ID_DUPLICATE',
        code: 500,
      });
      await assert.rejects(client.call(message({ _: 'inputPeerSelf' }, '', 8n)), { message: 'MESSAGE_EMPTY' });
      await assert.rejects(client.call(message({ _: 'inputPeerSelf' }, 'x'.repeat(4097), 8n)), {
        message: 'MESSAGE_TOO_LONG',
      });
      assert.equal(dc.ledger.get('x'), 1);
    }));

  it('has an echo that answers', () =>
    withDc({}, async (dc) => {
      dc.world.echoMs = 1;
      const client = await demoClient(dc);
      await client.call(message(await resolve(client, 'echo'), 'hello?', 3n));
      assert.equal((await client.message('updateShortMessage'))['message'], 'hello?');
    }));

  it('tells everybody of a message to a group', () =>
    withDc({}, async (dc) => {
      const demo = dc.demoUser({ firstName: 'Second' });
      const member = await RawClient.connect(dc.port());
      member.authKey = AuthKey.from(demo.authKey);
      member.salt = demo.salt;
      await member.call(NEAREST);
      const client = await demoClient(dc);
      const { chats } = (await client.call(DIALOGS)) as { chats: TlObject[] } & TlObject;
      const group = chats.find((chat) => chat['megagroup'] === true)!;
      const peer: TlObject = { _: 'inputPeerChannel', channel_id: group['id']!, access_hash: group['access_hash']! };
      const sent = (await client.call(message(peer, 'all', 4n))) as TlObject;
      assert.deepEqual(
        (sent['updates'] as TlObject[]).map((one) => one._),
        ['updateMessageID', 'updateNewChannelMessage'],
      );
      const got = (await member.message('updates'))['updates'] as TlObject[];
      assert.equal((got[0]!['message'] as TlObject)['message'], 'all');
      const channel = chats.find((chat) => chat['broadcast'] === true)!;
      const closed: TlObject = {
        _: 'inputPeerChannel',
        channel_id: channel['id']!,
        access_hash: channel['access_hash']!,
      };
      await assert.rejects(client.call(message(closed, 'no', 5n)), { message: 'CHAT_WRITE_FORBIDDEN', code: 403 });
    }));

  it('pushes at a rate', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      await client.call(NEAREST);
      const [userId] = dc.world.signedIn();
      assert.equal(await dc.startPushing({ to: userId!, rate: 2000, count: 150 }).done, 150);
      const texts = await client.until(() => {
        const all = client.came.filter((one) => one.crc === 0x313bc7f8);
        return all.length === 150 ? all : undefined;
      });
      assert.ok(texts.some((one) => one.contained));
      assert.equal(dc.counters.updatesPushed, 150);
    }));
});

describe('files', () => {
  const get = (fields: Fields): TlObject => ({
    _: 'upload.getFile',
    location: {
      _: 'inputDocumentFileLocation',
      id: 7n,
      access_hash: 0n,
      file_reference: Buffer.alloc(0),
      thumb_size: '',
    },
    offset: 0n,
    limit: 4096,
    ...fields,
  });

  it('gives the bytes a file has there', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const file = (await client.call(get({ offset: 524_288n, limit: 524_288 }))) as TlObject;
      assert.deepEqual(file['bytes'], fileBytes(7n, 524_288, 524_288));
      const end = (await client.call(get({ offset: BigInt(64 << 20) }))) as TlObject;
      assert.equal((end['bytes'] as Buffer).length, 0);
    }));

  const wrong: readonly (readonly [Fields, string])[] = [
    [{ limit: 1000 }, 'LIMIT_INVALID'],
    [{ limit: 12_288 }, 'LIMIT_INVALID'],
    [{ limit: 0 }, 'LIMIT_INVALID'],
    [{ limit: 2_097_152 }, 'LIMIT_INVALID'],
    [{ offset: 1024n }, 'OFFSET_INVALID'],
    [{ offset: -4096n }, 'OFFSET_INVALID'],
    [{ offset: 1_044_480n, limit: 8192 }, 'LIMIT_INVALID'],
    [{ location: { _: 'inputTakeoutFileLocation' } }, 'LOCATION_INVALID'],
  ];
  for (const [fields, error] of wrong)
    it(`${error} on ${JSON.stringify(fields, big)}`, () =>
      withDc({}, async (dc) => {
        await assert.rejects((await demoClient(dc)).call(get(fields)), { message: error });
      }));

  it('takes parts by the rules', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const part = (n: number, length: number, total?: number): TlObject => ({
        _: total === undefined ? 'upload.saveFilePart' : 'upload.saveBigFilePart',
        file_id: 5n,
        file_part: n,
        ...(total === undefined ? {} : { file_total_parts: total }),
        bytes: Buffer.alloc(length, n),
      });
      assert.equal(await client.call(part(0, 524_288, 3)), true);
      assert.equal(await client.call(part(1, 524_288, 3)), true);
      assert.equal(await client.call(part(2, 100, 3)), true);
      await assert.rejects(client.call(part(1, 1000, 3)), { message: 'FILE_PART_SIZE_INVALID' });
      await assert.rejects(client.call(part(0, 0)), { message: 'FILE_PART_EMPTY' });
      await assert.rejects(client.call(part(9000, 1024)), { message: 'FILE_PART_INVALID' });
      await assert.rejects(client.call(part(0, 525_312)), { message: 'FILE_PART_TOO_BIG' });
    }));
});

function big(_key: string, value: TlValue): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
