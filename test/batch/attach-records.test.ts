/** ATTACH: how a client speaks is read as it was written, and a record that is cut short is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  FormFlag,
  attachFlags,
  MannerFlag,
  readAttach,
  type Speaking,
  writeAttach,
} from '../../src/batch/attach-records.ts';
import { oneRecord } from '../support/one-record.ts';

const speaking: fc.Arbitrary<Speaking> = fc.record(
  {
    manner: fc.nat(31),
    client: fc.nat(0xffff_ffff),
    hasLines: fc.boolean(),
    isMute: fc.boolean(),
    isStateless: fc.boolean(),
    init: fc.uint8Array({ maxLength: 20 }),
  },
  { noNullPrototype: true },
);

test('ATTACH: what is written is read, in sixteen bits and a few bytes; cut short, its init is shorter, or it is refused', () => {
  fc.assert(
    fc.property(speaking, (one) => {
      const flags = attachFlags(one);
      assert.ok(flags <= 0xffff);
      const bytes = writeAttach(one);
      for (let length = 0; length <= bytes.length; length++) {
        const record = oneRecord(bytes, flags, 7, length);
        if (length < 4) assert.throws(() => readAttach(record), RangeError);
        else {
          const { init, ...rest } = readAttach(record);
          assert.deepEqual({ ...rest, init: [...init] }, { ...one, init: [...one.init.subarray(0, length - 4)] });
        }
      }
    }),
  );
});

test('ATTACH: its init is a copy, and what is no manner is not written', () => {
  const one: Speaking = {
    manner: MannerFlag.SETTLED | FormFlag.BOOLS | 0xff00,
    client: 1,
    hasLines: false,
    isMute: false,
    isStateless: false,
    init: Buffer.from('{}'),
  };
  const record = oneRecord(writeAttach(one), attachFlags(one), 7);
  const read = readAttach(record);
  record.bytes.fill(0);
  assert.deepEqual([read.manner, Buffer.from(read.init).toString()], [MannerFlag.SETTLED | FormFlag.BOOLS, '{}']);
});
