/** The stored session that a frame of msgpack is for, found without unpacking. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { packedMayHaveKey, packedRequestAs } from '../../src/bytes/packed-request-id.ts';
import { packFrame } from '../support/mp.ts';

const HEAD = 4;

function asOf(frame: Buffer | object): string | null | undefined {
  const bytes = Buffer.isBuffer(frame) ? frame : packFrame(frame).subarray(HEAD);
  return packedRequestAs(bytes, 0, bytes.length);
}

test('`as` is found wherever it stands, and nowhere but in the frame itself', () => {
  assert.equal(asOf({ id: 1, as: 'bot', message: {} }), 'bot');
  assert.equal(asOf({ message: { as: 'no' }, as: 'b'.repeat(40) }), 'b'.repeat(40));
  for (const frame of [
    { id: 1, message: { as: 'no', session: {} } },
    { id: 'as', key: 'session' },
  ])
    assert.equal(asOf(frame), undefined);
});

test('whether a frame is for a session is left to the lane where it is not plain', () => {
  const long = 'x'.repeat(4096);
  for (const frame of [{ x: long, as: 'far' }, { session: { name: 'me' } }, { as: 7 }, { as: 'b'.repeat(300) }])
    assert.equal(asOf(frame), null);
  const me = Buffer.from('me');
  for (const key of [
    [0xd9, 2],
    [0xda, 0, 2],
    [0xdb, 0, 0, 0, 2],
  ])
    assert.equal(asOf(Buffer.concat([Buffer.from([0x81, ...key]), Buffer.from('as'), Buffer.from([0xa2]), me])), null);
  assert.equal(asOf(Buffer.from([0x91, 0xa2, 0x61, 0x73])), null, 'no map');
  assert.equal(asOf({ id: 1, x: long }), undefined, 'all its keys stand near its beginning');
});

test('whether a frame may have an idempotency key', () => {
  const mayHave = (frame: Buffer | object): boolean => {
    const bytes = Buffer.isBuffer(frame) ? frame : packFrame(frame).subarray(HEAD);
    return packedMayHaveKey(bytes, 0, bytes.length);
  };
  for (const frame of [{ x: 'x'.repeat(8192), key: 'k' }, Buffer.from([0x81, 0xd9, 3, 0x6b, 0x65, 0x79, 0])])
    assert.equal(mayHave(frame), true);
  for (const frame of [
    { id: 'key', message: { key: 1 } },
    { id: 1, keys: 1 },
  ])
    assert.equal(mayHave(frame), false);
});
