/** The stored session that a line is for, found without parsing. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { requestMayHaveKey } from '../../src/bytes/request-key.ts';
import { requestAs, requestSessionName } from '../../src/bytes/request-session.ts';

test('whether a line may have an idempotency key', () => {
  const mayHave = (line: string): boolean => requestMayHaveKey(Buffer.from(line), 0, Buffer.byteLength(line));
  const far = 'x'.repeat(8192);
  for (const line of ['{"id":1,"key":"k"}', `{"x":"${far}","key":"k"}`, '{"k\\u0065y":"k"}', '{"id":"key"'])
    assert.equal(mayHave(line), true, line);
  for (const line of ['{"id":"key"}', '{"message":{"key":1}}', '{"keys":1}', 'a', '{"id":1'])
    assert.equal(mayHave(line), false, line);
});

type Found = string | null | undefined;

const asOf = (line: string): Found => requestAs(Buffer.from(line), 0, Buffer.byteLength(line));
const nameOf = (line: string): Found => requestSessionName(Buffer.from(line), 0, Buffer.byteLength(line));

test('`as` is found wherever it stands, and nowhere but in the line itself', () => {
  assert.equal(asOf('{"id":1,"as":"bot","message":{}}'), 'bot');
  assert.equal(asOf('{"session":{},"as":"bot"}'), 'bot');
  assert.equal(asOf(' {"message":{"as":"no","x":["as","no"]} , "as" : "bot 2" }'), 'bot 2');
  assert.equal(asOf('{\n  "as":\n    "bot"\n}'), 'bot', 'a body may be printed over several lines');
  for (const line of [
    '{"message":{"as":"no"}}',
    '{"message":{"session":{"name":"no"},"\\u0061s":"no"}}',
    '{"id":"as"}',
    '{"id":"a\\"s","key":"session"}',
    '[{"as":"no"}]',
  ])
    assert.equal(asOf(line), undefined, line);
});

test('whether a line is for a session is left to the lane where it is not plain', () => {
  for (const line of [
    '{"as":7}',
    '{"as":7,"id":1}',
    `{"x":"${'x'.repeat(4096)}","as":"far"}`,
    `{"x":"${'x'.repeat(4096)}"}`,
    '{"as":"b\\u006ft"}',
    '{"\\u0061s":"bot"}',
    '{"as":"bot',
    '{"id":1',
    '',
  ])
    for (const found of [asOf(line), nameOf(line)]) assert.equal(found, null, line);
  assert.equal(asOf(`{"as":"${'x'.repeat(300)}"}`), null, 'no name is so long');
  assert.equal(asOf(`{"as":${' '.repeat(4096)}"bot"}`), null);
  assert.equal(asOf('{"session":{"name":"me"},"message":{}}'), null, 'it takes the connection elsewhere');
});

test('the name in `session` of a body is found there, and nowhere else', () => {
  assert.equal(nameOf('{"id":1,"session":{"exclusive":true,"name":"bot"}}'), 'bot');
  assert.equal(nameOf('{"session":{"name":"no"},"as":"bot"}'), 'bot');
  for (const line of ['{"name":"no","message":{}}', '{"message":{"session":{"name":"no"}}}'])
    assert.equal(nameOf(line), undefined, line);
  for (const line of [
    '{"session":"no","name":"no"}',
    '{"session":{"x":{"name":"no"}}}',
    '{"session":{"forget":"bot"}}',
    '{"session":{"n\\u0061me":"bot"}}',
    '{"s\\u0065ssion":{"name":"bot"}}',
    '{"session":{"name":"b\\u006ft"}}',
  ])
    assert.equal(nameOf(line), null, line);
});

test('a name that is to be taken over is left to the lane, which alone can say so', () => {
  for (const value of ['true', 'false', '1'])
    for (const line of [
      `{"session":{"name":"bot","takeover":${value}}}`,
      `{"session":{"takeover":${value},"name":"bot"}}`,
    ])
      assert.equal(nameOf(line), null, line);
  assert.equal(nameOf('{"session":{"name":"bot"},"message":{"takeover":true}}'), 'bot');
});

test('what is found is what JSON says, in any line', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), value, value, (name, before, behind) => {
      const line = JSON.stringify({ message: before, as: name, session: { also: behind, name }, behind });
      const isPlain = !JSON.stringify(name).includes('\\');
      assert.equal(asOf(line), isPlain ? name : null);
      assert.equal(nameOf(line), isPlain ? name : null);
    }),
  );
});
