/** One session out of the list of all. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { OUTCOMES } from '../../src/errors.ts';
import { entryVerdict } from '../../src/front/session-entry.ts';

const RESULT = OUTCOMES.indexOf('result');

const answerOf = (list: object[]): Buffer => Buffer.from(`${JSON.stringify({ id: 1, session: { list } })}\n`);

test('whatever stands in the list, the entry of the name goes back, or that there is none', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,8}$/);
  const more = fc.record({ reason: fc.string(), connections: fc.nat(), resident: fc.boolean() }, { requiredKeys: [] });
  const entries = fc.uniqueArray(fc.tuple(name, more), { selector: ([one]) => one, maxLength: 6 });
  fc.assert(
    fc.property(entries, name, (list, wanted) => {
      const answer = answerOf(list.map(([one, rest]) => ({ name: one, ...rest })));
      const found = list.find(([one]) => one === wanted);
      const verdict = entryVerdict(wanted, false, RESULT, answer);
      const said = JSON.parse(verdict.answer!.toString()) as Record<string, unknown>;
      if (found !== undefined) {
        assert.equal(verdict.status, 200);
        assert.deepEqual(said, { id: 1, session: { name: wanted, ...found[1] } });
      } else assert.deepEqual([verdict.status, said['error'], said['path']], [404, 'SessionNotFound', 'session.name']);
    }),
  );
});

test('a name inside of another entry is no entry', () => {
  const answer = answerOf([{ name: 'a', reason: '{"name":"b"}' }]);
  assert.equal(entryVerdict('b', false, RESULT, answer).status, 404);
});

test('a brace within a string ends no entry', () => {
  const answer = answerOf([{ name: 'a', reason: 'x"}y', resident: true }]);
  const { answer: said } = entryVerdict('a', false, RESULT, answer);
  assert.equal(said!.toString(), '{"id":1,"session":{"name":"a","reason":"x\\"}y","resident":true}}\n');
});

test('what is no list goes back with the status that it has anyway', () => {
  const refused = Buffer.from('{"id":1,"error":"VaultUnavailable","retry_after":5}\n');
  const verdict = entryVerdict('b', false, OUTCOMES.indexOf('VaultUnavailable'), refused);
  assert.deepEqual(verdict, { status: 503, retryAfter: 5 });
  assert.deepEqual(entryVerdict('b', true, RESULT, refused), { status: 400 });
});
