/** NAME, NAMED, STORE and the list of names: what is written is read, and what is cut short is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { NAME } from '../../src/account/name.ts';
import {
  type AnsweredAction,
  type MoveAction,
  namedFlags,
  nameFlags,
  type NameOutcome,
  type OpenState,
  readMove,
  readName,
  readNamed,
  readNameList,
  storeFlags,
  type StoreKind,
  storeKind,
  writeName,
  writeNamed,
  writeNameList,
} from '../../src/batch/name-records.ts';
import { NameOp } from '../../src/batch/records.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { oneRecord } from '../support/one-record.ts';

const ANSWERED: readonly (readonly [AnsweredAction, number])[] = [
  ['open', NameOp.OPEN],
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

const MOVES: readonly (readonly [MoveAction, number])[] = [
  ['speak', NameOp.SPEAK],
  ['takeover', NameOp.TAKEOVER],
  ['as', NameOp.AS],
  ['detach', NameOp.DETACH],
];

test('NAME: where a line belongs, with the init that goes there; cut short, the init is shorter, or it is refused', () => {
  const text = fc.string({ maxLength: 20, unit: 'grapheme' });
  fc.assert(
    fc.property(fc.constantFrom(...MOVES), text, fc.uint8Array({ maxLength: 20 }), ([action, op], name, init) => {
      assert.equal(nameFlags(action), op);
      const out = new Writer(64);
      writeName(out, name, init);
      const bytes = out.written();
      const initAt = bytes.length - init.length;
      for (let length = 0; length <= bytes.length; length++) {
        const record = oneRecord(bytes, op, 7, length);
        if (length < initAt) {
          assert.throws(() => readMove(record), RangeError);
          assert.throws(() => readName(record), RangeError);
          continue;
        }
        assert.equal(readName(record), name);
        const move = readMove(record)!;
        const said = { action, name, ticket: 7, init: [...init.subarray(0, length - initAt)] };
        assert.deepEqual({ ...move, init: [...move.init] }, said);
      }
    }),
  );
});

test('NAME: the init of a move is a copy, and what else a session asks is no move', () => {
  const out = new Writer(64);
  writeName(out, 'me', Buffer.from('{}'));
  const record = oneRecord(out.written(), NameOp.SPEAK, 7);
  const move = readMove(record);
  record.bytes.fill(0);
  assert.equal(move?.init.toString(), '{}');
  for (const action of ['forget', 'loggedOut', 'release', 'list'] as const)
    assert.equal(readMove(oneRecord(new Uint8Array(0), nameFlags(action), 7)), undefined);
});

const state: fc.Arbitrary<OpenState> = fc.record(
  {
    state: fc.constantFrom('opening' as const, 'open' as const, 'waiting' as const),
    connections: fc.nat(0xffff_ffff),
    openedAt: fc.double({ noNaN: true }),
    retryIn: fc.nat(0xffff_ffff),
  },
  { noNullPrototype: true },
);

test('a list: names, what is shown of each, who has it, and what it is doing; cut short, it is refused', () => {
  const entry = fc.record(
    {
      name: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
      record: fc.option(fc.uint8Array({ maxLength: 60 }), { nil: undefined }),
      owner: fc.constantFrom('here' as const, 'elsewhere' as const, undefined),
      open: state,
    },
    { noNullPrototype: true, requiredKeys: ['name', 'record', 'owner'] },
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
