/** JSON as text: nothing of it is lost, whatever it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { member, parseJson, prettyJson, stringMember, writeJson } from '../../src/client/json.ts';

test('any JSON is written as it was read, on one line and indented', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const compact = JSON.stringify(JSON.parse(text));
      const tree = parseJson(compact);
      // Names of members are told apart by an object of JavaScript's too, but for these.
      fc.pre(!compact.includes('__proto__'));
      assert.equal(writeJson(tree), compact);
      assert.deepEqual(JSON.parse(prettyJson(tree, false)), JSON.parse(compact));
    }),
  );
});

test('every digit of a number stays', () => {
  const text = '{"a":-9223372036854775807,"b":[18446744073709551615,1.50]}';
  assert.equal(writeJson(parseJson(text)), text);
  assert.equal(member(parseJson(text), 'a'), '-9223372036854775807');
});

test('colour is around values, and nowhere without it', () => {
  const tree = parseJson('{"a":["x",1],"b":{}}');
  assert.equal(prettyJson(tree, false), '{\n  "a": [\n    "x",\n    1\n  ],\n  "b": {}\n}');
  const coloured = prettyJson(tree, true).split('\u001B');
  assert.equal(coloured.map((part) => part.replace(/^\[\d+m/, '')).join(''), prettyJson(tree, false));
  assert.ok(coloured.includes('[32m"x"'));
});

test('members by name', () => {
  assert.equal(stringMember(parseJson('{"a":"\\u0041"}'), 'a'), 'A');
  assert.equal(stringMember(parseJson('{"a":1}'), 'a'), undefined);
  assert.equal(member(parseJson('[1]'), 'a'), undefined);
  assert.throws(() => parseJson('{"a":}'), SyntaxError);
});
