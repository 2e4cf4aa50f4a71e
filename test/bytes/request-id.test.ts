/** Ids found without parsing. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { requestId } from '../../src/bytes/request-id.ts';

function idOf(line: string): string {
  const bytes = Buffer.from(`--${line}--`);
  return requestId(bytes, 2, bytes.length - 2);
}

test('where the id stands', () => {
  const cases: [string, string][] = [
    ['{"id":7}', '7'],
    ['  { "id" : 18446744073709551616 , "x":1}', '18446744073709551616'],
    ['{\n\t"id":\r\n\t7\n}', '7'],
    ['{"id"\n:\n"a"}', '"a"'],
    ['{"message":{"id":5,"a":["id"]},"x":"{\\"id\\":6}","id":"é\\""}', '"é\\""'],
    ['{"message":{"id":5}}', '1'],
    ['{"x":"id","y":[{"id":3}]}', '1'],
    ['{"id":-4}', '-3'],
    ['{"id":0}', '-3'],
    ['{"id":"', '-3'],
    [`{"id":"${'x'.repeat(129)}"}`, '-3'],
    ['{"id":null}', '-3'],
    [`{"x":"${'y'.repeat(5000)}","id":4}`, '-3'],
    ['', '1'],
    ['"', '1'],
    ['{"\\', '1'],
  ];
  for (const [line, id] of cases) assert.equal(idOf(line), id, line);
});

test('the same as a parser finds, for any object', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.json()),
      fc.oneof(fc.integer({ min: 1 }), fc.string({ maxLength: 30, size: 'max' })),
      (more, id) => {
        const { id: _, ...others } = more;
        const line = JSON.stringify({ ...others, id });
        fc.pre(line.length < 4000);
        assert.deepEqual(JSON.parse(idOf(line)), id);
      },
    ),
  );
});

test('never past the line, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60, size: 'max' }), (bytes) => {
      assert.match(requestId(Buffer.from(bytes), 0, bytes.length), /^(-3|[1-9][0-9]*|".*")$/s);
    }),
  );
});
