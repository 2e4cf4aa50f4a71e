/** What is told of kept sessions, in both dialects: the same attributes, and nothing secret unless it was asked for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Packr } from 'msgpackr';
import { Writer } from '../../src/bytes/writer.ts';
import type { Dialect, SessionHandle, SessionInForce } from '../../src/dialect/dialect.ts';
import { JsonDialect } from '../../src/dialect/json.ts';
import { MsgpackDialect } from '../../src/dialect/msgpack.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const STYLE = { int64AsString: false, flagsAsBool: false };
const HANDLE: SessionHandle = { name: 'bóť1', dc: 2, test: true, userId: 7_000_000_001n, isBot: true };
const BARE: SessionHandle = { name: 'x', dc: undefined, test: undefined, userId: undefined, isBot: undefined };
const SECRET: SessionInForce = {
  authKey: Uint8Array.from({ length: 256 }, (_, i) => i),
  sessionLow: 5,
  sessionHigh: 0,
  lastSeqNo: 3,
  saltLow: 6,
  saltHigh: 0,
  timeOffset: 0.5,
  dc: 2,
};

const json = new JsonDialect();
const msgpack = new MsgpackDialect();

/** `session` of an answer. */
function told(dialect: Dialect, id: Buffer, write: (out: Writer) => void): unknown {
  const out = new Writer();
  const mark = dialect.begin(out, id);
  write(out);
  dialect.end(out, mark);
  const bytes = Buffer.from(out.written());
  const line = dialect === msgpack ? packr.unpack(bytes.subarray(4)) : JSON.parse(bytes.toString());
  return (line as { session: unknown }).session;
}

function both(write: (dialect: Dialect, out: Writer) => void): [unknown, unknown] {
  return [
    told(json, Buffer.from('1'), (out) => write(json, out)),
    told(msgpack, packr.pack(1), (out) => write(msgpack, out)),
  ];
}

/** JSON has no bigint: all of these are small. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)));
}

describe('a kept session', () => {
  it('is a handle', () => {
    const [asJson, asMsgpack] = both((dialect, out) => dialect.handle(out, HANDLE, undefined, STYLE));
    assert.deepEqual(asJson, { name: 'bóť1', dc: 2, test: true, user_id: 7_000_000_001, is_bot: true });
    assert.deepEqual(plain(asMsgpack), asJson);
  });

  it('has no more than its name before the first login', () => {
    const [asJson, asMsgpack] = both((dialect, out) => dialect.handle(out, BARE, undefined, STYLE));
    assert.deepEqual(asJson, { name: 'x' });
    assert.deepEqual(asMsgpack, asJson);
  });

  it('shows its key only when that is given', () => {
    const [asJson, asMsgpack] = both((dialect, out) => dialect.handle(out, HANDLE, SECRET, STYLE)) as [
      Record<string, unknown>,
      Record<string, unknown>,
    ];
    assert.equal(asJson['auth_key'], Buffer.from(SECRET.authKey).toString('base64'));
    assert.deepEqual(asMsgpack['auth_key'], Buffer.from(SECRET.authKey));
    assert.deepEqual(Object.keys(asJson).toSorted(), Object.keys(asMsgpack).toSorted());
    assert.deepEqual([asJson['session_id'], asJson['server_salt'], asJson['last_seqno']], [5, 6, 3]);
  });

  it('is listed with who has it and what is wrong with it', () => {
    const handles = [
      { ...HANDLE, inUse: 'elsewhere' as const, lost: 'SESSION_REVOKED' },
      { ...BARE, isBroken: true },
      { ...BARE, isNew: true },
    ];
    const [asJson, asMsgpack] = both((dialect, out) => dialect.list(out, handles, STYLE));
    assert.deepEqual(asJson, {
      list: [
        {
          name: 'bóť1',
          dc: 2,
          test: true,
          user_id: 7_000_000_001,
          is_bot: true,
          lost: 'SESSION_REVOKED',
          in_use: 'elsewhere',
        },
        { name: 'x', broken: true },
        { name: 'x', new: true },
      ],
    });
    assert.deepEqual(plain(asMsgpack), asJson);
  });

  it('is listed with what it is at, since when, and how many speak in it', () => {
    const handles: SessionHandle[] = [
      { ...BARE, state: 'closed', connections: 0 },
      { ...BARE, inUse: 'here', state: 'open', connections: 2, openedAt: 1_795_000_000_999 },
      { ...BARE, state: 'waiting', retryAfter: 31, connections: 1, openedAt: 1_795_000_000_000 },
      { ...BARE, state: 'opening', connections: 1, openedAt: 1_795_000_000_000 },
      { ...BARE, state: 'lost', lost: 'SESSION_REVOKED', connections: 0 },
    ];
    const [asJson, asMsgpack] = both((dialect, out) => dialect.list(out, handles, STYLE));
    assert.deepEqual(asJson, {
      list: [
        { name: 'x', state: 'closed', connections: 0 },
        { name: 'x', in_use: 'here', state: 'open', connections: 2, opened_at: 1_795_000_000 },
        { name: 'x', state: 'waiting', retry_after: 31, connections: 1, opened_at: 1_795_000_000 },
        { name: 'x', state: 'opening', connections: 1, opened_at: 1_795_000_000 },
        { name: 'x', lost: 'SESSION_REVOKED', state: 'lost', reason: 'SESSION_REVOKED', connections: 0 },
      ],
    });
    assert.deepEqual(plain(asMsgpack), asJson);
  });

  it('that was left is told as such', () => {
    const [asJson, asMsgpack] = both((dialect, out) => dialect.detached(out));
    assert.deepEqual([asJson, asMsgpack], [{ detached: true }, { detached: true }]);
  });

  it('has an exact user_id as text where 64-bit numbers are text', () => {
    const style = { int64AsString: true, flagsAsBool: false };
    const session = told(json, Buffer.from('1'), (out) => json.handle(out, HANDLE, undefined, style));
    assert.equal((session as Record<string, unknown>)['user_id'], '7000000001');
  });

  it('that is forgotten leaves its name', () => {
    const [asJson, asMsgpack] = both((dialect, out) => dialect.forgotten(out, 'bot1'));
    assert.deepEqual([asJson, asMsgpack], [{ forgotten: 'bot1' }, { forgotten: 'bot1' }]);
  });
});

const DIALECTS = [
  ['JSON', json, (value: unknown) => Buffer.from(JSON.stringify(value))],
  ['msgpack', msgpack, (value: unknown) => packr.pack(value)],
] as const;

describe('as', () => {
  for (const [name, dialect, pack] of DIALECTS)
    it(`is a name beside any request, in ${name}`, () => {
      const request = dialect.makeRequest();
      const read = (line: object): string | undefined => {
        const bytes = pack({ id: 1, ...line });
        return dialect.read(bytes, 0, bytes.length, request)?.path;
      };
      assert.equal(read({ as: 'bot17', message: { _cons: 'help.getConfig' } }), undefined);
      assert.equal(request.as, 'bot17');
      assert.equal(read({ as: 'x'.repeat(64), session: {} }), undefined);
      assert.equal(request.as, 'x'.repeat(64));
      assert.equal(read({ session: {} }), undefined);
      assert.equal(request.as, undefined, 'nothing is left of the line before');
      for (const as of ['', 'a b', 'x'.repeat(65), 7, true, {}, ['a']])
        assert.equal(read({ as, session: {} }), 'as', JSON.stringify(as));
    });
});

describe('wishes', () => {
  for (const [name, dialect, pack] of DIALECTS)
    it(`are read the same from ${name}`, () => {
      const fields = dialect.makeSessionFields();
      const read = (session: object): string | undefined => {
        const bytes = pack({ id: 1, session });
        dialect.read(bytes, 0, bytes.length, dialect.makeRequest());
        return dialect.readSession(fields)?.error;
      };
      assert.equal(read({ name: 'a.b', takeover: true }), undefined);
      assert.deepEqual([fields.name, fields.takeover, fields.list], ['a.b', true, false]);
      assert.equal(read({ name: 'a', existing: true }), undefined);
      assert.equal(fields.existing, true);
      assert.equal(read({ name: 'a', new: true }), undefined, 'a handle handed back whole');
      assert.equal(fields.existing, false);
      assert.equal(read({ existing: true }), undefined, 'the session of a line with as may be one that exists');
      assert.equal(read({ list: true }), undefined);
      assert.deepEqual([fields.name, fields.takeover, fields.list], [undefined, false, true]);
      assert.equal(read({ name: 'a', dc: 2, test: false, user_id: 5, is_bot: false }), undefined);
      assert.equal(fields.userId, 5n);
      assert.equal(read({ user_id: 5 }), 'InvalidSession');
      for (const name of ['a/b', '.', '..']) assert.equal(read({ name }), 'InvalidSession', name);
      assert.equal(read({ name: '...' }), undefined);
      assert.equal(read({ forget: 'a' }), undefined);
      assert.equal(fields.forget, 'a');
      const besides = [
        { name: 'b' },
        { list: true },
        { takeover: true },
        { exclusive: true },
        { export: true },
        { dc: 2 },
        { detach: true },
      ];
      for (const beside of besides)
        assert.equal(read({ forget: 'a', ...beside }), 'InvalidSession', Object.keys(beside)[0]);
      assert.equal(read({ name: 'a', exclusive: true }), undefined);
      assert.deepEqual([fields.exclusive, fields.takeover, fields.detach], [true, false, false]);
      assert.equal(read({ name: 'a' }), undefined);
      assert.equal(fields.exclusive, false);
      assert.equal(read({ exclusive: true }), 'InvalidSession');
      assert.equal(read({ name: 'a', exclusive: 'yes' }), 'InvalidSession');
      assert.equal(read({ detach: true }), undefined);
      assert.deepEqual([fields.exclusive, fields.detach], [false, true]);
      assert.equal(read({ detach: false }), undefined);
      assert.equal(fields.detach, false);
      for (const beside of besides.slice(0, -1))
        assert.equal(read({ detach: true, ...beside }), 'InvalidSession', Object.keys(beside)[0]);
    });
});
