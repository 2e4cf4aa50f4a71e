/** The stored session that a line is for, found without parsing. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { requestAs, requestSessionName } from '../../src/bytes/request-session.ts';

const asOf = (line: string): string | undefined => requestAs(Buffer.from(line), 0, Buffer.byteLength(line));
const nameOf = (line: string): string | undefined => requestSessionName(Buffer.from(line), 0, Buffer.byteLength(line));

test('`as` is found wherever it stands, and nowhere but in the line itself', () => {
  assert.equal(asOf('{"id":1,"as":"bot","message":{}}'), 'bot');
  assert.equal(asOf(' {"message":{"as":"no","x":["as","no"]} , "as" : "bot 2" }'), 'bot 2');
  assert.equal(asOf('{\n  "as":\n    "bot"\n}'), 'bot', 'a body may be printed over several lines');
  for (const line of [
    '{"message":{"as":"no"}}',
    '{"id":"as"}',
    '{"as":7}',
    '{"as":7,"id":1}',
    `{"x":"${'x'.repeat(4096)}","as":"far"}`,
    '{"as":"b\\u006ft"}',
    '{"as":"bot',
    '[{"as":"no"}]',
    '',
  ])
    assert.equal(asOf(line), undefined, line);
  assert.equal(asOf(`{"as":"${'x'.repeat(300)}"}`), undefined, 'no name is so long');
});

test('the name in `session` is found there, and nowhere else', () => {
  assert.equal(nameOf('{"id":1,"session":{"exclusive":true,"name":"bot"}}'), 'bot');
  for (const line of [
    '{"name":"no","session":{}}',
    '{"session":"no"}',
    '{"session":{"x":{"name":"no"}}}',
    '{"message":{"session":{"name":"no"}}}',
  ])
    assert.equal(nameOf(line), undefined, line);
});

test('what is found is what JSON says, in any line', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), value, value, (name, before, behind) => {
      const line = JSON.stringify({ message: before, as: name, session: { also: behind, name }, behind });
      const isPlain = !JSON.stringify(name).includes('\\');
      assert.equal(asOf(line), isPlain ? name : undefined);
      assert.equal(nameOf(line), isPlain ? name : undefined);
    }),
  );
});
