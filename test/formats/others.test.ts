/**
 * Strings made by other people's packages, read by us; and ours, read by them: `@mtcute/convert`, `@mtcute/core` and
 * `telegram` (gramjs), which are here for tests alone. Test and production, bots and users, IPv4 and IPv6.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import {
  convertFromTelethonSession,
  parseGramjsSession,
  parseMtkrutoSession,
  parsePyrogramSession,
  parseTelethonSession,
  serializeGramjsSession,
  serializeMtkrutoSession,
  serializePyrogramSession,
  serializeTelethonSession,
} from '@mtcute/convert';
import { readStringSession, writeStringSession } from '@mtcute/core/utils.js';
import fc from 'fast-check';
import type { SessionRecord } from '../../src/account/record.ts';
import { formatOf, importText } from '../../src/formats/formats.ts';
import { plainRecords } from '../support/session-records.ts';

/** The same records in every run: the comparison is with other packages, whose own rare limits are not ours to find. */
const RUNS = { numRuns: 100, seed: 20261122 };

interface GramjsString {
  readonly dcId: number;
  readonly serverAddress: string;
  readonly port: number;
  readonly authKey: { getKey: () => Buffer };
  load: () => Promise<void>;
  save: () => string;
  setDC: (dc: number, address: string, port: number) => void;
  setAuthKey: (key: unknown) => void;
}
const require = createRequire(import.meta.url);
const { StringSession } = require('telegram/sessions/index.js') as {
  StringSession: new (text?: string) => GramjsString;
};
const { AuthKey } = require('telegram/crypto/AuthKey.js') as {
  AuthKey: new () => { setKey: (key: Buffer) => Promise<void> };
};

const keyOf = (record: SessionRecord): Buffer => Buffer.from(record.keys[0]!.key);

test('telethon: as @mtcute/convert writes and reads it', () => {
  const { write } = formatOf('telethon');
  fc.assert(
    fc.property(plainRecords, (record) => {
      const theirs = serializeTelethonSession({
        dcId: record.dc,
        ipAddress: record.host!,
        ipv6: record.host!.includes(':'),
        port: record.port,
        authKey: keyOf(record),
      });
      assert.equal(write(record), theirs);
      const { record: read, format } = importText(theirs);
      assert.equal(format.name, 'telethon');
      assert.deepEqual(
        [read.dc, read.host, read.port, keyOf(read)],
        [record.dc, record.host, record.port, keyOf(record)],
      );
      const back = parseTelethonSession(write(record));
      assert.deepEqual(
        [back.dcId, back.ipAddress, back.port],
        [record.dc, canonical(back.ipAddress, record), record.port],
      );
      assert.deepEqual(Buffer.from(back.authKey), keyOf(record));
    }),
    RUNS,
  );
});

/** Their IPv6 text need not be ours; that it is the same address is asked of the URL parser, which is neither's. */
function canonical(theirs: string, record: SessionRecord): string {
  const name = (host: string): string => new URL(host.includes(':') ? `http://[${host}]` : `http://${host}`).hostname;
  assert.equal(name(theirs), name(record.host!));
  return theirs;
}

test('telethon: the environment is told as @mtcute/convert tells it', () => {
  for (const [isTest, dc] of [
    [false, 1],
    [false, 5],
    [true, 1],
    [true, 2],
    [true, 3],
  ] as const) {
    const plain = fc.sample(plainRecords, 1)[0]!;
    const text = formatOf('telethon').write({
      ...plain,
      dc,
      test: isTest,
      host: undefined,
      keys: [{ dc, key: keyOf(plain) }],
    });
    assert.equal(convertFromTelethonSession(text).primaryDcs?.main.testMode, isTest);
    assert.equal(importText(text).record.test, isTest);
  }
});

test('gramjs: as @mtcute/convert and gramjs itself write and read it', async () => {
  const { write } = formatOf('gramjs');
  await fc.assert(
    fc.asyncProperty(plainRecords, fc.integer({ min: 1, max: 0x7fff }), async (plain, port) => {
      // gramjs itself has signed ports.
      const record = { ...plain, port };
      const { dc, host } = record;
      const authKey = keyOf(record);
      const theirs = serializeGramjsSession({ dcId: dc, ipAddress: host!, ipv6: host!.includes(':'), port, authKey });
      assert.equal(write(record), theirs);
      const own = new StringSession();
      own.setDC(dc, host!, port);
      const key = new AuthKey();
      await key.setKey(authKey);
      own.setAuthKey(key);
      assert.equal(own.save(), theirs);
      const { record: read, format } = importText(theirs);
      assert.equal(format.name, 'gramjs');
      assert.deepEqual([read.dc, read.host, read.port, keyOf(read)], [dc, host, port, authKey]);
      const back = parseGramjsSession(write(record));
      assert.deepEqual([back.dcId, back.ipAddress, back.port, Buffer.from(back.authKey)], [dc, host, port, authKey]);
      const loaded = new StringSession(write(record));
      await loaded.load();
      assert.deepEqual([loaded.dcId, loaded.serverAddress, loaded.port], [dc, host, port]);
      assert.deepEqual(loaded.authKey.getKey(), authKey);
    }),
    RUNS,
  );
});

test('pyrogram, with and without api_id: as @mtcute/convert writes and reads it', () => {
  fc.assert(
    fc.property(plainRecords, fc.boolean(), (record, hasApi) => {
      const name = hasApi ? 'pyrogram' : 'pyrogram-old';
      const theirs = serializePyrogramSession({
        ...(hasApi ? { apiId: record.apiId! } : {}),
        dcId: record.dc,
        isTest: record.test,
        isBot: record.isBot,
        userId: Number(record.userId),
        authKey: keyOf(record),
      });
      assert.equal(formatOf(name).write(record), theirs);
      const { record: read, format } = importText(theirs);
      assert.equal(format.name, name);
      assert.deepEqual(
        [read.dc, read.test, read.userId, read.isBot, read.apiId, keyOf(read)],
        [record.dc, record.test, record.userId, record.isBot, hasApi ? record.apiId : undefined, keyOf(record)],
      );
      const back = parsePyrogramSession(formatOf(name).write(record));
      assert.deepEqual([back.dcId, back.isTest, back.isBot], [record.dc, record.test, record.isBot]);
      assert.deepEqual(Buffer.from(back.authKey), keyOf(record));
      if (hasApi) assert.deepEqual([back.userId, back.apiId], [Number(record.userId), record.apiId]);
    }),
    RUNS,
  );
});

test('mtkruto: as @mtcute/convert writes and reads it, which knows the form without the account', () => {
  fc.assert(
    fc.property(plainRecords, (record) => {
      const authKey = keyOf(record);
      const theirs = serializeMtkrutoSession({ dcId: record.dc, isTest: record.test, authKey });
      assert.equal(formatOf('mtkruto-old').write(record), theirs);
      const { record: read, format } = importText(theirs);
      assert.equal(format.name, 'mtkruto-old');
      assert.deepEqual([read.dc, read.test, keyOf(read)], [record.dc, record.test, authKey]);
      // It reads the newer form as well, and stops where the older ends.
      for (const name of ['mtkruto', 'mtkruto-old']) {
        const back = parseMtkrutoSession(formatOf(name).write(record));
        assert.deepEqual([back.dcId, back.isTest, Buffer.from(back.authKey)], [record.dc, record.test, authKey]);
      }
    }),
    RUNS,
  );
});

test('mtcute: as @mtcute/core writes and reads it, with and without the account and a media data centre', () => {
  const { write } = formatOf('mtcute');
  fc.assert(
    fc.property(plainRecords, fc.boolean(), fc.boolean(), (plain, hasSelf, hasMedia) => {
      const record = hasSelf ? plain : { ...plain, userId: undefined, isBot: false };
      const main = {
        id: record.dc,
        ipAddress: record.host!,
        ipv6: record.host!.includes(':'),
        port: record.port,
        testMode: record.test,
      };
      const theirs = writeStringSession({
        version: 3,
        primaryDcs: { main, media: hasMedia ? { ...main, mediaOnly: true } : main },
        self: hasSelf ? { userId: Number(record.userId), isBot: record.isBot, isPremium: false, usernames: [] } : null,
        authKey: keyOf(record),
      });
      if (!hasMedia) assert.equal(write(record), theirs);
      const found = importText(theirs);
      assert.equal(found.format.name, 'mtcute');
      assert.deepEqual(found.record, { ...record, apiId: undefined });
      const back = readStringSession(write(record));
      assert.deepEqual({ ...back.primaryDcs.main }, { ...main, mediaOnly: false });
      assert.deepEqual(back.self?.userId, hasSelf ? Number(record.userId) : undefined);
      assert.deepEqual(back.self?.isBot, hasSelf ? record.isBot : undefined);
      assert.deepEqual(Buffer.from(back.authKey), keyOf(record));
    }),
    RUNS,
  );
});
