/** The ladder of measures as memory runs out. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Memory, Step } from '../../../src/main/limits/memory.ts';

test('memory: parts of the limit, and the last one seen when it cannot be read', () => {
  let held = (): number => 93;
  const memory = new Memory(100, () => held());
  assert.equal(memory.reached(Step.CLOSED), false);
  memory.look();
  assert.deepEqual(
    [memory.reached(Step.CLOSED), memory.reached(Step.CUT), memory.reached(Step.REFUSE)],
    [true, true, false],
  );
  held = () => {
    throw new Error('EMFILE');
  };
  memory.look();
  assert.equal(memory.part, 0.93);
});
