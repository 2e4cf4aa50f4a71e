import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Reader } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { DecodeFailure } from '../../src/tl/codec.ts';
import type { Refusal } from '../../src/dialect/dialect.ts';
import { JsonDialect } from '../../src/dialect/json.ts';
import { codec, encodeObject, encodeResult, PLAIN, STRINGS } from '../support/codec.ts';

const dialect = new JsonDialect();
const request = dialect.makeRequest();

function read(line: string | Uint8Array): Refusal | undefined {
  const bytes = Buffer.concat([Buffer.from('{{'), Buffer.from(line as string), Buffer.from('}}')]);
  return dialect.read(bytes, 2, bytes.length - 2, request);
}

const id = (): string => Buffer.from(request.id).toString('utf8');
const CALL = '"message":{"_cons":"help.getConfig"}';

function assertRefused(line: string, error: string, idText: string, more: Partial<Refusal> = {}): void {
  const refusal = read(line);
  assert.equal(refusal?.error, error, line.slice(0, 100));
  assert.equal(id(), idText, line.slice(0, 100));
  for (const [name, value] of Object.entries(more))
    assert.deepEqual(refusal?.[name as keyof Refusal], value, `${name} of ${line.slice(0, 100)}`);
}

test('ids come back as they stood', () => {
  for (const text of [
    '1',
    '7',
    '100',
    '9007199254740993',
    '9'.repeat(40),
    '""',
    '"abc"',
    '"\\u00e9\\n"',
    '"é😀"',
    `"${'x'.repeat(128)}"`,
  ]) {
    assert.equal(read(`{"id": ${text} ,${CALL}}`), undefined, text);
    assert.equal(id(), text);
  }
  assert.equal(read(`{${CALL}}`), undefined);
  assert.equal(id(), '1');
});

test('what is no id is refused', () => {
  for (const text of [
    '0',
    '-1',
    '-0',
    '1.5',
    '1e3',
    'null',
    'true',
    '[]',
    '{}',
    `"${'x'.repeat(129)}"`,
    `"${'é'.repeat(65)}"`,
    '"\\ud800"',
  ]) {
    assertRefused(`{"id":${text},${CALL}}`, 'InvalidId', '-3', { path: 'id' });
  }
});

test('which attributes are there', () => {
  assert.equal(read(`{"session":{},"options":{},"server":{},${CALL},"timeout":0.1}`), undefined);
  assert.deepEqual(
    [request.hasOptions, request.hasServer, request.hasSession, request.hasMessage, request.timeout, request.seqNo],
    [true, true, true, true, 100, -1],
  );
  assert.equal(read('{"id":5,"session":{},"options":null}'), undefined);
  assert.deepEqual(
    [request.hasOptions, request.hasServer, request.hasSession, request.hasMessage, request.timeout],
    [false, false, true, false, 10_000],
  );
});

test('key is a string of 1 to 128 bytes, beside a message', () => {
  for (const key of ['k', 'x'.repeat(128), 'ы'.repeat(64), 'a"\\\n'])
    for (const line of [`{${CALL},"key":${JSON.stringify(key)}}`, `{"key":${JSON.stringify(key)},${CALL}}`]) {
      assert.equal(read(line), undefined);
      assert.equal(request.key, key);
    }
  assert.equal(read(`{${CALL}}`), undefined);
  assert.equal(request.key, undefined);
  for (const key of ['""', '17', 'true', '{}', `"${'x'.repeat(129)}"`, `"${'ы'.repeat(65)}"`])
    assertRefused(`{"id":3,${CALL},"key":${key}}`, 'InvalidRequest', '3', { path: 'key' });
  assertRefused('{"id":3,"session":{},"key":"k"}', 'InvalidRequest', '3', { path: 'key' });
});

test('timeout is in seconds, from 0.1 to 600', () => {
  for (const [text, milliseconds] of [
    ['0.1', 100],
    ['1', 1000],
    ['600', 600_000],
    ['6e2', 600_000],
    ['2.5', 2500],
    ['"30"', 30_000],
    ['"0.5"', 500],
    ['null', 10_000],
  ] as const) {
    assert.equal(read(`{${CALL},"timeout":${text}}`), undefined);
    assert.equal(request.timeout, milliseconds);
  }
  for (const text of ['0', '0.09', '600.1', '-1', '1e99', '""', '"x"', '"0x5"', '" 5"', 'true', '[]']) {
    assertRefused(`{"id":3,${CALL},"timeout":${text}}`, 'InvalidRequest', '3', { path: 'timeout' });
  }
});

test('_seqno of the message', () => {
  assert.equal(read('{"message":{"_cons":"help.getConfig","_seqno":7}}'), undefined);
  assert.equal(request.seqNo, 7);
  assert.equal(dialect.encodeMessage(codec, new Writer()).depth, 1);
  assert.equal(read('{"message":{"_cons":"help.getConfig","a":{"_seqno":7}}}'), undefined);
  assert.equal(request.seqNo, -1);
  for (const text of ['-1', '2147483648', '1.5', '"x"', '{}']) {
    assertRefused(`{"id":3,"message":{"_cons":"help.getConfig","_seqno":${text}}}`, 'InvalidField', '3', {
      path: 'message._seqno',
    });
  }
});

test('broken lines have id -2 and a position', () => {
  assertRefused('', 'JSONDecodeError', '-2', { pos: 0 });
  assertRefused('{"id":7', 'JSONDecodeError', '-2', { pos: 7 });
  assertRefused('{"id":7}{"id":8}', 'JSONDecodeError', '-2', { pos: 8 });
  assertRefused('{"id":7,"message":NaN}', 'JSONDecodeError', '-2', { pos: 18 });
  assert.equal(read(Buffer.from('{"id":"\xff"}', 'latin1'))?.error, 'InvalidUTF8');
  assert.equal(id(), '-2');
});

test('limits: the id of the request wherever it stands, else -3', () => {
  const deep = `{"id":7,"message":${'['.repeat(70)}${']'.repeat(70)}}`;
  assertRefused(deep, 'DepthExceeded', '7', { limit: 64 });
  assertRefused(`{"message":${'['.repeat(70)}`, 'DepthExceeded', '-3');
  assertRefused(`{"id":"a","message":[${'1'.repeat(41)}]}`, 'NumberTooLong', '"a"', { limit: 40 });
  assertRefused(`{"id":7,"message":[${'1,'.repeat(200_000)}1]}`, 'TooManyElements', '7', { limit: 200_000 });
  assertRefused('{"id":7,"message":{"a":1,"a":2}}', 'DuplicateKey', '7');
  assertRefused('{"message":{"a":1,"a":2},"id":7}', 'DuplicateKey', '7', { key: 'a', path: 'message.a', pos: 20 });
  assertRefused(`{"message":${'['.repeat(70)}${']'.repeat(70)},"id":"é"}`, 'DepthExceeded', '"é"', { pos: 74 });
  assertRefused(`{"message":{"x":${'1'.repeat(41)}},"id":-7}`, 'NumberTooLong', '-3', { pos: 16 });
  assertRefused(`{"id":${'1'.repeat(41)}}`, 'NumberTooLong', '-3');
  assertRefused(`[${'['.repeat(70)}`, 'DepthExceeded', '-3');
});

test('JSON that is no usable request', () => {
  for (const line of ['[]', '5', '"x"', 'null', 'true', '{}', '{"message":null}', '{"mesage":{}}']) {
    assertRefused(line, 'InvalidRequest', '-3');
  }
  for (const line of ['{"id":5}', '{"id":5,"timeout":3}', '{"id":5,"message":null}'])
    assertRefused(line, 'InvalidRequest', '5', {
      msg: 'nothing asked: a request has message, session, server or options',
    });
  assertRefused('[{"id":5}]', 'InvalidRequest', '-3', {
    got: 'array',
    msg: 'one request a line, no batch: each is an object',
  });
  assertRefused(`{"id":5,${CALL},"mesage":{}}`, 'InvalidRequest', '5', {
    path: 'mesage',
    got: 'mesage',
    didYouMean: 'message',
    msg: 'mesage: no such attribute of a request; did you mean message?',
  });
  assertRefused(`{"id":5,"_cons":"help.getConfig"}`, 'InvalidRequest', '5', { didYouMean: 'message' });
  assertRefused(`{"mesage":{},"id":"x"}`, 'InvalidRequest', '"x"');
  assertRefused(`{"id":5,${CALL},"__proto__":{}}`, 'InvalidRequest', '5', {
    path: '__proto__',
  });
  assertRefused('{"id":5,"message":"x"}', 'InvalidMessage', '5', {
    path: 'message',
    got: 'string',
    msg: 'message: expected object, got string',
  });
});

test('what is wrong with a line that is not JSON', () => {
  for (const [line, msg] of [
    ["{'id':1}", /single/],
    [`{"id":1,"message":{"_cons":'ping'}}`, /single/],
    ['{“id”:1}', /straight double quotes/],
    ['{"id":1,}', /comma stands before the closing bracket/],
    ['{"id":1,"message":{"a":[1,2,]}}', /comma stands before/],
    ['{"id":1,,"x":1}', /two commas/],
    ['{"x":NaN}', /NaN/],
    ['{"x":-Infinity}', /Infinity/],
    ['{"x":True}', /small letters/],
    ['{"x":False}', /small letters/],
    ['{"x":None}', /null/],
    ['{"x":undefined}', /null/],
    ['{"x":0x10}', /decimal/],
    ['{"x":007}', /zeros/],
    ['{"x":+1}', /plus/],
    ['{"x":.5}', /digit/],
    ['{"x":1.}', /digit behind its point/],
    ['{"x":1_000}', /digits alone/],
    ['{"x":10n}', /without n/],
    ['{id:1}', /name in double quotes/],
    ['{"a":1,b:2}', /name in double quotes/],
    ['{"a" 1}', /colon/],
    ['{"a":}', /value of an attribute is missing/],
    ['{"a":1 "b":2}', /comma is missing/],
    ['{"a":[1}', /other kind/],
    ['{"a":tru}', /true, false and null/],
    ['{"a":hello}', /double quotes/],
    ['{"id":1} // a ping', /comments/],
    ['{/* a ping */"id":1}', /comments/],
    ['# a ping', /comments/],
    ['{"id":1}{"id":2}', /two stand in one/],
    ['{"id":1} x', /behind the request/],
    ['{"a":"\t"}', /control character/],
    ['{"a":"\\x41"}', /escape/],
    ['{"a":"\\u12"}', /hexadecimal/],
    ['{"a":"b', /a request is one line; this one ends inside a string/],
    ['{"a":[', /a request is one line; this one ends inside an array/],
    ['{', /a request is one line; this one ends inside an object/],
    ['  "id": 1,', /a piece of one that was printed over several lines/],
    ['},', /a piece of one/],
    ['hello', /one JSON object/],
  ] as const) {
    const refused = read(line);
    assert.equal(refused?.error, 'JSONDecodeError', line);
    assert.match(refused.msg, msg, line);
    assert.equal(id(), '-2');
  }
});

test('whatever breaks a line, there is one sentence about it, and none of its bytes in that', () => {
  const whole = Buffer.from('{"id":7,"message":{"_cons":"ping","x":[1,2.5e3,true,null,"zqzq\\u00e9"]}}');
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 4 }), fc.nat(3), (at, bytes, out) => {
      const line = Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + out)]);
      const refused = read(line);
      if (refused?.error !== 'JSONDecodeError') return;
      assert.match(refused.msg, /^[a-z][^]{10,120}$/i);
      assert.ok(!refused.msg.includes('zq'));
      assert.ok(refused.pos! <= line.length);
    }),
    { numRuns: 2000 },
  );
});

test('server: what was named', () => {
  const fields = dialect.makeServerFields();
  assert.equal(read('{"server":{"host":"127.0.0.1","port":4430,"rsa":"-----BEGIN\\n","dc":2,"test":true}}'), undefined);
  assert.equal(dialect.readServer(fields), undefined);
  assert.deepEqual(fields, { host: '127.0.0.1', port: 4430, rsa: '-----BEGIN\n', dc: 2, test: true });
  assert.equal(read('{"server":{"host":"h","port":443.0,"dc":2e0}}'), undefined);
  assert.equal(dialect.readServer(fields), undefined);
  assert.deepEqual([fields.port, fields.dc], [443, 2]);
  assert.equal(read('{"server":{"hots":"x"}}'), undefined);
  assert.deepEqual(dialect.readServer(fields), {
    error: 'InvalidServer',
    msg: 'server.hots: no such field; did you mean host?',
    path: 'server.hots',
    got: 'hots',
    didYouMean: 'host',
  });
  assert.equal(read('{"session":{"session_id":9.2233720368548e+18}}'), undefined);
  assert.match(
    dialect.readSession(dialect.makeSessionFields())!.msg,
    /^session\.session_id: digits were lost: send it as text$/,
  );
  assert.equal(read('{"server":{}}'), undefined);
  assert.equal(dialect.readServer(fields), undefined);
  assert.deepEqual(fields, dialect.makeServerFields());
  for (const [value, path] of [
    ['"x"', 'server'],
    ['[]', 'server'],
    ['{"host":5}', 'server.host'],
    ['{"host":""}', 'server.host'],
    ['{"port":0}', 'server.port'],
    ['{"port":65536}', 'server.port'],
    ['{"dc":0}', 'server.dc'],
    ['{"dc":-2}', 'server.dc'],
    ['{"test":1}', 'server.test'],
    ['{"rsa":[]}', 'server.rsa'],
    ['{"hots":"x"}', 'server.hots'],
    ['{"port":1e99}', 'server.port'],
    ['{"port":443.5}', 'server.port'],
    ['{"constructor":"x"}', 'server.constructor'],
  ] as const) {
    assert.equal(read(`{"id":9,"server":${value}}`), undefined);
    const refusal = dialect.readServer(fields);
    assert.deepEqual([refusal?.error, refusal?.path], ['InvalidServer', path]);
    assert.equal(id(), '9');
  }
});

const KEY = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

test('session: whatever an answer gave may be handed back whole', () => {
  const fields = dialect.makeSessionFields();
  for (const style of [PLAIN, STRINGS]) {
    const out = new Writer();
    dialect.begin(out, Buffer.from('1'));
    dialect.session(
      out,
      {
        authKey: KEY,
        sessionLow: -2,
        sessionHigh: -1,
        lastSeqNo: 5,
        saltLow: -1,
        saltHigh: 2147483647,
        timeOffset: -1.5,
        dc: 2,
      },
      style,
    );
    dialect.end(out, 0);
    const quote = style.int64AsString ? '"' : '';
    assert.equal(
      out.written().toString(),
      `{"id":1,"session":{"auth_key":"${KEY.toString('base64')}","session_id":${quote}-2${quote},"last_seqno":5,"server_salt":${quote}9223372036854775807${quote},"time_offset":-1.5,"dc":2}}\n`,
    );
    assert.equal(read(out.written().subarray(0, out.pos - 1)), undefined);
    assert.equal(dialect.readSession(fields), undefined);
    assert.deepEqual(Buffer.from(fields.authKey!), KEY);
    assert.deepEqual(
      { ...fields, authKey: undefined },
      {
        authKey: undefined,
        hasSessionId: true,
        sessionLow: -2,
        sessionHigh: -1,
        lastSeqNo: 5,
        hasSalt: true,
        saltLow: -1,
        saltHigh: 2147483647,
        timeOffset: -1.5,
        dc: 2,
        test: undefined,
        userId: undefined,
        isBot: undefined,
        resident: undefined,
        name: undefined,
        takeover: false,
        exclusive: false,
        detach: false,
        existing: false,
        export: false,
        list: false,
        forget: undefined,
      },
    );
  }
  assert.equal(read('{"session":{}}'), undefined);
  assert.equal(dialect.readSession(fields), undefined);
  assert.deepEqual(fields, dialect.makeSessionFields());
});

test('session: what cannot be one is refused', () => {
  const key = KEY.toString('base64');
  const refused = (fields: string, path: string): void => {
    assert.equal(read(`{"id":"s","session":{${fields}}}`), undefined);
    const refusal = dialect.readSession(dialect.makeSessionFields());
    assert.deepEqual([refusal?.error, refusal?.path], ['InvalidSession', path], fields);
    assert.ok(!refusal!.msg.includes('53201012847611012222'));
  };
  // The original's own sample: above 2^64, so no 64-bit session can have it.
  refused(`"auth_key":"${key}","session_id":53201012847611012222`, 'session.session_id');
  refused(`"auth_key":"${key}","session_id":1.5`, 'session.session_id');
  refused(`"auth_key":"${key.slice(0, -4)}"`, 'session.auth_key');
  refused(`"auth_key":"${Buffer.alloc(256).toString('base64')}"`, 'session.auth_key');
  refused(`"auth_key":"${Buffer.alloc(256, 7).toString('base64')}"`, 'session.auth_key');
  refused('"auth_key":"!"', 'session.auth_key');
  refused('"session_id":5', 'session.auth_key');
  refused('"last_seqno":5', 'session.auth_key');
  refused(`"auth_key":"${key}","last_seqno":-1`, 'session.last_seqno');
  refused(`"auth_key":"${key}","time_offset":1e30`, 'session.time_offset');
  refused(`"auth_key":"${key}","authkey":1`, 'session.authkey');
});

test('session: the key of one that is refused is wiped', () => {
  const fields = dialect.makeSessionFields();
  assert.equal(read(`{"session":{"auth_key":"${KEY.toString('base64')}","last_seqno":-1}}`), undefined);
  assert.equal(dialect.readSession(fields)?.path, 'session.last_seqno');
  assert.deepEqual(Buffer.from(fields.authKey!), Buffer.alloc(256));
});

test('an unsigned session_id wraps', () => {
  const fields = dialect.makeSessionFields();
  assert.equal(
    read(`{"session":{"auth_key":"${KEY.toString('base64url')}","session_id":18446744073709551614}}`),
    undefined,
  );
  assert.equal(dialect.readSession(fields), undefined);
  assert.deepEqual([fields.sessionLow, fields.sessionHigh], [-2, -1]);
});

test('options: read, kept as text, refused', () => {
  const fields = dialect.makeOptionFields();
  assert.equal(read('{"options":{"int64":"string","flags":"bool","init":{"api_id":1, "x":"é"}}}'), undefined);
  assert.equal(dialect.readOptions(fields), undefined);
  assert.deepEqual(
    [fields.int64, fields.flags, Buffer.from(fields.init!).toString()],
    ['string', 'bool', '{"api_id":1, "x":"é"}'],
  );
  const out = new Writer();
  dialect.begin(out, Buffer.from('1'));
  dialect.options(out, { int64: 'string', flags: 'bool', init: fields.init! });
  dialect.end(out, 0);
  assert.equal(
    out.written().toString(),
    '{"id":1,"options":{"int64":"string","flags":"bool","init":{"api_id":1, "x":"é"}}}\n',
  );
  assert.equal(read('{"options":{"init":null,"int64":null}}'), undefined);
  assert.equal(dialect.readOptions(fields), undefined);
  assert.deepEqual(fields, { int64: undefined, flags: undefined, init: null });
  for (const [value, path] of [
    ['{"int64":"auto"}', 'options.int64'],
    ['{"flags":true}', 'options.flags'],
    ['{"init":[]}', 'options.init'],
    ['{"x":1}', 'options.x'],
    ['5', 'options'],
  ] as const) {
    assert.equal(read(`{"id":2,"options":${value}}`), undefined);
    assert.deepEqual([dialect.readOptions(fields)?.error, dialect.readOptions(fields)?.path], ['InvalidRequest', path]);
  }
});

test('a reply with everything', () => {
  const out = new Writer(8);
  const mark = dialect.begin(out, Buffer.from('"a"'));
  dialect.options(out, { int64: 'number', flags: 'cons' });
  dialect.server(out, { host: 'h"', port: 1, rsa: 'A\nB', dc: 2, test: false });
  const kind = codec.resultOf(codec.crcOf('users.getUsers'));
  const bytes = encodeResult(kind, '[{"_cons":"userEmpty","id":5}]');
  dialect.result(out, codec, kind, new Reader(bytes), STRINGS);
  dialect.end(out, mark);
  assert.equal(
    out.written().toString(),
    '{"id":"a","options":{"int64":"number","flags":"cons"},"server":{"host":"h\\"","port":1,"rsa":"A\\nB","dc":2,"test":false},"message":[{"_cons":"userEmpty","id":"5"}]}\n',
  );
});

test('what cannot be decoded leaves nothing behind', () => {
  const out = new Writer();
  out.ascii('before');
  const bad = encodeObject('{"_cons":"boolTrue"}');
  dialect.begin(out, Buffer.from('1'));
  const at = out.pos;
  const kind = codec.resultOf(codec.crcOf('help.getConfig'));
  assert.throws(() => dialect.result(out, codec, kind, new Reader(bad), PLAIN), DecodeFailure);
  assert.equal(out.pos, at);
  assert.throws(() => dialect.object(out, codec, new Reader(bad, 0, 3), PLAIN));
  assert.equal(out.pos, at);
  assert.throws(() => dialect.update(out, codec, new Reader(bad, 0, 3), PLAIN));
  assert.equal(out.pos, at);
});

test('updates, rpc_error, rpc_timeout and notices', () => {
  const out = new Writer();
  const line = (idText: string, attributes: () => void): void => {
    const mark = dialect.begin(out, Buffer.from(idText));
    attributes();
    dialect.end(out, mark);
  };
  dialect.update(out, codec, new Reader(encodeObject('{"_cons":"updatesTooLong"}')), PLAIN);
  line('7', () =>
    dialect.rpcError(out, 420, Buffer.from('FLOOD_WAIT_31'), { retryable: true, retryAfter: 31, delivered: 'yes' }),
  );
  line('"x"', () => dialect.rpcTimeout(out, { retryable: false, delivered: 'unknown' }));
  line('0', () => dialect.named(out, 'updatesTooLong'));
  dialect.error(out, dialect.noticeId, { error: 'SessionLost', msg: 'revoked', fatal: true });
  dialect.error(out, Buffer.from('-1'), {
    error: 'RateLimited',
    msg: 'later',
    retryAfter: 2,
    retryable: true,
    delivered: 'no',
    closing: true,
  });
  assert.deepEqual(out.written().toString().split('\n'), [
    '{"id":0,"message":{"_cons":"updatesTooLong"}}',
    '{"id":7,"message":{"_cons":"rpc_error","error_code":420,"error_message":"FLOOD_WAIT_31"},"retryable":true,"retry_after":31,"delivered":"yes"}',
    '{"id":"x","message":{"_cons":"rpc_timeout","error_message":"no response from telegram"},"retryable":false,"delivered":"unknown"}',
    '{"id":0,"message":{"_cons":"updatesTooLong"}}',
    '{"id":0,"error":"SessionLost","msg":"revoked","fatal":true}',
    '{"id":-1,"error":"RateLimited","msg":"later","retryable":true,"retry_after":2,"delivered":"no","closing":true}',
    '',
  ]);
});

test('an error line is JSON of at most 512 bytes, whatever the texts', () => {
  // Without `size` fast-check stays at ten characters, whatever the maximum.
  const anyText = fc.string({ unit: 'binary', maxLength: 900, size: 'max' });
  fc.assert(
    fc.property(anyText, fc.option(anyText, { nil: undefined }), fc.nat(), (msg, path, pos) => {
      const out = new Writer(16);
      const idText = Buffer.from(`"${'x'.repeat(128)}"`);
      dialect.error(out, idText, {
        error: 'InvalidField',
        msg,
        pos,
        got: 'string',
        delivered: 'unknown',
        ...(path !== undefined && { path }),
      });
      assert.ok(out.pos <= 512, `${out.pos} bytes`);
      const line = out.written();
      assert.equal(line.at(-1), 10);
      const said = JSON.parse(line.toString('utf8')) as { msg: string; path?: string; id: string };
      assert.equal(said.id.length, 128);
      assert.ok(said.msg === msg.toWellFormed() || msg.toWellFormed().startsWith(said.msg.replace(/…$/, '')));
      if (path !== undefined) assert.ok(path.toWellFormed().startsWith(said.path!));
      if (Buffer.byteLength(JSON.stringify(msg)) < 100) assert.equal(said.msg, msg.toWellFormed());
    }),
    { numRuns: 300 },
  );
});

test('a long msg ends at a word, and says where all of it stands', () => {
  const words = Array.from({ length: 80 }, (_, i) => `word${i}`).join(' ');
  const said = (msg: string, more: { readonly whole?: string; readonly path?: string }): string => {
    const out = new Writer(16);
    dialect.error(out, Buffer.from('7'), { error: 'MissingField', msg, ...more });
    assert.ok(out.pos <= 512, `${out.pos} bytes`);
    return (JSON.parse(out.written().toString()) as { msg: string }).msg;
  };
  assert.match(said(words, {}), /^word0 .* word\d+…$/);
  assert.ok(words.startsWith(`${said(words, {}).slice(0, -1)} `));
  for (const path of ['message.x', `message.${'x'.repeat(600)}`]) {
    const text = said(words, { whole: ' `show x` shows it', path });
    assert.match(text, /^word0 .* word\d+… `show x` shows it$/);
    assert.ok(words.startsWith(`${text.slice(0, text.indexOf('…'))} `), text);
  }
  assert.equal(said('short', { whole: ' `show x` shows it' }), 'short');
  // One long word, and an ending that has no room.
  assert.match(said('x'.repeat(600), { whole: ' y' }), /^x{400,}… y$/);
  assert.match(said(words, { whole: 'y'.repeat(600) }), /^word0 .* word\d+…$/);
});

test('an error line of control characters alone has at most 512 bytes too', () => {
  const out = new Writer(16);
  dialect.error(out, Buffer.from('7'), {
    error: 'InvalidField',
    msg: '\u0001'.repeat(400),
    path: '\u0001'.repeat(400),
  });
  assert.ok(out.pos <= 512, `${out.pos} bytes`);
  const { msg, path } = JSON.parse(out.written().toString()) as { msg: string; path: string };
  assert.ok(msg.length > 20 && path.length > 20);
});

test('an attribute with the hash of another is not taken for it', () => {
  // FNV-1a of both names is the same: found by trying.
  assert.equal(read(`{"id":7,"x_ougnsira":{"_cons":"help.getConfig"}}`)?.error, 'InvalidRequest');
});

test('any bytes at all: a refusal or a request, never an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60, size: 'max' }), (bytes) => {
      read(bytes);
      assert.ok(request.id.length > 0);
    }),
  );
  const line = Buffer.from(`{"id":7,"options":{"int64":"string"},"server":{"dc":2},"session":{},${CALL},"timeout":5}`);
  for (let at = 0; at < line.length; at++) {
    for (const byte of Buffer.from('"{}[]:,\\0a \xff', 'latin1')) {
      const changed = Buffer.from(line);
      changed[at] = byte;
      if (read(changed) !== undefined) continue;
      if (request.hasOptions) dialect.readOptions(dialect.makeOptionFields());
      if (request.hasServer) dialect.readServer(dialect.makeServerFields());
      if (request.hasSession) dialect.readSession(dialect.makeSessionFields());
    }
  }
});
