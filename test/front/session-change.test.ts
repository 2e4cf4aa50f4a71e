/** The body of a change of a session: read as a line is, and nothing of it but what may be changed goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ERRORS } from '../../src/errors.ts';
import type { Unserved } from '../../src/front/http-ask.ts';
import { changeLine } from '../../src/front/session-change.ts';

const line = (body: string | Buffer): string | Unserved => {
  const made = changeLine('me', Buffer.from(body));
  return 'refused' in made ? made : made.toString();
};
const refusalOf = (body: string | Buffer): Unserved => {
  const made = line(body);
  assert.ok(typeof made === 'object', String(body));
  return made;
};

test('a change goes out as the line that makes it, however its body is printed', () => {
  for (const body of [
    '{"resident":true}',
    ' {\n\t"resident" : true\r\n}\n',
    '\ufeff{"resident":true}',
    '{"r\\u0065sident":true}',
  ])
    assert.equal(line(body), '{"id":1,"session":{"name":"me","existing":true,"resident":true}}', body);
  // What is no boolean the lane refuses, as it does in a line.
  assert.match(String(line('{"resident":1e400}')), /"resident":1e400}}$/);
  assert.match(String(line('{"resident":["}"]}')), /"resident":\["}"\]}}$/);
});

test('what is no change is refused by the name that it has in a line, at its place in the body, with what the body is', () => {
  const cases: [string | Buffer, string, object][] = [
    ['', 'InvalidRequest', {}],
    [' \n', 'InvalidRequest', {}],
    ['{}', 'InvalidRequest', {}],
    ['{"resident":null}', 'InvalidRequest', {}],
    ['[]', 'InvalidRequest', { got: 'array' }],
    ['null', 'InvalidRequest', { got: 'null' }],
    [`{"resident":true${' '.repeat(1024)}}`, 'InvalidRequest', {}],
    ['{', 'JSONDecodeError', { pos: 1 }],
    ['\ufeff{"resident":NaN}', 'JSONDecodeError', { pos: 15 }],
    ['{"resident":True}', 'JSONDecodeError', { pos: 12 }],
    ['{"resident":true}{}', 'JSONDecodeError', { pos: 17 }],
    ['{"resident":true,}', 'JSONDecodeError', { pos: 17 }],
    [Buffer.from('{"\xff":1}', 'latin1'), 'InvalidUTF8', { pos: 2 }],
    ['{"resident":true,"resident":false}', 'DuplicateKey', { key: 'resident', path: 'session.resident', pos: 26 }],
    [`{"resident":${'['.repeat(64)}`, 'DepthExceeded', { limit: 64, pos: 75 }],
    [`{"resident":${'1'.repeat(41)}}`, 'NumberTooLong', { limit: 40, pos: 12 }],
    ['{"export":true}', 'InvalidSession', { path: 'session.export', got: 'export' }],
    ['{"resident":true,"export":true}', 'InvalidSession', { path: 'session.export', got: 'export' }],
  ];
  for (const [body, error, fields] of cases) {
    const { refused, fields: got } = refusalOf(body);
    const { msg, ...more } = got;
    assert.deepEqual([refused, more], [error, fields], String(body));
    assert.match(String(msg), /^the body is \{"resident":true\} or \{"resident":false\}; /, String(body));
    assert.doesNotMatch(String(msg), /line|request/, String(body));
    for (const field of ERRORS[refused].fields) assert.ok(field in got, `${refused}: ${field}`);
  }
});

test('whatever the body: a refusal, or one line that says nothing but resident', () => {
  const member = fc.tuple(fc.constantFrom('resident', 'export', 'name', '__proto__'), fc.json({ maxDepth: 1 }));
  const bodies = fc.array(member, { maxLength: 3 }).map((all) => `{${all.map(([k, v]) => `"${k}":${v}`).join()}}`);
  fc.assert(
    fc.property(fc.oneof(bodies, fc.string()), (body) => {
      const made = line(body);
      if (typeof made !== 'string') return;
      const { session, ...more } = JSON.parse(made) as { session: Record<string, unknown> };
      assert.deepEqual([more, Object.keys(session)], [{ id: 1 }, ['name', 'existing', 'resident']]);
      assert.deepEqual([session['name'], session['existing']], ['me', true]);
    }),
  );
});
