/** The msgpack dialect: what is read of a frame, what frames are written, and what of both is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Packr } from 'msgpackr';
import { Reader } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import type { Refusal } from '../../src/dialect/dialect.ts';
import { MsgpackDialect } from '../../src/dialect/msgpack.ts';
import { codec, encodeObject, encodeResult, PLAIN } from '../support/codec.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'bigint' });
const dialect = new MsgpackDialect();
const request = dialect.makeRequest();
const CALL = { _cons: 'help.getConfig' };

function read(message: unknown): Refusal | undefined {
  const packed = Buffer.isBuffer(message) ? message : packr.pack(message);
  return dialect.read(Buffer.concat([Buffer.from('zz'), packed, Buffer.from('zz')]), 2, 2 + packed.length, request);
}

const id = (): unknown => packr.unpack(Buffer.from(request.id));

/** Whole frames written since the writer was made. */
function framesOf(out: Writer): Record<string, unknown>[] {
  const frames: Record<string, unknown>[] = [];
  for (let at = 0; at < out.pos;) {
    const stop = at + 4 + out.bytes.readUInt32BE(at);
    frames.push(packr.unpack(Buffer.from(out.bytes.subarray(at + 4, stop))) as Record<string, unknown>);
    at = stop;
  }
  return frames;
}

/** A frame begun by `write`, ended, and read back. */
function written(write: (out: Writer) => void): Record<string, unknown> {
  const out = new Writer(16);
  const mark = dialect.begin(out, packr.pack(7));
  write(out);
  dialect.end(out, mark);
  return framesOf(out)[0]!;
}

test('ids come back as they stood, whatever form a client packs them in', () => {
  for (const one of [
    1,
    127,
    128,
    255,
    65_535,
    2 ** 31,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    '',
    'abc',
    'é😀',
    'x'.repeat(128),
  ]) {
    assert.equal(read({ id: one, message: CALL }), undefined, String(one));
    assert.deepEqual(id(), one);
  }
  for (const form of ['d205000000', 'cf8000000000000000', 'd90161']) {
    const frame = Buffer.from(`82a26964${form}a76f7074696f6e7380`, 'hex');
    assert.equal(read(frame), undefined);
    assert.equal(Buffer.from(request.id).toString('hex'), form);
  }
  read({ message: CALL });
  assert.equal(id(), 1);
});

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

test('what is no request', () => {
  const cases: [unknown, string, number | string, object?][] = [
    [Buffer.from('c1', 'hex'), 'JSONDecodeError', -2, { pos: 0 }],
    [Buffer.from('81a26964', 'hex'), 'JSONDecodeError', -2, { pos: 4 }],
    [Buffer.from('81a26964a1ff', 'hex'), 'InvalidUTF8', -2, { pos: 5 }],
    [Buffer.from('82a2696405a2696405', 'hex'), 'DuplicateKey', 5],
    [[1], 'InvalidRequest', -3],
    [{ id: 5 }, 'InvalidRequest', 5],
    [{ id: 5, message: CALL, x: 1 }, 'InvalidRequest', 5, { path: 'x', got: 'x' }],
    [{ message: CALL, mesage: 1 }, 'InvalidRequest', -3, { path: 'mesage', didYouMean: 'message' }],
    [{ id: 5, message: CALL, timeout: 0.05 }, 'InvalidRequest', 5, { path: 'timeout' }],
    [{ id: 5, message: CALL, timeout: 'x' }, 'InvalidRequest', 5, { path: 'timeout', got: 'string' }],
    [{ message: nested(70), id: 'é' }, 'DepthExceeded', 'é', { limit: 64 }],
    [{ message: { a: nested(70) } }, 'DepthExceeded', -3, { limit: 64 }],
    [{ id: 5, message: [] }, 'InvalidMessage', 5, { got: 'array' }],
    [{ id: 5, message: { ...CALL, _seqno: -1 } }, 'InvalidField', 5, { path: 'message._seqno' }],
  ];
  for (const one of [0, -1, 1.5, null, true, 'x'.repeat(129), Buffer.from('x')])
    cases.push([{ id: one, message: CALL }, 'InvalidId', -3]);
  for (const [message, error, wanted, more] of cases) {
    const refusal = read(message);
    assert.equal(refusal?.error, error);
    const isBad = error === 'InvalidRequest' || Number(wanted) < 0;
    assert.deepEqual([id(), request.isUnreadable], [wanted, isBad], error);
    for (const [name, value] of Object.entries(more ?? {}))
      assert.equal(refusal?.[name as keyof Refusal], value, error);
  }
});

test('timeout and seqno as any number that holds them', () => {
  for (const [timeout, milliseconds] of [
    [0.1, 100],
    [2.5, 2500],
    [600, 600_000],
    [3n, 3000],
    ['30', 30_000],
  ] as const) {
    assert.equal(read({ message: { ...CALL, _seqno: 5 }, timeout }), undefined);
    assert.deepEqual([request.timeout, request.seqNo], [milliseconds, 5]);
  }
});

test('session: bytes and int64; what does not fit is refused with its path', () => {
  const fields = dialect.makeSessionFields();
  const authKey = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  read({
    session: {
      auth_key: authKey,
      session_id: -5n,
      last_seqno: 9,
      server_salt: 2n ** 64n - 1n,
      time_offset: -1.5,
      dc: 2,
    },
  });
  assert.equal(dialect.readSession(fields), undefined);
  assert.deepEqual(Buffer.from(fields.authKey!), authKey);
  assert.deepEqual([fields.sessionLow, fields.sessionHigh, fields.saltLow, fields.saltHigh], [-5, -1, -1, -1]);
  assert.deepEqual([fields.lastSeqNo, fields.timeOffset, fields.dc], [9, -1.5, 2]);
  const wrong: [object, string][] = [
    [{ auth_key: authKey.toString('base64') }, 'session.auth_key'],
    [{ auth_key: authKey.subarray(1) }, 'session.auth_key'],
    [{ auth_key: Buffer.alloc(256, 7) }, 'session.auth_key'],
    [{ auth_key: authKey, session_id: 1.5 }, 'session.session_id'],
    [{ auth_key: authKey, session_id: authKey }, 'session.session_id'],
    [{ auth_key: authKey, last_seqno: 2 ** 31 }, 'session.last_seqno'],
    [{ auth_key: authKey, time_offset: '1' }, 'session.time_offset'],
    [{ auth_key: authKey, x: 1 }, 'session.x'],
    [{ session_id: 1n }, 'session.auth_key'],
  ];
  for (const [session, path] of wrong) {
    read({ session });
    const refusal = dialect.readSession(fields);
    assert.deepEqual([refusal?.error, refusal?.path], ['InvalidSession', path]);
  }
  read({ session: { auth_key: authKey, session_id: 2 ** 62 } });
  assert.equal(dialect.readSession(fields)?.msg, 'session.session_id: digits were lost: send it as text');
  read({ session: { auth_key: authKey, session_id: 1.5 } });
  assert.match(dialect.readSession(fields)!.msg, /^session\.session_id: expected /);
});

test('server and options', () => {
  const server = dialect.makeServerFields();
  read({ server: { host: '::1', port: 443, rsa: 'pem', dc: 2, test: true } });
  assert.equal(dialect.readServer(server), undefined);
  assert.deepEqual({ ...server }, { host: '::1', port: 443, rsa: 'pem', dc: 2, test: true });
  read({ server: { port: 70_000 } });
  assert.equal(dialect.readServer(server)?.path, 'server.port');
  const options = dialect.makeOptionFields();
  read({ options: { int64: 'string', flags: 'bool', init: { api_id: 5, x: [true, null, 'é'] } } });
  assert.equal(dialect.readOptions(options), undefined);
  assert.deepEqual([options.int64, options.flags], ['string', 'bool']);
  assert.deepEqual(JSON.parse(Buffer.from(options.init!).toString()), { api_id: 5, x: [true, null, 'é'] });
  read({ options: { init: null } });
  assert.equal(dialect.readOptions(options), undefined);
  assert.equal(options.init, null);
  read({ options: { init: { api_id: 2n ** 60n } } });
  assert.equal(dialect.readOptions(options)?.path, 'options.init');
});

test('a whole answer: every attribute, a result', () => {
  const key = Buffer.from(Array.from({ length: 256 }, (_, i) => 255 - i));
  const bytes = encodeResult(
    codec.resultOf(codec.crcOf('help.getNearestDc')),
    '{"_cons":"nearestDc","country":"NL","this_dc":1,"nearest_dc":2}',
  );
  const answer = written((out) => {
    dialect.options(out, { int64: 'number', flags: 'cons', init: Buffer.from('{"api_id":5}') });
    dialect.server(out, { host: 'h', port: 1, rsa: 'r', dc: 2, test: false });
    dialect.session(out, {
      authKey: key,
      sessionLow: -1,
      sessionHigh: -1,
      lastSeqNo: 2 ** 31 - 1,
      saltLow: 1,
      saltHigh: 0,
      timeOffset: 0.5,
      dc: 300,
    });
    dialect.result(out, codec, codec.resultOf(codec.crcOf('help.getNearestDc')), new Reader(bytes), PLAIN);
  });
  assert.deepEqual(answer, {
    id: 7,
    options: { int64: 'number', flags: 'cons', init: { api_id: 5 } },
    server: { host: 'h', port: 1, rsa: 'r', dc: 2, test: false },
    session: { auth_key: key, session_id: -1n, last_seqno: 2 ** 31 - 1, server_salt: 1n, time_offset: 0.5, dc: 300 },
    message: { _cons: 'nearestDc', country: 'NL', this_dc: 1, nearest_dc: 2 },
  });
});

test('a result that cannot be read is taken back, and the frame can go on', () => {
  const bytes = Buffer.from('0000000000', 'hex');
  const kind = codec.resultOf(codec.crcOf('contacts.getStatuses'));
  const answer = written((out) => {
    assert.throws(() => dialect.result(out, codec, kind, new Reader(bytes.subarray(0, 2)), PLAIN));
    assert.throws(() => dialect.object(out, codec, new Reader(bytes.subarray(0, 2)), PLAIN));
    dialect.named(out, 'updatesTooLong');
  });
  assert.deepEqual(answer, { id: 7, message: { _cons: 'updatesTooLong' } });
});

test('updates, Telegram’s refusals, silence', () => {
  const out = new Writer(16);
  dialect.update(out, codec, new Reader(encodeObject('{"_cons":"updatesTooLong"}')), PLAIN);
  const before = out.pos;
  assert.throws(() => dialect.update(out, codec, new Reader(Buffer.alloc(2)), PLAIN));
  assert.equal(out.pos, before);
  assert.deepEqual(framesOf(out), [{ id: 0, message: { _cons: 'updatesTooLong' } }]);
  assert.deepEqual(
    written((w) =>
      dialect.rpcError(w, 420, Buffer.from('FLOOD_WAIT_3'), { retryable: true, retryAfter: 3, delivered: 'yes' }),
    ),
    {
      id: 7,
      message: { _cons: 'rpc_error', error_code: 420, error_message: 'FLOOD_WAIT_3' },
      retryable: true,
      retry_after: 3,
      delivered: 'yes',
    },
  );
  assert.deepEqual(
    written((w) => dialect.rpcError(w, -503, Buffer.from('ff', 'hex'), { retryable: false, delivered: 'unknown' }))[
      'message'
    ],
    {
      _cons: 'rpc_error',
      error_code: -503,
      error_message: Buffer.from('ff', 'hex'),
    },
  );
  assert.equal(
    (written((w) => dialect.rpcTimeout(w, { retryable: false, delivered: 'no' }))['message'] as { _cons: string })
      ._cons,
    'rpc_timeout',
  );
});

test('a long msg ends at a word, and says where all of it stands', () => {
  const out = new Writer(16);
  const msg = Array.from({ length: 80 }, (_, i) => `word${i}`).join(' ');
  dialect.error(out, packr.pack(7), { error: 'MissingField', msg, whole: ' `show x` shows it', path: 'message.x' });
  const [frame] = framesOf(out);
  assert.deepEqual(Object.keys(frame!), ['id', 'error', 'msg', 'path']);
  const [said, end] = (frame!['msg'] as string).split('…');
  assert.ok(msg.startsWith(`${said} `) && said!.length > 100, said);
  assert.equal(end, ' `show x` shows it');
});

test('key is a string of 1 to 128 bytes, beside a message', () => {
  for (const key of ['k', 'x'.repeat(128), 'ы'.repeat(64), 'a"\\\n'])
    for (const frame of [
      { key, message: CALL },
      { message: CALL, key },
    ]) {
      assert.equal(read(frame), undefined);
      assert.equal(request.key, key);
    }
  assert.equal(read({ message: CALL }), undefined);
  assert.equal(request.key, undefined, 'the key of the frame before is not that of this one');
  for (const key of ['', 17, true, {}, Buffer.from('k'), 'x'.repeat(129), 'ы'.repeat(65)]) {
    const refused = read({ id: 3, message: CALL, key });
    assert.deepEqual([refused?.error, refused?.path, id()], ['InvalidRequest', 'key', 3], String(key));
  }
  assert.equal(read({ id: 3, session: {}, key: 'k' })?.path, 'key');
});

test('an error frame has everything, and at most 512 bytes', () => {
  const out = new Writer(16);
  const whole: Refusal = {
    error: 'InvalidField',
    msg: 'é'.repeat(400),
    path: `message.${'😀'.repeat(100)}`,
    pos: 5,
    limit: 200_000,
    got: 'string',
    reason: 'reason',
    crc: '0x1cb5c415',
    ref: '0-1',
    retryable: true,
    retryAfter: 31,
    delivered: 'no',
    closing: true,
    fatal: true,
  };
  dialect.error(out, packr.pack('x'.repeat(128)), whole);
  assert.ok(out.pos <= 512, `${out.pos}`);
  const [frame] = framesOf(out);
  const { retryAfter, msg, path, ...rest } = whole;
  assert.deepEqual(
    { ...frame, msg: '', path: '' },
    { ...rest, id: 'x'.repeat(128), retry_after: retryAfter, msg: '', path: '' },
  );
  const said = frame!['msg'] as string;
  assert.ok(said.endsWith('…') && msg.startsWith(said.slice(0, -1)) && said.length >= 50);
  assert.ok(path!.startsWith(frame!['path'] as string));
});
