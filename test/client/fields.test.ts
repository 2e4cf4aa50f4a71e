/** Words of a command line, as the JSON of a call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { messageOf } from '../../src/client/fields.ts';
import { parseJson, writeJson, type Json } from '../../src/client/json.ts';
import { methodNamed, WrongField } from '../../src/client/names.ts';
import { loadScheme } from '../../src/tl/load.ts';

const schema = loadScheme();

function said(method: string, ...words: string[]): string {
  const read = (path: string): Uint8Array => {
    if (path !== 'part.bin') throw Object.assign(new Error(path), { code: 'ENOENT' });
    return Uint8Array.of(1, 2, 3);
  };
  return writeJson(messageOf(schema, methodNamed(schema, method), words, read));
}

function refused(sentence: RegExp, method: string, ...words: string[]): void {
  assert.throws(
    () => said(method, ...words),
    (error) => error instanceof WrongField && sentence.test(error.message),
    `${method} ${words.join(' ')}`,
  );
}

test('each type has its form', () => {
  assert.equal(said('ping', 'ping_id=-9223372036854775808'), '{"_cons":"ping","ping_id":-9223372036854775808}');
  assert.equal(
    said('upload.saveFilePart', 'file_id=1', 'file_part=007', 'bytes=@part.bin'),
    '{"_cons":"upload.saveFilePart","file_id":1,"file_part":7,"bytes":"AQID"}',
  );
  assert.equal(
    said('messages.sendMessage', 'peer=inputPeerSelf', 'message=a=1 "b"', 'silent=true', 'noforwards=false'),
    '{"_cons":"messages.sendMessage","peer":{"_cons":"inputPeerSelf"},"message":"a=1 \\"b\\"","silent":true}',
  );
  assert.equal(said('account.updateStatus', 'offline=false'), '{"_cons":"account.updateStatus","offline":false}');
  assert.equal(
    said('invokeWithLayer', 'layer=1', 'query=help.getConfig'),
    '{"_cons":"invokeWithLayer","layer":1,"query":{"_cons":"help.getConfig"}}',
  );
});

test('an object is named by word, by _cons, or by the fields that only one has', () => {
  const wanted =
    '{"_cons":"messages.readHistory","peer":{"_cons":"inputPeerUser","user_id":1,"access_hash":-2},"max_id":3}';
  const rest = ['peer.user_id=1', 'peer.access_hash=-2', 'max_id=3'];
  assert.equal(said('messages.readHistory', 'peer=inputPeerUser', ...rest), wanted);
  assert.equal(said('messages.readHistory', ...rest, 'peer._cons=inputPeerUser'), wanted);
  assert.equal(said('messages.readHistory', ...rest), wanted);
  const json = 'peer:={"_cons":"inputPeerUser","user_id":1,"access_hash":-2}';
  assert.equal(said('messages.readHistory', json, 'max_id=3'), wanted);
});

test('a list by number, by its name said again, or as JSON', () => {
  const wanted = '{"_cons":"messages.deleteMessages","id":[5,6]}';
  for (const words of [['id.1=6', 'id.0=5'], ['id=5', 'id=6'], ['id:=[5,6]'], ['id=[5,6]']])
    assert.equal(said('messages.deleteMessages', ...words), wanted);
  assert.equal(said('messages.deleteMessages', 'id=5'), '{"_cons":"messages.deleteMessages","id":[5]}');
  assert.equal(
    said('users.getUsers', 'id.0.user_id=1', 'id.0.access_hash=2', 'id.1=inputUserSelf'),
    '{"_cons":"users.getUsers","id":[{"_cons":"inputUser","user_id":1,"access_hash":2},{"_cons":"inputUserSelf"}]}',
  );
});

test('lists begin at the beginning; a number that means something else is not made up', () => {
  assert.equal(
    said('messages.getDialogs', 'limit=20', 'offset_peer._cons=inputPeerEmpty'),
    '{"_cons":"messages.getDialogs","limit":20,"offset_peer":{"_cons":"inputPeerEmpty"},"offset_date":0,"offset_id":0}',
  );
  const history = said('messages.deleteHistory', 'peer=inputPeerSelf');
  assert.equal(history, '{"_cons":"messages.deleteHistory","peer":{"_cons":"inputPeerSelf"}}');
});

test('what is wrong is a sentence that says what is right', () => {
  refused(/no method messages\.getDialgs; did you mean messages\.getDialogs/, 'messages.getDialgs');
  refused(/is a constructor of InputPeer, not a method/, 'inputPeerSelf');
  refused(/has no field limt; did you mean limit\?/, 'messages.getDialogs', 'limt=1');
  refused(/has no field zzz; it has ping_id/, 'ping', 'zzz=1');
  refused(/limit: "2x" is not a whole number/, 'messages.getDialogs', 'limit=2x');
  refused(/"limit" is no field/, 'messages.getDialogs', 'limit');
  refused(/limit is given more than once/, 'messages.getDialogs', 'limit=1', 'limit=2');
  refused(/limit is a whole number, and has no fields/, 'messages.getDialogs', 'limit.a=1');
  refused(/peer: "inputPeerSlf" .*did you mean inputPeerSelf/, 'messages.readHistory', 'peer=inputPeerSlf');
  const either = /peer: say which with peer\._cons=…, one of inputPeerUser, inputPeerUserFromMessage$/;
  refused(either, 'messages.readHistory', 'peer.user_id=1');
  refused(/offline: "1" is not true or false/, 'account.updateStatus', 'offline=1');
  refused(/behind := is no JSON/, 'ping', 'ping_id:=x');
  refused(/id is a list/, 'messages.deleteMessages', 'id.1=5');
  refused(/bytes: none\.bin cannot be read \(ENOENT\)/, 'upload.saveFilePart', 'bytes=@none.bin');
});

/** A message as words, each leaf in JSON. */
function wordsOf(json: Json, path: string): string[] {
  return json instanceof Map
    ? [...(json as Map<string, Json>)].flatMap(([name, value]) =>
        wordsOf(value, path === '' ? name : `${path}.${name}`),
      )
    : [`${path}:=${writeJson(json)}`];
}

test('any fields, as words and back', () => {
  const peer = fc.record({
    user_id: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    access_hash: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  });
  fc.assert(
    fc.property(peer, fc.string(), fc.boolean(), ({ user_id, access_hash }, message, silent) => {
      const wanted = `{"_cons":"messages.sendMessage","peer":{"_cons":"inputPeerUser","user_id":${user_id},"access_hash":${access_hash}},"message":${JSON.stringify(message)}${silent ? ',"silent":true' : ''}}`;
      const [, ...words] = wordsOf(parseJson(wanted), '').filter((word) => !word.startsWith('peer._cons'));
      assert.equal(said('messages.sendMessage', ...words), wanted);
      const plain = [`peer.user_id=${user_id}`, `peer.access_hash=${access_hash}`, `message=${message}`];
      assert.equal(said('messages.sendMessage', ...plain, `silent=${silent}`), wanted);
    }),
  );
});

test('a name with @ is no peer, and what finds one is said', () => {
  refused(
    /^peer: names are not looked up here: ask contacts\.resolveUsername username=demo_bot, /,
    'messages.readHistory',
    'peer=@demo_bot',
    'max_id=1',
  );
});
