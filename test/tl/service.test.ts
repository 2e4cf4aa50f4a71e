/** Lists of ids in service messages: written and read back, and what is no such list. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reader, TlReadError } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { Crc, idsLength, readIds, writeIds } from '../../src/tl/service.ts';

/** The ids behind the constructor of a message with `count` of them. */
function written(count: number): Buffer {
  const halves = Array.from({ length: count * 2 }, (_, i) => i - 3);
  const out = new Writer();
  writeIds(out, Crc.msgsAck, halves, 0, count);
  assert.equal(out.pos, idsLength(count));
  return Buffer.from(out.written(4));
}

function read(bytes: Uint8Array): number[] {
  const into: number[] = [];
  readIds(new Reader(bytes), into);
  return into;
}

describe('ids of a service message', () => {
  it('come back as they were written', () => assert.deepEqual(read(written(3)), [-3, -2, -1, 0, 1, 2]));

  it('are refused without the number of a vector', () => {
    const bytes = written(1);
    bytes.writeInt32LE(Crc.msgsAck, 0);
    assert.throws(() => read(bytes), TlReadError);
  });

  it('are refused with a count that does not fit, whatever it is', () => {
    for (const count of [2, -1, 0x7fff_ffff]) {
      const bytes = written(1);
      bytes.writeInt32LE(count, 4);
      assert.throws(() => read(bytes), /cannot fit/);
    }
  });
});
