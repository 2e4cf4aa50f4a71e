/** What each format writes, it reads: all that it has room for. And it is told from the others. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { SessionRecord } from '../../src/account/record.ts';
import { isTestHost } from '../../src/formats/parts.ts';
import { FormatError, FORMATS, formatOf, importText } from '../../src/formats/formats.ts';
import { aKey, fullRecords, plainRecords, recordWith } from '../support/session-records.ts';

const RUNS = { numRuns: 200 };
const NO_USER = { userId: undefined, isBot: false };

/** What a record of `plainRecords` comes back as. */
const KEPT: Readonly<Record<string, (record: SessionRecord) => SessionRecord>> = {
  telethon: (record) => ({ ...record, ...NO_USER, apiId: undefined, test: isTestHost(record.host!) }),
  gramjs: (record) => ({ ...record, ...NO_USER, apiId: undefined, test: isTestHost(record.host!) }),
  pyrogram: (record) => ({ ...record, host: undefined, port: 0 }),
  'pyrogram-old': (record) => ({ ...record, host: undefined, port: 0, apiId: undefined }),
  mtcute: (record) => ({ ...record, apiId: undefined }),
  mtkruto: (record) => ({ ...record, host: undefined, port: 0 }),
  'mtkruto-old': (record) => ({ ...record, ...NO_USER, host: undefined, port: 0, apiId: undefined }),
};

/** A key with many zeros may by chance be as long in MTKruto's form as in Pyrogram's: then, and only then, it is asked which. */
function imported(text: string, name: string): ReturnType<typeof importText> {
  try {
    return importText(text);
  } catch (error) {
    assert.match((error as Error).message, new RegExp(`^this could be .*\\b${name}\\b.*: say which`));
    return importText(text, name);
  }
}

for (const [name, kept] of Object.entries(KEPT))
  test(`${name}: what it has room for comes back, and nothing else`, () => {
    const { read, write } = formatOf(name);
    fc.assert(
      fc.property(plainRecords, (record) => {
        const text = write(record);
        assert.deepEqual(read(text), kept(record));
        const found = imported(`\n ${text}\n`, name);
        assert.equal(found.format.name, name);
        assert.deepEqual(found.record, kept(record));
      }),
      RUNS,
    );
  });

test('pyrogram-oldest: the same, for user ids of 32 bits', () => {
  const { read, write } = formatOf('pyrogram-oldest');
  fc.assert(
    fc.property(plainRecords, fc.integer({ min: 1, max: 0xffff_ffff }), (plain, id) => {
      const text = write({ ...plain, userId: BigInt(id) });
      assert.equal(text.length, 351);
      assert.deepEqual(read(text), { ...plain, userId: BigInt(id), host: undefined, port: 0, apiId: undefined });
      assert.equal(importText(text).format.name, 'pyrogram-oldest');
    }),
    RUNS,
  );
  assert.throws(() => write(recordWith({ userId: 2n ** 32n })), /no room for so large a user id/);
});

for (const name of ['json', 'string'])
  test(`${name}: everything comes back`, () => {
    const { read, write } = formatOf(name);
    fc.assert(
      fc.property(fullRecords, (record) => {
        const text = write(record);
        assert.doesNotMatch(text, /\n/);
        assert.deepEqual(read(text), record);
        assert.equal(importText(text).format.name, name);
      }),
      RUNS,
    );
  });

test('the parameters of initConnection are JSON of an object, or the session is none', () => {
  for (const name of ['json', 'string']) {
    const { read, write } = formatOf(name);
    for (const initText of ['{"api_id":', '[6]', '6'])
      assert.throws(() => read(write(recordWith({ initText }))), FormatError, `${name}: ${initText}`);
  }
});

test('original: key, session, clock and server come back', () => {
  const { read, write } = formatOf('original');
  fc.assert(
    fc.property(fullRecords, (record) => {
      fc.pre(record.sessionLow !== 0 || record.sessionHigh !== 0);
      const text = write(record);
      const { dc, test: isTest, host, port, rsa, sessionLow, sessionHigh, lastSeqNo, timeOffset } = record;
      const server = host === undefined || rsa === undefined ? {} : { host, port, rsa };
      const want = { dc, test: isTest, ...server, sessionLow, sessionHigh, lastSeqNo, timeOffset };
      assert.deepEqual(read(text), recordWith(want, record.keys.find((kept) => kept.dc === dc)!.key));
      assert.equal(importText(text).format.name, 'original');
    }),
    RUNS,
  );
});

test("the original's line: as the gateway prints it, its object alone, and both kinds of session_id", () => {
  const auth_key = Buffer.from(aKey(1)).toString('base64');
  const session = `{"auth_key":"${auth_key}","session_id":-9223372036854775807}`;
  for (const text of [`{"id":1,"session":${session}}`, session]) {
    assert.throws(() => importText(text), /--dc/);
    const { record } = importText(text, undefined, { dc: 4 });
    assert.deepEqual(record, recordWith({ dc: 4, sessionLow: 1, sessionHigh: -0x8000_0000 }));
  }
  const unsigned = importText(session.replace('-9223372036854775807', '"18446744073709551615"'), 'original', { dc: 2 });
  assert.deepEqual([unsigned.record.sessionLow, unsigned.record.sessionHigh], [-1, -1]);
  const line = `{"id":1,"server":{"dc":3,"test":true},"session":${session}}`;
  assert.deepEqual([importText(line).record.dc, importText(line).record.test], [3, true]);
  assert.throws(() => importText(line, undefined, { dc: 2 }), /--dc says 2, and the session is of data centre 3/);
});

test('a session that never had a session_id gets one with the line that needs it', () => {
  const line = JSON.parse(formatOf('original').write(recordWith({}))) as { session: Record<string, unknown> };
  assert.deepEqual(Object.keys(line.session), ['auth_key', 'session_id', 'last_seqno', 'time_offset', 'dc']);
  assert.notEqual(line.session['session_id'], 0);
});

test('where a format needs an address, the built-in list has it', () => {
  for (const [test, dc, host] of [
    [false, 4, '149.154.167.91'],
    [true, 3, '149.154.175.117'],
  ] as const)
    for (const name of ['telethon', 'gramjs', 'mtcute']) {
      const { read, write } = formatOf(name);
      const back = read(write(recordWith({ dc, test })));
      assert.deepEqual([back.dc, back.test, back.host, back.port], [dc, test, host, 443], name);
    }
  assert.throws(() => formatOf('telethon').write(recordWith({ dc: 9 })), /needs an address, and none is known/);
});

test('what a format needs and the record lacks is named by its flag', () => {
  const cases: [string, Partial<SessionRecord>, RegExp][] = [
    ['pyrogram', { userId: 1n }, /--api-id/],
    ['pyrogram', { apiId: 1 }, /--user-id/],
    ['pyrogram-old', {}, /--user-id/],
    ['mtkruto', { apiId: 1 }, /--user-id/],
    ['telethon', { host: 'dc.example.org', port: 443 }, /holds addresses, and this server has a name/],
    ['telethon', { dc: 1000, host: '127.0.0.1', port: 4430 }, /no room for the number of data centre 1000/],
  ];
  for (const [name, part, sentence] of cases)
    assert.throws(
      () => formatOf(name).write(recordWith(part)),
      (error: Error) => {
        assert.ok(error instanceof FormatError);
        assert.match(error.message, sentence);
        return true;
      },
    );
  for (const { name, write } of FORMATS.filter((format) => !['json', 'string'].includes(format.name)))
    assert.throws(
      () => write({ ...recordWith({ userId: 1n, apiId: 1 }), keys: [] }),
      /no key of its data centre/,
      name,
    );
});

test('a server with a name stays one, where a format has room', () => {
  for (const name of ['gramjs', 'mtcute']) {
    const { read, write } = formatOf(name);
    assert.equal(read(write(recordWith({ host: 'dc.example.org', port: 443 }))).host, 'dc.example.org', name);
  }
});
