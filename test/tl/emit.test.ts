/** The generated code as text: readable, and with no way in for the text of a scheme. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '../../src/tl/ir.ts';
import { compileCodec, compileSource, generateSource, showCode } from '../../src/tl/compile.ts';
import { code, comment, indent, identifierOf } from '../../src/tl/emit.ts';
import { loadSchemeText } from '../../src/tl/load.ts';
import { cachedData, codec, decodeObject, encodeObject, PLAIN, schema, source } from '../support/codec.ts';

const CORE = 'boolFalse#bc799737 = Bool;\nboolTrue#997275b5 = Bool;\ntrue#3fedd339 = True;\n';

function schemeOf(lines: string): Schema {
  return loadSchemeText(`${CORE}${lines}\n// LAYER 7\n`, '');
}

test('values enter code quoted, or not at all', () => {
  assert.equal(code`f(${'"; evil("'}, ${-5})`.text, 'f("\\"; evil(\\"", -5)');
  assert.equal(code`${'\u2028'}`.text, String.raw`"\u2028"`);
  assert.equal(code`${[code`a;`, code`b;`]}`.text, 'a;\nb;');
  assert.equal(indent(code`{\n${code`x`}\n}`).text, '  {\n  x\n  }');
  assert.throws(() => code`${Number.NaN}`, RangeError);
  for (const name of ['a b', 'a;b', '', 'é', 'a.b', "a'"]) assert.throws(() => identifierOf('f', name), SyntaxError);
  assert.equal(identifierOf('f', 'delete').text, 'f_delete');
  assert.equal(comment('x\n*/ evil()\u2028').text, '// x?*/ evil()?');
});

test('each form has its own reader and writer', () => {
  const forms = schemeOf(`
other#00000010 = Other;
sample#00000011 flags:# a:int b:long c:double d:string e:bytes f:int128 g:int256 h:Bool i:Vector<Other> j:vector<int> k:Other l:%Other m:flags.3?true n:flags.4?int hash:long = Sample;
---functions---
invoke#00000012 {X:Type} query:!X = X;`);
  const text = showCode(forms, 'sample');
  for (const line of [
    'r.int(f_a || r.missing(n, "a"));',
    'r.long(f_b || r.missing(n, "b"));',
    'r.double(f_c || r.missing(n, "c"));',
    'r.string(f_d || r.missing(n, "d"));',
    'r.bytes(f_e || r.missing(n, "e"));',
    'r.fixed(f_f || r.missing(n, "f"), 16);',
    'r.fixed(f_g || r.missing(n, "g"), 32);',
    'r.bool(f_h || r.missing(n, "h"));',
    'if (r.isTrue(f_m)) bits_flags |= 8;',
    'if (f_n !== 0) r.int(f_n);',
    'if (f_hash === 0) r.out.long(0, 0); else r.long(f_hash);',
    'r.out.int32(bits_flags);',
    'const bits_flags = r.from.int32();',
    'if ((bits_flags & 8) !== 0) w.words(T,',
    'if ((bits_flags & -25) !== 0) r.strayFlags(",\\"flags\\":", bits_flags);',
    'r.vector(n, true);',
    'const count = r.vector(true, 4);',
    'const count = r.vector(false, 4);',
    '// {"_cons":"sample","a":',
  ]) {
    assert.ok(text.includes(line), `${line}\n${text}`);
  }
  assert.match(text, /r\.bare\(f_l \|\| r\.missing\(n, "l"\), \d+, b\d+\);/);
  assert.match(text, /r\.boxed\(f_k \|\| r\.missing\(n, "k"\), \d+\);/);
  assert.ok(showCode(forms, 'invoke').includes('r.call(f_query || r.missing(n, "query"));'));
  assert.ok(showCode(forms, 'invoke').includes('// _wrapped'));
  assert.throws(() => showCode(forms, 'nobody'), /the scheme has no nobody/);
});

test('any scheme compiles, also a small one; two codecs do not disturb each other', () => {
  const small = compileCodec(
    schemeOf(
      'box#00000001 flags:# delete:flags.31?true class:int function:flags.0?string end:int n:int t:int m:int = Box;',
    ),
  ).codec;
  const json = '{"_cons":"box","delete":{"_cons":"true"},"class":1,"function":"f","end":2,"n":3,"t":4,"m":5}';
  const bytes = encodeObject(json, small);
  assert.equal(bytes.toString('hex'), '0100000001000080010000000166000002000000030000000400000005000000');
  assert.equal(decodeObject(bytes, PLAIN, small), json);
  assert.equal(small.layer, 7);
  assert.equal(small.crcOf('user'), 0);
  assert.notEqual(small.hash, codec.hash);
  assert.equal(decodeObject(encodeObject('{"_cons":"inputPeerSelf"}')), '{"_cons":"inputPeerSelf"}');
});

test('the bit of cdn_supported is the scheme’s, if it is in the flags that a call begins with', () => {
  const { codec: own } = compileCodec(
    schemeOf(`
---functions---
get#00000021 flags:# first:flags.3?true cdn_supported:flags.11?true = Bool;
late#00000022 n:int flags:# cdn_supported:flags.1?true = Bool;
`),
  );
  assert.deepEqual([own.cdnBit(0x21), own.cdnBit(0x22), own.cdnBit(0x23)], [11, -1, -1]);
});

test('the source stands alone: a worker needs nothing but it and the cached data', () => {
  assert.equal(generateSource(schema), source);
  for (const cached of [cachedData, undefined, Buffer.from('no cache at all')]) {
    const again = compileSource(source, cached);
    assert.equal(again.hash, codec.hash);
    assert.equal(
      decodeObject(encodeObject('{"_cons":"inputPeerSelf"}', again), PLAIN, again),
      '{"_cons":"inputPeerSelf"}',
    );
  }
});
