/** The table of wire: TL and JSON, line by line, and the refusals of wire: Errors with their paths. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonTape } from '../../src/bytes/json-tape.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { EncodeError, type EncodeErrorName } from '../../src/tl/codec.ts';
import {
  codec,
  decodeCall,
  decodeObject,
  decodeResult,
  encodeCall,
  encodeObject,
  PLAIN,
  STRINGS,
} from '../support/codec.ts';

/** Encodes a call and gives the error, checking that the writer is as it was. */
function refusal(json: string): EncodeError {
  const tape = new JsonTape();
  const line = Buffer.from(json);
  assert.equal(tape.read(line, 0, line.length), undefined, json.slice(0, 200));
  const out = new Writer();
  out.ascii('before');
  try {
    codec.encodeCall(tape, 0, out, 'message');
  } catch (error) {
    assert.ok(error instanceof EncodeError, String((error as Error).stack));
    assert.equal(out.written().toString(), 'before');
    return error;
  }
  return assert.fail(`not refused: ${json.slice(0, 200)}`);
}

function assertRefused(json: string, code: EncodeErrorName, path: string, message?: string): void {
  const error = refusal(json);
  assert.deepEqual([error.code, error.path], [code, path], json.slice(0, 200));
  if (message !== undefined) assert.equal(error.message, message);
}

const ping = (value: string): string => `{"_cons":"ping","ping_id":${value}}`;
const PEER = '{"_cons":"inputPeerSelf"}';
const send = (fields: string): string =>
  `{"_cons":"messages.sendMessage","peer":${PEER},"message":"m","random_id":1${fields === '' ? '' : `,${fields}`}}`;

test('the original examples, byte for byte', () => {
  assert.equal(encodeCall('{"_cons":"ping","ping_id":100}').toString('hex'), 'ec77be7a6400000000000000');
  assert.equal(
    decodeObject(Buffer.from('c5737734 0100000000000000 6400000000000000'.replaceAll(' ', ''), 'hex')),
    '{"_cons":"pong","msg_id":1,"ping_id":100}',
  );
});

test('long: exact digits, decimal strings, unsigned wraps', () => {
  const bytes = (value: string): string => encodeCall(ping(value)).subarray(4).readBigInt64LE().toString();
  for (const value of [
    '-1111111111111111111',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
    '0',
  ]) {
    assert.equal(bytes(value), value);
    assert.equal(bytes(`"${value}"`), value);
    assert.equal(decodeCall(encodeCall(ping(value))), ping(value));
    assert.equal(decodeCall(encodeCall(ping(value)), STRINGS), ping(`"${value}"`));
  }
  assert.equal(bytes('18446744073709551615'), '-1');
  assert.equal(bytes('"\\u0031\\u0032"'), '12');
  for (const [value, wanted] of [
    ['20.0', '20'],
    ['2e1', '20'],
    ['6e9', '6000000000'],
    ['-1.50e1', '-15'],
    ['100e-2', '1'],
    ['-0.0', '0'],
    ['0e999', '0'],
    ['9007199254740992.0', '9007199254740992'],
    ['9.007199254740992e15', '9007199254740992'],
  ])
    assert.equal(bytes(value!), wanted, value);
  for (const value of ['9.2233720368548e+18', '1e18', '9007199254740993.0', '-1e999', '12345678901234567890.0'])
    assertRefused(ping(value), 'InvalidField', 'message.ping_id', 'message.ping_id: digits were lost: send it as text');
  for (const value of [
    '18446744073709551616',
    '-9223372036854775809',
    '1.5',
    '1e-3',
    '20.00000000000000000001',
    '"1.0"',
    '""',
    '"0x1"',
    '"01"',
    '53201012847611012222',
  ]) {
    assertRefused(ping(value), 'InvalidField', 'message.ping_id', 'message.ping_id: expected an integer of 64 bits');
  }
  for (const [value, got] of [
    ['true', 'boolean'],
    ['null', 'null'],
    ['[]', 'array'],
    ['{}', 'object'],
  ]) {
    assertRefused(ping(value!), 'InvalidField', 'message.ping_id', `message.ping_id: expected long, got ${got}`);
  }
});

test('int: a number or decimal string of 32 bits', () => {
  const num = (value: string): string => `{"_cons":"get_future_salts","num":${value}}`;
  assert.equal(encodeCall(num('20.0')).readInt32LE(4), 20);
  assert.equal(encodeCall(num('1e2')).readInt32LE(4), 100);
  for (const value of ['2147483647', '-2147483648', '0']) {
    assert.equal(encodeCall(num(value)).readInt32LE(4), Number(value));
    assert.equal(encodeCall(num(`"${value}"`)).readInt32LE(4), Number(value));
  }
  for (const value of ['2147483648', '-2147483649', '0.5', '1e-2', '1e10', '1e99', '"x"', '9'.repeat(30), '"1 "']) {
    assertRefused(num(value), 'InvalidField', 'message.num', 'message.num: expected an integer of 32 bits');
  }
});

test('bytes and int128: base64 or base64url, the exact length', () => {
  const part = (value: string): string => `{"_cons":"upload.saveFilePart","file_id":1,"file_part":0,"bytes":${value}}`;
  for (const value of ['"-_8="', '"-_8"', '"+/8="', '"+\\/8="']) {
    assert.equal(encodeCall(part(value)).toString('hex', 16), '02fbff00');
  }
  for (const value of ['"A"', '"AA AA"', '"AB=="', '"é"', '"\\ud800"', '"AAAA\\n"']) {
    assertRefused(part(value), 'InvalidField', 'message.bytes', 'message.bytes: not base64');
  }
  assertRefused(
    part('{"_bytes":"AA=="}'),
    'InvalidField',
    'message.bytes',
    'message.bytes: expected bytes, got object',
  );
  const nonce = (value: string): string =>
    `{"_cons":"resPQ","nonce":${value},"server_nonce":"${'A'.repeat(22)}","pq":"","server_public_key_fingerprints":[]}`;
  assert.equal(encodeObject(nonce(`"${'A'.repeat(22)}=="`)).length, 4 + 16 + 16 + 4 + 8);
  for (const value of ['""', `"${'A'.repeat(20)}"`, `"${'A'.repeat(24)}"`]) {
    assert.throws(() => encodeObject(nonce(value)), {
      path: 'message.nonce',
      message: 'message.nonce: expected base64 of 16 bytes',
    });
  }
});

test('string: UTF-8 as it is, _bytes for the rest, no lone surrogates', () => {
  const text = (value: string): string => `{"_cons":"textPlain","text":${value}}`;
  assert.equal(decodeObject(encodeObject(text('"\\u00e9\\ud83d\\ude00\\/\\n"'))), text('"é😀/\\n"'));
  assert.equal(decodeObject(encodeObject(text('{"_bytes":"/w=="}'))), text('{"_bytes":"/w=="}'));
  assert.equal(decodeObject(encodeObject(text('{"_bytes":"YQ"}'))), text('"a"'));
  for (const value of ['"\\ud800"', '"a\\udc00b"'])
    assert.throws(() => encodeObject(text(value)), { code: 'InvalidField', path: 'message.text' });
  for (const value of ['{"_bytes":5}', '{"_bytes":"!"}'])
    assert.throws(() => encodeObject(text(value)), { path: 'message.text._bytes' });
  for (const value of ['{}', '{"_bytes":"","x":1}', '{"bytes":""}', '5', 'null']) {
    assert.throws(() => encodeObject(text(value)), { code: 'InvalidField', path: 'message.text' });
  }
});

test('strings around the long form and over the longest', () => {
  const text = (n: number): string => `{"_cons":"textPlain","text":"${'x'.repeat(n)}"}`;
  for (const n of [0, 1, 3, 4, 253, 254, 255, 256, 65_536]) assert.equal(decodeObject(encodeObject(text(n))), text(n));
  assert.throws(() => encodeObject(text(0x1000000)), {
    code: 'InvalidField',
    path: 'message.text',
    message: 'message.text: longer than 16777215 bytes',
  });
  assert.throws(() => encodeObject(text(1_044_397)), { code: 'MessageTooLarge' });
  assert.equal(encodeObject(text(1_044_394)).length, 1_044_404);
});

test('double: numbers and three names; a NaN of other bits as bytes', () => {
  const lat = (value: string): string => `{"_cons":"inputGeoPoint","lat":${value},"long":-0}`;
  for (const value of [
    '0.1',
    '-0',
    '1e+21',
    '5e-324',
    '"NaN"',
    '"Infinity"',
    '"-Infinity"',
    '{"_bytes":"AQAAAAAA+H8="}',
  ]) {
    assert.equal(decodeObject(encodeObject(lat(value))), lat(value));
  }
  assert.equal(encodeObject(lat('"NaN"')).readBigUInt64LE(8), 0x7ff8000000000000n);
  for (const value of ['1e999', '"nan"', '"1.5"', 'true', '{"_bytes":"AAAA"}']) {
    assert.throws(() => encodeObject(lat(value)), { code: 'InvalidField' }, value);
  }
});

test('Bool: true and false, or their constructors', () => {
  const status = (value: string): string => `{"_cons":"account.updateStatus","offline":${value}}`;
  assert.equal(encodeCall(status('true')).toString('hex', 4), 'b5757299');
  assert.equal(encodeCall(status('{"_cons":"boolFalse"}')).toString('hex', 4), '379779bc');
  assert.equal(decodeCall(encodeCall(status('{"_cons":"\\u0062oolTrue"}'))), status('true'));
  for (const value of ['1', '"true"', '{"_cons":"true"}', '{"_cons":"boolTrue","x":1}', '{}']) {
    assertRefused(status(value), 'InvalidField', 'message.offline');
  }
  assert.equal(decodeResult('account.updateStatus', Buffer.from('b5757299', 'hex')), 'true');
});

test('flags: computed from presence, never shown, checked when given', () => {
  const flagsOf = (fields: string): number => encodeCall(send(fields)).readUInt32LE(4);
  assert.equal(flagsOf(''), 0);
  assert.equal(flagsOf('"silent":true'), 32);
  assert.equal(flagsOf('"silent":{"_cons":"true"}'), 32);
  assert.equal(flagsOf('"silent":false,"background":null,"entities":null'), 0);
  assert.equal(flagsOf('"silent":true,"entities":[]'), 32 + 8);
  assert.equal(flagsOf('"silent":true,"flags":32'), 32);
  assert.equal(flagsOf('"flags":"2147483648"'), 0x8000_0000);
  const shown = decodeCall(encodeCall(send('"silent":true')));
  assert.equal(
    shown,
    `{"_cons":"messages.sendMessage","silent":{"_cons":"true"},"peer":${PEER},"message":"m","random_id":1}`,
  );
  assertRefused(
    send('"flags":32'),
    'InvalidField',
    'message.flags',
    'message.flags: does not agree with the fields that are present',
  );
  assertRefused(send('"silent":true,"flags":0'), 'InvalidField', 'message.flags');
  assertRefused(send('"silent":1'), 'InvalidField', 'message.silent', 'message.silent: expected true, got number');
  assertRefused(send('"silent":{"_cons":"false"}'), 'InvalidField', 'message.silent');
  assertRefused(send('"flags":4294967296'), 'InvalidField', 'message.flags');
});

test('fields that share a bit come together', () => {
  const shared = '"_cons":"account.passwordInputSettings"';
  assert.throws(() => encodeObject(`{${shared},"hint":"x"}`), { code: 'MissingField' });
  assert.equal(
    encodeObject(
      `{${shared},"new_algo":{"_cons":"passwordKdfAlgoUnknown"},"new_password_hash":"","hint":"x"}`,
    ).readUInt32LE(4),
    1,
  );
});

test('what is missing is named; of what needs no random bytes only a hash may be left out', () => {
  assertRefused(
    '{"_cons":"ping"}',
    'MissingField',
    'message.ping_id',
    'message.ping_id: missing; ping takes ping_id:long',
  );
  assertRefused('{}', 'MissingField', 'message._cons');
  assertRefused('{"_cons":"users.getUsers","id":[{}]}', 'MissingField', 'message.id[0]._cons');
  assertRefused(
    '{"_cons":"users.getUsers","id":[{"_cons":"inputUser","user_id":1}]}',
    'MissingField',
    'message.id[0].access_hash',
  );
  assert.equal(encodeCall('{"_cons":"messages.getAllStickers"}').toString('hex', 4), '0000000000000000');
  assertRefused('{"_cons":"help.getAppConfig"}', 'MissingField', 'message.hash');
});

test('all that an object lacks is named at once, with what its constructor takes', () => {
  assertRefused(
    '{"_cons":"messages.getDialogs","offset_id":0}',
    'MissingField',
    'message.offset_date',
    'message.offset_date: missing, as are offset_peer, limit; messages.getDialogs takes offset_date:int offset_id:int offset_peer:InputPeer limit:int [exclude_pinned:true folder_id:int hash:long]',
  );
  // That of the object, not of the call it stands in.
  assertRefused(
    '{"_cons":"users.getUsers","id":[{"_cons":"inputUser"}]}',
    'MissingField',
    'message.id[0].user_id',
    'message.id[0].user_id: missing, as is access_hash; inputUser takes user_id:long access_hash:long',
  );
  // A call inside has two names, and is there by either.
  const inner = '{"_cons":"help.getConfig"}';
  for (const [given, also] of [
    ['', ', as is query'],
    [`,"query":${inner}`, ''],
    [`,"_wrapped":${inner}`, ''],
  ])
    assertRefused(
      `{"_cons":"invokeWithLayer"${given}}`,
      'MissingField',
      'message.layer',
      `message.layer: missing${also}; invokeWithLayer takes layer:int _wrapped:!X`,
    );
});

test('what is unknown is named', () => {
  assertRefused('{"_cons":"ping","ping_id":1,"x":2}', 'UnknownField', 'message.x', 'message.x: no such field');
  assertRefused('{"_cons":"help.getConfig","x":2}', 'UnknownField', 'message.x');
  assertRefused(
    '{"_cons":"nothing.such"}',
    'UnknownConstructor',
    'message',
    `message: no such constructor or method in layer ${codec.layer}`,
  );
  assertRefused('{"_cons":"users.getUsers","id":[{"_cons":"nobody"}]}', 'UnknownConstructor', 'message.id[0]');
  assertRefused('{"_cons":"_unknown","crc":"0x00000001","raw":""}', 'UnknownConstructor', 'message');
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']) {
    assertRefused(`{"_cons":"help.getConfig","${name}":1}`, 'UnknownField', `message.${name}`);
    assertRefused(`{"_cons":"${name}"}`, 'UnknownConstructor', 'message');
  }
  assertRefused(`{"_cons":"help.getConfig","${'k'.repeat(500)}":1}`, 'UnknownField', `message.${'k'.repeat(64)}…`);
});

/** What a client is told beside the sentence. */
function moreOf(message: string): unknown {
  try {
    encodeCall(message);
  } catch (error) {
    return (error as EncodeError).more;
  }
  throw new Error(`taken: ${message}`);
}

test('a name that is none comes back with the nearest one', () => {
  const method = (name: string): string => `{"_cons":${JSON.stringify(name)}}`;
  for (const got of [
    'messages.sendMesage',
    'sendMessage',
    'messages.SendMessage',
    'messages.sendMessage ',
    ' ping\u0000',
  ])
    assert.deepEqual(moreOf(method(got)), {
      got,
      didYouMean: got.includes('ping') ? 'ping' : 'messages.sendMessage',
    });
  assert.deepEqual(moreOf(method('getMessages')), {
    got: 'getMessages',
    didYouMean: 'messages.getMessages, channels.getMessages',
  });
  assert.deepEqual(moreOf(method('nothing.like.it')), { got: 'nothing.like.it' });
  // What cannot be a name may be a secret in the wrong place.
  for (const text of ['x'.repeat(70), '4a7f16441cee6781e8374f261edeb88d', 'correct horse', '9996621111', ''])
    assert.deepEqual(moreOf(method(text)), { got: 'string' });
  // A type's name brings its constructors; where one is wanted of a type, those are nearer.
  const peer = (cons: string): string => send('').replace(PEER, cons);
  assert.deepEqual(moreOf(peer('{"_cons":"InputPeer"}')), {
    got: 'InputPeer',
    didYouMean:
      'inputPeerEmpty, inputPeerSelf, inputPeerChat, inputPeerUser, inputPeerChannel, inputPeerUserFromMessage, inputPeerChannelFromMessage',
  });
  assert.deepEqual(moreOf(peer('{"_cons":"inputPeerUsr"}')), { got: 'inputPeerUsr', didYouMean: 'inputPeerUser' });
  assert.deepEqual(moreOf(peer('{"_cons":"inputUserSelf"}')), { got: 'inputUserSelf', didYouMean: 'inputPeerSelf' });
  assert.deepEqual(moreOf(peer('{"_cons":"user","id":1}')), { got: 'user' });
  for (const other of ['_', '@type', 'cons', '_con', '_type'])
    assert.deepEqual(moreOf(`{"${other}":"help.getConfig"}`), { got: other, didYouMean: '_cons' });
  assert.deepEqual(moreOf(send('"mesage_id":1')), { got: 'mesage_id' });
  assert.deepEqual(moreOf(send('"nowebpage":true,"slient":true')), {
    got: 'nowebpage',
    didYouMean: 'no_webpage',
  });
  assert.deepEqual(moreOf('{"_cons":"invokeWithLayer","layer":1,"wrapped":{}}'), {
    got: 'wrapped',
    didYouMean: '_wrapped',
  });
  assert.deepEqual(moreOf('{"_cons":"user","id":1}'), { got: 'user' });
  assert.deepEqual(moreOf('{"_cons":"ping","ping_id":true}'), { got: 'boolean' });
});

test('what is of another type is named', () => {
  assertRefused(
    send('').replace(PEER, '"x"'),
    'InvalidField',
    'message.peer',
    'message.peer: expected InputPeer, got string',
  );
  assertRefused(
    send('').replace(PEER, '{"_cons":"inputUserSelf"}'),
    'InvalidField',
    'message.peer',
    'message.peer: expected InputPeer, got inputUserSelf; did you mean inputPeerSelf?',
  );
  assertRefused(
    send('').replace(PEER, '{"_cons":"ping","ping_id":1}'),
    'InvalidField',
    'message.peer',
    'message.peer: expected InputPeer, got ping',
  );
  assertRefused(
    '{"_cons":"users.getUsers","id":{}}',
    'InvalidField',
    'message.id',
    'message.id: expected array, got object',
  );
  assertRefused('{"_cons":5}', 'InvalidField', 'message._cons');
  for (const [json, got] of [
    ['[]', 'array'],
    ['"x"', 'string'],
    ['null', 'null'],
    ['1', 'number'],
  ]) {
    assertRefused(json!, 'InvalidMessage', 'message', `message: expected object, got ${got}`);
  }
});

/** A key for each of these that has the same hash (FNV-1a): found by trying. */
const SAME_HASH = { ping_id: 'x_zqayomka', _cons: 'x_uwbraoha' };

test('a key with the hash of another is not taken for it', () => {
  assertRefused(`{"_cons":"ping","${SAME_HASH.ping_id}":1}`, 'UnknownField', `message.${SAME_HASH.ping_id}`);
  assertRefused(`{"${SAME_HASH._cons}":"ping","ping_id":1}`, 'MissingField', 'message._cons');
});

test('an object is a constructor, and a bare one the one that is wanted', () => {
  const isMisfit = (error: unknown): boolean => error instanceof EncodeError && error.code === 'InvalidField';
  assert.throws(() => encodeObject('{"_cons":"ping","ping_id":1}'), isMisfit);
  const salts = (cons: string): string =>
    `{"_cons":"future_salts","req_msg_id":1,"now":2,"salts":[{"_cons":"${cons}","valid_since":3,"valid_until":4,"salt":5}]}`;
  assert.equal(decodeObject(encodeObject(salts('future_salt'))), salts('future_salt'));
  assert.throws(() => encodeObject(salts('pong')), isMisfit);
});

test('only methods are calls, and not the protocol itself', () => {
  for (const name of [
    'msg_container',
    'gzip_packed',
    'msgs_ack',
    'user',
    'inputPeerSelf',
    'boolTrue',
    'rpc_result',
    'req_pq',
    'req_pq_multi',
    'req_DH_params',
    'set_client_DH_params',
    'http_wait',
    'destroy_auth_key',
  ]) {
    assertRefused(`{"_cons":"${name}"}`, 'NotAMethod', 'message', `message: ${name} is not a method`);
  }
  for (const [json, crc] of [
    ['{"_cons":"ping_delay_disconnect","ping_id":1,"disconnect_delay":75}', 0xf3427b8c],
    ['{"_cons":"get_future_salts","num":1}', 0xb921bd04],
    ['{"_cons":"msgs_state_req","msg_ids":[1]}', 0xda69fb52],
    ['{"_cons":"rpc_drop_answer","req_msg_id":1}', 0x58e4a740],
    ['{"_cons":"destroy_session","session_id":1}', 0xe7512126],
  ] as const) {
    assert.equal(encodeCall(json).readUInt32LE(0), crc);
    assert.ok(codec.resultOf(crc) >= 0);
  }
});

const wrap = (n: number, inner: string): string =>
  n === 0 ? inner : `{"_cons":"invokeWithLayer","layer":1,"_wrapped":${wrap(n - 1, inner)}}`;

test('wrappers: by _wrapped or by the own name, up to 16; the call says where each begins', () => {
  const tape = new JsonTape();
  const out = new Writer();
  out.ascii('head');
  const line = Buffer.from(
    '{"_cons":"invokeWithLayer","layer":227,"query":{"_cons":"invokeAfterMsg","msg_id":5,"_wrapped":{"_cons":"users.getUsers","id":[]}}}',
  );
  tape.read(line, 0, line.length);
  const call = codec.encodeCall(tape, 0, out, 'message');
  assert.equal(call.depth, 3);
  assert.deepEqual(
    [...call.crcs.subarray(0, 3)].map((crc) => codec.nameOf(crc)),
    ['invokeWithLayer', 'invokeAfterMsg', 'users.getUsers'],
  );
  assert.deepEqual([...call.offsets.subarray(0, 3)], [4, 12, 24]);
  assert.equal(call.result, codec.resultOf(codec.crcOf('users.getUsers')));
  assert.equal(codec.resultOf(codec.crcOf('invokeWithLayer')), -1);
  assert.equal(decodeCall(encodeCall(wrap(16, ping('1')))), wrap(16, ping('1')));
  assertRefused(wrap(17, ping('1')), 'InvalidMessage', `message${'._wrapped'.repeat(17)}`);
  assertRefused('{"_cons":"invokeWithLayer","layer":1,"_wrapped":{"_cons":"user"}}', 'NotAMethod', 'message._wrapped');
  assertRefused('{"_cons":"invokeWithLayer","layer":1,"_wrapped":5}', 'InvalidField', 'message._wrapped');
  assertRefused('{"_cons":"invokeWithLayer","layer":1}', 'MissingField', 'message.query');
  assertRefused(
    `{"_cons":"invokeWithLayer","layer":1,"query":${ping('1')},"_wrapped":${ping('1')}}`,
    'InvalidField',
    'message._wrapped',
  );
});

test('_seqno is let pass on the message itself alone', () => {
  assert.equal(encodeCall('{"_cons":"ping","ping_id":1,"_seqno":3}').length, 12);
  assert.equal(encodeCall('{"_seqno":3,"_cons":"help.getConfig"}').length, 4);
  assertRefused(
    '{"_cons":"invokeWithLayer","layer":1,"_wrapped":{"_cons":"help.getConfig","_seqno":1}}',
    'UnknownField',
    'message._wrapped._seqno',
  );
  assertRefused(
    '{"_cons":"users.getUsers","id":[{"_cons":"inputUserSelf","_seqno":1}]}',
    'UnknownField',
    'message.id[0]._seqno',
  );
});

test('too large a message', () => {
  const part = (n: number): string =>
    `{"_cons":"upload.saveFilePart","file_id":1,"file_part":0,"bytes":"${Buffer.alloc(n).toString('base64')}"}`;
  assert.equal(encodeCall(part(1_044_404 - 20)).length, 1_044_404);
  assertRefused(part(1_044_404 - 19), 'MessageTooLarge', 'message');
});

test('the directory', () => {
  assert.equal(codec.nameOf(0x7abe77ec), 'ping');
  assert.equal(codec.nameOf(1), undefined);
  assert.equal(codec.crcOf('ping'), 0x7abe77ec);
  assert.equal(codec.crcOf('pin'), 0);
  assert.ok(codec.isUpdate(codec.crcOf('updatesTooLong')));
  assert.ok(codec.isUpdate(codec.crcOf('updateShortMessage')));
  assert.ok(!codec.isUpdate(codec.crcOf('updateNewMessage')));
  assert.ok(!codec.isUpdate(1));
  assert.ok(codec.hasRandomId(codec.crcOf('messages.sendMessage')));
  assert.ok(!codec.hasRandomId(codec.crcOf('messages.getDialogs')));
  assert.equal(codec.cdnBit(codec.crcOf('upload.getFile')), 1);
  for (const crc of [codec.crcOf('messages.getDialogs'), 1]) assert.equal(codec.cdnBit(crc), -1);
  assert.equal(codec.resultOf(codec.crcOf('user')), -2);
  assert.match(codec.hash, /^[0-9a-f]{64}$/);
});

test('both styles are read once a call and do not stick', () => {
  const object = '{"_cons":"pong","msg_id":1,"ping_id":2}';
  const bytes = encodeObject(object);
  assert.equal(decodeObject(bytes, STRINGS), '{"_cons":"pong","msg_id":"1","ping_id":"2"}');
  assert.equal(decodeObject(bytes, PLAIN), object);
});
