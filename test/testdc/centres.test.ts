/** Several data centres: who lives where, authorizations carried over, files that come back as they went (2.16, 2.20). */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { fileAt, fileBytes } from '../../src/testdc/answers/upload.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject, TlValue } from '../../src/testdc/tl/tl-value.ts';
import { RawClient } from '../support/raw-client.ts';
import { demoClient, DIALOGS, NEAREST, withDc } from './support.ts';

const THREE = { dcs: [{ id: 2 }, { id: 1 }, { id: 4 }] };

/** A client with a key of that DC and init, not signed in. */
async function at(dc: TestDc, dcId: number): Promise<RawClient> {
  const client = await RawClient.connect(dc.port(dcId));
  await client.makeKey({ pem: dc.publicKeyPem, dcId });
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

const importBot = (token: string): TlObject => ({
  _: 'auth.importBotAuthorization',
  flags: 0,
  api_id: 1,
  api_hash: 'x',
  bot_auth_token: token,
});

const getFile = (id: bigint, fields: Record<string, TlValue> = {}): TlObject => ({
  _: 'upload.getFile',
  location: {
    _: 'inputDocumentFileLocation',
    id,
    access_hash: 0n,
    file_reference: Buffer.alloc(0),
    thumb_size: '',
  },
  offset: 0n,
  limit: 4096,
  ...fields,
});

async function signIn(client: RawClient, phone: string): Promise<TlObject> {
  const sent = (await client.call(sendCode(phone))) as TlObject;
  const phone_code_hash = sent['phone_code_hash']!;
  const phone_code = phone[5]!.repeat(5);
  return (await client.call({ _: 'auth.signIn', phone_number: phone, phone_code_hash, phone_code })) as TlObject;
}

/** Carries a client's authorization over. */
async function carry(from: RawClient, to: RawClient, dcId: number): Promise<TlObject> {
  const { id, bytes } = (await from.call({ _: 'auth.exportAuthorization', dc_id: dcId })) as TlObject;
  return (await to.call({ _: 'auth.importAuthorization', id: id!, bytes: bytes! })) as TlObject;
}

describe('who lives where', () => {
  it('lists all centres, each with the flag it was given', () =>
    withDc({ dcs: [{ id: 2 }, { id: 4 }, { id: 2, isMediaOnly: true }] }, async (dc) => {
      const config = (await (await at(dc, 4)).call({ _: 'help.getConfig' })) as TlObject;
      assert.equal(config['this_dc'], 4);
      assert.deepEqual(
        (config['dc_options'] as TlObject[]).map((one) => [one['id'], one['port'], one['media_only'] === true]),
        dc.addresses.map(({ id, port }, i) => [id, port, i === 2]),
      );
      // Two addresses, one DC: the key made at the one is known at the other.
      const main = await at(dc, 2);
      const media = await RawClient.connect(dc.addresses[2]!.port);
      media.authKey = main.authKey;
      media.salt = main.salt;
      assert.equal(((await media.call(NEAREST)) as TlObject)['this_dc'], 2);
    }));

  it('sends phones home by PHONE_MIGRATE_X, and knows no account under a key of another DC', () =>
    withDc(THREE, async (dc) => {
      const wrong = await at(dc, 4);
      await assert.rejects(wrong.call(sendCode('9996611234')), { code: 303, message: 'PHONE_MIGRATE_1' });
      // Number 3 is not among the centres: at home everywhere.
      await wrong.call(sendCode('9996631234'));
      const home = await at(dc, 1);
      assert.equal((await signIn(home, '9996611234'))._, 'auth.authorization');
      await assert.rejects(wrong.call(DIALOGS), { code: 401, message: 'AUTH_KEY_UNREGISTERED' });
    }));

  it('sends bots home by USER_MIGRATE_X', () =>
    withDc(THREE, async (dc) => {
      const [first, second] = [await at(dc, 4), await at(dc, 2)];
      await first.call(importBot('123456:token'));
      await assert.rejects(second.call(importBot('123456:token')), { code: 303, message: 'USER_MIGRATE_4' });
    }));

  it('sends anybody anywhere when a test says so: loops, DCs nobody knows', () =>
    withDc(THREE, async (dc) => {
      dc.world.sendAway = (kind, _what, here) => (kind === 'PHONE' ? (here === 2 ? 4 : 2) : undefined);
      const [two, four] = [await at(dc, 2), await at(dc, 4)];
      await assert.rejects(two.call(sendCode('9996621234')), { message: 'PHONE_MIGRATE_4' });
      await assert.rejects(four.call(sendCode('9996621234')), { message: 'PHONE_MIGRATE_2' });
      dc.world.sendAway = (kind) => (kind === 'NETWORK' ? 77 : undefined);
      await assert.rejects(two.call(sendCode('9996621234')), { message: 'NETWORK_MIGRATE_77' });
    }));

  it('has statistics at one DC', () =>
    withDc(THREE, async (dc) => {
      dc.world.statsDc = 4;
      const home = await demoClient(dc);
      const { chats } = (await home.call(DIALOGS)) as { chats: TlObject[] } & TlObject;
      const channel = chats.find((chat) => chat._ === 'channel')!;
      const query: TlObject = {
        _: 'stats.getBroadcastStats',
        channel: { _: 'inputChannel', channel_id: channel['id']!, access_hash: channel['access_hash']! },
      };
      await assert.rejects(home.call(query), { code: 303, message: 'STATS_MIGRATE_4' });
      const there = await at(dc, 4);
      await carry(home, there, 4);
      const stats = (await there.call(query)) as TlObject;
      assert.equal((stats['followers'] as TlObject)['current'], channel['participants_count']);
      const { token } = stats['growth_graph'] as TlObject;
      assert.equal(((await there.call({ _: 'stats.loadAsyncGraph', token: token! })) as TlObject)._, 'statsGraph');
    }));
});

describe('an authorization carried over', () => {
  it('is good once, at its DC, for its user', () =>
    withDc(THREE, async (dc) => {
      const [home, one, four] = [await demoClient(dc), await at(dc, 1), await at(dc, 4)];
      for (const id of [2, 5])
        await assert.rejects(home.call({ _: 'auth.exportAuthorization', dc_id: id }), { message: 'DC_ID_INVALID' });
      const exported = (await home.call({ _: 'auth.exportAuthorization', dc_id: 4 })) as TlObject;
      const query: TlObject = { _: 'auth.importAuthorization', id: exported['id']!, bytes: exported['bytes']! };
      await assert.rejects(one.call(query), { message: 'AUTH_BYTES_INVALID' });
      await assert.rejects(four.call({ ...query, id: 5n }), { message: 'USER_ID_INVALID' });
      const done = (await four.call(query)) as TlObject;
      assert.equal((done['user'] as TlObject)['self'], true);
      await assert.rejects(four.call(query), { message: 'AUTH_BYTES_INVALID' });
    }));

  it('serves files, gets no updates, and ends with the log-out at home', () =>
    withDc(THREE, async (dc) => {
      const [home, four] = [await at(dc, 1), await at(dc, 4)];
      const me = (await signIn(home, '9996611234'))['user'] as TlObject;
      const id = fileAt(4, 9);
      await assert.rejects(home.call(getFile(id)), { code: 303, message: 'FILE_MIGRATE_4' });
      await assert.rejects(four.call(getFile(id)), { code: 401, message: 'AUTH_KEY_UNREGISTERED' });
      await carry(home, four, 4);
      assert.deepEqual(((await four.call(getFile(id))) as TlObject)['bytes'], fileBytes(id, 0, 4096));
      await assert.rejects(four.call(DIALOGS), { code: 303, message: 'USER_MIGRATE_1' });
      dc.pushMessage(me['id'] as bigint, 'home only');
      await home.message('updateShortMessage');
      await four.call(NEAREST);
      assert.equal(
        four.came.some((one) => one.crc === 0x313bc7f8),
        false,
      );
      await home.call({ _: 'auth.logOut' });
      await assert.rejects(four.call(getFile(id)), { code: 401, message: 'AUTH_KEY_UNREGISTERED' });
    }));
});

describe('a file that was uploaded', () => {
  const savePart = (n: number, bytes: Buffer, total?: number): TlObject => ({
    _: total === undefined ? 'upload.saveFilePart' : 'upload.saveBigFilePart',
    file_id: 5n,
    file_part: n,
    ...(total === undefined ? {} : { file_total_parts: total }),
    bytes,
  });

  const uploadMedia = (file: TlObject): TlObject => ({
    _: 'messages.uploadMedia',
    peer: { _: 'inputPeerSelf' },
    media: {
      _: 'inputMediaUploadedDocument',
      file,
      mime_type: 'application/octet-stream',
      attributes: [{ _: 'documentAttributeFilename', file_name: 'a.bin' }],
    },
  });

  async function download(client: RawClient, document: TlObject, limit: number): Promise<Buffer> {
    const { id, access_hash, file_reference } = document;
    const location = {
      _: 'inputDocumentFileLocation',
      id: id!,
      access_hash: access_hash!,
      file_reference: file_reference!,
      thumb_size: '',
    };
    const parts: Buffer[] = [];
    for (let offset = 0n; ; offset += BigInt(limit)) {
      const file = (await client.call(getFile(0n, { location, offset, limit }))) as TlObject;
      parts.push(file['bytes'] as Buffer);
      if (parts.at(-1)!.length < limit) return Buffer.concat(parts);
    }
  }

  it('comes back byte for byte, whatever the order of its parts', () =>
    withDc(THREE, async (dc) => {
      const client = await demoClient(dc);
      const bytes = randomBytes(3 * 524_288 + 777);
      for (const n of [2, 0, 3, 1]) await client.call(savePart(n, bytes.subarray(n * 524_288, (n + 1) * 524_288), 4));
      const media = (await client.call(
        uploadMedia({ _: 'inputFileBig', id: 5n, parts: 4, name: 'a.bin' }),
      )) as TlObject;
      const document = media['document'] as TlObject;
      assert.deepEqual([document['size'], document['dc_id']], [BigInt(bytes.length), 2]);
      const sha256 = (from: Buffer): string => createHash('sha256').update(from).digest('hex');
      assert.equal(sha256(await download(client, document, 524_288)), sha256(bytes));
      assert.equal(sha256(await download(client, document, 65_536)), sha256(bytes));
      const other = await at(dc, 4);
      await carry(client, other, 4);
      await assert.rejects(download(other, document, 4096), { message: 'FILE_MIGRATE_2' });
      await assert.rejects(download(client, { ...document, file_reference: Buffer.alloc(24) }, 4096), {
        message: 'FILE_REFERENCE_INVALID',
      });
      await assert.rejects(download(client, { ...document, access_hash: 1n }, 4096), { message: 'LOCATION_INVALID' });
    }));

  it('is refused with a part missing, too few parts, or another MD5', () =>
    withDc({}, async (dc) => {
      const client = await demoClient(dc);
      const bytes = randomBytes(1500);
      const file: TlObject = { _: 'inputFile', id: 5n, parts: 2, name: 'a', md5_checksum: '' };
      await client.call(savePart(0, bytes.subarray(0, 1024)));
      await assert.rejects(client.call(uploadMedia(file)), { message: 'FILE_PART_1_MISSING' });
      await client.call(savePart(1, bytes.subarray(1024)));
      await assert.rejects(client.call(uploadMedia({ ...file, parts: 1 })), { message: 'FILE_PARTS_INVALID' });
      await assert.rejects(client.call(uploadMedia({ ...file, md5_checksum: 'ab' })), {
        message: 'MD5_CHECKSUM_INVALID',
      });
      const md5 = createHash('md5').update(bytes).digest('hex');
      const media = (await client.call(uploadMedia({ ...file, md5_checksum: md5 }))) as TlObject;
      assert.deepEqual(await download(client, media['document'] as TlObject, 4096), bytes);
    }));
});
