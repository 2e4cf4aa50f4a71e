/** Numbers: published vectors, and every line of the committed files. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { canonicalText, computedId, hexId, mismatches } from '../../src/tl/crc.ts';
import { ownSchemeDir, readScheme } from '../../src/tl/load.ts';
import { parseScheme } from '../../src/tl/parse.ts';

/** From Telegram's public documentation of the schemes (core.telegram.org/mtproto, /schema). */
const PUBLISHED: readonly (readonly [string, string])[] = [
  ['boolTrue = Bool;', '997275b5'],
  ['boolFalse = Bool;', 'bc799737'],
  ['vector {t:Type} # [ t ] = Vector t;', '1cb5c415'],
  ['int ? = Int;', 'a8509bda'],
  ['long ? = Long;', '22076cba'],
  ['double ? = Double;', '2210c154'],
  ['string ? = String;', 'b5286e24'],
  ['req_pq_multi nonce:int128 = ResPQ;', 'be7e8ef1'],
  ['invokeWithLayer {X:Type} layer:int query:!X = X;', 'da9b0d0d'],
  ['users.getUsers id:Vector<InputUser> = Vector<User>;', '0d91a548'],
];

describe('the number of a definition', () => {
  for (const [text, id] of PUBLISHED) {
    it(text, () => assert.equal(hexId(computedId(parseScheme(text, 'x.tl').definitions[0]!)), id));
  }

  it('leaves out true flags, and writes bytes as string but in a vector', () => {
    const text = 'a#5 flags:# x:flags.0?true y:true z:flags.1?bytes bytes:int l:Vector<bytes> b:bytes = Vector<bytes>;';
    const canonical = 'a flags:# y:true z:flags.1?string bytes:int l:Vector bytes b:string = Vector bytes';
    assert.equal(canonicalText(parseScheme(text, 'x.tl').definitions[0]!), canonical);
  });
});

describe('the committed files', () => {
  const files = ['api.tl', 'mtproto.tl'].map((name) => readScheme(join(ownSchemeDir(), name)));

  it('have no number but the CRC-32 of its line, three foreign ones aside', () => {
    for (const file of files) assert.deepEqual(mismatches(file), []);
    const foreign = files.flatMap((file) => file.definitions).filter((one) => one.isForeign);
    assert.deepEqual(
      foreign.map((one) => `${one.name}#${hexId(one.id!)}`),
      ['ipPortSecret#37982646', 'accessPointRule#4679b65f', 'help.configSimple#5a592a6c'],
    );
  });

  it('write a number on every line, 2476 in all', () => {
    const all = files.flatMap((file) => file.definitions);
    assert.equal(all.filter((one) => one.id === undefined).length, 0);
    assert.equal(all.length, 2415 + 61);
  });
});
