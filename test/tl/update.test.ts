/** Sources, comparing, updating: from any of the three forms to the text of a scheme file. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareSchemes } from '../../src/tl/compare.ts';
import { parseScheme } from '../../src/tl/parse.ts';
import { readSource } from '../../src/tl/source.ts';
import { updateFrom } from '../../src/tl/update.ts';
import { withoutPlaces } from './support.ts';

const TL = `peerUser#59511722 user_id:long = Peer;
updateThing#00000005 flags:# on:flags.0?true peers:flags.1?Vector<Peer> raw:bytes = Thing; // foreign
---functions---
invokeWithLayer#da9b0d0d {X:Type} layer:int query:!X = X;
peers.list#00000006 hash:long = Vector<Peer>; // foreign
// LAYER 42
`;

/** The same in the form of @mtcute/core's api-schema.json. */
const MTCUTE = JSON.stringify({
  l: 42,
  e: [
    { kind: 'class', name: 'mtcute.dummy', type: 'Peer', id: 1, arguments: [] },
    { kind: 'class', name: 'inputStickerSetThumbLegacy', type: 'Peer', id: 2, arguments: [] },
    {
      kind: 'class',
      name: 'peerUser',
      type: 'Peer',
      id: 0x59511722,
      comment: 'prose',
      arguments: [{ name: 'user_id', type: 'int53' }],
    },
    {
      kind: 'class',
      name: 'updateThing',
      type: 'Thing',
      id: 5,
      arguments: [
        { name: 'flags', type: '#' },
        { name: 'on', type: 'true', typeModifiers: { predicate: 'flags.0' } },
        { name: 'peers', type: 'Peer', typeModifiers: { predicate: 'flags.1', isVector: true } },
        { name: 'raw', type: 'bytes' },
      ],
    },
    {
      kind: 'method',
      name: 'invokeWithLayer',
      type: 'X',
      id: 0xda9b0d0d,
      generics: [{ name: 'X', type: 'Type' }],
      arguments: [
        { name: 'layer', type: 'int' },
        { name: 'query', type: '!X' },
      ],
    },
    {
      kind: 'method',
      name: 'peers.list',
      type: 'Peer',
      typeModifiers: { isVector: true },
      id: 6,
      arguments: [{ name: 'hash', type: 'long' }],
    },
  ],
  u: [],
});

/** The same in the form of Telegram's scheme page: ids are signed. */
const TELEGRAM = JSON.stringify({
  constructors: [
    { id: String(0x59511722), predicate: 'peerUser', params: [{ name: 'user_id', type: 'long' }], type: 'Peer' },
    {
      id: '5',
      predicate: 'updateThing',
      params: [
        { name: 'flags', type: '#' },
        { name: 'on', type: 'flags.0?true' },
        { name: 'peers', type: 'flags.1?Vector<Peer>' },
        { name: 'raw', type: 'bytes' },
      ],
      type: 'Thing',
    },
  ],
  methods: [
    {
      id: String(0xda9b0d0d | 0),
      method: 'invokeWithLayer',
      params: [
        { name: 'layer', type: 'int' },
        { name: 'query', type: '!X' },
      ],
      type: 'X',
    },
    { id: 6, method: 'peers.list', params: [{ name: 'hash', type: 'long' }], type: 'Vector<Peer>' },
  ],
});

describe('a source', () => {
  const expected = parseScheme(TL, 'x.tl').definitions.map((one) => withoutPlaces({ ...one, isForeign: false }));

  it('says the same in each of its three forms', () => {
    for (const text of [TL.replaceAll(' // foreign', ''), MTCUTE, `\uFEFF \n${TELEGRAM}`]) {
      assert.deepEqual(readSource(text, 'x').definitions.map(withoutPlaces), expected);
    }
    assert.equal(readSource(MTCUTE, 'x').layer, 42);
    assert.equal(readSource(TELEGRAM, 'x').layer, 0);
  });

  it('of the service file loses its mt_ and tells its functions', () => {
    const entries = [
      {
        kind: 'class',
        name: 'mt_future_salts',
        type: 'FutureSalts',
        id: 0xae500895,
        arguments: [{ name: 'salts', type: 'mt_future_salt', typeModifiers: { isBareVector: true } }],
      },
      { kind: 'class', name: 'mt_ping', type: 'Pong', id: 0x7abe77ec, arguments: [{ name: 'ping_id', type: 'long' }] },
    ];
    const { definitions } = readSource(JSON.stringify(entries), 'x');
    assert.deepEqual(
      definitions.map((one) => [one.text, one.isFunction]),
      [
        ['future_salts#ae500895 salts:vector<future_salt> = FutureSalts', false],
        ['ping#7abe77ec ping_id:long = Pong', true],
      ],
    );
  });

  it('of another form is refused with a place', () => {
    assert.throws(() => readSource('{"a":1}', 'x.json'), /x\.json:1:1: JSON of neither known form/);
    assert.throws(() => readSource('[{"kind":"class"}]', 'x.json'), /neither known form/);
    assert.throws(() => readSource('{"constructors":[{"id":"z"}],"methods":[]}', 'x.json'), /neither known form/);
    assert.throws(() => readSource('{"l":1,\n"e" 1}', 'x.json'), /^SchemeError: x\.json:2:5: not JSON/);
    assert.throws(() => readSource('<!DOCTYPE html>', 'https://x'), /https:\/\/x:1:1: this is a web page/);
  });
});

describe('comparing', () => {
  const parse = (text: string) => parseScheme(text, 'x').definitions;

  it('names what was added, changed and removed, and nothing that only moved', () => {
    const before = parse('a#1 = A; b#2 x:int = A; c#3 = A; d#4 = A;');
    const after = parse('c#3 = A; a#1 = A; b#5 x:long = A; e#6 = A; ---functions--- d#4 = A;');
    assert.deepEqual(compareSchemes(before, after), [
      { kind: 'changed', before: 'b#00000002 x:int = A;', after: 'b#00000005 x:long = A;' },
      { kind: 'added', after: 'e#00000006 = A;' },
      { kind: 'added', after: 'd#00000004 = A;' },
      { kind: 'removed', before: 'd#00000004 = A;' },
    ]);
    assert.deepEqual(compareSchemes(after, after), []);
  });
});

describe('updating', () => {
  const origin = 'a test';

  it('writes every number with eight digits, the head, the layer', () => {
    const text = 'boolTrue = Bool;\nstorage.fileJpeg#7efe0e = storage.FileType;\n// LAYER 7';
    const made = updateFrom(parseScheme(text, 'x.tl'), { foreign: [], origin });
    assert.equal(made.fileName, 'api.tl');
    const expected = [
      '// The Telegram API, layer 7.',
      '// From a test.',
      '// Made by `mtproto2json scheme update`; see README.md and NOTICE here.',
      '',
      'boolTrue#997275b5 = Bool;',
      '',
      'storage.fileJpeg#007efe0e = storage.FileType;',
      '',
      '---functions---',
      '',
      '// LAYER 7',
      '',
    ];
    assert.deepEqual(made.text.split('\n'), expected);
  });

  it('takes the layer it is given over that of the source', () => {
    assert.equal(
      updateFrom(parseScheme('boolTrue = Bool;\n// LAYER 7', 'x'), { foreign: [], layer: 8, origin }).layer,
      8,
    );
  });

  it('refuses a number that is not the CRC-32 of its line, with the place and the others', () => {
    const source = parseScheme('boolTrue = Bool;\n a#1 = A;\n b#2 = A;', 'x.tl');
    const expected =
      /^SchemeError: x\.tl:2:2: a: number 00000001, but the line's CRC-32 is [0-9a-f]{8}; 1 more like it: b$/;
    assert.throws(() => updateFrom(source, { foreign: [], origin }), expected);
    assert.throws(() => updateFrom(source, { foreign: ['a'], origin }), /x\.tl:3:2: b: number 00000002/);
  });

  it('takes it when the line is told foreign, and keeps that in the file', () => {
    const source = parseScheme('a#1 = A;', 'x.tl');
    const made = updateFrom(source, { foreign: ['a'], origin });
    assert.match(made.text, /^a#00000001 = A; \/\/ foreign$/m);
    assert.equal(updateFrom(parseScheme(made.text, 'x.tl'), { foreign: [], origin }).text, made.text);
    assert.throws(() => updateFrom(source, { foreign: ['b'], origin }), /no definition b to tell foreign/);
  });

  it('makes mtproto.tl of what speaks of the key exchange, with the lines it leaves out', () => {
    const text =
      'resPQ#05162463 nonce:int128 server_nonce:int128 pq:string server_public_key_fingerprints:Vector<long> = ResPQ;\n---functions---\nreq_pq_multi#be7e8ef1 nonce:int128 = ResPQ;';
    const made = updateFrom(parseScheme(text, 'x.tl'), { foreign: [], layer: 5, origin });
    assert.deepEqual([made.fileName, made.layer], ['mtproto.tl', 0]);
    for (const name of ['msg_container', 'rpc_result', 'gzip_packed', 'req_pq_multi']) {
      assert.equal(made.definitions.filter((one) => one.name === name).length, 1, name);
    }
  });

  it('refuses what could not be loaded afterwards', () => {
    assert.throws(
      () => updateFrom(parseScheme('a x:Foo = A;', 'x.tl'), { foreign: [], origin }),
      /type Foo has no constructor/,
    );
  });
});
