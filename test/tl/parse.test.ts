/** The parser: every odd form of real scheme files, faults with their places, print and parse again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { hexId, idOf } from '../../src/tl/crc.ts';
import { parseScheme } from '../../src/tl/parse.ts';
import { printDefinition, printScheme } from '../../src/tl/print.ts';
import { SchemeError } from '../../src/tl/scheme-error.ts';
import { anyDefinition, withoutPlaces } from './support.ts';
import type { ParsedDefinition } from '../../src/tl/syntax.ts';

function one(text: string): ParsedDefinition {
  const { definitions } = parseScheme(text, 'x.tl');
  assert.equal(definitions.length, 1);
  return definitions[0]!;
}

function fault(text: string): string {
  try {
    parseScheme(text, 'x.tl');
  } catch (error) {
    assert.ok(error instanceof SchemeError, String(error));
    assert.equal(error.message, `x.tl:${error.line}:${error.column}: ${error.message.split(': ').slice(1).join(': ')}`);
    return error.message;
  }
  return 'no fault';
}

describe('forms', () => {
  it('reads an id without its leading zeros, in either case', () => {
    assert.equal(one('storage.fileJpeg#7efe0e = storage.FileType;').id, 0x007efe0e);
    assert.equal(one('userStatusEmpty#9D05049 = UserStatus;').id, 0x09d05049);
  });

  it('leaves an id out where the line has none; its CRC-32 counts then', () => {
    const rsa = one('rsa_public_key n:string e:string = RSAPublicKey;');
    assert.equal('id' in rsa, false);
    assert.equal(hexId(idOf(rsa)), '7a19cb76');
  });

  it('reads flags, flags2, and a field called flags that is none', () => {
    const { fields } = one('a#1 flags:# flags2:# x:flags.0?true y:flags2.31?Vector<int> = A;');
    assert.deepEqual(
      fields.map(({ flag, type }) => [type.name, flag]),
      [
        ['#', undefined],
        ['#', undefined],
        ['true', { field: 'flags', bit: 0 }],
        ['Vector', { field: 'flags2', bit: 31 }],
      ],
    );
    assert.equal(one('chatAdminRights flags:int = X;').fields[0]!.type.name, 'int');
  });

  it('reads type variables, bare types, calls and nested vectors', () => {
    const wrap = one('---functions--- invokeAfterMsg#cb9f372d {X:Type} msg_id:long query:!X = X;');
    assert.deepEqual(wrap.generics, ['X']);
    assert.equal(wrap.isFunction, true);
    assert.equal(wrap.fields[1]!.type.isCall, true);
    const bare = one('c messages:vector<%Message> grid:Vector<Vector<auth.Code>> = C;');
    assert.equal(bare.fields[0]!.type.arguments[0]!.isBare, true);
    assert.equal(bare.fields[1]!.type.arguments[0]!.arguments[0]!.name, 'auth.Code');
  });

  it('takes a vector as a result in both spellings for the same', () => {
    const [angled, spaced] = parseScheme('a#1 = Vector<User>; a#1 = Vector User;', 'x.tl').definitions;
    assert.deepEqual(withoutPlaces(angled!), { ...(withoutPlaces(spaced!) as object) });
  });

  it('reads core lines', () => {
    const text = 'int ? = Int; vector#1cb5c415 {t:Type} # [ t ] = Vector t; int128 4*[ int ] = Int128;';
    const { definitions } = parseScheme(text, 'x.tl');
    assert.deepEqual(
      definitions.map(({ name, core, fields }) => [name, core, fields.length]),
      [
        ['int', '?', 0],
        ['vector', '# [ t ]', 0],
        ['int128', '4*[ int ]', 0],
      ],
    );
  });

  it('reads a definition over several lines, with comments and carriage returns inside', () => {
    const text =
      '\uFEFFbind#75a3f765 nonce:long // why\r\n  expires_at:int /* until\r\nwhen */\r\n= BindAuthKeyInner;\r\n';
    assert.equal(one(text).text, 'bind#75a3f765 nonce:long expires_at:int = BindAuthKeyInner');
  });

  it('tells functions from constructors by the last divider', () => {
    const text = 'a#1 = A;\n---functions---\nb#2 = A;\n--- types ---\nc#3 = A;\n---functions---\nd#4 = A;';
    assert.deepEqual(
      parseScheme(text, 'x.tl').definitions.map((definition) => definition.isFunction),
      [false, true, false, true],
    );
  });

  it('reads the layer line and nothing that only looks like it', () => {
    assert.equal(parseScheme('a#1 = A;\n// LAYER 214\n', 'x.tl').layer, 214);
    assert.equal(parseScheme('a#1 = A;\n// LAYER 214', 'x.tl').layer, 214);
    assert.equal(parseScheme('//////\n/////// Layer cons\n// after 18 layer\na#1 = A; // LAYERS 5', 'x.tl').layer, 0);
  });

  it('marks a line told foreign, and only that line', () => {
    const text =
      'a#1 = A; // foreign\nb#2 = A;\n// foreign\nc#3 = A; //foreign\nd#4 = A; // not foreign\ne#5 = A; f#6 // foreign\n= A;';
    assert.deepEqual(
      parseScheme(text, 'x.tl').definitions.map((definition) => definition.isForeign),
      [true, false, true, false, false, false],
    );
  });

  it('takes a line commented out for a comment', () => {
    assert.equal(
      parseScheme('//msg_copy#e06046b2 orig_message:Message = MessageCopy;\n', 'x.tl').definitions.length,
      0,
    );
  });
});

describe('faults have a place', () => {
  const faults: readonly (readonly [string, string, string])[] = [
    ['no semicolon', 'a#1 = A\nb#2 = B;', 'x.tl:2:1: expected ";", found "b"'],
    ['no semicolon at the end', 'a#1 = A', 'x.tl:1:8: expected ";", found the end of the file'],
    ['no type', 'a#1 x: = A;', 'x.tl:1:8: expected a type, found "="'],
    ['no colon', 'a#1 = A;\n  b#2 x int = B;', 'x.tl:2:9: expected ":", found "i"'],
    ['no result', 'a#1 x:int;', 'x.tl:1:10: expected a field or "=", found ";"'],
    ['an id of nine digits', 'a#123456789 = A;', 'x.tl:1:3: number 123456789 has more than 8 hex digits'],
    ['an id that is no hex', 'a#xyz = A;', 'x.tl:1:3: expected a number in hex, found "x"'],
    ['a name in another script', 'имя#1 = A;', 'x.tl:1:1: expected a definition, found "и"'],
    ['bit 32', 'a#1 flags:# x:flags.32?int = A;', 'x.tl:1:15: bit 32 of a flags field: there are 32'],
    ['an open vector', 'a#1 x:Vector<int = A;', 'x.tl:1:18: expected ">", found "="'],
    ['an open comment', 'a#1 = A;\n/* x', 'x.tl:2:1: comment without an end'],
    ['a lone slash', 'a#1 / = A;', 'x.tl:1:5: unexpected "/"'],
    ['an unknown divider', '---constructors---', 'x.tl:1:1: expected a definition, found "-"'],
    ['two layers', '// LAYER 5\n// LAYER 6', 'x.tl:2:1: LAYER 6, but LAYER 5 stands above'],
    ['a core line without end', 'vector # [ t ]', 'x.tl:1:15: expected "=", found the end of the file'],
  ];
  for (const [what, text, message] of faults) it(what, () => assert.equal(fault(text), message));

  it('types nested without end', () => {
    assert.match(fault(`a x:${'Vector<'.repeat(100_000)}int = A;`), /^x\.tl:1:\d+: types nested deeper than 16$/);
  });
});

describe('properties', () => {
  it('printed and parsed again a definition is the same', () => {
    fc.assert(
      fc.property(anyDefinition, (definition) => {
        const text = `${definition.isFunction ? '---functions---\n' : ''}${printDefinition(definition)}`;
        assert.deepEqual(withoutPlaces(one(text)), withoutPlaces(definition));
      }),
      { numRuns: 500 },
    );
  });

  it('so is a whole file, with its layer, constructors before functions', () => {
    fc.assert(
      fc.property(fc.array(anyDefinition, { maxLength: 6 }), fc.nat(999), (definitions, layer) => {
        const again = parseScheme(printScheme(definitions, ['head', ''], layer), 'x.tl');
        const sorted = [...definitions].sort((a, b) => Number(a.isFunction) - Number(b.isFunction));
        assert.equal(again.layer, layer);
        assert.deepEqual(again.definitions.map(withoutPlaces), sorted.map(withoutPlaces));
      }),
      { numRuns: 100 },
    );
  });

  it('any text, and any cut of a good one, parses or is a SchemeError', () => {
    const good =
      '// LAYER 5\na#1 {X:Type} flags:# x:flags.0?Vector<%B> q:!X = X; // foreign\nint128 4*[ int ] = Int128;';
    const tokens = fc.constantFrom(
      'a',
      '#',
      '1',
      '{X:Type}',
      ':',
      'flags.3?',
      'Vector<',
      '>',
      '%',
      '!',
      '=',
      ';',
      '//',
      '/*',
      '---functions---',
      '[',
      '\n',
      ' ',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(tokens).map((parts) => parts.join('')),
    );
    for (let end = 0; end <= good.length; end++) fault(good.slice(0, end));
    fc.assert(
      fc.property(text, (any) => void fault(any)),
      { numRuns: 1000 },
    );
  });
});
