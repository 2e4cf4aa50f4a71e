/** Uploaded files are kept within a bound of bytes. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Files } from '../../src/testdc/world/files.ts';

const store = (files: Files, name: string, id: bigint): void => {
  const made = { id, accessHash: 1n, reference: Buffer.alloc(0), dcId: 2 };
  files.finish(name, (bytes) => ({ ...made, bytes }));
};

it('forgets the oldest uploads, then takes as many again', () => {
  const files = new Files(100);
  for (const name of ['a', 'b', 'c']) files.put(name, 0, Buffer.alloc(40));
  assert.deepEqual(files.upload('a').parts, []);
  assert.equal(files.upload('b').bytes, 40);
  // A part sent again counts once: b and c stay.
  files.put('c', 0, Buffer.alloc(60));
  assert.equal(files.upload('b').bytes, 40);
  files.put('c', 1, Buffer.alloc(1));
  assert.deepEqual([files.upload('b').bytes, files.upload('c').bytes], [0, 61]);
});

it('forgets the oldest files, but never the newest', () => {
  const files = new Files(100);
  for (const [i, size] of [60, 40, 60].entries()) {
    files.put('x', 0, Buffer.alloc(size));
    store(files, 'x', BigInt(i));
  }
  assert.deepEqual(
    [0n, 1n, 2n].map((id) => files.get(id)?.bytes.length),
    [undefined, 40, 60],
  );
  files.put('x', 0, Buffer.alloc(500));
  store(files, 'x', 9n);
  assert.deepEqual([files.get(2n), files.get(9n)?.bytes.length], [undefined, 500]);
});
