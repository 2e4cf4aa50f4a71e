/** The line of a call by a path: the body goes into it as it came, and never out of `message`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonTape } from '../../src/bytes/json-tape.ts';
import { requestId } from '../../src/bytes/request-id.ts';
import type { Unserved } from '../../src/front/http-ask.ts';
import { methodLine, type MethodCall, type MethodLine } from '../../src/front/method-line.ts';

const CALL: MethodCall = { name: 'me', method: 'messages.sendMessage', key: undefined };

function made(body: string | Buffer, call: MethodCall = CALL): string {
  const line = methodLine(call, Buffer.from(body as string));
  assert.ok('line' in line, String(body));
  return line.line.toString();
}

const refused = (body: string): Unserved['fields'] & { error: string } => {
  const line: MethodLine | Unserved = methodLine(CALL, Buffer.from(body));
  assert.ok('refused' in line, body);
  return { error: line.refused, ...line.fields };
};

test('a body becomes the fields of the message, byte for byte', () => {
  assert.equal(
    made('{"peer": {"_cons":"inputPeerSelf"},\n "message":"a}\\"{\\\\"}'),
    '{"id":1,"as":"me","message":{"_cons":"messages.sendMessage","peer": {"_cons":"inputPeerSelf"},\n "message":"a}\\"{\\\\"}}',
  );
  assert.equal(
    made('{"x":1}', { name: 'я', method: 'ping', key: 'a"b\\' }),
    '{"id":1,"as":"я","key":"a\\"b\\\\","message":{"_cons":"ping","x":1}}',
  );
  assert.equal(made('\ufeff \r\n{"x":1}\t\n'), made('{"x":1}'));
});

test('without fields there is a message all the same', () => {
  const bare = '{"id":1,"as":"me","message":{"_cons":"messages.sendMessage"}}';
  for (const body of ['', ' \n', '\ufeff', '{}', ' {} ']) assert.equal(made(body), bare, JSON.stringify(body));
  assert.deepEqual(JSON.parse(made('{ \n }')), JSON.parse(bare));
});

test('the id is found at once, however long the body', () => {
  const { line } = methodLine(CALL, Buffer.from(`{"id":77,"x":"${'a'.repeat(10_000)}"}`)) as MethodLine;
  assert.equal(requestId(line, 0, line.length), '1');
});

test('a body that would close the message, or end early, is refused', () => {
  assert.deepEqual(refused('}{').error, 'JSONDecodeError');
  for (const [body, pos] of [
    ['{"a":1},"session":{"x":2}', 7],
    ['{"a":1}}, {', 7],
    ['{}{}', 2],
    ['{} x', 3],
    ['{"a":1', 6],
    ['{"a":"1}', 8],
    ['{"a":"\\"}', 9],
    ['{"a":[1}', 8],
    ['{]', 1],
    ['{"a":1]}', 6],
    ['x', 0],
    ['  \\u007b}', 2],
  ] as const)
    assert.deepEqual([refused(body).error, refused(body)['pos']], ['JSONDecodeError', pos], body);
  for (const [body, got] of [
    ['[{"a":1}]', 'array'],
    ['"{}"', 'string'],
    [' -1', 'number'],
    ['0', 'number'],
    ['true', 'boolean'],
    ['null', 'null'],
  ] as const)
    assert.deepEqual([refused(body).error, refused(body)['got']], ['InvalidRequest', got], body);
});

test('a body that names a constructor itself has one key twice', () => {
  const { line } = methodLine(CALL, Buffer.from('{"a":1,"_cons":"account.deleteAccount"}')) as MethodLine;
  const fault = new JsonTape().read(line, 0, line.length);
  assert.deepEqual([fault?.code, fault?.path], ['DuplicateKey', 'message._cons']);
});

test('positions in the line are those of the body, so many bytes further on', () => {
  const body = ' {"ключ":1,"b":tru}';
  const { line, shift } = methodLine(CALL, Buffer.from(body)) as MethodLine;
  const { pos } = new JsonTape().read(line, 0, line.length)!;
  const alone = Buffer.from(body);
  assert.equal(pos - shift, new JsonTape().read(alone, 0, alone.length)!.pos);
});

const LONG = 'x{'.repeat(15);
const PIECES = [
  `"${LONG}"`,
  LONG,

  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  ' ',
  '1',
  '"a"',
  '"b":2',
  '{}',
  '},"session":{',
  '"a":[]',
  '\\"',
  '}}',
  'é',
];

test('whatever a body is, a line that is JSON has it within the message, and is JSON only if the body is', () => {
  const piece = fc.constantFrom(...PIECES);
  const bodies = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => `{${pieces.join('')}}`),
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    fc.json({ maxDepth: 4 }).map((text) => `{"x":${text}}`),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      const result = methodLine(CALL, Buffer.from(body));
      const alone = parsed(body.trim() === '' ? '{}' : body);
      if ('refused' in result) {
        assert.ok(typeof alone !== 'object' || alone === null || Array.isArray(alone), body);
        return;
      }
      const line = parsed(result.line.toString());
      if (line === undefined || alone === undefined) return assert.equal(line, alone, body);
      const { message, ...rest } = line as { message: object };
      assert.deepEqual(rest, { id: 1, as: 'me' });
      assert.deepEqual(message, { _cons: 'messages.sendMessage', ...(alone as object) });
    }),
    { numRuns: 20_000 },
  );
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
