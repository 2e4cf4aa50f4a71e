/** KEY, KEYED and OUTCOME: what is written is read, and what is cut short is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  FINGERPRINT_LENGTH,
  type KeyFinding,
  keyedFlags,
  OMITTED_OUTCOME,
  outcomeFlags,
  readEndedKey,
  readKey,
  readKeyed,
  readOutcome,
  writeKey,
  writeKeyed,
  writeOutcome,
} from '../../src/batch/key-records.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { oneRecord } from '../support/one-record.ts';

const fingerprints = fc.uint8Array({ minLength: FINGERPRINT_LENGTH, maxLength: FINGERPRINT_LENGTH });
const codes = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

function written(write: (out: Writer) => void): Buffer {
  const out = new Writer(16);
  write(out);
  return Buffer.from(out.written());
}

test('KEY: the key and the fingerprint; one without a key is refused', () => {
  const keys = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(keys, fingerprints, (key, fingerprint) => {
      const bytes = written((out) => writeKey(out, key, fingerprint));
      const asked = readKey(oneRecord(bytes, 0, 7));
      assert.deepEqual([asked.ticket, asked.key, [...asked.fingerprint]], [7, key, [...fingerprint]]);
      for (let length = 0; length <= FINGERPRINT_LENGTH; length++)
        assert.throws(() => readKey(oneRecord(bytes, 0, 7, length)), RangeError);
    }),
  );
});

test('OUTCOME: how it ended, and the outcome as it was written', () => {
  fc.assert(
    fc.property(fc.constantFrom('result', 'error'), codes, fc.uint8Array(), (kind, code, said) => {
      const bytes = written((out) => writeOutcome(out, kind, code, said));
      const { end, outcome } = readEndedKey(oneRecord(bytes, outcomeFlags('known')));
      assert.equal(end, 'known');
      const known = readOutcome(outcome);
      assert.deepEqual([known.kind, known.code, [...known.bytes]], [kind, code, [...said]]);
      for (let length = 0; length < bytes.length - said.length; length++)
        assert.throws(() => readOutcome(bytes.subarray(0, length)), RangeError);
    }),
  );
  for (const end of ['free', 'unknown'] as const) {
    const ended = readEndedKey(oneRecord(Buffer.alloc(0), outcomeFlags(end)));
    assert.deepEqual([ended.end, ended.outcome.length], [end, 0]);
  }
  assert.equal(readOutcome(OMITTED_OUTCOME).kind, 'omitted');
  assert.throws(() => readEndedKey(oneRecord(Buffer.alloc(0), 3)), RangeError);
  assert.throws(() => readOutcome(Buffer.from([9, 0, 0, 0, 0])), RangeError);
});

test('KEYED: the verdict; the outcome of what is done, the fault of what was refused', () => {
  const findings = fc.oneof(
    fc.record<KeyFinding>({ verdict: fc.constantFrom('fresh', 'waits', 'reused', 'unknown') }),
    fc.record<KeyFinding>({ verdict: fc.constant('done' as const), outcome: fc.uint8Array() }),
    fc.record<KeyFinding>({
      verdict: fc.constant('refused' as const),
      fault: fc.record({ error: fc.constant('VaultWriteFailed'), reason: fc.string({ minLength: 1 }) }),
    }),
  );
  fc.assert(
    fc.property(findings, (finding) => {
      const answer = readKeyed(oneRecord(writeKeyed(finding), keyedFlags(finding), 7));
      assert.deepEqual([answer.ticket, answer.verdict], [7, finding.verdict]);
      assert.deepEqual([...answer.outcome], [...(finding.outcome ?? [])]);
      const { error, reason } = finding.fault ?? {};
      assert.deepEqual([answer.fault?.error, answer.fault?.reason], [error, reason]);
    }),
  );
  assert.throws(() => readKeyed(oneRecord(Buffer.alloc(0), 6)), RangeError);
});
