/** NAMED, STORE and the list of names: what is written is read, and a list that is cut short is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { NAME } from '../../src/account/name.ts';
import {
  namedFlags,
  type NameAction,
  nameFlags,
  type NameOutcome,
  readNamed,
  readNameList,
  storeFlags,
  type StoreKind,
  storeKind,
  writeNamed,
  writeNameList,
} from '../../src/batch/name-records.ts';
import { NameOp } from '../../src/batch/records.ts';
import { oneRecord } from '../support/one-record.ts';

const ANSWERED: readonly (readonly [NameAction, number])[] = [
  ['attach', NameOp.ATTACH],
  ['takeover', NameOp.TAKEOVER],
  ['new', NameOp.NEW],
  ['list', NameOp.LIST],
  ['forget', NameOp.FORGET],
  ['store', NameOp.STORE],
];

function heard(op: number, outcome: NameOutcome, length?: number): ReturnType<typeof readNamed> {
  const bytes = writeNamed(outcome);
  return readNamed(oneRecord(bytes, namedFlags(op, outcome), 7, length ?? bytes.length));
}

test('NAMED: a request that is granted, with its record; cut short, the record is shorter', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ANSWERED),
      fc.uint8Array({ maxLength: 40 }),
      fc.boolean(),
      ([action, op], all, isClean) => {
        for (let length = 0; length <= all.length; length++) {
          const { bytes, ...rest } = heard(op, { bytes: all, isClean }, length);
          assert.deepEqual(rest, { ticket: 7, action, fault: undefined, isClean });
          assert.deepEqual([...bytes], [...all.subarray(0, length)]);
        }
      },
    ),
  );
});

test('NAMED: a fault is its name and its reason, whatever words that has; it carries no record', () => {
  const reason = fc.option(fc.string({ minLength: 1 }), { nil: undefined });
  fc.assert(
    fc.property(fc.constantFrom(...ANSWERED), reason, ([action, op], why) => {
      const error = 'VaultUnavailable';
      const answer = heard(op, { fault: { error, reason: why } });
      assert.deepEqual([answer.action, answer.fault?.error, answer.fault?.reason], [action, error, why]);
      assert.equal(answer.bytes.length, 0);
    }),
  );
});

test('NAMED: an answer to what has none is refused', () => {
  for (const action of ['loggedOut', 'release'] as const)
    assert.throws(() => heard(nameFlags(action), { bytes: new Uint8Array(0) }), RangeError);
  assert.throws(() => heard(0, {}), RangeError);
});

test('STORE: which it is, is read as it was written; flags that are none of these are refused', () => {
  const kinds: readonly StoreKind[] = ['later', 'urgent', 'explicit', 'last'];
  const written = kinds.map((kind) => storeFlags(kind));
  assert.deepEqual(written.map(storeKind), kinds);
  fc.assert(
    fc.property(fc.nat(0xffff), (flags) => {
      if (!written.includes(flags)) assert.throws(() => storeKind(flags), RangeError);
    }),
  );
});

test('a list: names, what is shown of each, and who has it', () => {
  const entry = fc.record(
    {
      name: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
      record: fc.option(fc.uint8Array({ maxLength: 60 }), { nil: undefined }),
      owner: fc.constantFrom('here' as const, 'elsewhere' as const, undefined),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
      const bytes = writeNameList(entries);
      const read = (length: number): unknown =>
        readNameList(Uint8Array.from(bytes.subarray(0, length))).map(({ record, ...rest }) => ({
          ...rest,
          record: record === undefined ? undefined : Uint8Array.from(record),
        }));
      assert.deepEqual(read(bytes.length), entries);
      const ends = entries.map((_, i) => writeNameList(entries.slice(0, i)).length);
      for (let length = 0; length < bytes.length; length++)
        if (ends.includes(length)) assert.deepEqual(read(length), entries.slice(0, ends.indexOf(length)));
        else assert.throws(() => read(length), RangeError);
    }),
    { numRuns: 50 },
  );
});

test('a list: the longest name that is allowed, 64 letters of four bytes, is no bar to those behind it', () => {
  const longest = '\u{1d400}'.repeat(64);
  assert.match(longest, NAME);
  const entries = [longest, 'next'].map((name) => ({ name, record: undefined, owner: undefined }));
  assert.deepEqual(readNameList(writeNameList(entries)), entries);
});
