/** Which lines are looked at for the name of a session. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { requestAs } from '../../src/bytes/request-session.ts';
import { NamedLines } from '../../src/front/named-lines.ts';

const OTHERS = ['"session"', '\\u00'].map((word) => Buffer.from(word));

/** The names of lines that come one in a chunk. */
function namesOf(...lines: string[]): unknown[] {
  const names = new NamedLines(Buffer.from('"as"'), OTHERS, requestAs);
  return lines.map((line) => {
    const chunk = Buffer.from(line);
    names.look(chunk);
    return names.nameOf(chunk, 0, chunk.length);
  });
}

test('before the first line with `as` it is not known what the others say', () => {
  assert.deepEqual(namesOf('{"id":1}', '{"session":{"name":"me"}}', '{"as":"me"}'), [null, null, 'me']);
});

test('behind it a line that has none of the words names nothing', () => {
  const [, ...behind] = namesOf(
    '{"as":"me"}',
    '{"id":1}',
    '{"session":{"name":"me"}}',
    '{"\\u0061s":"me"}',
    '{"id":2}',
  );
  assert.deepEqual(behind, [undefined, null, null, undefined]);
});

test('one that came in several chunks is looked at', () => {
  const names = new NamedLines(Buffer.from('"as"'), OTHERS, requestAs);
  names.look(Buffer.from('"me"}'));
  names.lookAtAll();
  const line = Buffer.from('{"as":"me"}');
  assert.equal(names.nameOf(line, 0, line.length), 'me');
});
